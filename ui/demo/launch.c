/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "demo/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"
#include "kernel/proc.h"

static int
launch_open_output(char *output, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(output, size, "%s/pmtop-output-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
	return mkostemp(output, O_CLOEXEC);
}

/* Resets signals to what a fresh login has, whatever we inherited or set. */
static void
launch_default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig <= SIGRTMAX; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. Errors go up the pipe, which exec closes like all our descriptors. */
static _Noreturn void
launch_become(char **argv, int out, int report)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC), failed;

	setsid(); /* not affected by ^C at pmtop's terminal */
	/* Yama may only let ancestors trace it, but our child may have to (inject.h) */
	prctl(PR_SET_PTRACER, (unsigned long)getppid(), 0, 0, 0);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	launch_default_signals();
	rights_give_up();
	execvp(argv[0], argv);
	failed = errno;
	if (write(report, &failed, sizeof(failed)) < 0)
		_exit(126);
	_exit(127);
}

int
launch(char **argv, pid_t *pid, char *output, size_t size, struct err *err)
{
	int report[2] = {-1, -1}, failed = 0;
	int out = launch_open_output(output, size);
	ssize_t n;

	if (out < 0)
		return err_sys(err, "set TMPDIR to a writable directory",
		               "cannot save the output of %s", argv[0]);
	if (pipe2(report, O_CLOEXEC) < 0 || (*pid = fork()) < 0) {
		err_sys(err, err_start_how(errno), "cannot start %s", argv[0]);
		for (size_t i = 0; i < ARRAY_LEN(report); i++)
			if (report[i] >= 0)
				close(report[i]);
		close(out);
		unlink(output);
		return -1;
	}
	if (*pid == 0)
		launch_become(argv, out, report[1]);
	close(out);
	close(report[1]);
	while ((n = read(report[0], &failed, sizeof(failed))) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (n <= 0)
		return 0;
	waitpid(*pid, NULL, 0);
	unlink(output);
	errno = failed;
	return err_sys(err, "give a command that can be executed", "cannot start %s", argv[0]);
}

void
launch_await_end(pid_t pid, int ms)
{
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	if (end.fd < 0)
		return;
	poll(&end, 1, ms);
	close(end.fd);
}

void
launch_how_it_ends(pid_t pid, char *out, size_t size)
{
	enum { DYING_MS = 2000 };

	launch_await_end(pid, DYING_MS);
	proc_how_it_ended(pid, out, size);
}

int
launch_refuse_ended(pid_t pid, const char *name, const char *what, struct err *err)
{
	char how[64], why[128];

	if (err->sys != ESRCH)
		return -1;
	launch_how_it_ends(pid, how, sizeof(how));
	if (!how[0])
		return -1;
	snprintf(why, sizeof(why), "it has ended%s before pmtop could look at it", how);
	return err_set(err, ERR_TARGET, why, NULL, "%s process %d (%s)", what, (int)pid, name);
}

bool
launch_drop_output(const char *output, bool *empty)
{
	int fd = file_open(AT_FDCWD, output, O_RDONLY | O_NOFOLLOW);
	struct stat st;
	bool alone;

	*empty = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
	/* the lease is refused while the file is open for writing */
	alone = *empty && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
	if (alone)
		unlink(output);
	if (fd >= 0)
		close(fd);
	return alone;
}
