/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INJECT_PARTS_H
#define PM_INJECT_PARTS_H

/* Between the files of inject.h: the facts and decisions, which touch nothing, and the helper. */
#include <stdatomic.h>

#include "inject.h"

/* --- facts and decisions (inject_facts.c) ----------------------------------------------------------- */

enum {
	INJECT_PF_IO_WORKER = 0x10,    /* io_uring's threads and vhost's: they stop, and never run */
	INJECT_PF_USER_WORKER = 0x4000 /* a program's code (include/linux/sched.h; field 9 of stat) */
};

/* A thread as its stat and syscall tell it. */
struct inject_thread {
	pid_t tid;
	char state;
	unsigned flags;
	long nr; /* the system call it sleeps in, by its own ABI; -1: none, or not told */
};

/* What /proc/TID/status says; sets are bit masks, signal N is bit N - 1. */
struct inject_status {
	long tracer;      /* TracerPid, 0 none */
	unsigned seccomp; /* 0 none, 1 strict, 2 filter */
	uint64_t pending; /* of the thread and of the process */
	uint64_t caught;
	uint64_t cap_eff;
};

/* Both are async-signal-safe. false: the text is none such. */
bool inject_parse_stat(const char *text, struct inject_thread *t);
bool inject_parse_status(const char *text, struct inject_status *s);

/* The number in the text of a `syscall` file; -1: "running", or not in a system call. */
long inject_parse_syscall(const char *text);

/* "futex"; "call 999" for what has no name here; "" for -1. Returns out. */
const char *inject_call_name(bool compat, long nr, char *out, size_t size);

/*
 * How well a thread would do, less is better; negative: not at all. Best is one in a call that the
 * kernel restarts unnoticed, worst one that will probably not stop.
 */
int inject_rank(bool compat, const struct inject_thread *t);

/* Puts t into the n best (at most INJECT_TRIES), after its equals. Returns the new n. */
unsigned inject_keep_best(bool compat, struct inject_thread best[INJECT_TRIES], unsigned n,
                          const struct inject_thread *t);

/*
 * Whether the call `nr`, which a stop has made end with `result`, is to be issued anew. Calls that the
 * kernel never restarts end with EINTR at every stop; nothing has been done by them then, and without
 * a stop they would sleep on. But when a signal that has a handler is waiting to be delivered, the
 * EINTR is that signal's, and the caller is entitled to it. `mask` is what the thread blocks.
 */
bool inject_reissue(bool compat, long nr, int64_t result, const struct inject_status *s, uint64_t mask);

/* The bytes of a system call instruction in code; its offset, or -1. */
long inject_find_insn(bool compat, const unsigned char *code, size_t n);

/* Whether ip is inside a restartable sequence: start, and the length from there. */
static inline bool
inject_in_sequence(uint64_t ip, uint64_t start, uint64_t len)
{
	return ip - start < len;
}

/* --- the helper (inject_ptrace.c) ------------------------------------------------------------------- */

/*
 * Parent and helper agree on one thing by this word, in memory of both: the helper claims it before
 * it changes a register, the parent before it gives up and kills the helper. Whoever comes second
 * yields, so that no helper is ever killed with the target's registers in its hands.
 */
enum inject_claim { INJECT_OPEN, INJECT_COMMITTED, INJECT_ABANDONED };

struct inject_job {
	pid_t pid, tid;
	int pidfd;         /* to take descriptors from */
	int status;        /* the thread's status file, open for reading */
	int out;           /* the helper's end of the socket */
	bool compat;       /* the process is 32-bit */
	bool suspend_seccomp;
	uint64_t insn;     /* a system call instruction in the target's text, 0 none known */
	uint64_t stop_ns;  /* how long the thread has to stop */
	_Atomic int *claim;
};

enum inject_end {
	INJECT_DONE,
	INJECT_REFUSED,     /* PTRACE_SEIZE was: sys says why */
	INJECT_NO_STOP,     /* in time */
	INJECT_SEQUENCE,    /* always met it inside a restartable sequence */
	INJECT_GONE,        /* the thread ended, or executed another program */
	INJECT_NO_INSN,     /* nothing to make a system call with */
	INJECT_DISPATCHED,  /* the target handles its system calls itself */
	INJECT_CALL,        /* userfaultfd failed there: sys */
	INJECT_SIGNAL,      /* the call was answered by signal sys */
	INJECT_TAKE,        /* its descriptor could not be taken: sys */
	INJECT_TRACE,       /* another request of ptrace failed: sys */
	INJECT_TOO_LATE,    /* the parent had given up */
	INJECT_LOST         /* said by the parent: the helper told nothing */
};

/* What the helper says, in one message; with the descriptor if INJECT_DONE. */
struct inject_report {
	int end; /* enum inject_end */
	int sys;
	uint64_t stopped_ns;
};

/* In a fresh child with all signals blocked: does the job, reports, and ends. */
_Noreturn void inject_helper(const struct inject_job *job);

#endif
