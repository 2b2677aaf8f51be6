/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "base/worker.h"
#include "sample/commands.h"
#include "sample/reader.h"

static const uint64_t MS = 1000000;
enum {
	HEARTBEAT_MS = 100, /* how soon an exec is noticed */
	COST_SHARE = 10, /* a look that took t is not repeated before COST_SHARE * t has passed */
	STOP_WAIT_MS = 250,
	RELEASE_WAIT_MS =
	    5000, /* the same while a watch is let go, VMA by VMA, so that it holds nobody up */
};

struct sampler {
	pthread_t thread;
	int event;
	char *root;
	pid_t pid;
	enum track_owner owner;

	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	pthread_cond_t wake;
	struct request request;
	struct sample *out;
	bool stop, ended_thread, open_failed;
	bool holds, left; /* the target is watched; nobody waits for the thread any more */
	struct err open_err;
	int pidfd;
	uint64_t busy_ns;

	/* the thread's own */
	struct reader reader;
	uint64_t next_look;
	bool stale; /* the last look was given up for a newer request, and is owed */
};

/* --- mailboxes -------------------------------------------------------------------------------- */

static void
sampler_publish(void *arg, bool complete)
{
	struct sampler *s = arg;
	struct sample *copy = mem_alloc(sizeof(*copy)), *old;

	s->reader.draft.serial++;
	s->reader.draft.complete = complete;
	s->reader.draft.time_ns = time_ns();
	if (complete)
		s->reader.draft.request_serial = s->reader.now.serial;
	*copy = s->reader.draft;
	regions_ref(copy->regions);
	window_ref(copy->window);
	answer_ref(copy->answer);
	answer_ref(copy->card);
	bytes_ref(copy->bytes);
	smaps_look_ref(copy->smaps);
	pthread_mutex_lock(&s->lock);
	old = s->out;
	s->out = copy;
	s->holds = track_holds(&s->reader.t.track);
	pthread_mutex_unlock(&s->lock);
	sample_free(old);
	eventfd_write(s->event, 1);
}

struct sample *
sampler_take(struct sampler *s)
{
	struct sample *got;
	eventfd_t ignored;

	eventfd_read(s->event, &ignored);
	pthread_mutex_lock(&s->lock);
	got = s->out;
	s->out = NULL;
	pthread_mutex_unlock(&s->lock);
	return got;
}

