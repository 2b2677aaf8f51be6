/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starts the helper, receives its report, and turns it into a message. */
#include "base/clock.h"
#include "track/inject_machine.h"

#include <errno.h>

#if defined(INJECT_MACHINE)

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

#define PIDFD_OF_THREAD O_EXCL /* PIDFD_THREAD, Linux 6.9 */

static const uint64_t STOP_NS = 1000000000; /* how long a thread has to stop */
static const int PATIENCE_MS = 4000;        /* to wait for the helper, which gives up earlier */

/* --- one helper ------------------------------------------------------------------------------- */

static void
inject_job_close(struct inject_job *job)
{
	const int fds[] = {job->task, job->pidfd};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/*
 * Descriptors are copied by a pidfd of the thread: threads may have separate descriptor tables, and
 * the main thread, to which a pidfd of the process refers, may have exited. Older kernels only have
 * the latter.
 */
static bool
inject_job_open(struct inject_job *job, const struct proc *p)
{
	char path[32];

	snprintf(path, sizeof(path), "task/%d", (int)job->tid);
	job->task = file_open(p->leader, path, O_PATH | O_DIRECTORY);
	job->pidfd = (int)syscall(SYS_pidfd_open, job->tid, PIDFD_OF_THREAD);
	if (job->pidfd < 0)
		job->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	return job->task >= 0 && job->pidfd >= 0;
}

/* Receives the helper's report, if it arrives in time. */
static void
inject_hear(int from, struct inject_report *report, int *fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {report, sizeof(*report)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof(control)};
	struct pollfd poll_in = {.fd = from, .events = POLLIN};
	const struct cmsghdr *c;
	uint64_t until = time_ns() + (uint64_t)PATIENCE_MS * 1000000;
	int n;

	do {
		uint64_t now = time_ns();

		n = poll(&poll_in, 1, now < until ? (int)((until - now) / 1000000) + 1 : 0);
	} while (n < 0 && errno == EINTR);
	if (n != 1 || recvmsg(from, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof(*report)) {
		*report = (struct inject_report){.end = INJECT_LOST, .sys = n == 1 ? 0 : ETIMEDOUT};
		return;
	}
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	/* the kernel drops descriptors that exceed our limit */
	else if (report->end == INJECT_DONE)
		*report = (struct inject_report){
		    .end = INJECT_TAKE, .sys = EMFILE, .stopped_ns = report->stopped_ns};
}

static void
inject_reap(pid_t helper)
{
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * The helper is never killed, even if it has not reported in time: it may hold the target's
 * registers, and restores them when it can.
 */
static void
inject_run_helper(struct inject_job *job, struct inject_report *report, int *fd)
{
	int pair[2];
	sigset_t all, before;
	pid_t helper;

	*report = (struct inject_report){.end = INJECT_LOST};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		report->sys = errno;
		return;
	}
	job->out = pair[1];
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	helper = fork();
	if (helper == 0)
		inject_helper(job);
	report->sys = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	if (helper > 0) {
		inject_hear(pair[0], report, fd);
		if (report->end != INJECT_LOST || !report->sys)
			inject_reap(helper);
	}
	close(pair[0]);
}

/* --- in words --------------------------------------------------------------------------------- */

static const char inject_elsewhere[] = "use another tracker";

static int
inject_refuse_call(const struct proc *p, int sys, struct err *err)
{
	char why[160];

	if (sys == EMFILE)
		return inject_refuse(
		    p, err, "it is out of file descriptors (RLIMIT_NOFILE)",
		    "raise its limit (prlimit --nofile), or use another tracker");
	snprintf(why, sizeof(why), "userfaultfd(2) failed in it: %s", strerror(sys));
	return inject_refuse(p, err, why, inject_elsewhere);
}

static int
inject_refuse_sys(const struct proc *p, const char *what, int sys, struct err *err)
{
	char why[160];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(sys));
	return inject_refuse(p, err, why, err_help(sys, "try again, or use another tracker"));
}

/* Tracing was permitted when the plan was made. What blocks it now may already be gone. */
static int
inject_refuse_seize(const struct proc *p, int sys, struct err *err)
{
	long tracer = proc_tracer(p);

	if (tracer > 0)
		return inject_refuse_traced(p, tracer, err);
	if (sys == EPERM &&
	    inject_yama(p)) /* the plan's rights as an ancestor do not extend to the helper */
		return inject_refuse_rights(p, err);
	if (sys == EPERM)
		return inject_refuse(p, err,
		                     "another process was tracing it, or a seccomp filter (as in a "
		                     "container) forbids it",
		                     "try again, or run pmtop outside of the container");
	return inject_refuse_sys(p, "tracing it failed", sys, err);
}

static int
inject_refuse_end(const struct proc *p, const struct inject_report *report, bool same_program,
                  struct err *err)
{
	static const char again[] = "try again";
	char why[96];
	struct proc now = *p;

	switch ((enum inject_end)report->end) {
	case INJECT_REFUSED:
		return inject_refuse_seize(p, report->sys, err);
	case INJECT_NO_STOP:
		return inject_refuse(
		    p, err,
		    "its threads do not stop within a second: they wait for a disk or "
		    "for a child of vfork, or are frozen",
		    "try again when it runs");
	case INJECT_SEQUENCE:
		return inject_refuse(
		    p, err, "it stopped inside a broken restartable sequence (rseq)",
		    again);
	case INJECT_GONE:
		if (same_program || proc_check(&now) == PROC_ENDED)
			return inject_refuse_gone(p, err);
		return inject_refuse(p, err, "it executed another program", "open it again");
	case INJECT_OTHER:
		return inject_refuse_other(p, err);
	case INJECT_NO_INSN:
		return inject_refuse(p, err, "no system call instruction found for what it runs",
		                     inject_elsewhere);
	case INJECT_DISPATCHED:
		return inject_refuse(
		    p, err, "it handles its own system calls (PR_SET_SYSCALL_USER_DISPATCH)",
		    inject_elsewhere);
	case INJECT_CALL:
		return inject_refuse_call(p, report->sys, err);
	case INJECT_SIGNAL:
		snprintf(why, sizeof(why), "a signal interrupted it (%s)", strsignal(report->sys));
		return inject_refuse(p, err, why, again);
	case INJECT_TAKE:
		return inject_refuse_sys(p, "its descriptor could not be taken", report->sys, err);
	case INJECT_TRACE:
		return inject_refuse_sys(p, "tracing it failed", report->sys, err);
	case INJECT_DONE:
	case INJECT_CLOSED:
	case INJECT_LOST:
		break;
	}
	if (report->sys == ETIMEDOUT)
		return inject_refuse(
		    p, err,
		    "the helper process has not finished: the process "
		    "may be frozen",
		    "it will finish when the process runs");
	if (report->sys)
		return inject_refuse_sys(p, "the helper process could not be started",
		                         report->sys, err);
	return inject_refuse(p, err, "the helper process was killed", again);
}

/* Whether another thread may succeed. */
static bool
inject_may_differ(enum inject_end end)
{
	return end == INJECT_NO_STOP || end == INJECT_SEQUENCE || end == INJECT_GONE ||
	       end == INJECT_NO_INSN || end == INJECT_DISPATCHED || end == INJECT_SIGNAL ||
	       end == INJECT_OTHER;
}

/* Another thread may have closed the descriptor and reused its number in between. */
static bool
inject_take_is_userfaultfd(int fd)
{
	char path[32], link[32] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, link, sizeof(link) - 1) > 0 &&
	       !strcmp(link, "anon_inode:[userfaultfd]");
}

