/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FAULTS_H
#define PM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cause/causes.h"
#include "kernel/proc.h"

/*
 * The page faults of a process, watched by a thread of ours, which puts them into `causes` while
 * the process runs on. Every thread has an event on every CPU, which threads started later
 * inherit, and each CPU has a ring that all its events write to.
 *
 * Watching reads nothing of the target's memory and stops nothing; each fault of the process takes
 * longer by 1 us (2 us with a long call chain), which is the cost that `causes` counts.
 */
struct faults;

/* NULL with err: why the kernel would not, and the remedy. */
struct faults *faults_open(const struct proc *p, struct causes *into, struct err *err);

/* All faults that were over when it was called are in `causes` when it returns. */
void faults_drain(struct faults *f);

/* Ends it: after this, nothing is watched. */
void faults_close(struct faults *f);

#endif
