/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TIMELINE_H
#define PM_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The samples of a recording by now, in the order of their times; immutable and shared. */
struct timeline_tick {
	uint64_t time_ns;   /* of the recording's clock */
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
	double day_s; /* when the first was taken, in seconds of the local day */
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
 * The time that the text means: "12:30:05" of the day that it began; "12:30"; "+90s" or
 * "1.5" from its beginning; "start", "end"; the name of a snapshot. -1: it is none, or more than a
 * second before the first sample or after the last.
 */
int timeline_parse(const struct timeline *t, const char *text, uint64_t *time_ns, struct err *err);

/* "12:30:05", of a time of its clock, and of tick i; returns out. */
const char *timeline_clock(const struct timeline *t, uint64_t time_ns, char out[16]);
const char *timeline_text(const struct timeline *t, size_t i, char out[16]);

#endif
