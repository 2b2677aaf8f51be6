/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/lister.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/refs.h"
#include "base/worker.h"

enum {
	COST_SHARE = 10, /* a list that takes t of CPU time is not repeated before COST_SHARE * t */
	STOP_WAIT_MS = 250,
};

struct lister {
	int refs; /* the owner's and the thread's */
	int event;
	char *root;
	uint64_t interval_ns;

	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	struct worker worker;
	uint64_t request;
	struct processes *out;
	bool open_failed;
	struct err open_err;

	/* owned by the thread */
	struct processes_root r;
	struct processes *list;
	uint64_t serial, served;
};

static bool
lister_stopping(void *arg)
{
	struct lister *l = arg;

	return worker_stopping(&l->worker);
}

static void
lister_publish(struct lister *l, bool complete)
{
	struct processes *copy, *old;

	l->list->serial = ++l->serial;
	l->list->complete = complete;
	l->list->request = l->served;
	copy = processes_copy(l->list);
	pthread_mutex_lock(&l->lock);
	old = l->out;
	l->out = copy;
	pthread_mutex_unlock(&l->lock);
	processes_free(old);
	eventfd_write(l->event, 1);
}

static void
lister_make_list(struct lister *l)
{
	struct processes *old = l->list;

	pthread_mutex_lock(&l->lock);
	l->served = l->request;
	pthread_mutex_unlock(&l->lock);
	l->list = processes_list(&l->r, old, lister_stopping, l);
	processes_free(old);
	lister_publish(l, false);
	processes_fill(&l->r, l->list, lister_stopping, l);
	lister_publish(l, true);
}

/* Waits for a request or for the time of the next list. false: stop. */
static bool
lister_wait_for_work(struct lister *l, uint64_t at)
{
	bool go;

	pthread_mutex_lock(&l->lock);
	while (!l->worker.stop && l->request == l->served &&
	       worker_wait(&l->worker, l->interval_ns ? at : WORKER_FOREVER))
		;
	go = !l->worker.stop;
	pthread_mutex_unlock(&l->lock);
	return go;
}

static bool
lister_open_root(struct lister *l)
{
	struct err err;
	bool ok = processes_open(&l->r, l->root, &err) == 0;

	if (ok)
		return true;
	pthread_mutex_lock(&l->lock);
	l->open_failed = true;
	l->open_err = err;
	pthread_mutex_unlock(&l->lock);
	eventfd_write(l->event, 1);
	return false;
}

static void
lister_release(void *arg)
{
	struct lister *l = arg;

	if (!refs_drop(&l->refs))
		return;
	processes_free(l->out);
	close(l->event);
	pthread_mutex_destroy(&l->lock);
	free(l->root);
	free(l);
}

static void
lister_run(void *arg)
{
	struct lister *l = arg;
	uint64_t next = 0;

	if (lister_open_root(l)) {
		do {
			uint64_t spent = time_spent_ns();

			lister_make_list(l);
			spent = time_spent_ns() - spent;
			next = time_ns() + u64_max(l->interval_ns, COST_SHARE * spent);
		} while (lister_wait_for_work(l, next));
	}
	processes_free(l->list);
	processes_close(&l->r);
}

struct lister *
lister_start(const char *root, uint64_t interval_ns, struct err *err)
{
	struct lister *l = mem_alloc(sizeof(*l));
	int failed;

	l->refs = 2;
	l->root = mem_strdup(root);
	l->interval_ns = interval_ns;
	l->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&l->lock, NULL);
	failed = l->event < 0 ? errno
	                      : worker_start(&l->worker, &l->lock, lister_run, lister_release, l);
	if (failed) {
		errno = failed;
		err_sys(err, err_start_how(errno), "cannot start the listing thread");
		l->refs = 1;
		lister_release(l);
		return NULL;
	}
	return l;
}

int
lister_fd(const struct lister *l)
{
	return l->event;
}

struct processes *
lister_take(struct lister *l)
{
	struct processes *got;
	eventfd_t ignored;

	eventfd_read(l->event, &ignored);
	pthread_mutex_lock(&l->lock);
	got = l->out;
	l->out = NULL;
	pthread_mutex_unlock(&l->lock);
	return got;
}

uint64_t
lister_refresh(struct lister *l)
{
	uint64_t request;

	pthread_mutex_lock(&l->lock);
	request = ++l->request;
	worker_wake(&l->worker);
	pthread_mutex_unlock(&l->lock);
	return request;
}

bool
lister_opened(struct lister *l, struct err *err)
{
	bool failed;

	pthread_mutex_lock(&l->lock);
	failed = l->open_failed;
	if (failed)
		*err = l->open_err;
	pthread_mutex_unlock(&l->lock);
	return !failed;
}

void
lister_stop(struct lister *l)
{
	worker_stop(&l->worker, time_ns() + STOP_WAIT_MS * TIME_MS);
	lister_release(l);
}
