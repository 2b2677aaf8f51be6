/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper: stops one thread, makes it do two system calls, and releases it as it was
 * (ptrace(2)).
 *
 * It is a process of its own, because if a thread does not stop, the tracer's exit is the only way
 * out, and because nothing that happens to pmtop may affect it: its death between the first
 * register changed and the last one restored would kill the target. It is a fork of a multithreaded
 * program, so nothing here locks or allocates.
 *
 * Registers are changed while the thread is in the kernel's signal code, which decides whether an
 * interrupted call is restarted (arch_do_signal_or_restart). Of ptrace's stops, signal stops and
 * event stops are in that code, system call stops are not. So we wait for the entry of a call and
 * then for an event stop, which also saves one stop against waiting for entry and exit.
 */
#include "base/clock.h"
#include "track/inject_machine.h"

#if defined(INJECT_MACHINE)

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/kabi.h"

/* Missing from older C library headers (linux/ptrace.h). */
#define GET_RSEQ         0x420f /* Linux 5.13 */
#define GET_DISPATCH     0x4211 /* 6.4 */
#define SUSPEND_SECCOMP  (1 << 21)
#define NR_PIDFD_GETFD   438

struct rseq_config {
	uint64_t area;
	uint32_t size, signature, flags, pad;
};

struct rseq_section { /* struct rseq_cs */
	uint32_t version, flags;
	uint64_t start, length, abort;
};
#define RSEQ_AREA_SECTION 8 /* offset of rseq_cs in struct rseq */
#define RSEQ_SIGNATURE 4    /* its offset before the abort address */

struct dispatch_config {
	uint64_t mode, selector, offset, length;
};

/* System calls by their numbers, as enum inject_abi. */
static const short ptrace_userfaultfd[INJECT_ABIS] = {323, 374, 282},
		   ptrace_close[INJECT_ABIS] = {3, 6, 57};

/* A stopped thread. */
struct hold {
	const struct inject_job *job;
	struct machine_regs was; /* its original registers */
	struct machine_vectors vectors; /* likewise */
	uint64_t mask;           /* its original signal mask */
	uint64_t insn;
	enum inject_abi abi;     /* the code it runs */
	struct inject_look look; /* the call it slept in before it was stopped */
	bool in_call; /* it was interrupted in a call, whose instruction is at insn */
	bool rewound; /* machine_rewinds: it may have been put back to that one */
	/* a group-stop: a signal such as SIGSTOP has stopped the whole process */
	bool by_signal;
	int pass; /* a signal to deliver when it is released */
	int sys;
};

/* --- stops ------------------------------------------------------------------------------------ */

enum stop_kind {
	STOP_NONE, /* timed out */
	STOP_CALL,
	STOP_EVENT, /* our PTRACE_INTERRUPT, or a group-stop by `sig` */
	STOP_SIGNAL,
	STOP_GONE
};

struct stop {
	enum stop_kind kind;
	int sig;
};

static const uint64_t FOREVER = UINT64_MAX;

static struct stop
inject_stop_of(int status)
{
	int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0, event = status >> 16;

	if (!WIFSTOPPED(status) || event == PTRACE_EVENT_EXEC)
		return (struct stop){STOP_GONE, 0};
	if (event)
		return (struct stop){STOP_EVENT, sig};
	return sig == (SIGTRAP | 0x80) ? (struct stop){STOP_CALL, 0}
	                               : (struct stop){STOP_SIGNAL, sig};
}

/* Waits for the next stop until `deadline` (time_ns()). All signals are blocked, SIGCHLD too. */
static struct stop
inject_await(const struct hold *h, uint64_t deadline)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int status;
		pid_t got = waitpid(h->job->tid, &status, __WALL | WNOHANG);
		uint64_t now, left;

		if (got == h->job->tid)
			return inject_stop_of(status);
		if (got < 0 && errno != EINTR)
			return (struct stop){STOP_GONE, 0};
		now = time_ns();
		if (now >= deadline)
			return (struct stop){STOP_NONE, 0};
		left = u64_min(deadline - now, TIME_SECOND);
		sigtimedwait(
		    &child, NULL,
		    &(struct timespec){(time_t)(left / TIME_SECOND), (long)(left % TIME_SECOND)});
	}
}

static long
inject_request(const struct hold *h, int what, uintptr_t addr, uintptr_t data)
{
	return ptrace(what, h->job->tid, (void *)addr, (void *)data);
}