/* The task in the target (close `closes`; ino 0: create a userfaultfd), and its outcome. */
struct inject_visit {
	struct inject_stray closes;
	struct inject_report report;
	struct inject_cost cost;
	int pagemap;
	int fd; /* the descriptor taken; -1: none */
};

/* Tries the threads of the plan in turn. */
static void
inject_ask_threads(const struct proc *p, const struct inject_plan *plan, uint64_t insn,
                   struct inject_visit *v)
{
	struct inject_report *report = &v->report;

	*report = (struct inject_report){.end = INJECT_GONE};
	for (unsigned i = 0; i < plan->tids_n && inject_may_differ((enum inject_end)report->end);
	     i++) {
		struct inject_job job = {.tid = plan->tids[i], .pagemap = v->pagemap,
		                         .abi = inject_abi_here(plan->compat), .insn = insn,
		                         .stop_ns = STOP_NS,
		                         .suspend_seccomp = plan->suspend_seccomp,
		                         .stray = v->closes};

		snprintf(job.fdinfo, sizeof(job.fdinfo), "fdinfo/%d", v->closes.fd);
		if (inject_job_open(&job, p))
			inject_run_helper(&job, report, &v->fd);
		else if (errno == EMFILE || errno == ENFILE)
			*report = (struct inject_report){.end = INJECT_LOST, .sys = errno};
		else
			report->end = INJECT_GONE;
		inject_job_close(&job);
		v->cost = (struct inject_cost){report->stopped_ns, job.tid, v->cost.tries + 1};
	}
}

