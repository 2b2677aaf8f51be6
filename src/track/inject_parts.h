/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INJECT_PARTS_H
#define PM_INJECT_PARTS_H

/* Shared by the files behind inject.h: the plan, facts and decisions, the helper. */
#include "track/inject.h"

/* --- the plan and its refusals (inject.c) ----------------------------------------------------- */

/*
 * Like inject_plan; also finds a system call instruction in the target's text (0: none found). The
 * search reads the text, which may fault one of its pages in; NULL skips it. `closes`: the
 * descriptor that the call will close; NULL: the call will create one.
 */
int inject_plan_text(const struct proc *p, const struct inject_stray *closes,
                     struct inject_plan *plan, uint64_t *insn, struct err *err);

/* These set err for a refusal and return -1. inject_refuse_rights is for EPERM. */
int inject_refuse(const struct proc *p, struct err *err, const char *why, const char *how);
int inject_refuse_traced(const struct proc *p, long tracer, struct err *err);
int inject_refuse_rights(const struct proc *p, struct err *err);
int inject_refuse_other(const struct proc *p, struct err *err); /* INJECT_OTHER */
/* No thread was left. The process has ended, or its threads come and go too fast. */
int inject_refuse_gone(const struct proc *p, struct err *err);

/* kernel.yama.ptrace_scope; 0 without Yama. */
unsigned inject_yama(const struct proc *p);

/* --- facts and decisions, which touch nothing (inject_facts.c) -------------------------------- */

enum {
	/* threads of io_uring and vhost: they can be stopped, but never run user code */
	INJECT_PF_IO_WORKER = 0x10,
	INJECT_PF_USER_WORKER =
	    0x4000 /* runs user code (include/linux/sched.h; flags are field 9 of stat) */
};

/* A thread, from its stat and syscall files. */
struct inject_thread {
	pid_t tid;
	char state;
	unsigned flags;
	/* the system call in which it sleeps, numbered by its own ABI; -1: none, or not known */
	long nr;
};

/* From /proc/TID/status. */
struct inject_status {
	long tracer;      /* TracerPid, 0 none */
	unsigned seccomp; /* 0 none, 1 strict, 2 filter */
	uint64_t switches; /* how often it has gone to sleep */
};

/* From /proc/PID/fdinfo/N of a userfaultfd. */
struct inject_fdinfo {
	uint64_t ino, features; /* no features: the UFFDIO_API handshake was never made */
	unsigned flags;
};

/* false: the text is malformed. */
bool inject_parse_stat(const char *text, struct inject_thread *t);
bool inject_parse_status(const char *text, struct inject_status *s);
bool inject_parse_fdinfo(const char *text, struct inject_fdinfo *f);

/* Fills *s if the fdinfo fits a userfaultfd that we may have left; false: it does not. */
bool inject_stray_of(const char *fdinfo, int fd, struct inject_stray *s);

/* Returns the number in a `syscall` file; -1: "running", or not in a system call. */
long inject_parse_syscall(const char *text);

/* Which system calls a program makes: their numbers, and the instruction. */
enum inject_abi { INJECT_X86_64, INJECT_I386, INJECT_ARM64, INJECT_ABIS };

/* Of programs of this machine, and of its 32-bit programs if `compat`. */
static inline enum inject_abi
inject_abi_here(bool compat)
{
#if defined(__aarch64__)
	(void)compat; /* refused */
	return INJECT_ARM64;
#else
	return compat ? INJECT_I386 : INJECT_X86_64;
#endif
}

/* A thread that sleeps in a call. */
struct inject_look {
	long nr;
	uint64_t arg, pc;  /* the call's first argument; after its instruction */
	uint64_t switches; /* inject_status */
};

/* All but the switches, of a `syscall` file; false: it does not sleep in a call. */
bool inject_parse_look(const char *text, struct inject_look *l);

/* "futex"; "call 999" for a number without a name here; "" for -1. Returns out. */
const char *inject_call_name(enum inject_abi abi, long nr, char *out, size_t size);

