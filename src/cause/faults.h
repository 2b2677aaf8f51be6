/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FAULTS_H
#define PM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cause/causes.h"
#include "cause/perf_bar.h"
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

/*
 * budget: the percentage of its time (of CPU time, if several threads run) that watching may cost
 * the process; beyond it only each N-th fault of a thread is watched, which causes_watch.period
 * says. Half a second's allowance may be spent at once. 0: no bound. NULL with err: why the kernel
 * would not, and the remedy.
 */
struct faults *faults_open(const struct proc *p, struct causes *into, unsigned budget,
                           struct err *err);

/*
 * The same of a family: also of n other processes, of which *pids are the PIDs, and of the children
 * that any of them forks from now on. Children keep the events that they have, with their period:
 * beyond the budget the watch rests for a while (causes_watch.rests).
 */
struct faults *faults_open_family(const struct proc *p, const pid_t *pids, size_t n,
                                  struct causes *into, unsigned budget, struct err *err);

/* All faults that were over when it was called are in `causes` when it returns. */
void faults_drain(struct faults *f);

/* Ends it: after this, nothing is watched, and what was lost is known exactly. */
void faults_close(struct faults *f);

/*
 * What we may watch, tried on the process without counting anything: nothing (err says why, and the
 * remedy), the faults of its own instructions, or those of its system calls as well.
 */
enum faults_can { FAULTS_NO, FAULTS_USER, FAULTS_ALL };
enum faults_can faults_probe(const struct proc *p, struct perf_words *err);

/* Bytes of a ring, at most: a test makes it small. */
extern size_t faults_ring_most;

#endif
