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

/* Between two moments nothing was looked at, for we did not run. Of many only the newest are kept.
 */
void history_stopped(struct history *h, uint64_t from_ns, uint64_t to_ns);

/* How long that was, where a stop lies between the sample taken at that time and the one after it;
 * else 0. */
uint64_t history_stop_after(const struct history *h, uint64_t time_ns);

/* Takes `s` over. */
void history_push(struct history *h, struct sample *s);

/* The sample `back` steps before the newest that was pushed, from 1; the oldest if there are fewer.
 */
const struct sample *history_at(const struct history *h, size_t back);
void history_free(struct history *h);

/* About how much memory one holds. */
size_t history_size(const struct sample *s);

#endif
