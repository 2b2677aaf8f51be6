/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"
#include "base/worker.h"

/*
 * SHARE: both threads may take this part of a core, so that with the one that watches faults it is
 * less than a fiftieth; what is left of that, but at most a MOST and at least a LEAST part of the
 * time, frames are read. The first sample reads all. A whole one, and smaps, cost what several
 * others have to make up for: up to DEBT intervals' share. smaps is read as often as takes no more
 * than a SMAPS_SHARE part of the time; else SMAPS samples apart, up to a SMAPS_MOST part.
 */
enum {
	KEEPER_SHARE = 64,
	KEEPER_MOST = 200,
	KEEPER_LEAST = 1000,
	KEEPER_DEBT = 16,
	KEEPER_SMAPS = 60,
	KEEPER_SMAPS_SHARE = 500,
	KEEPER_SMAPS_MOST = 100,
};

/* What goes to the thread: a session that begins with it, or NULL; and a moment. */
struct keeper_letter {
	struct session *session;
	struct moment moment;
};

/* What the two threads share. */
struct keeper_desk {
	int refs;
	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	struct worker worker;
	struct keeper_letter letter;
	bool full; /* there is a letter */
	bool opened, failed;
	struct err err;
	struct keeper_ends is;
	uint64_t cpu_ns; /* of the thread */
	/* of the thread alone */
	struct recorder_options options; /* its path is owned */
	struct recorder *to;
};

struct keeper {
	struct keeper_desk *desk;
	struct moments from;
	struct moment now;
	bool anonymous;
	bool listens;             /* to the scan under way */
	bool last;                /* no moment comes after this one */
	struct session *session;  /* begins with the next moment; NULL: none does */
	struct moment said;       /* messages of the next moment, alone */
	uint64_t late;            /* moments that were not taken, since the last one */
	uint64_t smaps_ns;        /* what smaps took last, */
	uint64_t smaps_at;        /* for which moment, by their count */
	uint64_t frames_ns;       /* what reading frames may take */
	uint64_t cpu_ns;          /* of both threads, by then */
	int64_t left_ns;          /* of their share */
	struct keeper_facts {     /* of the last moment */
		bool tracked, others, watched;
		uint64_t lost, period;
	} facts;
};

/* --- the thread ------------------------------------------------------------------------------- */

static void
keeper_free_letter(struct keeper_letter *l)
{
	session_free(l->session);
	moment_free(&l->moment);
	*l = (struct keeper_letter){0};
}

/* Takes the letter out, or ends once there is none and nobody will send one. */
static bool
keeper_receive(struct keeper_desk *d, struct keeper_letter *out)
{
	bool got;

	pthread_mutex_lock(&d->lock);
	while (!d->full && !d->worker.stop)
		worker_wait(&d->worker, WORKER_FOREVER);
	got = d->full;
	*out = d->letter;
	d->letter = (struct keeper_letter){0};
	d->full = false;
	worker_wake(&d->worker);
	pthread_mutex_unlock(&d->lock);
	return got;
}

/* What became of some work. */
static void
keeper_note(struct keeper_desk *d, bool ok, const struct err *err)
{
	pthread_mutex_lock(&d->lock);
	if (!ok && !d->failed)
		d->err = *err;
	d->failed |= !ok;
	d->opened = true;
	if (d->to) {
		d->is = (struct keeper_ends){.bytes = recorder_bytes(d->to),
		                             .samples = recorder_samples(d->to),
		                             .kept = recorder_samples(d->to),
		                             .least = u64_max(recorder_least(d->to), d->is.least),
		                             .gone = recorder_is_gone(d->to)};
	}
	d->cpu_ns = time_spent_ns();
	worker_wake(&d->worker);
	pthread_mutex_unlock(&d->lock);
}

/* At the end: to count all takes a while. */
static void
keeper_count(struct keeper_desk *d)
{
	uint64_t n;

	if (!d->to)
		return;
	n = recorder_kept(d->to);
	pthread_mutex_lock(&d->lock);
	d->is.kept = n;
	pthread_mutex_unlock(&d->lock);
}

