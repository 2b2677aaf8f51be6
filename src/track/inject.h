/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INJECT_H
#define PM_INJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/proc.h"

/*
 * Obtains a userfaultfd of another process. Only a process itself can create one for its memory. So
 * one of its threads is stopped and made to call userfaultfd(2); the descriptor is copied to us and
 * closed there, and the thread continues with its registers and signal mask restored. That takes
 * one thread 0.1 to 2 ms (track_costs.def); the others keep running. On x86-64, including 32-bit
 * targets, and arm64; elsewhere every call refuses with an error.
 *
 * This is the only code that makes a target do something. Only with consent.
 */
enum {
	INJECT_TRIES = 4 /* threads tried in turn, for at most a second each */
};

/*
 * A userfaultfd of the process without the UFFDIO_API handshake, opened with the flags that we use.
 * It is left over if the helper was killed before it had it closed; but the process may also have
 * created it itself a moment ago. Two scans with equal results saw the same descriptor.
 */
struct inject_stray {
	uint64_t ino; /* each userfaultfd has an inode of its own; 0: none found */
	int fd;
	unsigned flags; /* its open flags */
};

/* What would be done, determined without touching the target. */
struct inject_plan {
	pid_t tid;                /* the thread that would be stopped first */
	/* its state as in /proc/PID/stat: S sleeping, R running, T stopped, D uninterruptible */
	char state;
	char call[32]; /* the system call in which it sleeps ("futex"); "" if it runs */
	/* it is sandboxed by seccomp, which will be suspended during the call */
	bool suspend_seccomp;
	bool compat;              /* a 32-bit process */
	pid_t tids[INJECT_TRIES]; /* the threads to try, in order; the first is tid */
	unsigned tids_n;
	/*
	 * the stray descriptor that blocks the plan; set even when the plan is refused because of
	 * it
	 */
	struct inject_stray stray;
};

/* What the injection cost. */
struct inject_cost {
	uint64_t stopped_ns; /* from the request to stop until the thread was released */
	pid_t tid;           /* the thread that made the call */
	unsigned tries;      /* threads tried; 1 if the first succeeded */
};

/*
 * Makes the plan. -1 for every refusal that can be known beforehand: the process is traced,
 * sandboxed beyond our privileges, uses userfaultfd itself, has no thread that runs user code, is
 * frozen, has ended, is pmtop itself, is in another PID namespace, or may not be traced by us; or
 * there is no code for this machine. The target notices nothing.
 */
int inject_plan(const struct proc *p, struct inject_plan *plan, struct err *err);

/*
 * Bytes of its anonymous memory in huge pages: while watched, the kernel splits them as they are
 * written. Walks its page tables, so use it for a question to the user, never to refresh a screen.
 * false: not known.
 */
bool inject_huge_bytes(const struct proc *p, uint64_t *bytes);

/*
 * The number of a userfaultfd that the process has open itself; -1: none, -2: not permitted to see.
 * If the target opens one later, its registrations of our regions would fail: release ours then.
 */
int inject_in_use(const struct proc *p);

/*
 * Makes a new plan and carries it out, in a helper process that terminal signals do not reach. On
 * success *fd is a userfaultfd of the target's address space, before the UFFDIO_API handshake, with
 * O_CLOEXEC, O_NONBLOCK and UFFD_USER_MODE_ONLY; the caller owns it. Closing its last copy ends the
 * watch: fork nothing that inherits it. -1: nothing was taken and the target runs on unharmed.
 * Takes 0.2 ms, at worst about 10 s. Safe on any thread.
 */
int inject_userfaultfd(const struct proc *p, int *fd, struct inject_cost *cost, struct err *err);

/*
 * Makes the process close `stray` in the same way, provided it is still the same descriptor once
 * the thread is stopped. Whether it was left over cannot be known: only with consent. -1: nothing
 * was closed.
 */
int inject_close(const struct proc *p, const struct inject_stray *stray, struct err *err);

static inline bool
inject_same_stray(const struct inject_stray *a, const struct inject_stray *b)
{
	return a->ino == b->ino && a->fd == b->fd && a->flags == b->flags;
}

#endif
