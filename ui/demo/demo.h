/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DEMO_H
#define PM_DEMO_H

#include <sys/types.h>

#include "base/err.h"

/*
 * The built-in target of --demo: a child whose regions show every kind of page and draw pictures by
 * writing, four steps per second. It depends only on a fixed seed and the number of steps, so that
 * pictures can be reproduced.
 */

/*
 * Starts it as a child of this thread, and dies with it. Returns at once: 0, its PID, and a
 * descriptor for demo_await; or -1.
 */
int demo_start(pid_t *pid, int *ready, struct err *err);

/*
 * Waits until its regions exist, in any thread, and closes the descriptor. -1: it does not start,
 * within 30 seconds or at all; then end it.
 */
int demo_await(int ready, struct err *err);

/* Ends and reaps it. */
void demo_end(pid_t pid);

extern const char demo_notice[]; /* shown when it first appears on screen */

/*
 * The body of the child. main calls it for the hidden `--demo-target` before anything else, so that
 * the address space contains little but the demo.
 */
_Noreturn void demo_main(void);

#endif