static void
keeper_run(void *arg)
{
	struct keeper_desk *d = arg;
	struct keeper_letter l;
	struct err err = {0};

	d->to = recorder_open(&d->options, &err);
	keeper_note(d, d->to, &err);
	while (keeper_receive(d, &l)) {
		bool ok = !d->failed &&
		          (!l.session || recorder_begin(d->to, l.session, &err) == 0) &&
		          recorder_add(d->to, &l.moment, &err) == 0;

		keeper_free_letter(&l);
		keeper_note(d, ok, &err);
	}
	keeper_count(d);
	recorder_close(d->to);
	d->to = NULL;
}

static void
keeper_release(void *arg)
{
	struct keeper_desk *d = arg;

	if (!refs_drop(&d->refs))
		return;
	keeper_free_letter(&d->letter);
	pthread_mutex_destroy(&d->lock);
	free((char *)(uintptr_t)d->options.path);
	free(d);
}

/* --- its owner -------------------------------------------------------------------------------- */

static struct keeper_desk *
keeper_open_desk(const struct recorder_options *o, struct err *err)
{
	struct keeper_desk *d = mem_alloc(sizeof(*d));

	d->refs = 1;
	d->options = *o;
	d->options.path = mem_strdup(o->path);
	pthread_mutex_init(&d->lock, NULL);
	refs_take(&d->refs);
	errno = worker_start(&d->worker, &d->lock, keeper_run, keeper_release, d);
	if (!errno)
		return d;
	refs_drop(&d->refs);
	err_sys(err, err_start_how(errno), "cannot start the recording thread");
	keeper_release(d);
	return NULL;
}

/* false with err: the file cannot be opened. Unless it says so by then, it may yet be. */
static bool
keeper_is_open(struct keeper_desk *d, uint64_t until, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&d->lock);
	while (!d->opened && worker_wait(&d->worker, until))
		;
	ok = !d->failed;
	if (!ok)
		*err = d->err;
	pthread_mutex_unlock(&d->lock);
	return ok;
}

struct keeper *
keeper_start(const struct recorder_options *o, struct target *t, uint64_t wait_ns, struct err *err)
{
	uint64_t until = time_ns() + wait_ns;
	struct keeper_desk *d = keeper_open_desk(o, err);
	struct keeper *k;

	if (!d)
		return NULL;
	if (!keeper_is_open(d, until, err)) {
		worker_stop(&d->worker, until);
		keeper_release(d);
		return NULL;
	}
	k = mem_alloc(sizeof(*k));
	k->desk = d;
	k->anonymous = o->anonymous;
	k->facts.period = 1;
	moments_begin(&k->from, t);
	k->session = session_new(t);
	return k;
}

/* Whether the thread has taken the last letter; waits for that until a time. */
static bool
keeper_is_free(struct keeper *k, uint64_t until)
{
	struct keeper_desk *d = k->desk;
	bool is;

	pthread_mutex_lock(&d->lock);
	while (d->full && until && worker_wait(&d->worker, until))
		;
	is = !d->full;
	pthread_mutex_unlock(&d->lock);
	return is;
}

/* Hands over a moment, which must be free to go. -1 with err: the thread has failed. */
static int
keeper_send(struct keeper *k, struct moment *m, struct err *err)
{
	struct keeper_desk *d = k->desk;
	bool failed;

	pthread_mutex_lock(&d->lock);
	failed = d->failed;
	if (failed) {
		*err = d->err;
	} else {
		d->letter = (struct keeper_letter){k->session, *m};
		d->full = true;
		worker_wake(&d->worker);
	}
	pthread_mutex_unlock(&d->lock);
	if (failed) {
		moment_free(m);
		return -1;
	}
	*m = (struct moment){0};
	k->session = NULL;
	return 0;
}

