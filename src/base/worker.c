/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"

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

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	void (*release)(void *) = w->release;
	void *shared = w->arg;

	w->run(shared);
	pthread_mutex_lock(w->lock);
	w->ended = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(w->lock);
	release(shared); /* w lies in what is shared: do not touch it after this */
	return NULL;
}

int
worker_start(struct worker *w, pthread_mutex_t *lock, void (*run)(void *arg),
             void (*release)(void *arg), void *arg)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int failed;

	*w = (struct worker){.lock = lock, .run = run, .release = release, .arg = arg};
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	failed = worker_do_start(&w->thread, worker_run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

bool
worker_wait(struct worker *w, uint64_t until)
{
	struct timespec at;

	if (until == WORKER_FOREVER)
		return pthread_cond_wait(&w->wake, w->lock) == 0;
	at = time_deadline(until);
	return pthread_cond_timedwait(&w->wake, w->lock, &at) != ETIMEDOUT;
}

void
worker_wake(struct worker *w)
{
	pthread_cond_broadcast(&w->wake);
}

bool
worker_stopping(struct worker *w)
{
	bool yes;

	pthread_mutex_lock(w->lock);
	yes = w->stop;
	pthread_mutex_unlock(w->lock);
	return yes;
}

void
worker_ask_to_stop(struct worker *w)
{
	pthread_mutex_lock(w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(w->lock);
}

bool
worker_stop(struct worker *w, uint64_t until)
{
	bool ended;

	worker_ask_to_stop(w);
	pthread_mutex_lock(w->lock);
	while (!w->ended && worker_wait(w, until))
		;
	ended = w->ended;
	pthread_mutex_unlock(w->lock);
	if (ended)
		pthread_join(w->thread, NULL);
	else
		pthread_detach(w->thread);
	return ended;
}

/* --- the program itself ----------------------------------------------------------------------- */

struct worker_call {
	int (*main)(int argc, char **argv);
	int argc;
	char **argv;
	int status;
};

static void *
worker_run_call(void *arg)
{
	struct worker_call *c = arg;

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
	struct worker_call c = {main, argc, argv, 0};
	pthread_t thread;
	sigset_t all;

	if (worker_has_room() || worker_do_start(&thread, worker_run_call, &c))
		return main(argc, argv);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_join(thread, NULL);
	return c.status;
}
