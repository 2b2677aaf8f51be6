/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/refs.h"
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
	int refs; /* one is its owner's, one the thread's */
	int event;
	char *root;
	pid_t pid;
	enum track_owner owner;

	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	struct worker worker;
	struct request request;
	struct queue queue;
	struct sample *out;
	struct results results;
	bool open_failed;
	bool holds; /* the target is watched */
	struct err open_err;
	int pidfd;
	uint64_t busy_ns;

	/* the thread's own */
	struct reader reader;
	struct queue todo; /* what it has taken out of the queue */
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
	s->reader.draft.time_ns = source_now(s->reader.t.source);
	s->reader.draft.made_ns = time_ns();
	if (complete)
		s->reader.draft.request_serial = s->reader.now.serial;
	*copy = s->reader.draft;
	regions_ref(copy->regions);
	window_ref(copy->window);
	answer_ref(copy->card);
	bytes_ref(copy->bytes);
	smaps_look_ref(copy->smaps);
	pthread_mutex_lock(&s->lock);
	old = s->out;
	s->out = copy;
	results_move(&s->results, &s->reader.done);
	s->holds = track_holds(&s->reader.t.track);
	pthread_mutex_unlock(&s->lock);
	sample_free(old);
	eventfd_write(s->event, 1);
}

struct sample *
sampler_take(struct sampler *s, struct results *out)
{
	struct sample *got;
	eventfd_t ignored;

	eventfd_read(s->event, &ignored);
	pthread_mutex_lock(&s->lock);
	got = s->out;
	s->out = NULL;
	results_move(out, &s->results);
	pthread_mutex_unlock(&s->lock);
	return got;
}

void
sampler_request(struct sampler *s, struct request *request)
{
	pthread_mutex_lock(&s->lock);
	request->serial = s->request.serial + 1;
	s->request = *request;
	worker_wake(&s->worker);
	pthread_mutex_unlock(&s->lock);
}

uint64_t
sampler_command(struct sampler *s, const struct command *c)
{
	uint64_t serial;

	pthread_mutex_lock(&s->lock);
	serial = queue_add(&s->queue, c, &s->results);
	if (s->results.n)
		eventfd_write(s->event, 1);
	worker_wake(&s->worker);
	pthread_mutex_unlock(&s->lock);
	return serial;
}

/* With the lock held: there is something that the thread has not taken yet. */
static bool
sampler_has_news(const struct sampler *s)
{
	return s->request.serial != s->reader.now.serial || s->queue.n;
}

static bool
sampler_superseded(void *arg)
{
	struct sampler *s = arg;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->worker.stop || sampler_has_news(s);
	pthread_mutex_unlock(&s->lock);
	return yes;
}