int
keeper_stop(struct keeper *k, uint64_t wait_ns, struct keeper_ends *ends, struct err *err)
{
	uint64_t until = time_ns() + wait_ns;
	struct keeper_desk *d = k->desk;
	int r = 0;
	bool failed;

	moments_unlisten(&k->from);
	if (k->said.said_n && !k->session && keeper_is_free(k, until))
		r = keeper_send(k, &k->said, err);
	if (!worker_stop(&d->worker, until))
		r = err_set(err, ERR_TARGET, "the disk does not answer",
		            "wait before you open it",
		            "the last sample may not be in the recording yet");
	pthread_mutex_lock(&d->lock);
	failed = d->failed;
	if (failed)
		*err = d->err;
	if (ends)
		*ends = d->is;
	pthread_mutex_unlock(&d->lock);
	moment_free(&k->now);
	moment_free(&k->said);
	moments_free(&k->from);
	session_free(k->session);
	keeper_release(d);
	free(k);
	return failed ? -1 : r;
}

void
keeper_contents(struct keeper *k, uint64_t start, uint64_t end)
{
	k->from.contents = contents_new(start, end, k->from.t->page_size);
}

/* --- messages --------------------------------------------------------------------------------- */

void
keeper_say(struct keeper *k, const char *text)
{
	moment_say(&k->said, text);
}

static void __attribute__((format(printf, 2, 3)))
keeper_sayf(struct keeper *k, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	keeper_say(k, b.s);
	buf_free(&b);
}

static void
keeper_say_writes(struct keeper *k, struct keeper_facts *is)
{
	const struct track *t = &k->from.t->track;

	is->tracked = t->clears > 0;
	is->others = t->others;
	if (is->tracked && !k->facts.tracked)
		keeper_sayf(k, "writes are detected from now on, by %s",
		            tracker_words(t->tracker)->label);
	if (!is->tracked && k->facts.tracked)
		keeper_sayf(k, "writes are no longer detected%s%s", t->why[0] ? ": " : "", t->why);
	if (is->others && !k->facts.others)
		keeper_say(k, "another program cleared soft-dirty");
}

static void
keeper_say_faults(struct keeper *k, const struct suspects_news *news, struct keeper_facts *is)
{
	const struct causes_watch *w = &news->totals.watch;

	is->watched = news->watched && w->on;
	is->lost = news->totals.lost;
	is->period = u64_max(w->period, 1);
	if (news->watched && !w->on && (k->facts.watched || k->from.count == 1))
		keeper_sayf(k, "who writes is not known: %s", w->why.why);
	if (is->lost > k->facts.lost)
		keeper_sayf(k, "%llu page faults were lost: their pages may have other writers",
		            (unsigned long long)(is->lost - k->facts.lost));
	if (is->watched && is->period > k->facts.period)
		keeper_sayf(k, "to cost the process less, only one of %llu faults is watched",
		            (unsigned long long)is->period);
	if (is->watched && is->period == 1 && k->facts.period > 1)
		keeper_say(k, "every page fault is watched again");
}

/* What is different from the moment before it; and what was said since. */
static void
keeper_add_messages(struct keeper *k, struct moment *m)
{
	struct keeper_facts is = k->facts;

	keeper_say_writes(k, &is);
	keeper_say_faults(k, &m->causes, &is);
	if (k->late)
		keeper_sayf(k,
		            "%llu sample%s not taken: the one before was not in the file yet",
		            (unsigned long long)k->late, k->late > 1 ? "s were" : " was");
	k->facts = is;
	k->late = 0;
	m->said = k->said.said;
	m->said_n = k->said.said_n;
	m->said_cap = k->said.said_cap;
	k->said = (struct moment){0};
}

/* --- moments ---------------------------------------------------------------------------------- */

void
keeper_begin(struct keeper *k, uint64_t wait_ns)
{
	moment_free(&k->now);
	k->listens = keeper_is_free(k, wait_ns ? time_ns() + wait_ns : 0);
	k->late += !k->listens;
	if (k->listens)
		moments_listen(&k->from, &k->now);
}

/* What is cheap is read for each sample, or so often that it stays cheap; and for the last one. */
static bool
keeper_wants_smaps(const struct keeper *k, uint64_t interval_ns)
{
	uint64_t n = k->from.count, time_ns = (n - k->smaps_at) * interval_ns;

	return n == 0 || k->last || k->smaps_ns <= time_ns / KEEPER_SMAPS_SHARE ||
	       (n % KEEPER_SMAPS == 0 && k->smaps_ns <= time_ns / KEEPER_SMAPS_MOST);
}