void
sampler_request(struct sampler *s, struct request *request)
{
	pthread_mutex_lock(&s->lock);
	request->serial = s->request.serial + 1;
	s->request = *request;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static bool
sampler_superseded(void *arg)
{
	struct sampler *s = arg;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->stop || s->request.serial != s->reader.now.serial;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

static bool
sampler_stopping(void *arg)
{
	struct sampler *s = arg;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->stop;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Waits for a new request, for the next look, or for a heartbeat. false: stop. */
static bool
sampler_wait_for_work(struct sampler *s, bool *news)
{
	struct timespec until;
	bool stop, beat = s->reader.t.proc.live && !s->reader.draft.ended;
	uint64_t now = time_ns(), at = now + HEARTBEAT_MS * MS;
	bool timed =
	    beat || (s->reader.now.interval_ns && !s->reader.now.paused && !s->reader.draft.ended);

	if (timed && !beat)
		at = u64_max(now, s->next_look);
	else if (timed && s->reader.now.interval_ns && !s->reader.now.paused)
		at = u64_min(at, u64_max(now, s->next_look));
	until = time_deadline(at);
	pthread_mutex_lock(&s->lock);
	s->busy_ns = 0;
	while (!s->stop && s->request.serial == s->reader.now.serial)
		if (!timed)
			pthread_cond_wait(&s->wake, &s->lock);
		else if (pthread_cond_timedwait(&s->wake, &s->lock, &until) == ETIMEDOUT)
			break;
	*news = s->request.serial != s->reader.now.serial;
	stop = s->stop;
	s->busy_ns = time_ns();
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

/* What the new request asks beyond the one served before. */
static void
sampler_serve(struct sampler *s, const struct request *before, bool due)
{
	struct reader *l = &s->reader;
	const struct request *w = &l->now;
	bool cleared = w->clear != l->draft.cleared, faulted = w->fault != l->draft.faulted;
	bool again = w->refresh != before->refresh || w->pulse_ns != before->pulse_ns;
	bool grid =
	    w->grid_on && (!before->grid_on || !grid_same(&w->grid, &before->grid) ||
	                   w->lens != before->lens || strcmp(w->filter, before->filter) != 0);
	bool looked = false;
	uint64_t begin = time_ns();

	l->draft.trouble.what[0] = '\0';
	if (cleared)
		command_clear(l);
	if (faulted)
		command_fault(l);
	if (l->draft.ended) {
		s->stale = false;
	} else if (!l->draft.regions || !l->draft.regions->counted || cleared || faulted || again ||
	           due || s->stale) {
		s->stale = !reader_at_all(l);
		looked = true;
		s->next_look =
		    time_ns() + u64_max(w->interval_ns, COST_SHARE * (time_ns() - begin));
		if (!s->stale)
			command_pulse(l);
	} else if (!w->grid_on && w->lens != before->lens) {
		s->stale = !reader_at_all(l);
	} else if (grid) {
		s->stale = !reader_at_grid(l, &l->draft.regions->vmas);
	}
	reader_besides(l, before, looked);
	if (w->ask != l->draft.asked)
		command_ask(l);
	if (w->find != l->draft.find)
		command_find(l);
	sampler_publish(s, !s->stale);
}

static void
sampler_turn(struct sampler *s, bool news)
{
	struct request before = s->reader.now;
	bool due = s->reader.now.interval_ns && !s->reader.now.paused && time_ns() >= s->next_look;

	if (news) {
		pthread_mutex_lock(&s->lock);
		s->reader.now = s->request;
		pthread_mutex_unlock(&s->lock);
		due = due && !s->reader.now.paused;
	}
	if (!s->reader.draft.ended && s->reader.draft.regions && !reader_is_alive(&s->reader))
		due = true; /* look() finds out what happened */
	else if (!news && due && s->reader.draft.regions && reader_is_quiet(&s->reader) &&
	         reader_lightly(&s->reader)) {
		s->next_look = time_ns() + s->reader.now.interval_ns;
		return;
	}
	if (news || due)
		sampler_serve(s, &before, due);
}

static void
sampler_tell_opened(struct sampler *s, bool ok, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	s->open_failed = !ok;
	s->open_err = *err;
	s->pidfd = ok ? s->reader.t.proc.pidfd : -1;
	pthread_mutex_unlock(&s->lock);
	if (!ok)
		eventfd_write(s->event, 1);
}

static bool
sampler_open_target(struct sampler *s)
{
	struct err err = {0};
	bool ok = reader_open(&s->reader, s->root, s->pid, s->owner, &err) == 0;

	sampler_tell_opened(s, ok, &err);
	if (ok && reader_begin(&s->reader, &err) < 0) {
		sampler_tell_opened(s, false, &err);
		ok = false;
	}
	return ok;
}

static void
sampler_free_sampler(struct sampler *s)
{
	sample_free(s->out);
	close(s->event);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	free(s->root);
	free(s);
}

static void *
sampler_thread_main(void *arg)
{
	struct sampler *s = arg;
	bool left, news, ok = sampler_open_target(s);

	while (ok && sampler_wait_for_work(s, &news)) {
		sampler_turn(s, news);
		if (s->reader.t.track.can == TRACK_UNKNOWN && s->reader.draft.regions &&
		    s->reader.draft.regions->counted) {
			command_choose(&s->reader); /* after the first picture: it takes a fork */
			reader_copy_tracker(&s->reader);
			sampler_publish(s, s->reader.draft.request_serial == s->reader.now.serial);
		}
	}
	reader_close(&s->reader);
	pthread_mutex_lock(&s->lock);
	s->ended_thread = true;
	left = s->left;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (left)
		sampler_free_sampler(s);
	return NULL;
}

struct sampler *
sampler_start(const char *root, pid_t pid, enum track_owner owner, struct err *err)
{
	struct sampler *s = mem_alloc(sizeof(*s));
	int failed;

	s->reader.host =
	    (struct reader_host){sampler_publish, sampler_superseded, sampler_stopping, s};
	s->pid = pid;
	s->owner = owner;
	s->pidfd = -1;
	s->busy_ns = time_ns();
	s->root = mem_strdup(root);
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	worker_cond_init(&s->wake);
	failed = s->event < 0 ? errno : worker_start(&s->thread, sampler_thread_main, s);
	if (failed) {
		errno = failed;
		err_sys(err, NULL, "cannot start the reading thread");
		sampler_free_sampler(s);
		return NULL;
	}
	return s;
}

int
sampler_fd(const struct sampler *s)
{
	return s->event;
}

int
sampler_pidfd(struct sampler *s)
{
	int fd;

	pthread_mutex_lock(&s->lock);
	fd = s->pidfd;
	pthread_mutex_unlock(&s->lock);
	return fd;
}

uint64_t
sampler_busy_ns(struct sampler *s)
{
	uint64_t ns;

	pthread_mutex_lock(&s->lock);
	ns = s->busy_ns;
	pthread_mutex_unlock(&s->lock);
	return ns;
}

bool
sampler_opened(struct sampler *s, struct err *err)
{
	bool failed;

	pthread_mutex_lock(&s->lock);
	failed = s->open_failed;
	if (failed)
		*err = s->open_err;
	pthread_mutex_unlock(&s->lock);
	return !failed;
}

bool
sampler_stop(struct sampler *s)
{
	pthread_t thread = s->thread;
	struct timespec until;
	bool ended_in_time;
	uint64_t at;

	pthread_mutex_lock(&s->lock);
	at = time_ns() + (s->holds ? RELEASE_WAIT_MS : STOP_WAIT_MS) * MS;
	until = time_deadline(at);
	s->stop = true;
	pthread_cond_broadcast(&s->wake);
	while (!s->ended_thread && pthread_cond_timedwait(&s->wake, &s->lock, &until) != ETIMEDOUT)
		;
	ended_in_time = s->ended_thread;
	s->left = !ended_in_time;
	pthread_mutex_unlock(&s->lock);
	if (ended_in_time) {
		pthread_join(thread, NULL);
		sampler_free_sampler(s);
	} else {
		pthread_detach(thread); /* and s is its own now */
	}
	return ended_in_time;
}
