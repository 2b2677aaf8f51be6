/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DEMO_H
#define PM_DEMO_H

#include <sys/types.h>

#include "base/err.h"

/*
 * The built-in target of --demo: a child whose regions show every kind of page, and draw pictures
 * by writing them, four steps a second. What it does follows from a fixed seed and the number of
 * steps alone, so that a picture can be had twice.
 */

/*
 * Start it as a child of this process; returns when its regions are there. It dies with its parent,
 * however that dies, but it is the caller's to reap if the caller ends it sooner.
 * Returns 0 and its PID, or -1.
 */
int demo_start(pid_t *pid, struct err *err);

extern const char demo_notice[]; /* told when it is first on screen */

/*
 * The body of the child, for main to call on the hidden `--demo-target` before it does anything
 * else: the address space that is shown should hold little but the demo.
 */
_Noreturn void demo_main(void);

#endif
