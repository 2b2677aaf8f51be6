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
 * Starts it as a child of this process; returns once its regions exist. It dies with its parent,
 * but the caller must reap it if it ends it earlier. Returns 0 and its PID, or -1.
 */
int demo_start(pid_t *pid, struct err *err);

extern const char demo_notice[]; /* shown when it first appears on screen */

/*
 * The body of the child. main calls it for the hidden `--demo-target` before anything else, so that
 * the address space contains little but the demo.
 */
_Noreturn void demo_main(void);

#endif
