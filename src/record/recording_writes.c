/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writes at the sample: the track, when pages were written, and why that is not known. */
#include <stdlib.h>

#include "base/util.h"
#include "record/pack.h"
#include "record/recording_parts.h"

/* --- the track ------------------------------------------------------------------------------ */

int
recording_read_track(struct recording *r, size_t i, struct recording_writes *w, struct err *err)
{
	const int of = RECORDING_TRACK;
	int got;

	STATEMENTS_BIND(&r->s, of, (uint64_t)r->samples[i].id);
	got = statements_step(&r->s, of, err);
	if (got <= 0)
		return got < 0 ? -1 : statements_damaged(&r->s, err);
	*w = (struct recording_writes){.clears = (unsigned)statements_number(&r->s, of, 1),
	                               .epoch = (uint32_t)statements_number(&r->s, of, 2),
	                               .clear_ns = statements_number(&r->s, of, 3) + r->clock_ns,
	                               .first_epoch = (uint32_t)statements_number(&r->s, of, 4),
	                               .first_ns = statements_number(&r->s, of, 5) + r->clock_ns};
	w->on = w->clears && tracker_find(statements_text(&r->s, of, 0), &w->tracker) &&
	        w->tracker < TRACKERS && w->first_epoch <= w->epoch;
	statements_reset(&r->s, of);
	return 0;
}

void
recording_epochs(const struct recording *r, uint64_t *began, size_t n)
{
	uint32_t now = r->samples[r->at].epoch;

	for (size_t i = r->at + 1; i > 0 && r->samples[i - 1].session == r->session; i--) {
		const struct recording_sample *s = &r->samples[i - 1];

		if (s->epoch > now || now - s->epoch >= n)
			return;
		began[s->epoch % n] = s->began_ns;
	}
}

const struct recording_writes *
recording_writes(const struct recording *r)
{
	return &r->writes;
}

/* --- stamps --------------------------------------------------------------------------------- */

int
recording_add_writes(struct recording *r, size_t i, uint32_t epoch, struct stamps *stamps,
                     struct err *err)
{
	struct extents written = {0};
	struct pm_run *runs;
	int got = sets_read_written(r->sets, r->samples[i].id, &written, err);

	if (got == 0 && written.n) {
		runs = mem_alloc(written.n * sizeof(*runs));
		for (size_t k = 0; k < written.n; k++)
			runs[k] = (struct pm_run){written.v[k].start, written.v[k].end, 0};
		stamps_update(stamps, runs[0].start, runs[written.n - 1].end, runs, written.n, true,
		              epoch, r->samples[i].tick.time_ns);
		free(runs);
	}
	extents_free(&written);
	return got;
}

/* Of a whole sample: all stamps; of others: what was written since the one before. */
static int
recording_go_writes(struct recording *r, size_t i, struct stamps *stamps,
                    struct recording_writes *w, struct err *err)
{
	struct recording_writes before = *w;
	sqlite3_stmt *s;
	bool ok = true;
	int got;

	if (recording_read_track(r, i, w, err) < 0)
		return -1;
	/* time and epochs go on, or there are none to go on from */
	if (!w->on || (before.on && (w->epoch < before.epoch || w->tracker != before.tracker)))
		stamps_clear(stamps);
	if (!w->on || !r->samples[i].whole)
		return w->on ? recording_add_writes(r, i, w->epoch, stamps, err) : 0;
	stamps_clear(stamps);
	s = STATEMENTS_BIND(&r->s, RECORDING_STAMPS, (uint64_t)r->samples[i].id);
	got = statements_step(&r->s, RECORDING_STAMPS, err);
	if (got > 0)
		ok = unpack_stamps(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
		                   r->clock_ns, stamps);
	statements_reset(&r->s, RECORDING_STAMPS);
	return got < 0 ? -1 : ok ? 0 : statements_damaged(&r->s, err);
}

/* Only once they are asked for: it takes longer than all the rest. */
const struct stamps *
recording_stamps(struct recording *r)
{
	struct recording_writes w = {0};
	struct err ignored;
	size_t has = r->stamped - 1, from;

	if (r->stamped == r->at + 1)
		return &r->stamps;
	if (!r->stamped || has > r->at || r->samples[has].session != r->session)
		has = SIZE_MAX;
	from = recording_begin_at(r, r->at, has);
	if (from != has + 1)
		stamps_clear(&r->stamps);
	else if (from && recording_read_track(r, has, &w, &ignored) < 0)
		w.on = false;
	r->stamped = r->at + 1;
	for (; from <= r->at; from++)
		if (recording_go_writes(r, from, &r->stamps, &w, &ignored) < 0)
			break;
	if (from == r->at + 1)
		return &r->stamps;
	stamps_clear(&r->stamps);
	r->writes.on = false; /* what is damaged is not known */
	return &r->stamps;
}

/* --- by region ------------------------------------------------------------------------------ */

size_t
recording_wrote(struct recording *r, size_t from, struct source_wrote **out)
{
	size_t n = 0, cap = 0;
	struct err ignored;

	*out = NULL;
	STATEMENTS_BIND(&r->s, RECORDING_WROTE, (uint64_t)r->samples[from].id,
	                (uint64_t)r->samples[r->at].id);
	while (statements_step(&r->s, RECORDING_WROTE, &ignored) > 0) {
		size_t i = recording_find(r, (int64_t)statements_number(&r->s, RECORDING_WROTE, 1));

		if (i == r->samples_n)
			continue;
		*out = vec_room(*out, n, &cap, sizeof(**out));
		(*out)[n++] = (struct source_wrote){
		    .start = statements_number(&r->s, RECORDING_WROTE, 0),
		    .tick = i,
		    .pages = statements_number(&r->s, RECORDING_WROTE, 2)};
	}
	return n;
}

/* --- doubts --------------------------------------------------------------------------------- */

/* All at once: a question for each of many regions takes long. */
static void
recording_read_doubts(struct recording *r)
{
	struct recording_doubts *d = &r->doubts;
	struct err ignored;

	d->n = 0;
	d->read = true;
	STATEMENTS_BIND(&r->s, RECORDING_DOUBTS, (uint64_t)r->samples[r->at].id);
	while (statements_step(&r->s, RECORDING_DOUBTS, &ignored) > 0) {
		uint64_t is = statements_number(&r->s, RECORDING_DOUBTS, 1);

		d->v = vec_room(d->v, d->n, &d->cap, sizeof(*d->v));
		d->v[d->n++] = (struct recording_doubted){
		    .start = statements_number(&r->s, RECORDING_DOUBTS, 0),
		    .doubt = (uint8_t)u64_min(is, DOUBT_HUGETLB)};
	}
}

enum track_doubt
recording_doubt(struct recording *r, uint64_t region)
{
	const struct recording_doubts *d = &r->doubts;
	size_t i;

	if (!d->read)
		recording_read_doubts(r);
	i = vec_above(d->v, d->n, sizeof(*d->v), offsetof(struct recording_doubted, start), region);
	return i && d->v[i - 1].start == region ? (enum track_doubt)d->v[i - 1].doubt : DOUBT_NEW;
}
