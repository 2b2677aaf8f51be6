/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --record: a sample each interval, into a file. */
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "batch/batch_state.h"
#include "batch/batch_wait.h"
#include "demo/launch.h"
#include "record/recorder.h"

/* SHARE: an interval may be filled by reading frames up to this part of it. SMAPS: so many samples
 * apart smaps is read, if it takes no more than its SHARE of them. */
enum { RECORD_SHARE = 100, RECORD_SMAPS = 60 };

struct record {
	struct batch *b;
	struct recorder *to;
	struct moments from;
	int signals;
	uint64_t until, next; /* on our clock */
	uint64_t smaps_ns;    /* what smaps took last */
	bool writes;          /* they are tracked */
	const char *note;     /* of the next sample */
};

/* Whether it is time for smaps, and cheap. */
static bool
record_wants_smaps(const struct record *k)
{
	uint64_t n = recorder_samples(k->to);

	return n == 0 || (n % RECORD_SMAPS == 0 &&
	                  k->smaps_ns <= k->b->o->interval_ns * RECORD_SMAPS / RECORD_SHARE);
}

/* 1: the address space is gone. */
static int
record_sample(struct record *k, struct err *err)
{
	bool first = recorder_samples(k->to) == 0 || k->note;
	struct moment m;
	int r = moments_take(&k->from, first ? UINT64_MAX : k->b->o->interval_ns / RECORD_SHARE,
	                     record_wants_smaps(k), &m, err);

	if (m.smaps)
		k->smaps_ns = m.smaps->cost_ns;
	if (r == 0)
		r = recorder_add(k->to, &m, k->note, err);
	k->note = NULL;
	if (r == 0 && k->writes)
		r = target_clear(&k->b->t, &m.regions->vmas, err);
	moment_free(&m);
	return r < 0 && !target_is_alive(&k->b->t) ? 1 : r;
}

/* --- writes --------------------------------------------------------------------------------- */

/* Only if a tracker was asked for: a clear changes the process. */
static int
record_begin_writes(struct record *k, struct err *err)
{
	struct batch *b = k->b;
	struct err kept; /* by the causes, and thus in the file */

	if (!b->o->tracker_given)
		return 0;
	if (batch_prepare(b, err) < 0)
		return -1;
	if (!b->o->no_attribution)
		target_watch_faults(&b->t, &kept);
	k->writes = true;
	return target_clear(&b->t, &b->vmas, err);
}

/* Who brings memory in: with page faults that are watched anyway, or as it was asked for. */
static void
record_begin_growth(struct record *k)
{
	const struct options *o = k->b->o;

	if ((o->tracker_given || o->grow_ns) && !o->no_attribution)
		target_grow(&k->b->t, true);
}

/* A command that we started may execute another: its script's interpreter does. */
static void
record_begin_again(struct record *k)
{
	struct target *t = &k->b->t;
	bool writes = k->writes && t->track.owner != TRACK_FOREIGN;
	bool had = k->writes;
	struct buf text = {0};
	struct err why = {0};

	k->writes = false;
	record_begin_growth(k);
	if (writes) {
		t->track.can = TRACK_UNKNOWN;
		vma_free(&k->b->vmas);
		if (target_regions(t, &k->b->vmas, &why) == 0)
			record_begin_writes(k, &why);
	}
	if (had && !k->writes) {
		buf_fmt(&text, "it executed a new program, whose writes are not recorded%s%s",
		        why.why[0] ? ": " : "", why.why);
		k->b->report(text.s);
	}
	buf_free(&text);
}

/* --- its end -------------------------------------------------------------------------------- */

/* The process executed another program, which is recorded in a session of its own, or ended: 1. */
static int
record_follow(struct record *k, struct err *err)
{
	struct target *t = &k->b->t;
	struct pollfd end = {t->source->meta.end_fd, POLLIN, 0};
	uint64_t until = time_ns() + UINT64_C(20) * BATCH_BEAT_NS;

	for (;;) {
		enum proc_life life = t->source->ops->life(t->source);
		int r;

		if (life == PROC_ENDED || (life == PROC_ENDING && time_ns() > until))
			return 1;
		r = target_reopen(t, err);
		if (r == 0)
			r = recorder_begin(k->to, t, err);
		if (r == 0)
			break;
		if (time_ns() > until)
			return -1;
		poll(&end, 1, 10);
	}
	moments_free(&k->from);
	moments_begin(&k->from, t);
	k->note = "it executed a new program";
	record_begin_again(k);
	return 0;
}

static void
record_say_end(const struct record *k, bool ended)
{
	char size[8], how[64] = "";
	const struct batch *b = k->b;

	if (ended && b->o->command)
		launch_how_it_ended(b->t.source->meta.pid, how, sizeof(how));
	if (ended)
		buf_fmt(b->note, "process %d has ended%s; ", (int)b->t.source->meta.pid, how);
	buf_fmt(b->note, "%ju sample%s in %s, %s", (uintmax_t)recorder_samples(k->to),
	        plural(recorder_samples(k->to)), b->o->record,
	        size_text(size, recorder_bytes(k->to)));
}

/* false: only one more sample is to come, the last. */
static bool
record_wait(const struct record *k)
{
	uint64_t until = k->until ? u64_min(k->next, k->until) : k->next;

	/* what ended may have executed another program */
	return (batch_wait_until(k->b, k->signals, until) || !target_is_alive(&k->b->t)) &&
	       (!k->until || time_ns() < k->until);
}

static int
record_all(struct record *k, struct err *err)
{
	const struct options *o = k->b->o;
	bool last = false;
	int r;

	for (;;) {
		r = record_sample(k, err);
		if (r > 0)
			r = record_follow(k, err);
		if (r || last)
			break;
		k->next = u64_max(k->next + o->interval_ns, time_ns());
		last = !record_wait(k);
	}
	if (r >= 0)
		record_say_end(k, r > 0);
	return r < 0 ? -1 : 0;
}

int
batch_record(struct batch *b, struct err *err)
{
	const struct options *o = b->o;
	struct recorder_options to = {.path = o->record,
	                              .how = o->append      ? SCHEMA_APPEND
	                                     : o->overwrite ? SCHEMA_OVERWRITE
	                                                    : SCHEMA_NEW,
	                              .anonymous = o->anonymous,
	                              .max_size = o->max_size};
	struct record k = {
	    .b = b, .next = time_ns(), .until = o->for_ns ? time_ns() + o->for_ns : 0};
	int r;

	k.to = recorder_open(&to, err);
	if (!k.to)
		return -1;
	moments_begin(&k.from, &b->t);
	k.signals = batch_signals_open();
	r = recorder_begin(k.to, &b->t, err);
	record_begin_growth(&k);
	if (r == 0)
		r = record_begin_writes(&k, err);
	if (r == 0)
		r = record_all(&k, err);
	batch_signals_close(k.signals);
	moments_free(&k.from);
	recorder_close(k.to);
	return r;
}
