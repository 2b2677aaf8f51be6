/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HISTORY_H
#define PM_HISTORY_H

#include "sample/sample.h"

/*
 * The samples of the last minute, for rewinding: bounded in time and in bytes, whichever is reached
 * first. Samples are immutable and share their large parts, so keeping one is cheap.
 */
enum { HISTORY_STOPS = 8 };

struct history {
	struct sample **v; /* oldest first; owned */
	size_t n, cap, bytes;
	uint64_t stop[HISTORY_STOPS][2]; /* from, to; the newest last */
	size_t stops;
};

/* Records that pmtop was stopped between two times. Only the newest stops are kept. */
void history_stopped(struct history *h, uint64_t from_ns, uint64_t to_ns);

/* How long pmtop was stopped between the sample taken at that time and the next one; or 0. */
uint64_t history_stop_after(const struct history *h, uint64_t time_ns);

/*
 * Takes over `s`. The sample `back` steps back (0: none) stays, however old it gets; returns how
 * far back it is now.
 */
size_t history_push(struct history *h, struct sample *s, size_t back);

/* The sample `back` steps back; 1: the newest pushed. The oldest if there are fewer. */
const struct sample *history_at(const struct history *h, size_t back);
void history_free(struct history *h);

#endif
