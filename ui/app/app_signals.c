/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals that end or stop pmtop. The loop handles them; but it may be stuck in a write to a
 * terminal that takes no output (^S, a hung reader), or in a bug. So a second fatal signal ends
 * pmtop at once, and so does the first one, a moment later, if the terminal takes no output.
 */
#include "app/app_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/util.h"
#include "term/paint.h"

enum { PATIENCE_S = 1 };

static const int signals_ends[] = {SIGINT,  SIGTERM, SIGHUP,    SIGQUIT, SIGUSR1, SIGUSR2,
                                   SIGALRM, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR};
static const int signals_stops[] = {SIGTSTP, SIGCONT};
/* what has arrived; ended: the signal's number */
static volatile sig_atomic_t signals_ended, signals_stopped, signals_continued;
static int signals_news = -1;

/* Ends at once, whatever the loop does: only async-signal-safe calls. */
static _Noreturn void
app_end_here(int sig)
{
	sigset_t self;

	term_panic();
	signal(sig, SIG_DFL);
	sigemptyset(&self);
	sigaddset(&self, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &self, NULL); /* the handler runs with it blocked */
	_exit(128 + sig); /* the first process of a container: nothing ends it by default */
}

/* A slow terminal still gets its pending output, and then a proper end. */
static void
app_on_end(int sig)
{
	if (signals_ended && (sig != SIGALRM || !term_takes()))
		app_end_here(signals_ended);
	if (!signals_ended)
		signals_ended = sig;
	alarm(PATIENCE_S);
}

static void
app_on_signal(int sig)
{
	int error = errno;

	if (sig == SIGTSTP)
		signals_stopped = 1;
	else if (sig == SIGCONT)
		signals_continued = 1;
	else
		app_on_end(sig);
	eventfd_write(signals_news, 1); /* without the descriptor, the interrupted wait is enough */
	errno = error;
}

int
app_signals_open(void)
{
	signals_news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals_handle(signals_ends, ARRAY_LEN(signals_ends), app_on_signal);
	signals_handle(signals_stops, ARRAY_LEN(signals_stops), app_on_signal);
	signal(SIGPIPE, SIG_IGN);
	return signals_news;
}

void
app_signals_close(void)
{
	alarm(0);
	signals_handle(signals_ends, ARRAY_LEN(signals_ends), SIG_DFL);
	signals_handle(signals_stops, ARRAY_LEN(signals_stops), SIG_DFL);
	close(signals_news);
	signals_news = -1;
}

/* Stops as any program does: the terminal is the shell's meanwhile. */
static void
app_stop(struct app *a)
{
	uint64_t from = time_ns(), to;
	char text[96];

	term_suspend();
	signals_handle(signals_stops, 1, SIG_DFL);
	raise(SIGTSTP); /* here */
	signals_handle(signals_stops, 1, app_on_signal);
	signals_continued = 0; /* this SIGCONT is handled */
	term_resume();
	to = time_ns();
	if (a->t.s)
		history_stopped(&a->t.history, sample_clock(a->t.s, from),
		                sample_clock(a->t.s, to));
	if (to - from < TIME_SECOND)
		snprintf(text, sizeof(text), "stopped for less than 1 s: no samples meanwhile");
	else
		snprintf(text, sizeof(text), "stopped for %.0f s: no samples meanwhile",
		         (double)(to - from) / 1e9);
	app_toast(a, ROLE_TEXT, text);
	if (!a->t.paused)
		app_refresh(a);
}

void
app_signals_take(struct app *a, bool news)
{
	eventfd_t n;

	if (news) /* before the signals themselves: they are set first */
		eventfd_read(signals_news, &n);
	if (!signals_ended && !signals_stopped && !signals_continued)
		return;
	if (signals_stopped) {
		signals_stopped = 0;
		app_stop(a);
	}
	/* after a SIGSTOP, which cannot be caught: others may have used the terminal */
	if (signals_continued) {
		signals_continued = 0;
		term_suspend();
		term_resume();
	}
	if (signals_ended == SIGINT && (app_prompt_cancel(a) || app_interrupt_work(a))) {
		alarm(0);
		signals_ended = 0;
	}
	a->quit |= signals_ended != 0;
}
