/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second signal ends pmtop whatever its main thread does, and leaves the terminal as it was. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../../ui/app/app_state.h"
#include "tap.h"

enum { WAIT_MS = 20000 };

/* The main thread of a pmtop that never comes back. */
static _Noreturn void
hang(const char *tty)
{
	const struct term_options o = {.color = COLOR_NEVER, .mouse = true};
	struct term t;
	struct err err;
	int fd;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setsid();
	signal(SIGHUP, SIG_DFL); /* this test may be run by nohup */
	fd = open(tty, O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	setenv("TERM", "xterm", 1);
	app_signals_open();
	if (fd < 0 || term_open(&t, &o, &err) < 0 || write(STDOUT_FILENO, "looping", 7) < 0)
		_exit(2);
	for (;;)
		;
}

/* What comes out of the terminal up to `what`; false: it does not come. */
static bool
read_until(int master, const char *what)
{
	char text[16384];
	size_t n = 0;
	struct pollfd p = {.fd = master, .events = POLLIN};

	while (poll(&p, 1, WAIT_MS) > 0) {
		ssize_t got = read(master, text + n, sizeof(text) - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
		if (strstr(text, what))
			return true;
	}
	return false;
}

static void
try_signals(int first, int second, const char *name)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status = 0, slave;
	bool good = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0;
	const char *tty = good ? ptsname(master) : NULL;
	struct termios before, after;
	pid_t pid;

	if (!tty) {
		ok(true, "# SKIP no pseudo-terminals here");
		return;
	}
	/* kept open, to be asked afterwards */
	slave = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	tcgetattr(slave, &before);
	pid = fork();
	if (pid == 0)
		hang(tty);
	if (!read_until(master, "looping"))
		kill(pid, SIGKILL);
	kill(pid, first);
	while (waitpid(pid, &status, WNOHANG) == 0 && kill(pid, second) == 0)
		poll(NULL, 0, 10); /* the same signal twice at once is one */
	/* two that wait together come in the order of their numbers */
	ok(WIFSIGNALED(status) && (WTERMSIG(status) == first || WTERMSIG(status) == second), name);
	ok(read_until(master, "\033[?1049l"), "and the screen of before is back");
	tcgetattr(slave, &after);
	ok(before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag &&
	       before.c_oflag == after.c_oflag,
	   "and the line discipline");
	close(slave);
	close(master);
}

int
main(void)
{
	tap_start();
	try_signals(SIGTERM, SIGTERM, "bug: a second SIGTERM ends a main thread that loops");
	try_signals(SIGINT, SIGHUP, "SIGINT, then SIGHUP");
	try_signals(SIGHUP, SIGINT, "SIGHUP, then SIGINT");
	try_signals(SIGQUIT, SIGTERM, "SIGQUIT, then SIGTERM");
	try_signals(SIGXCPU, SIGXCPU, "bug: SIGXCPU did not restore the terminal");
	try_signals(SIGTRAP, SIGTRAP, "nor did SIGTRAP");
	return tap_done();
}