/* A request has failed, perhaps because the thread is gone. */
static enum inject_end
inject_failed(struct hold *h)
{
	h->sys = errno;
	return errno == ESRCH ? INJECT_GONE : INJECT_TRACE;
}

static bool
inject_set(struct hold *h, const struct machine_regs *regs, uint64_t mask)
{
	return machine_set_vectors(h->job->tid, &h->vectors) && machine_set(h->job->tid, regs) &&
	       inject_request(h, PTRACE_SETSIGMASK, sizeof(mask), (uintptr_t)&mask) == 0;
}

/* --- stopping it ------------------------------------------------------------------------------ */

static enum inject_end
inject_attach(struct hold *h)
{
	const struct inject_job *job = h->job;
	uintptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	uint64_t word;

	if (job->suspend_seccomp)
		options |= SUSPEND_SECCOMP;
	if (inject_request(h, PTRACE_SEIZE, 0, options) < 0) {
		h->sys = errno;
		return errno == ESRCH ? INJECT_GONE : INJECT_REFUSED;
	}
	/* attached: from now on a change of PID or program cannot go unnoticed */
	if (faccessat(job->task, "stat", F_OK, 0) < 0 ||
	    pread(job->pagemap, &word, sizeof(word), 0) <= 0)
		return INJECT_GONE;
	return INJECT_DONE;
}

/* How often it has gone to sleep; 0: not known. */
static uint64_t
inject_switches(const struct hold *h)
{
	struct inject_status status = {0};
	char text[8192];

	if (file_read_small(h->job->task, "status", text, sizeof(text)))
		inject_parse_status(text, &status);
	return status.switches;
}

/*
 * In which call it sleeps. Where a call that ended with EINTR has lost its first argument by the
 * time the thread is stopped, this is the last chance to see it; so it is told from a call that
 * came after it by how often the thread has gone to sleep.
 */
static void
inject_look(struct hold *h)
{
	enum { TRIES = 16 }; /* it may wake, and sleep in another call, while we look */
	uint64_t before = 0, after = inject_switches(h);
	char text[256];

	for (int i = 0; i < TRIES && before != after; i++) {
		before = after;
		if (!file_read_small(h->job->task, "syscall", text, sizeof(text)) ||
		    !inject_parse_look(text, &h->look))
			h->look.nr = -1;
		after = inject_switches(h);
	}
	h->look.switches = before;
}

static enum inject_end
inject_halt(struct hold *h, uint64_t deadline)
{
	if (machine_rewinds)
		inject_look(h);
	if (inject_request(h, PTRACE_INTERRUPT, 0, 0) < 0)
		return inject_failed(h);
	for (;;) {
		struct stop s = inject_await(h, deadline);

		if (s.kind == STOP_EVENT) {
			h->by_signal = s.sig != SIGTRAP;
			return INJECT_DONE;
		}
		if (s.kind == STOP_NONE)
			return INJECT_NO_STOP;
		if (s.kind == STOP_GONE)
			return INJECT_GONE;
		/* deliver the signal; any stop before ours uses up the interrupt */
		if (inject_request(h, PTRACE_CONT, 0, (uintptr_t)s.sig) < 0 ||
		    inject_request(h, PTRACE_INTERRUPT, 0, 0) < 0)
			return inject_failed(h);
	}
}

/* --- inspecting it ---------------------------------------------------------------------------- */

static bool
inject_peek(const struct hold *h, uint64_t addr, void *to, size_t n)
{
	struct iovec in = {to, n}, out = {(void *)(uintptr_t)addr, n};

	return process_vm_readv(h->job->tid, &in, 1, &out, 1, 0) == (ssize_t)n;
}

static bool
inject_is_insn(const struct hold *h, uint64_t addr)
{
	unsigned char code[INJECT_INSN_MAX];
	size_t n = inject_insn_size(h->abi);

	return inject_peek(h, addr, code, n) && inject_find_insn(h->abi, code, n) == 0;
}

/*
 * A thread stopped inside a restartable sequence must not continue in it: the kernel moves it to
 * the abort address (rseq_ip_fixup). The kernel checks when the thread next runs, which will be at
 * our call, so it is done here. false: the kernel would reject the sequence, too.
 */
