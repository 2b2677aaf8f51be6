/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INJECT_H
#define PM_INJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/proc.h"

/*
 * A userfaultfd of a process that is not ours. Only a process itself can make one for its memory,
 * so one of its threads is stopped, made to call userfaultfd(2), the descriptor is taken over here
 * and closed there, and the thread goes on as if nothing had been: 0.1 to 2 ms of one thread
 * (track_costs.def), the others run on. x86-64, also with 32-bit targets; elsewhere every call
 * refuses and says so.
 *
 * This is the one place that makes a target do something. Only with consent.
 */
enum {
	INJECT_TRIES = 4 /* threads that are asked in turn, a second each */
};

/*
 * A userfaultfd of the process that nobody has greeted (UFFDIO_API), open as ours are when they are
 * made. One stays behind where the helper was killed before it could have it closed; but the
 * process may have made it a moment ago as well, and then it is its own. Two looks that are equal
 * saw the same one.
 */
struct inject_stray {
	uint64_t ino;   /* each has an inode of its own; 0: there is none */
	int fd;
	unsigned flags; /* how it is open */
};

/* What would be done, found out without touching the target. */
struct inject_plan {
	pid_t tid;                /* the thread that would be stopped first */
	/* of it, as in /proc/PID/stat: S sleeps, R runs, T stopped, D uninterruptible */
	char state;
	char call[32];            /* the system call it sleeps in ("futex"); "" if it runs */
	bool suspend_seccomp; /* it is sandboxed by seccomp, which will be suspended for the call */
	bool compat;              /* a 32-bit process */
	pid_t tids[INJECT_TRIES]; /* the threads that would be asked, in turn; the first is tid */
	unsigned tids_n;
	struct inject_stray stray; /* is in the way; also when the plan is refused for it */
};

/* What it took. */
struct inject_cost {
	uint64_t stopped_ns; /* from the request to stop until the thread was let go */
	pid_t tid;           /* the thread */
	unsigned tries;      /* threads asked, 1 if the first would */
};

/*
 * -1 for every refusal that can be known beforehand: it is traced, sandboxed beyond our privileges,
 * uses userfaultfd itself, has no thread that runs programs, is frozen, has ended, is pmtop, is not
 * of our PID namespace, is not ours to trace; or no code for this machine. The target notices
 * nothing.
 */
int inject_plan(const struct proc *p, struct inject_plan *plan, struct err *err);

/*
 * Bytes of its anonymous memory that are in huge pages, which a watch makes the kernel split as
 * they are written. A walk of its page tables: for a question to a person, never to refresh a
 * screen. false: not told.
 */
bool inject_huge_bytes(const struct proc *p, uint64_t *bytes);

/*
 * A userfaultfd that the process itself has open, by its number; -1 none, -2 that may not be seen.
 * One that comes up later would be refused regions that are ours: let go then.
 */
int inject_in_use(const struct proc *p);

/*
 * Plans anew and does it, in a helper process that no signal of the terminal reaches. On success
 * *fd is a userfaultfd of the target's address space, not yet greeted (UFFDIO_API), O_CLOEXEC,
 * O_NONBLOCK and UFFD_USER_MODE_ONLY; the caller owns it. Whoever closes the last copy of it ends
 * its watch: fork nothing that keeps it. -1: nothing was taken, and the target runs on unharmed.
 * Takes 0.2 ms, at worst about 10 s. Any thread may call it.
 */
int inject_userfaultfd(const struct proc *p, int *fd, struct inject_cost *cost, struct err *err);

/*
 * In the same way has the process close `stray`, if that is still what it was when its thread is
 * stopped. Whether it was left behind nobody can see: only with consent. -1: nothing
 * was closed.
 */
int inject_close(const struct proc *p, const struct inject_stray *stray, struct err *err);

static inline bool
inject_same_stray(const struct inject_stray *a, const struct inject_stray *b)
{
	return a->ino == b->ino && a->fd == b->fd && a->flags == b->flags;
}

#endif
