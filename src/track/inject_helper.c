/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper's process: closes what it does not need, protects itself, and reports. It is a fork of
 * a multithreaded program, so nothing here locks or allocates.
 */
#include "track/inject_machine.h"

#if defined(INJECT_MACHINE)

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rights.h"
#include "base/util.h"

#define NR_CLOSE_RANGE 436 /* missing from older C library headers */

static void
inject_send(int out, const struct inject_report *report, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)report, sizeof(*report)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
		                                .cmsg_type = SCM_RIGHTS,
		                                .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	sendmsg(out, &m, MSG_NOSIGNAL);
}

/* Closes all but what the job needs: no descriptor of pmtop may live on in here. */
static void
inject_close_others(const struct inject_job *job)
{
	const int keep[] = {job->task, job->pagemap, job->pidfd, job->out};
	unsigned from = 0;

	for (;;) {
		unsigned next = UINT32_MAX;

		for (size_t i = 0; i < ARRAY_LEN(keep); i++)
			if ((unsigned)keep[i] >= from && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next > from)
			syscall(NR_CLOSE_RANGE, from, next == UINT32_MAX ? next : next - 1, 0);
		if (next == UINT32_MAX)
			return;
		from = next + 1;
	}
}

/*
 * Protects the helper from signals to pmtop's process group and, where permitted, from lack of CPU
 * time or memory. No setsid: where the scheduler groups by session, a new session may wait for
 * seconds.
 */
static void
inject_shield(void)
{
	static const char never[] = "-1000";
	int fd;

	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL},
	          NULL); /* an ignored SIGCHLD would not be delivered */
	setpgid(0, 0);
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK,
	                   &(struct sched_param){.sched_priority = 1});
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, never, sizeof(never) - 1) < 0)
			errno = 0; /* needs root */
		close(fd);
	}
}

void
inject_helper(const struct inject_job *job)
{
	struct inject_report report = {0};
	int fd = -1;

	inject_close_others(job);
	rights_hold(RIGHTS_TRACE | (job->suspend_seccomp ? RIGHT(CAP_SYS_ADMIN) : 0));
	inject_shield();
	inject_trace(job, &report, &fd);
	inject_send(job->out, &report, fd);
	_exit(0);
}

#endif
