/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The samples of a recording, as it is opened. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "record/recording_parts.h"

/* Whether the last sample is later than the one before: no clock runs backwards. */
static bool
recording_is_later(const struct recording *r)
{
	const struct recording_sample *last = &r->samples[r->samples_n - 1];

	return last->tick.time_ns > last[-1].tick.time_ns;
}

/* What is to be added to the times of a session. A damaged one has times that are refused. */
static uint64_t
recording_clock(struct recording *r, int64_t session)
{
	struct err ignored;
	uint64_t clock = 0;

	STATEMENTS_BIND(&r->s, RECORDING_CLOCK, (uint64_t)session);
	if (statements_step(&r->s, RECORDING_CLOCK, &ignored) > 0)
		clock = statements_number(&r->s, RECORDING_CLOCK, 0);
	statements_reset(&r->s, RECORDING_CLOCK);
	return clock;
}

/*
 * The clock may have been set back between two sessions. That is no reason to refuse them: the
 * later one then begins a second after the earlier. Returns by how much it is put off.
 */
static uint64_t
recording_set_back(const struct recording *r, uint64_t time_ns)
{
	uint64_t last = r->samples_n ? r->samples[r->samples_n - 1].tick.time_ns : 0;

	return r->samples_n && time_ns <= last ? last + TIME_SECOND - time_ns : 0;
}

int
recording_read_samples(struct recording *r, struct err *err)
{
	const struct recording_sample *last = r->samples_n ? &r->samples[r->samples_n - 1] : NULL;
	int64_t session = last ? last->session : -1;
	uint64_t clock = last ? last->clock_ns : 0;
	sqlite3_stmt *s =
	    STATEMENTS_BIND(&r->s, RECORDING_SAMPLES, (uint64_t)(last ? last->id : INT64_MIN));
	int got;

	while ((got = statements_step(&r->s, RECORDING_SAMPLES, err)) > 0) {
		r->samples =
		    vec_room(r->samples, r->samples_n, &r->samples_cap, sizeof(*r->samples));
		if (sqlite3_column_int64(s, 1) != session) {
			session = sqlite3_column_int64(s, 1);
			clock = recording_clock(r, session);
			clock += recording_set_back(r, clock + statements_number(
			                                           &r->s, RECORDING_SAMPLES, 2));
		}
		r->samples[r->samples_n++] = (struct recording_sample){
		    .id = sqlite3_column_int64(s, 0),
		    .session = session,
		    .clock_ns = clock,
		    .whole = sqlite3_column_int(s, 6),
		    .epoch = (uint32_t)statements_number(&r->s, RECORDING_SAMPLES, 7),
		    .began_ns = statements_number(&r->s, RECORDING_SAMPLES, 8) + clock,
		    .smaps_ns = sqlite3_column_type(s, 9) != SQLITE_NULL
		                    ? statements_number(&r->s, RECORDING_SAMPLES, 9) + clock
		                    : 0,
		    .tick = {.time_ns = statements_number(&r->s, RECORDING_SAMPLES, 2) + clock,
		             .cost_ns = statements_number(&r->s, RECORDING_SAMPLES, 10),
		             .rss = statements_number(&r->s, RECORDING_SAMPLES, 3),
		             .swap = statements_number(&r->s, RECORDING_SAMPLES, 4),
		             .written = statements_number(&r->s, RECORDING_SAMPLES, 5),
		             .written_known = sqlite3_column_type(s, 5) != SQLITE_NULL}};
		if (r->samples_n > 1 && !recording_is_later(r))
			return statements_damaged(&r->s, err);
	}
	if (got == 0 && !r->samples_n)
		return err_set(err, ERR_TARGET, "it has no sample", "record for longer",
		               "nothing to show from %.160s", r->path);
	return got;
}

size_t
recording_begin_at(const struct recording *r, size_t i, size_t has)
{
	size_t from = i;

	while (from > 0 && !r->samples[from].whole && from != has + 1)
		from--;
	return from;
}

size_t
recording_find(const struct recording *r, int64_t id)
{
	size_t i = vec_above(r->samples, r->samples_n, sizeof(*r->samples),
	                     offsetof(struct recording_sample, id), (uint64_t)id);

	return i && r->samples[i - 1].id == id ? i - 1 : r->samples_n;
}

/* A message as the first of its tick. Takes over the text. */
static void
recording_put_message(struct timeline *t, size_t *cap, size_t tick, char *text)
{
	size_t i = t->said_n;

	t->said = vec_room(t->said, t->said_n, cap, sizeof(*t->said));
	while (i > 0 && t->said[i - 1].tick >= tick)
		i--;
	memmove(t->said + i + 1, t->said + i, (t->said_n++ - i) * sizeof(*t->said));
	t->said[i] = (struct timeline_said){tick, text};
}

/* Where a session was put off. */
static void
recording_say_set_back(struct recording *r, struct timeline *t, size_t *cap)
{
	for (size_t i = 1; i < r->samples_n; i++) {
		const struct recording_sample *s = &r->samples[i];
		struct buf text = {0};
		uint64_t by;

		if (s->session == s[-1].session)
			continue;
		by = s->clock_ns - recording_clock(r, s->session);
		if (!by)
			continue;
		buf_fmt(&text,
		        "the clock had been set back: times from here on are %llu s later than it "
		        "said",
		        (unsigned long long)(by / TIME_SECOND));
		recording_put_message(t, cap, i, text.s);
	}
}

static void
recording_add_messages(struct recording *r, struct timeline *t)
{
	enum { MOST = 10000 };
	struct err ignored;
	size_t cap = 0;

	while (t->said_n < MOST && statements_step(&r->s, RECORDING_SAID, &ignored) > 0) {
		size_t i = recording_find(r, (int64_t)statements_number(&r->s, RECORDING_SAID, 0));

		if (i == r->samples_n)
			continue;
		t->said = vec_room(t->said, t->said_n, &cap, sizeof(*t->said));
		t->said[t->said_n++] = (struct timeline_said){
		    i, mem_strdup(statements_text(&r->s, RECORDING_SAID, 1))};
	}
	statements_reset(&r->s, RECORDING_SAID);
	recording_say_set_back(r, t, &cap);
}

static bool
recording_any_contents(struct recording *r)
{
	struct err ignored;
	bool any;

	STATEMENTS_BIND(&r->s, RECORDING_CONTENTS, (uint64_t)INT64_MIN);
	any = statements_step(&r->s, RECORDING_CONTENTS, &ignored) > 0;
	statements_reset(&r->s, RECORDING_CONTENTS);
	return any;
}

struct timeline *
recording_timeline(struct recording *r)
{
	struct timeline *t = mem_alloc(sizeof(*t) + r->samples_n * sizeof(*t->v));

	t->refs = 1;
	t->n = r->samples_n;
	t->grows = r->grows;
	t->replaced = r->replaced;
	t->contents = recording_any_contents(r);
	for (size_t i = 0; i < t->n; i++) {
		t->v[i] = r->samples[i].tick;
		t->v[i].id = r->samples[i].id;
	}
	recording_add_messages(r, t);
	return t;
}