/*
 * How suitable a thread is: less is better, negative is unusable. Best is a thread in a call that
 * the kernel restarts transparently, worst one that probably will not stop.
 */
int inject_rank(enum inject_abi abi, const struct inject_thread *t);

/* Inserts t into the n best (at most INJECT_TRIES), after equals. Returns the new n. */
unsigned inject_keep_best(enum inject_abi abi, struct inject_thread best[INJECT_TRIES], unsigned n,
                          const struct inject_thread *t);

/*
 * Whether we must reissue the call `nr` after a stop made it return `result`. Two kinds need it:
 * calls that return EINTR at every stop, although nothing was done and no signal came; and those
 * that the kernel restarts unless a handler runs (ERESTARTNOHAND), since some of them sleep with a
 * temporary signal mask, which the stop has undone. `by_signal`: a signal (SIGSTOP) stopped the
 * process, so that an EINTR is due to it.
 */
bool inject_reissue(enum inject_abi abi, long nr, int64_t result, bool by_signal);

/* The bytes of a system call instruction; the offset of one in the code, -1: none. */
enum { INJECT_INSN_MAX = 4 };
size_t inject_insn_size(enum inject_abi abi);
long inject_find_insn(enum inject_abi abi, const unsigned char *code, size_t n);

/*
 * The signals that a stopped thread blocks while it makes our call: all but those that a fault of
 * ours would raise.
 */
uint64_t inject_mask(uint64_t mask);

/* Whether ip is inside a restartable sequence [start, start + len). */
static inline bool
inject_in_sequence(uint64_t ip, uint64_t start, uint64_t len)
{
	return ip - start < len;
}

/* --- the helper (inject_helper.c), the only one that traces (inject_ptrace.c) ---------------- */

struct inject_job {
	pid_t tid;
	int task;    /* /proc/PID/task/TID, open: pins the intended thread */
	int pagemap; /* of the intended program: reads as empty once it has executed another */
	int pidfd;   /* to copy descriptors from */
	int out;              /* the helper's end of the socket */
	enum inject_abi abi;  /* what the process is made of */
	bool suspend_seccomp;
	uint64_t insn;    /* a system call instruction in the target's text; 0: none known */
	uint64_t stop_ns; /* how long to wait for the thread to stop */
	/* the stray to close (with its fdinfo below); ino 0: create a userfaultfd instead */
	struct inject_stray stray;
	char fdinfo[32];
};

enum inject_end {
	INJECT_DONE,
	INJECT_CLOSED,     /* the stray was closed */
	INJECT_OTHER,      /* the stray is no longer the same, or not visible from this thread */
	INJECT_REFUSED,    /* PTRACE_SEIZE failed: sys */
	INJECT_NO_STOP,    /* the thread did not stop in time */
	INJECT_SEQUENCE,   /* it is in a restartable sequence that cannot be aborted */
	INJECT_GONE,       /* the thread ended, or executed another program */
	INJECT_NO_INSN,    /* no instruction to make a system call with */
	INJECT_DISPATCHED, /* the target dispatches its system calls to itself */
	INJECT_CALL,       /* userfaultfd failed in the target: sys */
	INJECT_SIGNAL,     /* signal sys arrived before the call, or instead of its result */
	INJECT_TAKE,       /* its descriptor could not be copied: sys */
	INJECT_TRACE,      /* another ptrace request failed: sys */
	INJECT_LOST        /* set by the parent: the helper sent no report */
};

/* The helper's report, in one message; carries the descriptor for INJECT_DONE. */
struct inject_report {
	int end; /* enum inject_end */
	int sys;
	uint64_t stopped_ns; /* 0: the thread did not stop */
};

/* Runs in a fresh child with all signals blocked: does the job, reports, and exits. */
_Noreturn void inject_helper(const struct inject_job *job);

/* Does the job. *fd is the descriptor taken, with INJECT_DONE; else it stays as it is. */
void inject_trace(const struct inject_job *job, struct inject_report *report, int *fd);

#endif
