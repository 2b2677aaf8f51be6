/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/signals.h"

#include <signal.h>

void
signals_begin(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
}

void
signals_handle(const int *sig, size_t n, void (*handler)(int))
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART}, was;

	sigfillset(&act.sa_mask);
	for (size_t i = 0; i < n; i++)
		if (sig[i] != SIGHUP ||
		    (sigaction(SIGHUP, NULL, &was) == 0 && was.sa_handler != SIG_IGN))
			sigaction(sig[i], &act, NULL);
}
