/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trackers are tested in a child process, so that none of our own memory gets write-protected. */
#include "track/tracker_ops.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

bool
track_cannot(struct track_status *s, const char *why, const char *how)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	snprintf(s->how, sizeof(s->how), "%s", how);
	return false;
}

bool
track_cannot_try(struct track_status *s)
{
	return track_cannot(s, "no process can be started to try it", err_start_how(EAGAIN));
}

bool
track_cannot_open(struct track_status *s)
{
	return track_cannot(s, "pmtop is out of file descriptors", err_help(EMFILE, NULL));
}

/* The calling threads block all signals, and the child inherits that. */
static void
track_limit_time(void)
{
	enum { TIME_S = 5 };
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	alarm(TIME_S);
}

int
track_try(int (*round_trip)(void))
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return TRY_NO_CHILD;
	if (child == 0) {
		track_limit_time();
		_exit(round_trip());
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