static bool
sampler_stopping(void *arg)
{
	struct sampler *s = arg;

	return worker_stopping(&s->worker);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Waits for a new request or command, for the next look, or for a heartbeat. false: stop. */
static bool
sampler_wait_for_work(struct sampler *s, bool *news)
{
	bool stop, beat = s->reader.t.source->meta.may_end && !s->reader.draft.ended;
	uint64_t now = time_ns(), at = now + HEARTBEAT_MS * MS;
	bool timed =
	    beat || (s->reader.now.interval_ns && !s->reader.now.paused && !s->reader.draft.ended);

	if (timed && !beat)
		at = u64_max(now, s->next_look);
	else if (timed && s->reader.now.interval_ns && !s->reader.now.paused)
		at = u64_min(at, u64_max(now, s->next_look));
	pthread_mutex_lock(&s->lock);
	s->busy_ns = 0;
	while (!s->worker.stop && !sampler_has_news(s) &&
	       worker_wait(&s->worker, timed ? at : WORKER_FOREVER))
		;
	*news = sampler_has_news(s);
	stop = s->worker.stop;
	s->busy_ns = time_ns();
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

/* Carries out what was asked for, in order: those that take a look afterwards, or the others. */
static bool
sampler_carry_out(struct sampler *s, bool look)
{
	bool any = false;

	for (size_t i = 0; i < s->todo.n;) {
		struct command c;

		if (command_takes_look(s->todo.v[i].kind) != look) {
			i++;
			continue;
		}
		c = queue_take(&s->todo, i);
		command_carry_out(&s->reader, &c);
		any = true;
	}
	return any;
}

static bool
sampler_is_to_look_again(const struct sampler *s)
{
	for (size_t i = 0; i < s->todo.n; i++)
		if (s->todo.v[i].kind == COMMAND_LOOK)
			return true;
	return false;
}

/* What the new request asks beyond the one served before. */
static void
sampler_serve(struct sampler *s, const struct request *before, bool due)
{
	struct reader *l = &s->reader;
	const struct request *w = &l->now;
	bool again = sampler_is_to_look_again(s), looked = false;
	bool lens = w->screen.lens != before->screen.lens;
	bool grid = w->screen.grid_on &&
	            (lens || !before->screen.grid_on ||
	             !grid_same(&w->screen.grid, &before->screen.grid) ||
	             strcmp(w->screen.filter, before->screen.filter) != 0);
	uint64_t begin = time_ns();

	l->draft.trouble.what[0] = '\0';
	due |= sampler_carry_out(s, true) || w->auto_clear_ns != before->auto_clear_ns;
	if (l->draft.ended) {
		s->stale = false;
	} else if (!l->draft.regions || !l->draft.regions->counted || due || s->stale) {
		s->stale = !reader_at_all(l);
		looked = true;
		s->next_look =
		    time_ns() + u64_max(w->interval_ns, COST_SHARE * (time_ns() - begin));
		if (!s->stale)
			command_auto_clear(l);
	} else if (!w->screen.grid_on && lens) {
		s->stale = !reader_at_all(l);
	} else if (grid) {
		s->stale = !reader_at_grid(l, &l->draft.regions->vmas);
	}
	reader_besides(l, before, looked, again);
	sampler_carry_out(s, false);
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
		queue_move(&s->todo, &s->queue);
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
	s->pidfd = ok ? s->reader.t.source->meta.end_fd : -1;
	pthread_mutex_unlock(&s->lock);
	if (!ok)
		eventfd_write(s->event, 1);
}

static bool
sampler_open_target(struct sampler *s)
{
	struct err err = {0};
	struct source *source = source_open(s->root, s->pid, &err);
	bool ok = source != NULL;

	if (ok)
		reader_open(&s->reader, source, s->owner);
	sampler_tell_opened(s, ok, &err);
	if (ok && reader_begin(&s->reader, &err) < 0) {
		sampler_tell_opened(s, false, &err);
		ok = false;
	}
	return ok;
}

static void
sampler_release(void *arg)
{
	struct sampler *s = arg;

	if (!refs_drop(&s->refs))
		return;
	sample_free(s->out);
	results_free(&s->results);
	queue_free(&s->queue);
	close(s->event);
	pthread_mutex_destroy(&s->lock);
	free(s->root);
	free(s);
}

static void
sampler_run(void *arg)
{
	struct sampler *s = arg;
	bool news, ok = sampler_open_target(s);

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
	queue_free(&s->todo);
}

struct sampler *
sampler_start(const char *root, pid_t pid, enum track_owner owner, struct err *err)
{
	struct sampler *s = mem_alloc(sizeof(*s));
	int failed;

	s->reader.host =
	    (struct reader_host){sampler_publish, sampler_superseded, sampler_stopping, s};
	s->refs = 2;
	s->pid = pid;
	s->owner = owner;
	s->pidfd = -1;
	s->busy_ns = time_ns();
	s->root = mem_strdup(root);
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	failed = s->event < 0
	             ? errno
	             : worker_start(&s->worker, &s->lock, sampler_run, sampler_release, s);
	if (failed) {
		errno = failed;
		err_sys(err, NULL, "cannot start the reading thread");
		s->refs = 1;
		sampler_release(s);
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
	bool ended;
	uint64_t ms;

	pthread_mutex_lock(&s->lock);
	ms = s->holds ? RELEASE_WAIT_MS : STOP_WAIT_MS;
	pthread_mutex_unlock(&s->lock);
	ended = worker_stop(&s->worker, ms * MS);
	sampler_release(s);
	return ended;
}
