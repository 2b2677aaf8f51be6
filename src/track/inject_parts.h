/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INJECT_PARTS_H
#define PM_INJECT_PARTS_H

/* Between the files of inject.h: plan, facts and decisions, the helper. */
#include "track/inject.h"

/* --- the plan and its refusals (inject.c) ----------------------------------------------------- */

/*
 * The same as inject_plan, and a system call instruction in the target's text, 0 none known: to
 * find one its text is read, which may fault a page of it in. NULL: not looked for. `closes`: the
 * call will close that one; NULL: it will make one.
 */
int inject_plan_text(const struct proc *p, const struct inject_stray *closes,
                     struct inject_plan *plan, uint64_t *insn, struct err *err);

/* All refusals begin alike. refuse_rights is what to say where the kernel says EPERM. */
int inject_refuse(const struct proc *p, struct err *err, const char *why, const char *how);
int inject_refuse_traced(const struct proc *p, long tracer, struct err *err);
int inject_refuse_rights(const struct proc *p, struct err *err);
int inject_refuse_other(const struct proc *p, struct err *err); /* INJECT_OTHER */
/* No thread was there any more. It has ended, unless its threads come and go too fast. */
int inject_refuse_gone(const struct proc *p, struct err *err);

/* kernel.yama.ptrace_scope; 0 too where there is no Yama. */
unsigned inject_yama(const struct proc *p);

/* --- facts and decisions, which touch nothing (inject_facts.c) -------------------------------- */

enum {
	INJECT_PF_IO_WORKER = 0x10, /* io_uring's threads and vhost's: they stop, and never run */
	INJECT_PF_USER_WORKER =
	    0x4000 /* a program's code (include/linux/sched.h; field 9 of stat) */
};

/* A thread as its stat and syscall tell it. */
struct inject_thread {
	pid_t tid;
	char state;
	unsigned flags;
	long nr; /* the system call it sleeps in, by its own ABI; -1: none, or not told */
};

/* What /proc/TID/status says. */
struct inject_status {
	long tracer;      /* TracerPid, 0 none */
	unsigned seccomp; /* 0 none, 1 strict, 2 filter */
	uint64_t cap_eff;
};

/* What /proc/PID/fdinfo/N says of a userfaultfd. */
struct inject_fdinfo {
	uint64_t ino, features; /* no features at all: it was not greeted, not even with none */
	unsigned flags;
};

/* false: the text is none such. */
bool inject_parse_stat(const char *text, struct inject_thread *t);
bool inject_parse_status(const char *text, struct inject_status *s);
bool inject_parse_fdinfo(const char *text, struct inject_fdinfo *f);

/* What could be ours, by its fdinfo. false: it is nothing of the kind. */
bool inject_stray_of(const char *fdinfo, int fd, struct inject_stray *s);

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
 * Whether the call `nr`, which a stop has made end with `result`, is to be issued anew by us. Two
 * kinds are: calls that end with EINTR at every stop, although nothing was done and no signal came;
 * and those that the kernel restarts unless a handler runs (ERESTARTNOHAND), since some of them
 * sleep with a signal mask of their own, which the stop has taken from them. `by_signal`: it is a
 * signal that has stopped the process (SIGSTOP): an EINTR is then due to that.
 */
bool inject_reissue(bool compat, long nr, int64_t result, bool by_signal);

/* The bytes of a system call instruction in code; its offset, or -1. */
enum { INJECT_INSN_SIZE = 2 };
long inject_find_insn(bool compat, const unsigned char *code, size_t n);

/* What a stopped thread blocks while it calls for us: all but what a mistake of ours would raise.
 */
uint64_t inject_mask(uint64_t mask);

/* Whether ip is inside a restartable sequence: start, and the length from there. */
static inline bool
inject_in_sequence(uint64_t ip, uint64_t start, uint64_t len)
{
	return ip - start < len;
}

/* --- the helper, the only one that traces (inject_ptrace.c) ----------------------------------- */

struct inject_job {
	pid_t tid;
	int task;             /* /proc/PID/task/TID, open: the thread that is meant */
	int pagemap; /* of the program that is meant: silent after it has executed another */
	int pidfd;            /* to take descriptors from */
	int out;              /* the helper's end of the socket */
	bool compat;          /* the process is 32-bit */
	bool suspend_seccomp;
	uint64_t insn;        /* a system call instruction in the target's text, 0 none known */
	uint64_t stop_ns;     /* how long the thread has to stop */
	struct inject_stray stray; /* to be closed, ino 0: one is to be made; its fdinfo: */
	char fdinfo[32];
};

enum inject_end {
	INJECT_DONE,
	INJECT_CLOSED,     /* the stray */
	INJECT_OTHER,      /* the stray is not what it was, or not to be seen from this thread */
	INJECT_REFUSED,    /* PTRACE_SEIZE was: sys says why */
	INJECT_NO_STOP,    /* in time */
	INJECT_SEQUENCE,   /* it is in a restartable sequence that cannot be aborted */
	INJECT_GONE,       /* the thread ended, or executed another program */
	INJECT_NO_INSN,    /* nothing to make a system call with */
	INJECT_DISPATCHED, /* the target handles its system calls itself */
	INJECT_CALL,       /* userfaultfd failed there: sys */
	INJECT_SIGNAL,     /* signal sys came first, or instead of an answer */
	INJECT_TAKE,       /* its descriptor could not be taken: sys */
	INJECT_TRACE,      /* another request of ptrace failed: sys */
	INJECT_LOST        /* said by the parent: the helper told nothing */
};

/* What the helper says, in one message; with the descriptor if INJECT_DONE. */
struct inject_report {
	int end; /* enum inject_end */
	int sys;
	uint64_t stopped_ns; /* 0: it did not stop */
};

/* In a fresh child with all signals blocked: does the job, reports, and ends. */
_Noreturn void inject_helper(const struct inject_job *job);

#endif
