/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of a recording, as they are typed and shown: what is shown leads back to its sample. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"
#include "target/timeline.h"
#include "tap.h"

/* 2026-11-30 23:59:58 UTC */
#define BEGAN UINT64_C(1796083198)

static struct timeline *
timeline_at(const uint64_t *ms, size_t n)
{
	struct timeline *t = mem_alloc(sizeof(*t) + n * sizeof(*t->v));

	t->refs = 1;
	t->n = n;
	for (size_t i = 0; i < n; i++)
		t->v[i] = (struct timeline_tick){.time_ns = BEGAN * TIME_SECOND + ms[i] * TIME_MS + 700};
	return t;
}

/* -1: it is no time, or none of the recording. */
static int
tick_of(const struct timeline *t, const char *text)
{
	struct err err;
	uint64_t ns;

	return timeline_parse(t, text, &ns, &err) < 0 ? -1 : (int)timeline_find(t, ns);
}

static void
zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static void
check_typed(void)
{
	static const uint64_t ms[] = {441, 941, 1100, 5000, 3602000, 90000000, 180000000};
	static const struct {
		const char *text;
		int tick;
	} is[] = {{"start", 0},
	          {"end", 6},
	          {"0", 0},
	          {"+0.499", 0},
	          {"+0.5", 1},
	          {"500ms", 1},
	          {"+2s", 2},
	          {"+60m", 3},
	          {"1.5h", 4},
	          {"+1d", 4},
	          {"+30h", 5},
	          {"23:59:58", 1},     /* the last in that second */
	          {"23:59:58.441", 0}, /* to the digit */
	          {"23:59:58.5", 0},
	          {"23:59", 4}, /* of the next day */
	          {"00:00:03", 3}, /* past midnight */
	          {"9:05", 4},
	          {"2026-12-01 00:59", 3},
	          {"2026-12-01T01:00:00", 4},
	          {"2026-12-01T01:00:00.000Z", 4},
	          {"2026-12-01T02:00:00.000+01:00", 4},
	          {"2026-11-30T20:00:00-0500", 4},
	          {"2026-12-03 01:59:58", 6},
	          {"2026-12-03 02:00:05", -1},
	          {"2026-11-30 23:59:50", -1},
	          {"2026-02-30 01:00:00", -1},
	          {"2026-13-01 01:00:00", -1},
	          {"2026-11-29", -1}, /* bug: a day alone was refused; its first sample */
	          {"2026-11-30", 0},
	          {"2026-12-01", 3},
	          {"2026-12-02", 5},
	          {"2026-12-04", -1},
	          {"2026-12-1 ", -1},
	          {"24:00", -1},
	          {"12:60", -1},
	          {"12:30:", -1},
	          {"12:30:05.", -1},
	          {"12:30:05Z", -1},
	          {"12:30 ", -1},
	          {"+", -1},
	          {"-1", -1},
	          {"+-1", -1},
	          {"+1w", -1},
	          {"+1 d", -1},
	          {"nan", -1},
	          {"", -1},
	          {"noon", -1}};
	struct timeline *t = timeline_at(ms, ARRAY_LEN(ms));

	zone("UTC0");
	for (size_t i = 0; i < ARRAY_LEN(is); i++)
		is_u64((uint64_t)tick_of(t, is[i].text), (uint64_t)is[i].tick, is[i].text);
	timeline_unref(t);
}

/* Of samples at random times, 50 ms apart at least. */
static void
check_shown(const char *tz, unsigned most_ms)
{
	enum { SAMPLES = 500 };
	uint64_t ms[SAMPLES], at = 0;
	unsigned seconds = 0, clocks = 0, exact = 0, words = 0, since = 0;
	char out[TIMELINE_TEXT];
	struct timeline *t;

	zone(tz);
	srand(most_ms);
	for (size_t i = 0; i < SAMPLES; i++)
		ms[i] = at += 50 + (unsigned)rand() % most_ms;
	t = timeline_at(ms, SAMPLES);
	for (int i = 0; i < SAMPLES; i++) {
		uint64_t second = t->v[i].time_ns / TIME_SECOND;
		int last = tick_of(t, timeline_text(t, (size_t)i, out));

		seconds += last < i || t->v[last].time_ns / TIME_SECOND != second ||
		           (last + 1 < SAMPLES && t->v[last + 1].time_ns / TIME_SECOND == second);
		clocks += tick_of(t, timeline_clock_ms(t, t->v[i].time_ns, out)) != i;
		exact += tick_of(t, timeline_exact(t->v[i].time_ns, out)) != i;
		words += tick_of(t, timeline_word(t, (size_t)i, out)) != i || strchr(out, ' ');
		since += tick_of(t, timeline_since(t, (size_t)i, out)) != i;
	}
	is_u64(seconds, 0, "bug: a second did not lead to its last sample");
	is_u64(clocks, 0, "bug: a time with milliseconds led to another sample");
	is_u64(exact, 0, "a time for programs leads to its sample");
	is_u64(words, 0, "the word that is offered for a sample leads to it");
	is_u64(since, 0, "seconds from the first lead to their sample");
	timeline_unref(t);
}

static void
check_words(void)
{
	static const uint64_t day[] = {0, 1000}, days[] = {0, 1000, 2000};
	struct timeline *one = timeline_at(day, 2), *two = timeline_at(days, 3);
	char out[TIMELINE_TEXT];

	zone("UTC0");
	is_str(timeline_text(one, 1, out), "23:59:59", "of one day: the clock");
	is_str(timeline_text(two, 2, out), "2026-12-01 00:00:00", "bug: of two days there was no date");
	is_str(timeline_word(two, 2, out), "2026-12-01T00:00:00", "as one word");
	is_str(timeline_clock_ms(two, two->v[2].time_ns, out), "2026-12-01 00:00:00.000", "to the millisecond");
	is_str(timeline_since(two, 1, out), "+1.000", "from the first");
	zone("NST3:30");
	is_str(timeline_exact(two->v[2].time_ns, out), "2026-11-30T20:30:00.000-03:30", "for programs: with its zone");
	timeline_unref(one);
	timeline_unref(two);
}

int
main(void)
{
	check_typed();
	check_words();
	check_shown("UTC0", 400);
	check_shown("CET-1CEST,M3.5.0,M10.5.0/3", 3000);
	check_shown("UTC0", 3000000);
	return tap_done();
}