/* Whether it still runs the same program, without an exec in between. */
static bool
inject_is_same_program(int pagemap)
{
	uint64_t word;

	return pread(pagemap, &word, sizeof(word), 0) == sizeof(word);
}

/* Makes a new plan for as long as all threads of the last one had ended. */
static int
inject_run(const struct proc *p, struct inject_visit *v, struct err *err)
{
	enum { PLANS = 8 }; /* all threads of a plan may end before they are tried */
	struct inject_plan plan;
	bool same = true;
	uint64_t insn;
	int r = 0, sys;

	v->fd = -1;
	v->pagemap = proc_file(p, "pagemap", O_RDONLY);
	sys = errno;
	for (int i = 0; i < PLANS; i++) {
		r = inject_plan_text(p, v->closes.ino ? &v->closes : NULL, &plan, &insn, err);
		if (r == 0 && v->pagemap < 0) {
			errno = sys;
			r = inject_refuse_rights(p, err);
		}
		if (r < 0)
			break;
		inject_ask_threads(p, &plan, insn, v);
		same = inject_is_same_program(v->pagemap);
		if (v->report.end != INJECT_GONE || !same)
			break;
	}
	if (v->pagemap >= 0)
		close(v->pagemap);
	if (r == 0 && v->fd >= 0 && !inject_take_is_userfaultfd(v->fd)) {
		close(v->fd);
		v->fd = -1;
		v->report = (struct inject_report){.end = INJECT_TAKE, .sys = EBADF};
	}
	if (r < 0 || v->fd >= 0 || v->report.end == INJECT_CLOSED)
		return r;
	return inject_refuse_end(p, &v->report, same, err);
}

int
inject_userfaultfd(const struct proc *p, int *fd, struct inject_cost *cost, struct err *err)
{
	struct inject_visit v = {0};
	int r = inject_run(p, &v, err);

	*fd = v.fd;
	*cost = v.cost;
	return r;
}

int
inject_close(const struct proc *p, const struct inject_stray *stray, struct err *err)
{
	struct inject_visit v = {.closes = *stray};

	if (inject_run(p, &v, err) == 0)
		return 0;
	snprintf(err->what, sizeof(err->what), "cannot close descriptor %d of process %d (%s)",
	         stray->fd, (int)p->pid, p->comm);
	return -1;
}

#else

int
inject_userfaultfd(const struct proc *p, int *fd, struct inject_cost *cost, struct err *err)
{
	struct inject_plan plan;

	*fd = -1;
	*cost = (struct inject_cost){0};
	return inject_plan(p, &plan, err);
}

int
inject_close(const struct proc *p, const struct inject_stray *stray, struct err *err)
{
	struct inject_plan plan;

	(void)stray;
	return inject_plan(p, &plan, err);
}

#endif