static bool
inject_leave_sequence(struct hold *h)
{
	struct rseq_config rseq = {0};
	struct rseq_section section;
	uint64_t at = 0;
	uint32_t signature;

	if (inject_request(h, GET_RSEQ, sizeof(rseq), (uintptr_t)&rseq) <= 0 || !rseq.area ||
	    !inject_peek(h, rseq.area + RSEQ_AREA_SECTION, &at, sizeof(at)) || !at ||
	    !inject_peek(h, at, &section, sizeof(section)) ||
	    !inject_in_sequence(machine_ip(&h->was), section.start, section.length))
		return true;
	if (section.version || section.flags ||
	    inject_in_sequence(section.abort, section.start, section.length) ||
	    !inject_peek(h, section.abort - RSEQ_SIGNATURE, &signature, sizeof(signature)) ||
	    signature != rseq.signature)
		return false;
	machine_jump(&h->was, section.abort);
	return true;
}

/* Whether a call from insn would raise SIGSYS (prctl(2), PR_SET_SYSCALL_USER_DISPATCH). */
static bool
inject_is_dispatched(const struct hold *h)
{
	struct dispatch_config d = {0};
	unsigned char selector = 1;

	if (inject_request(h, GET_DISPATCH, sizeof(d), (uintptr_t)&d) < 0 || !d.mode ||
	    h->insn + inject_insn_size(h->abi) - d.offset < d.length)
		return false;
	return !d.selector || !inject_peek(h, d.selector, &selector, 1) || selector != 0;
}

/*
 * The stop has ended a call with EINTR, and where the kernel rewinds, the result has replaced the
 * first argument. If it is the very call in which the thread slept when we looked, we know that
 * one. It is if the thread has gone to sleep only once since then: now. Else the call ends with
 * EINTR, as it may at any stop (signal(7)).
 */
static void
inject_rewind(struct hold *h)
{
	const struct inject_look *look = &h->look;

	if (look->nr < 0 || look->nr != machine_call_nr(&h->was) ||
	    look->pc != machine_ip(&h->was) ||
	    !inject_reissue(h->abi, look->nr, machine_result(&h->was, h->abi), h->by_signal) ||
	    inject_switches(h) != look->switches + 1)
		return;
	machine_set_arg(&h->was, h->abi, look->arg);
	machine_jump(&h->was, h->insn);
	h->in_call = true;
}

/* Whether it is in a call, and where the instruction of that is. */
static void
inject_find_call(struct hold *h)
{
	uint64_t ip = machine_ip(&h->was), size = inject_insn_size(h->abi);

	h->rewound = machine_rewinds && inject_is_insn(h, ip);
	h->insn = h->rewound ? ip : ip - size;
	if (h->rewound || machine_call_nr(&h->was) < 0 || !inject_is_insn(h, h->insn))
		return;
	if (machine_rewinds)
		inject_rewind(h);
	else
		h->in_call = true;
}

/* Reads the thread's state, and whether it can make a call from there. Changes nothing yet. */
static enum inject_end
inject_inspect(struct hold *h)
{
	if (!machine_get(h->job->tid, &h->was) ||
	    inject_request(h, PTRACE_GETSIGMASK, sizeof(h->mask), (uintptr_t)&h->mask) < 0)
		return inject_failed(h);
	machine_get_vectors(h->job->tid, &h->vectors);
	if (!machine_abi(&h->was, &h->abi))
		return INJECT_NO_INSN;
	if (!inject_leave_sequence(h))
		return INJECT_SEQUENCE;
	inject_find_call(h);
	if (!h->rewound && !h->in_call) {
		if (h->abi != h->job->abi || !inject_is_insn(h, h->job->insn))
			return INJECT_NO_INSN;
		h->insn = h->job->insn;
	}
	return inject_is_dispatched(h) ? INJECT_DISPATCHED : INJECT_DONE;
}

/* --- calling ---------------------------------------------------------------------------------- */

/* A signal stopped it before the call. Signals raised by our call are not passed on. */
static enum inject_end
inject_interrupted(struct hold *h, int sig)
{
	siginfo_t info = {0};

	h->sys = sig;
	inject_request(h, PTRACE_GETSIGINFO, 0, (uintptr_t)&info);
	if (info.si_code <= 0) {
		h->pass = sig;
		return INJECT_SIGNAL;
	}
	return sig == SIGSYS ? INJECT_DISPATCHED : INJECT_SIGNAL;
}

/*
 * Waits for the next stop. A thread that does not run because its cgroup was just frozen is
 * interrupted at the deadline.
 */
static struct stop
inject_await_run(struct hold *h, uint64_t deadline, bool *give_up)
{
	struct stop s = inject_await(h, *give_up ? FOREVER : deadline);

	if (s.kind != STOP_NONE)
		return s;
	*give_up = true;
	inject_request(h, PTRACE_INTERRUPT, 0, 0);
	return inject_await(h, FOREVER);
}

