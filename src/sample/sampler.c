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
#include "sample/answerer.h"
#include "sample/commands.h"
#include "sample/reader.h"
#include "target/growth.h"

enum {
	HEARTBEAT_MS = 100, /* how soon an exec is noticed */
	COST_SHARE = 10, /* a scan that took t is not repeated before COST_SHARE * t has passed */
	STOP_WAIT_MS = 250,
	RELEASE_WAIT_MS =
	    5000, /* the same while a userfaultfd is released, VMA by VMA */
};

struct sampler {
	int refs; /* the owner's, and one per thread */
	int event;
	struct sampler_target what;
	char *root, *path;

	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	struct worker worker;
	struct request request;
	struct queue queue;
	struct answerer answerer;
	struct results adopt;   /* the answerer's, to be published with the next sample */
	struct sample *out;
	struct results results;
	bool open_failed;
	bool holds; /* a userfaultfd in the target has to be released, or a file written */
	struct err open_err;
	int pidfd;
	uint64_t busy_ns;

	/* owned by the thread */
	struct reader reader;
	struct queue todo; /* taken out of the queue */
	struct results faults; /* of pages read in: wait for a scan that shows them */
	struct command next; /* to be passed to the answerer; serial 0: none */
	uint64_t next_scan;
	/*
	 * the last scan was abandoned for a newer request, and is still due; of all regions,
	 * whatever it costs; or that of the grid
	 */
	bool stale, stale_all, grid_stale;
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
		s->reader.draft.request_serial = s->reader.draft.whole_serial =
		    s->reader.now.serial;
	*copy = s->reader.draft;
	timeline_ref(copy->timeline);
	regions_ref(copy->regions);
	window_ref(copy->window);
	answer_ref(copy->card);
	bytes_ref(copy->bytes);
	smaps_reading_ref(copy->smaps);
	attribution_ref(copy->attribution);
	heatmap_ref(copy->heat);
	difference_ref(copy->diff);
	pthread_mutex_lock(&s->lock);
	old = s->out;
	s->out = copy;
	results_move(&s->results, &s->reader.done);
	s->holds = track_holds(&s->reader.t.track) || s->reader.keeper;
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

/* With the lock held: a target that cannot be opened answers nothing. */
static void
sampler_refuse(struct sampler *s)
{
	while (s->queue.n) {
		struct result r = {.command = queue_take(&s->queue, 0), .err = s->open_err};

		results_add(&s->results, &r);
	}
}

uint64_t
sampler_command(struct sampler *s, const struct command *c)
{
	uint64_t serial;

	pthread_mutex_lock(&s->lock);
	if (command_replaces(c, &s->answerer.running))
		answerer_end(&s->answerer, RESULT_REPLACED);
	serial = queue_add(&s->queue, c, &s->results);
	s->queue.v[s->queue.n - 1].since_ns = time_ns();
	if (s->open_failed)
		sampler_refuse(s);
	if (s->results.n)
		eventfd_write(s->event, 1);
	worker_wake(&s->worker);
	pthread_mutex_unlock(&s->lock);
	return serial;
}

bool
sampler_cancel(struct sampler *s, uint64_t serial)
{
	bool done;

	pthread_mutex_lock(&s->lock);
	done = queue_drop(&s->queue, serial, RESULT_CANCELLED, &s->results) ||
	       (s->answerer.running.serial == serial &&
	        answerer_end(&s->answerer, RESULT_CANCELLED));
	if (done)
		eventfd_write(s->event, 1);
	pthread_mutex_unlock(&s->lock);
	return done;
}

bool
sampler_work(struct sampler *s, struct sampler_work *out)
{
	bool running;
	size_t i = 0;

	pthread_mutex_lock(&s->lock);
	running = answerer_is_running(&s->answerer);
	while (i < s->queue.n && !job_is_slow(&s->queue.v[i]))
		i++;
	if (running)
		*out = (struct sampler_work){s->answerer.running,
		                             progress_part(&s->answerer.progress)};
	else if (i < s->queue.n)
		*out = (struct sampler_work){s->queue.v[i], -1};
	running |= i < s->queue.n;
	pthread_mutex_unlock(&s->lock);
	return running;
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
	stop = s->worker.stop;
	s->busy_ns = time_ns();
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

/* --- the answerer ----------------------------------------------------------------------------- */

/* These results are published together with a sample that shows them. */
static bool
sampler_adopts(const struct result *r)
{
	if (r->end != RESULT_DONE)
		return false;
	switch (r->command.kind) {
	case COMMAND_FAULT:
	case COMMAND_SMAPS:
	case COMMAND_CARD:
	case COMMAND_SUM:
	case COMMAND_HEAT:
	case COMMAND_BY: return true;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_FIND:
	case COMMAND_ASK:
	case COMMAND_WORDS:
	case COMMAND_RECORD:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_KINDS: break;
	}
	return false;
}

/* With the lock held. */
static void
sampler_answer(void *arg, const struct result *r)
{
	struct sampler *s = arg;

	results_add(sampler_adopts(r) ? &s->adopt : &s->results, r);
	eventfd_write(s->event, 1);
}

/* With the lock held: the next command may begin, and what was found be adopted. */
static void
sampler_next(void *arg)
{
	struct sampler *s = arg;

	worker_wake(&s->worker);
}

/* Its thread has a reference to the sampler, which it is a part of. */
static int
sampler_start_answerer(struct sampler *s)
{
	int failed = ECANCELED;

	pthread_mutex_lock(&s->lock);
	refs_take(&s->refs);
	if (!s->worker.stop)
		failed = answerer_start(&s->answerer);
	pthread_mutex_unlock(&s->lock);
	if (failed)
		refs_drop(&s->refs); /* ours remains */
	return failed;
}

static struct source *
sampler_open_source(const struct sampler *s, struct err *err)
{
	return s->what.open ? s->what.open(s->path, err) : source_open(s->root, s->what.pid, err);
}

static struct source *
sampler_open_again(void *arg, struct err *err)
{
	return sampler_open_source(arg, err);
}

/* On its first command. The source that is open already shows that the PID was not reused. */
static int
sampler_need_answerer(struct sampler *s, struct err *err)
{
	struct reader *l = &s->reader;
	struct answerer *a = &s->answerer;

	if (a->started)
		return 0;
	if (answerer_open(a, sampler_open_source(s, err), l->draft.execs, err) < 0)
		goto failed;
	if (l->t.source->ops->life(l->t.source) == PROC_ENDED) {
		err_set(err, ERR_TARGET, "the process has ended", NULL, "cannot answer");
		goto failed;
	}
	errno = sampler_start_answerer(s);
	if (!errno)
		return 0;
	err_sys(err, NULL, "cannot start the answering thread");
failed:
	answerer_close(a);
	return -1;
}

/* The stamps that a job needs: of a page, its own. */
static void
sampler_copy_track(const struct track *of, struct job *j)
{
	if (job_is_page(&j->command))
		track_copy_page(&j->track, of, j->command.at);
	else
		track_copy(&j->track, of);
}

/* Passes the next command to the answerer, with the regions and stamps as of now. */
static void
sampler_hand_over(struct sampler *s)
{
	struct reader *l = &s->reader;
	struct result r = {.command = s->next};
	struct job j = {.command = s->next,
	                .execs = l->draft.execs,
	                .no_faults = !l->now.attribution};

	if (!s->next.serial)
		return;
	s->next = (struct command){0};
	if (command_is_impossible(l, &r) || sampler_need_answerer(s, &r.err) < 0) {
		answerer_finish(&s->answerer, &r);
		return;
	}
	j.at_ns = l->draft.timeline ? source_now(l->t.source) : 0;
	j.regions = regions_ref(l->draft.regions);
	j.causes = causes_ref(l->t.causes);
	sampler_copy_track(&l->t.track, &j);
	j.growth = growth_copy(l->t.growth);
	if (j.command.kind == COMMAND_HEAT)
		past_copy(&j.past, &l->past);
	j.brought = causes_ref(l->t.brought);
	answerer_pass(&s->answerer, &j);
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

	pthread_mutex_lock(&s->lock);
	results_move(&rs, &s->adopt);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < rs.n; i++) {
		bool fault = rs.v[i].command.kind == COMMAND_FAULT;

		reader_adopt(&s->reader, &rs.v[i]);
		results_add(fault ? &s->faults : &s->reader.done, &rs.v[i]);
	}
	free(rs.v);
	return s->faults.n > 0;
}

/* Carries out commands in order: those that need a scan afterwards, or the others. */
static bool
sampler_carry_out(struct sampler *s, bool scan)
{
	bool any = false;

	for (size_t i = 0; i < s->todo.n;) {
		struct command c;

		if (command_needs_scan(s->todo.v[i].kind) != scan) {
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

/* What is on screen; all regions if something requires it, or as often as the reader allows. */
static void
sampler_read(struct sampler *s, bool all)
{
	struct reader *l = &s->reader;
	uint64_t began = time_ns(), sweeps_ns = l->sweeps_ns, took;
	unsigned sweeps = l->sweeps;

	s->stale = !(all ? reader_read_all(l) : reader_read_tick(l));
	s->stale_all = s->stale && all;
	took = time_ns() - began;
	took -= u64_min(took, l->sweeps_ns - sweeps_ns);
	s->next_scan = time_ns() + u64_max(l->now.interval_ns, COST_SHARE * took);
	s->grid_stale &= s->stale;
	if (!s->stale && l->sweeps != sweeps)
		command_auto_clear(l);
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
	sampler_publish(s, !s->stale && !(s->grid_stale && w->screen.grid_on));
}

static void
sampler_turn(struct sampler *s, bool news)
{
	struct request before = s->reader.now;
	bool tick = s->reader.now.interval_ns && !s->reader.now.paused && time_ns() >= s->next_scan;
	bool gone = false;

	if (news) {
		pthread_mutex_lock(&s->lock);
		s->reader.now = s->request;
		sampler_take_commands(s);
		pthread_mutex_unlock(&s->lock);
		tick = tick && !s->reader.now.paused;
	}
	if (!s->reader.draft.ended && s->reader.draft.regions && !reader_is_alive(&s->reader))
		gone = true; /* reader_read_all finds out what happened */
	else if (!news && tick && s->reader.draft.regions && reader_is_quiet(&s->reader) &&
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
	sampler_set_opened(s, ok, &err);
	if (ok && reader_begin(&s->reader, &err) < 0) {
		sampler_set_opened(s, false, &err);
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
	results_free(&s->adopt);
	queue_free(&s->queue);
	answerer_free(&s->answerer);
	close(s->event);
	pthread_mutex_destroy(&s->lock);
	free(s->root);
	free(s->path);
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
	results_free(&s->faults);
}

struct sampler *
sampler_start(const struct sampler_target *what, struct err *err)
{
	struct sampler *s = mem_alloc(sizeof(*s));
	int failed;

	s->reader.host =
	    (struct reader_host){.publish = sampler_publish,
	                         .superseded = sampler_superseded,
	                         .again = sampler_open_again,
	                         .stopping = sampler_stopping,
	                         .arg = s};
	s->refs = 2;
	s->what = *what;
	s->pidfd = -1;
	s->busy_ns = time_ns();
	s->root = mem_strdup(what->root);
	s->path = what->path ? mem_strdup(what->path) : NULL;
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	answerer_init(&s->answerer, &s->lock,
	              &(struct answerer_host){sampler_answer, sampler_next, sampler_release, s});
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
	uint64_t until;
	bool ended;

	worker_ask_to_stop(&s->worker); /* from now on it starts no other */
	pthread_mutex_lock(&s->lock);
	until = time_ns() + (s->holds ? RELEASE_WAIT_MS : STOP_WAIT_MS) * TIME_MS;
	pthread_mutex_unlock(&s->lock);
	answerer_ask_to_stop(&s->answerer);
	ended = worker_stop(&s->worker, until);
	ended &= answerer_stop(&s->answerer, u64_min(until, time_ns() + STOP_WAIT_MS * TIME_MS));
	sampler_release(s);
	return ended;
}
