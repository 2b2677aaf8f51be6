/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RATE_H
#define PM_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rates are in billionths of a page (or of what else is counted) a second: a page in a minute is
 * not none, and becomes the same bytes a second wherever it is shown.
 */
#define RATE_PAGE UINT64_C(1000000000)
#define RATE_MOST (UINT64_MAX / 64)

/* The rate of `pages` in `ns`, which must not be 0. */
uint64_t rate_of(uint64_t pages, uint64_t ns);

/* The nearest whole number, of bytes or of pages, a second. */
uint64_t rate_bytes(uint64_t rate, size_t page_size);
uint64_t rate_pages(uint64_t rate);

/* Pages a second; fewer than ten with two digits that count. Returns out. */
const char *rate_text(char out[8], uint64_t rate);

/*
 * Pages per second over the last minute, plus a second of slack. Pure. Seconds count from the start
 * of the measurement. Each reading reports the new pages since the previous one; they are spread
 * evenly over the time between, so that a late reading makes no peak. All zero: not started.
 */
enum { RATE_SECONDS = 60, RATE_SLOTS = RATE_SECONDS + 1 };

struct rate {
	uint64_t from_ns;  /* start of the measurement; 0: not started */
	uint64_t until_ns; /* the last reading */
	/* a ring by second; the second that contains until_ns is incomplete */
	uint64_t rate[RATE_SLOTS];
	bool is_set;   /* by rate_set_now: */
	uint64_t now;
};

/* Discards everything and starts to measure. */
void rate_begin(struct rate *r, uint64_t now);

/* Reports that `pages` were written since the last reading, or since the start. */
void rate_add(struct rate *r, uint64_t now, uint64_t pages);

/*
 * Makes rate_now return the rate of one interval, `pages` in `ns` (more than 0), in place of the
 * last second's mean.
 */
void rate_set_now(struct rate *r, uint64_t pages, uint64_t ns);

/* That of the second before the last reading, or what was set; false: less than a second was
 * measured. */
bool rate_now(const struct rate *r, uint64_t *rate);

/* The mean of the last `seconds` seconds, or of as many as were measured. */
bool rate_over(const struct rate *r, unsigned seconds, uint64_t *rate);

/* The largest and the mean of the whole seconds kept, or what was set; false: there are none. */
bool rate_peak(const struct rate *r, uint64_t *peak, uint64_t *mean);

/*
 * The last minute in n columns (n divides 60), oldest first: the mean of each column's whole
 * seconds, or RATE_UNKNOWN where none was measured. Columns start at multiples of their width, so
 * that the graph moves by whole columns.
 */
#define RATE_UNKNOWN UINT64_MAX
void rate_series(const struct rate *r, unsigned n, uint64_t *out);

/*
 * The same as heights 1..high, `high` for the largest; 0: no writes; RATE_NO_HEIGHT: not measured.
 */
enum { RATE_NO_HEIGHT = 255 };
void rate_heights(const uint64_t *series, unsigned n, unsigned high, uint8_t *out);

#endif