/*
 * Runs to the entry of the call set up in the registers, or returns why not. After that no signal
 * can arrive but SIGSTOP, which is passed on.
 */
static enum inject_end
inject_begin_call(struct hold *h, uint64_t deadline)
{
	static const uint64_t all = ~UINT64_C(0);
	bool give_up = false;
	int sig = 0;

	for (;;) {
		struct stop s;

		if (inject_request(h, PTRACE_SYSCALL, 0, (uintptr_t)sig) < 0)
			return inject_failed(h);
		s = inject_await_run(h, deadline, &give_up);
		if (s.kind == STOP_CALL)
			return inject_request(h, PTRACE_SETSIGMASK, sizeof(all), (uintptr_t)&all) <
			               0
			           ? inject_failed(h)
			           : INJECT_DONE;
		if (s.kind == STOP_GONE)
			return INJECT_GONE;
		if (s.kind == STOP_SIGNAL && s.sig != SIGSTOP)
			return inject_interrupted(h, s.sig);
		if (s.kind == STOP_EVENT && give_up)
			return INJECT_NO_STOP;
		sig = s.sig == SIGSTOP && s.kind == STOP_SIGNAL ? SIGSTOP : 0;
	}
}

/* From the entry of the call to the signal code after it. */
static enum inject_end
inject_end_call(struct hold *h)
{
	struct stop s = {STOP_CALL, 0};

	while (s.kind != STOP_EVENT) {
		if (inject_request(h, PTRACE_INTERRUPT, 0, 0) < 0 ||
		    inject_request(h, PTRACE_CONT, 0, (uintptr_t)s.sig) < 0)
			return inject_failed(h);
		s = inject_await(h, FOREVER);
		if (s.kind == STOP_GONE)
			return INJECT_GONE;
	}
	return INJECT_DONE;
}

static enum inject_end
inject_call(struct hold *h, const short *nr, uint64_t arg, uint64_t mask, uint64_t deadline,
            int64_t *result)
{
	struct machine_regs regs = h->was;
	enum inject_end end;

	machine_call(&regs, h->abi, h->insn, nr[h->abi], arg);
	if (!inject_set(h, &regs, mask))
		return inject_failed(h);
	end = inject_begin_call(h, deadline);
	if (end == INJECT_DONE)
		end = inject_end_call(h);
	if (end != INJECT_DONE)
		return end;
	if (!machine_get(h->job->tid, &regs))
		return inject_failed(h);
	*result = machine_result(&regs, h->abi);
	return INJECT_DONE;
}

/*
 * A thread that has been put back to the instruction of its call: whether it is to make that once
 * more or to go on by restart_syscall(2) is known to the kernel alone, and is decided as it goes
 * on. So it goes to the entry of the call, whose number is then the right one, and there the call
 * is dropped. It may just as well have been about to make a call for the first time.
 */
static enum inject_end
inject_settle(struct hold *h)
{
	uint64_t mask = inject_mask(h->mask);
	enum inject_end end;

	if (inject_request(h, PTRACE_SETSIGMASK, sizeof(mask), (uintptr_t)&mask) < 0)
		return inject_failed(h);
	end = inject_begin_call(h, time_ns() + TIME_SECOND);
	if (end == INJECT_DONE && !machine_drop_call(h->job->tid))
		return inject_failed(h);
	if (end == INJECT_DONE)
		end = inject_end_call(h);
	if (end != INJECT_DONE)
		return end;
	if (!machine_get(h->job->tid, &h->was))
		return inject_failed(h);
	machine_jump(&h->was, h->insn);
	h->in_call = true;
	return INJECT_DONE;
}

/* --- letting it go ---------------------------------------------------------------------------- */

/*
 * Reissues the interrupted call and leaves the thread at its entry, where signals that arrived
 * meanwhile are pending, as they would have been. There its signal mask is restored: a call with a
 * temporary mask sets it before it sleeps. The thread is released by our exit instead of
 * PTRACE_DETACH, which wakes it like a signal and would end the call at once. If frozen, it makes
 * the call when thawed.
 */
