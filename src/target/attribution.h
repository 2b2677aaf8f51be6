/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ATTRIBUTION_H
#define PM_ATTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/code.h"
#include "target/region.h"
#include "target/writers.h"

/*
 * Who has written since the clear, as of one scan: functions, threads, call chains or regions, with
 * pages per second and their places. Immutable and shared once it is made. The same of growth, by
 * attribution_grown.h: who brought in what was gained since the baseline.
 */
struct attribution_row {
	struct writer w;   /* `in`: of a region the function that wrote most of it */
	struct code_frames chain; /* by chain: the instruction first */
	uint64_t key;      /* the same in each reading */
	uint64_t leaf;     /* by chain: the key that its function has by function */
	uint64_t at;       /* its first page in the region with most of its pages; 0: not known */
	uint64_t lately;   /* pages in the last seconds, of which the rate is made */
	uint64_t rate;     /* of `lately` (base/rate.h); RATE_UNKNOWN */
	bool none;         /* not a writer: pages that were written without a fault; growth: */
	bool lost;         /* ... pages that were lost; and, not of growth: */
	bool reads;        /* ... pages that only reads were seen of */
};

/* What is asked for. */
enum { ATTRIBUTION_BY_REGION = WRITERS_BY_REGION };
struct attribution_of {
	unsigned by;     /* enum writers_by, or ATTRIBUTION_BY_REGION */
	bool grown;      /* not who wrote, but who brought in */
	uint64_t lit;    /* the key of a row, whose pages in [lo, hi) are wanted; 0: none */
	uint64_t lo, hi;
};

bool attribution_same(const struct attribution_of *a, const struct attribution_of *b);

struct attribution {
	int refs;
	struct attribution_of of;
	uint64_t time_ns;      /* of the scan; how long it took: */
	uint64_t cost_ns;
	struct attribution_row *v; /* most pages first; what is not a writer last */
	size_t n;
	uint64_t written, one, some, reads, none; /* pages: as in struct writers */
	uint64_t lost, since_ns;   /* of growth: pages lost; the time of the baseline */
	uint64_t told_ns;          /* ... when it was counted, if that was recorded; else 0 */
	struct causes_totals totals;
	uint64_t *lit;         /* the pages of row `of.lit`, ascending */
	size_t lit_n;
	/* by function: the one that wrote most pages of a region, by the region's start */
	struct attribution_leader {
		uint64_t start, pages, key;
	} *leader;
	size_t leaders;
};
struct attribution *attribution_ref(struct attribution *a);
void attribution_unref(struct attribution *a);

/*
 * t->causes must be there, and t->track as of the scan that counted `rs`. Asks for symbols, which
 * takes time.
 */
struct attribution *attribution_make(struct target *t, struct codes *codes,
                                     const struct regions *rs, const struct attribution_of *of);

/* What makes a row the same row in the next reading: odd. */
uint64_t attribution_key(const struct writer *w);
/* Most pages first. */
void attribution_order(struct attribution *a);

/* Whether a page of [lo, hi) is among those of row `of.lit`. */
bool attribution_is_lit(const struct attribution *a, uint64_t lo, uint64_t hi);

/* The row with a key; that of the function that wrote most pages of a region. NULL: not known. */
const struct attribution_row *attribution_find(const struct attribution *a, uint64_t key);
const struct attribution_row *attribution_leader(const struct attribution *a, uint64_t start);

#endif
