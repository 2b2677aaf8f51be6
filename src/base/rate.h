/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RATE_H
#define PM_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Pages a second over the last minute, and a second of slack. Pure. Seconds count from when the
 * measuring began; a look tells how many pages are new since the look before, which are spread
 * evenly over the time between, so a look that came late makes no peak. All zero: not begun.
 */
enum { RATE_SECONDS = 60, RATE_SLOTS = RATE_SECONDS + 1 };

struct rate {
	uint64_t from_ns;           /* when measuring began, 0: it has not */
	uint64_t until_ns;          /* the last look */
	uint32_t pages[RATE_SLOTS]; /* by second, a ring; the one that until_ns lies in is not full
	                               yet */
};

/* Forgets all, and measures from now on. */
void rate_begin(struct rate *r, uint64_t now);

/* So many pages were written between the last look, or the beginning, and now. */
void rate_add(struct rate *r, uint64_t now, uint64_t pages);

/* Pages in the last second before the last look; false: less than a second was measured. */
bool rate_now(const struct rate *r, uint64_t *pages);

/* The mean of so many seconds before it, or of as many as were measured. */
bool rate_over(const struct rate *r, unsigned seconds, uint64_t *pages);

/* The largest of the whole seconds that are kept, and their mean; false: there is none. */
bool rate_peak(const struct rate *r, uint64_t *peak, uint64_t *mean);

/*
 * The last minute in n columns (a divisor of 60), oldest first: the mean of their whole seconds,
 * RATE_UNKNOWN where none was measured. Columns begin at multiples of their width, so that a
 * picture moves on by whole columns.
 */
#define RATE_UNKNOWN UINT64_MAX
void rate_series(const struct rate *r, unsigned n, uint64_t *out);

/* The same as heights from 1 to `high`, which the highest has; 0: nothing, RATE_NO_HEIGHT: not
 * measured. */
enum { RATE_NO_HEIGHT = 255 };
void rate_heights(const uint64_t *series, unsigned n, unsigned high, uint8_t *out);

#endif
