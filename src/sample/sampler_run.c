/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread that reads: what it is woken by, and what it does then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/util.h"
#include "sample/commands.h"
#include "sample/sampler_parts.h"

enum {
	HEARTBEAT_MS = 1000, /* how soon an exec is noticed, whatever the interval */
	COST_SHARE = 10, /* a scan that takes t of CPU time is not repeated before COST_SHARE * t */
	PUBLISH_MS = 5000, /* even if nothing has changed: the screen shows ages, too */
};

/* --- mailboxes -------------------------------------------------------------------------------- */

void
sampler_publish(void *arg, bool complete)
{
	struct sampler *s = arg;
	struct sample *copy, *old;

	s->reader.draft.serial++;
	s->reader.draft.complete = complete;
	s->reader.draft.time_ns = source_now(s->reader.t.source);
	s->reader.draft.made_ns = time_ns();
	if (complete)
		s->reader.draft.request_serial = s->reader.draft.whole_serial =
		    s->reader.now.serial;
	copy = sample_share(&s->reader.draft);
	sample_free(s->published);
	s->published = sample_share(copy);
	pthread_mutex_lock(&s->lock);
	old = s->out;
	s->out = copy;
	results_move(&s->results, &s->reader.done);
	s->holds = track_holds(&s->reader.t.track) || s->reader.keeper;
	pthread_mutex_unlock(&s->lock);
	sample_free(old);
	eventfd_write(s->event, 1);
}

void
sampler_refuse(struct sampler *s)
{
	while (s->queue.n) {
		struct result r = {.command = queue_take(&s->queue, 0), .err = s->open_err};

		results_add(&s->results, &r);
	}
}

/* The first command whose thread is free. */
static size_t
sampler_first_free(const struct sampler *s)
{
	size_t i = 0;

	while (i < s->queue.n && answerer_is_busy(&s->answerer) && job_is_slow(&s->queue.v[i]))
		i++;
	return i;
}

/* With the lock held: whether there is something that the thread has not taken yet. */
static bool
sampler_has_news(const struct sampler *s)
{
	return s->request.serial != s->reader.now.serial || s->adopt.n ||
	       sampler_first_free(s) < s->queue.n;
}

bool
sampler_superseded(void *arg)
{
	struct sampler *s = arg;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->worker.stop || sampler_has_news(s);
	pthread_mutex_unlock(&s->lock);
	return yes;
}

bool
sampler_stopping(void *arg)
{
	struct sampler *s = arg;

	return worker_stopping(&s->worker);
}

/* Waits for a request, a command, the next scan or a heartbeat. false: stop. */
static bool
sampler_wait_for_work(struct sampler *s, bool *news)
{
	bool stop, beat = s->reader.t.source->meta.may_end && !s->reader.draft.ended;
	uint64_t now = time_ns(), at = now + HEARTBEAT_MS * TIME_MS;
	bool timed =
	    beat || (s->reader.now.interval_ns && !s->reader.now.paused && !s->reader.draft.ended);

	if (timed && !beat)
		at = u64_max(now, s->next_scan);
	else if (timed && s->reader.now.interval_ns && !s->reader.now.paused)
		at = u64_min(at, u64_max(now, s->next_scan));
	pthread_mutex_lock(&s->lock);
	s->busy_ns = 0;
	while (!s->worker.stop && !sampler_has_news(s) &&
	       worker_wait(&s->worker, timed ? at : WORKER_FOREVER))
		;
	*news = sampler_has_news(s);
	stop = s->leaves = s->worker.stop;
	worker_wake(&s->worker);
	s->busy_ns = time_ns();
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

/* --- commands --------------------------------------------------------------------------------- */

/* With the lock held: takes all commands that can start. */
static void
sampler_take_commands(struct sampler *s)
{
	size_t i;

	while ((i = sampler_first_free(s)) < s->queue.n) {
		struct command c = queue_take(&s->queue, i);

		if (!job_is_slow(&c)) {
			queue_put(&s->todo, &c);
			continue;
		}
		s->next = c;
		answerer_take(&s->answerer, &c);
	}
}

/*
 * Puts the answerer's results into the draft; they are published with it. Returns whether a scan is
 * due.
 */
static bool
sampler_adopt(struct sampler *s)
{
	struct results rs = {0};
	bool first = !s->reader.draft.accesses || !s->reader.now.interval_ns;

	pthread_mutex_lock(&s->lock);
	results_move(&rs, &s->adopt);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < rs.n; i++) {
		bool fault = rs.v[i].command.kind == COMMAND_FAULT;

		reader_adopt(&s->reader, &rs.v[i]);
		results_add(fault ? &s->faults : &s->reader.done, &rs.v[i]);
	}
	free(rs.v);
	return s->faults.n > 0 || (first && s->reader.accesses_due);
}

