/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals: those that end pmtop, those that stop it for a while, and a terminal that takes nothing
 * more. They are read from a descriptor; but while a frame is being sent to a terminal that does not
 * take it nobody reads, so then they act at once.
 */
#include "app_state.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "paint.h"
#include "util.h"

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};
static volatile sig_atomic_t ended; /* while a frame was sent */

static sigset_t
ending(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaddset(&set, ends[i]);
	return set;
}

/* A terminal that is but slow gets its frame, and then a proper end. */
static void
on_end(int sig)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	ended = sig;
	if (poll(&p, 1, 0) > 0)
		return;
	term_panic();
	signal(sig, SIG_DFL);
	raise(sig);
}

int
app_signals_open(void)
{
	struct sigaction act = {.sa_handler = on_end};
	sigset_t set = ending();

	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaction(ends[i], &act, NULL);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool
app_can_draw(const struct app *a)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return a->term.headless || poll(&p, 1, 0) > 0;
}

void
app_flush(struct app *a)
{
	sigset_t set = ending();

	if (a->signals >= 0)
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	a->cells = paint_flush();
	if (a->signals >= 0)
		sigprocmask(SIG_BLOCK, &set, NULL);
	a->quit |= ended != 0;
}

/* What the terminal's user sees is the shell; the stop is that of any program. */
static void
stop(struct app *a)
{
	uint64_t from = time_ns(), to;
	struct timespec at_once = {0};
	sigset_t set;
	char text[96];

	term_suspend();
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL); /* here */
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigtimedwait(&set, NULL, &at_once); /* it has done its work */
	term_resume();
	to = time_ns();
	history_stopped(&a->history, from, to);
	snprintf(text, sizeof(text), "stopped for %.0f s: nothing was looked at meanwhile", (double)(to - from) / 1e9);
	app_toast(a, ROLE_TEXT, text);
	a->want.refresh += !a->paused;
	if (a->sampler)
		app_post(a);
}

void
app_signals_take(struct app *a)
{
	struct signalfd_siginfo info;

	while (read(a->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTSTP:
			stop(a);
			break;
		case SIGCONT: /* after a SIGSTOP, which nobody is told of: others may have had the terminal */
			term_suspend();
			term_resume();
			break;
		default:
			a->quit = true;
		}
	}
}