static void
inject_ptrace_reissue(struct hold *h)
{
	struct machine_regs regs = h->was;
	bool give_up = false;
	struct stop s = {STOP_EVENT, 0};

	machine_reissue(&regs, h->insn);
	inject_set(h, &regs, ~UINT64_C(0));
	while (s.kind != STOP_CALL && s.kind != STOP_GONE && !(give_up && s.kind == STOP_EVENT)) {
		if (inject_request(h, PTRACE_SYSCALL, 0,
		                   s.kind == STOP_SIGNAL ? (uintptr_t)s.sig : 0) < 0)
			return;
		s = inject_await_run(h, time_ns() + TIME_SECOND, &give_up);
	}
	inject_request(h, PTRACE_SETSIGMASK, sizeof(h->mask), (uintptr_t)&h->mask);
	inject_request(h, s.kind == STOP_CALL ? PTRACE_CONT : PTRACE_DETACH, 0, (uintptr_t)h->pass);
}

/* Restores its registers and signal mask and releases it. */
static void
inject_let_go(struct hold *h)
{
	if (h->in_call && (machine_rewinds ||
	                   (!h->pass && inject_reissue(h->abi, machine_call_nr(&h->was),
	                                               machine_result(&h->was, h->abi),
	                                               h->by_signal)))) {
		inject_ptrace_reissue(h);
		return;
	}
	inject_set(h, &h->was, h->mask);
	inject_request(h, PTRACE_DETACH, 0, (uintptr_t)h->pass);
}

/* --- the job ---------------------------------------------------------------------------------- */

/* Whether descriptor n of the thread is a userfaultfd: another thread may have closed ours. */
static bool
inject_is_userfaultfd(const struct hold *h, int64_t n)
{
	static const char name[] = "anon_inode:[userfaultfd]";
	char path[24] = "fd/", digits[20], link[sizeof(name)] = "";
	size_t len = 3, d = 0;

	do {
		digits[d++] = (char)('0' + n % 10);
	} while ((n /= 10) > 0);
	while (d > 0)
		path[len++] = digits[--d];
	path[len] = '\0';
	return readlinkat(h->job->task, path, link, sizeof(link) - 1) > 0 && !strcmp(link, name);
}

/*
 * With the thread stopped: makes it create the descriptor, copies that, and makes it close it.
 * Between the two calls the thread has its original registers and mask: if we are killed there, it
 * only has one more descriptor.
 */
static enum inject_end
inject_take(struct hold *h, int *fd)
{
	uint64_t arg = O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE;
	int64_t made = -1, ignored;
	enum inject_end end = inject_call(h, ptrace_userfaultfd, arg, inject_mask(h->mask),
	                                  time_ns() + TIME_SECOND, &made);

	if (end != INJECT_DONE)
		return end;
	if (made < 0) {
		h->sys = (int)-made;
		return INJECT_CALL;
	}
	inject_set(h, &h->was, h->mask);
	*fd = (int)syscall(NR_PIDFD_GETFD, h->job->pidfd, (int)made, 0);
	h->sys = errno;
	if (inject_is_userfaultfd(h, made))
		inject_call(h, ptrace_close, (uint64_t)made, ~UINT64_C(0), FOREVER, &ignored);
	return *fd < 0 ? INJECT_TAKE : INJECT_DONE;
}

/*
 * With the thread stopped: makes it close the descriptor that an earlier helper left, if it is
 * still the same.
 */
static enum inject_end
inject_drop(struct hold *h)
{
	const struct inject_stray *stray = &h->job->stray;
	struct inject_stray now;
	char text[512];
	int64_t ignored;
	enum inject_end end;

	if (!inject_is_userfaultfd(h, stray->fd) ||
	    !file_read_small(h->job->task, h->job->fdinfo, text, sizeof(text)) ||
	    !inject_stray_of(text, stray->fd, &now) || !inject_same_stray(&now, stray))
		return INJECT_OTHER;
	end = inject_call(h, ptrace_close, (uint64_t)stray->fd, inject_mask(h->mask),
	                  time_ns() + TIME_SECOND, &ignored);
	return end == INJECT_DONE ? INJECT_CLOSED : end;
}

void
inject_trace(const struct inject_job *job, struct inject_report *report, int *fd)
{
	struct hold h = {.job = job, .look.nr = -1};
	enum inject_end end = inject_attach(&h);
	uint64_t began = time_ns();

	if (end == INJECT_DONE)
		end = inject_halt(&h, began + job->stop_ns);
	if (end == INJECT_DONE)
		end = inject_inspect(&h);
	if (end == INJECT_DONE) {
		end = h.rewound ? inject_settle(&h) : INJECT_DONE;
		if (end == INJECT_DONE)
			end = job->stray.ino ? inject_drop(&h) : inject_take(&h, fd);
		if (end != INJECT_GONE)
			inject_let_go(&h);
		report->stopped_ns = time_ns() - began;
	}
	report->end = (int)end;
	report->sys = h.sys;
}

#endif