/* Carries out commands in order: those that need a scan afterwards, or the others. */
static bool
sampler_carry_out(struct sampler *s, bool scan)
{
	bool any = false;

	for (size_t i = 0; i < s->todo.n;) {
		struct command c;

		if (command_needs_scan(&s->todo.v[i]) != scan) {
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
sampler_is_to(const struct sampler *s, enum command_kind kind)
{
	for (size_t i = 0; i < s->todo.n; i++)
		if (s->todo.v[i].kind == kind)
			return true;
	return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* What is on screen; all regions if something requires it, or as often as the reader allows. */
static void
sampler_read(struct sampler *s, bool all)
{
	struct reader *l = &s->reader;
	uint64_t spent = time_spent_ns(), sweeps_ns = l->sweeps_ns, took;
	unsigned sweeps = l->sweeps;

	s->stale = !(all ? reader_read_all(l) : reader_read_tick(l));
	s->stale_all = s->stale && all;
	took = time_spent_ns() - spent;
	took -= u64_min(took, l->sweeps_ns - sweeps_ns);
	s->next_scan = time_ns() + u64_max(l->now.interval_ns, COST_SHARE * took);
	s->grid_stale &= s->stale;
	if (!s->stale && l->sweeps != sweeps)
		command_auto_clear(l);
}

/*
 * Whether the draft shows what the last published sample shows, and nobody waits for it. Facts that
 * a command reads are read again only after a newer sample: with those on screen, all are news.
 */
static bool
sampler_has_no_news(const struct sampler *s, bool complete)
{
	const struct sample *is = &s->reader.draft;

	if (!s->published || time_ns() - s->published->made_ns > PUBLISH_MS * TIME_MS)
		return false;
	return !s->reader.done.n && complete && s->published->complete &&
	       is->request_serial == s->reader.now.serial &&
	       !screen_reads(&s->reader.now.screen) && sample_same(is, s->published);
}

/* Serves what the new request needs beyond the previous one. tick: it is time for a scan. */
static void
sampler_serve(struct sampler *s, const struct request *before, bool tick, bool due)
{
	struct reader *l = &s->reader;
	const struct request *w = &l->now;
	bool lens = w->screen.lens != before->screen.lens;
	bool grid = w->screen.grid_on &&
	            (lens || s->grid_stale || !before->screen.grid_on ||
	             !grid_same(&w->screen.grid, &before->screen.grid) ||
	             strcmp(w->screen.filter, before->screen.filter) != 0);
	bool complete;

	if (w->at_ns != before->at_ns) {
		reader_go(l);
		due = true;
	}
	reader_serve(l, before);
	if (!sampler_is_to(s, COMMAND_CLEAR)) /* a clear changes what it would be answered by */
		sampler_hand_over(s);
	due |= sampler_adopt(s) || w->baseline != before->baseline;
	due |= sampler_carry_out(s, true) || w->auto_clear_ns != before->auto_clear_ns;
	if (l->draft.ended) {
		s->stale = s->stale_all = s->grid_stale = false;
	} else if (!l->draft.regions || !l->draft.regions->counted || due || s->stale_all) {
		sampler_read(s, true);
	} else if (reader_owes_strips(l)) {
		s->stale = s->stale_all = !reader_read_lens(l);
	} else if (tick || s->stale) {
		sampler_read(s, false);
	} else if (grid) {
		s->grid_stale = !reader_read_grid(l, &l->draft.regions->vmas);
	} else if (w->interval_ns && !w->paused &&
	           !screen_rows_same(&w->screen.rows, &before->screen.rows)) {
		s->stale = !reader_read_shown(l);
	}
	reader_read_extras(l);
	sampler_hand_over(s);
	sampler_carry_out(s, false);
	if (!s->stale)
		results_move(&l->done, &s->faults);
	complete = !s->stale && !(s->grid_stale && w->screen.grid_on);
	if (!sampler_has_no_news(s, complete))
		sampler_publish(s, complete);
}

/* A recording that is still being made. Whether all must be read again. */
static bool
sampler_follow(struct sampler *s)
{
	enum reader_growth got = reader_grow(&s->reader);

	if (got == READER_LONGER)
		sampler_publish(s, s->reader.draft.request_serial == s->reader.now.serial);
	return got == READER_MOVED;
}

static void
sampler_turn(struct sampler *s, bool news)
{
	struct request before = s->reader.now;
	bool tick = s->reader.now.interval_ns && !s->reader.now.paused && time_ns() >= s->next_scan;
	bool gone = false; /* all must be read again */

	if (news) {
		pthread_mutex_lock(&s->lock);
		s->reader.now = s->request;
		sampler_take_commands(s);
		pthread_mutex_unlock(&s->lock);
		tick = tick && !s->reader.now.paused;
	}
	if (tick && s->reader.draft.timeline)
		gone = sampler_follow(s);
	else if (!s->reader.draft.ended && s->reader.draft.regions && !reader_is_alive(&s->reader))
		gone = true; /* reader_read_all finds out what happened */
	if (!gone && !news && tick && s->reader.draft.regions && reader_is_quiet(&s->reader) &&
	    reader_read_lightly(&s->reader)) {
		s->next_scan = time_ns() + s->reader.now.interval_ns;
		return;
	}
	if (news || tick || gone)
		sampler_serve(s, &before, tick, gone);
}

static void
sampler_set_opened(struct sampler *s, bool ok, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	s->open_failed = !ok;
	s->open_err = *err;
	s->pidfd = ok ? s->reader.t.source->meta.end_fd : -1;
	if (!ok)
		sampler_refuse(s);
	pthread_mutex_unlock(&s->lock);
	if (!ok)
		eventfd_write(s->event, 1);
}

static bool
sampler_open_target(struct sampler *s)
{
	struct err err = {0};
	bool never = s->what.await && s->what.await(s->what.ready, &err) < 0;
	struct source *source = never ? NULL : sampler_open_source(s, &err);
	bool ok = source != NULL;

	if (ok)
		reader_open(&s->reader, source, s->what.owner);
	s->reader.now.at_ns = s->what.at_ns;
	if (ok && s->what.at_ns)
		reader_go(&s->reader);
	sampler_set_opened(s, ok, &err);
	if (ok && reader_begin(&s->reader, &err) < 0) {
		sampler_set_opened(s, false, &err);
		ok = false;
	}
	return ok;
}

void
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
	sample_free(s->published);
	reader_close(&s->reader);
	queue_free(&s->todo);
	results_free(&s->faults);
}
