/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/worker.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <time.h>

enum { STACK = 1 << 20 };

static int
worker_do_start(pthread_t *thread, void *(*main)(void *arg), void *arg)
{
	pthread_attr_t attr;
	int failed;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	failed = pthread_create(thread, &attr, main, arg);
	pthread_attr_destroy(&attr);
	return failed;
}

int
worker_start(pthread_t *thread, void *(*main)(void *arg), void *arg)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	failed = worker_do_start(thread, main, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

/* --- the program itself ----------------------------------------------------------------------- */

struct call {
	int (*main)(int argc, char **argv);
	int argc;
	char **argv;
	int status;
};

static void *
worker_run_call(void *arg)
{
	struct call *c = arg;

	c->status = c->main(c->argc, c->argv);
	return NULL;
}

static bool
worker_has_room(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_STACK, &l) < 0 || l.rlim_cur >= STACK;
}

int
worker_main(int (*main)(int argc, char **argv), int argc, char **argv)
{
	struct call c = {main, argc, argv, 0};
	pthread_t thread;
	sigset_t all;

	if (worker_has_room() || worker_do_start(&thread, worker_run_call, &c))
		return main(argc, argv);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_join(thread, NULL);
	return c.status;
}

void
worker_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}