/* Takes what was spent since the last time out of the share of an interval. */
static void
keeper_count_cpu(struct keeper *k, uint64_t interval_ns)
{
	int64_t share = (int64_t)(interval_ns / KEEPER_SHARE), debt = -KEEPER_DEBT * share;
	uint64_t before = k->cpu_ns;

	pthread_mutex_lock(&k->desk->lock);
	k->cpu_ns = k->desk->cpu_ns + time_spent_ns();
	pthread_mutex_unlock(&k->desk->lock);
	k->left_ns += share - (int64_t)(k->cpu_ns - before);
	k->left_ns = k->left_ns > share ? share : k->left_ns < debt ? debt : k->left_ns;
}

/* What reading frames may take: less while all of it costs more than its share, else more. */
static uint64_t
keeper_budget(struct keeper *k, uint64_t interval_ns)
{
	bool first = !k->from.count;

	keeper_count_cpu(k, interval_ns);
	if (first)
		k->frames_ns = interval_ns / KEEPER_MOST;
	else if (k->left_ns < 0)
		k->frames_ns /= 2;
	else
		k->frames_ns += k->frames_ns / 4;
	k->frames_ns = u64_max(u64_min(k->frames_ns, interval_ns / KEEPER_MOST),
	                       interval_ns / KEEPER_LEAST);
	return first ? UINT64_MAX : k->frames_ns;
}

int
keeper_end(struct keeper *k, struct regions *rs, uint64_t interval_ns, struct err *err)
{
	uint64_t budget = keeper_budget(k, interval_ns);

	moments_unlisten(&k->from);
	if (!rs || !k->listens)
		return 0;
	k->now.regions = regions_ref(rs);
	moments_finish(&k->from, budget, keeper_wants_smaps(k, interval_ns), &k->now);
	if (k->now.smaps) {
		k->smaps_ns = k->now.smaps->cost_ns;
		k->smaps_at = k->from.count - 1;
	}
	keeper_add_messages(k, &k->now);
	return keeper_send(k, &k->now, err);
}

int
keeper_take(struct keeper *k, uint64_t interval_ns, bool last, bool clear, struct err *err)
{
	struct target *t = k->from.t;
	struct regions *rs;
	struct err other;
	int r, sent;

	k->last = last;
	keeper_begin(k, last ? KEEPER_PATIENCE : 0);
	if (!k->listens)
		return 0;
	r = moments_scan(&k->from, clear, &rs, err);
	sent = keeper_end(k, rs, interval_ns, r ? &other : err);
	if (r == 0)
		r = sent;
	if (r == 0 && clear && !k->from.before.clears)
		r = target_clear(t, &rs->vmas, err);
	regions_unref(rs);
	return target_is_alive(t) ? r : 1;
}

void
keeper_exec(struct keeper *k)
{
	struct target *t = k->from.t;

	moments_free(&k->from);
	moments_begin(&k->from, t);
	session_free(k->session);
	k->session = session_new(t);
	k->facts = (struct keeper_facts){.period = 1};
	keeper_sayf(k, "process %d executed a new program%s%s", (int)t->source->meta.pid,
	            k->anonymous ? "" : ": now ", k->anonymous ? "" : t->source->meta.comm);
}

void
keeper_say_end(struct keeper *k, const char *how, struct buf *out)
{
	struct buf text = {0};

	buf_fmt(&text, "process %d has ended%s", (int)k->from.t->source->meta.pid, how);
	keeper_say(k, text.s);
	if (out)
		buf_str(out, text.s);
	buf_free(&text);
}

struct keeper_ends
keeper_so_far(struct keeper *k)
{
	struct keeper_ends is;

	pthread_mutex_lock(&k->desk->lock);
	is = k->desk->is;
	pthread_mutex_unlock(&k->desk->lock);
	return is;
}
