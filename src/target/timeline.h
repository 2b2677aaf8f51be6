/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TIMELINE_H
#define PM_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The samples of a recording by now, in the order of their times; immutable and shared. */
struct timeline_tick {
	int64_t id;         /* sample.id in the file */
	uint64_t time_ns;   /* by the calendar, since 1970 */
	uint64_t cost_ns;   /* how long it took to count its pages */
	uint64_t rss, swap; /* pages */
	uint64_t written;   /* pages, since the tick before; if it is known: */
	bool written_known;
};

/* A message that was recorded. Not safe to print raw. Of a snapshot: this, and its name. */
#define TIMELINE_SNAPSHOT "snapshot "
struct timeline_said {
	size_t tick; /* by which it had happened */
	char *text;
};

struct timeline {
	int refs;
	bool grows;   /* somebody records to it */
	bool replaced; /* another file has its name now */
	bool contents; /* of some pages */
	struct timeline_said *said; /* ascending by tick; owned */
	size_t said_n;
	size_t n;
	struct timeline_tick v[];
};
struct timeline *timeline_ref(struct timeline *t);
void timeline_unref(struct timeline *t);

/* The tick that is shown at that time: the last one that began by then, or the first. */
size_t timeline_find(const struct timeline *t, uint64_t time_ns);

/*
 * The time that the text means: "12:30:05" of the first day that has it, or with its date,
 * "2026-12-01 12:30:05", T between them, and "+01:00" after them; a date alone: the first sample of
 * that day, or after it; "+90s", "2h" or "1.5" from its beginning (duration.h); "start", "end"; the
 * name of a snapshot. A clock time means all of its second or of its last digit: *time_ns is the
 * end of that. -1: it is none, or more than a second before the first sample or after the last.
 */
int timeline_parse(const struct timeline *t, const char *text, uint64_t *time_ns, struct err *err);

/* Whether a text is a time in any recording, so that no snapshot of that name could be meant. */
bool timeline_is_time(const char *text);

/* --- what a time is shown as; each returns out ---------------------------------------------- */

enum { TIMELINE_TEXT = 40 };

/* Whether its samples are of more than one day, so that a clock time has the date. */
bool timeline_dated(const struct timeline *t);

/* "12:30:05" or "2026-12-01 12:30:05"; and with milliseconds, "12:30:05.441". */
const char *timeline_clock(const struct timeline *t, uint64_t time_ns, char out[TIMELINE_TEXT]);
const char *timeline_clock_ms(const struct timeline *t, uint64_t time_ns, char out[TIMELINE_TEXT]);
/* "2026-12-01T12:30:05.441+00:00", for programs. */
const char *timeline_exact(uint64_t time_ns, char out[TIMELINE_TEXT]);

/* Of tick i: its clock time; what leads to it, as one word; "+2.441", in seconds from the first. */
const char *timeline_text(const struct timeline *t, size_t i, char out[TIMELINE_TEXT]);
const char *timeline_word(const struct timeline *t, size_t i, char out[TIMELINE_TEXT]);
const char *timeline_since(const struct timeline *t, size_t i, char out[TIMELINE_TEXT]);

#endif
