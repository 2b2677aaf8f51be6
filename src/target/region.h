/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REGION_H
#define PM_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rate.h"
#include "kernel/vma.h"
#include "page/strip.h"
#include "target/target.h"

/*
 * What pmtop counts in a region, from the page tables alone: in pages. RSS leaves out the zero
 * page and hugetlb, as the kernel's does.
 */
enum { REGION_RATES = 12 };

struct region {
	bool known;      /* the numbers below were read */
	uint8_t doubt; /* enum track_doubt: not none: what is written in it is not known (all of it,
	                  at least) */
	bool part;       /* only a part of it is watched: written and rate are of that */
	uint64_t rss, swap, hugetlb;
	uint64_t unseen; /* of swap: shared memory, which leaves no entry in the page table */
	bool swap_unsure; /* more may be: nobody tells of the rest */
	uint64_t anon, copied, thp; /* of rss; copied: anonymous copies of a file's pages */
	uint64_t written, newest_ns; /* seen written since the clear; the time of the newest */
	uint64_t fresh;  /* seen written anew, ever since the first clear: its growth is the rate */
	uint64_t unknown; /* pages of which it is not known whether they were written: see doubt */
	uint64_t never;  /* of rss: not seen written */
	uint64_t rate; /* pages a second seen written anew: writes_look tells it; RATE_UNKNOWN: not
	                  measured */
	uint8_t rates[REGION_RATES]; /* the last minute of it, as rate_heights of 7 */
	uint8_t lens;    /* what the strip shows; LENS_COUNT: nothing yet */
	struct strip_cell strip[LIST_STRIP];
};

/*
 * Counts one region, and draws it into strip[0..width). If the target was cleared, its track is
 * told what is written. 1: given up because the pagemap's `stop` said so, and nothing was told.
 */
int region_measure(struct target *t, const struct vma *v, uint64_t now, struct region *out,
                   struct strip_cell *strip, unsigned width, struct err *err);

/* Looks at each page of the region through a lens, for its strip. Returns as region_measure. */
int region_look(struct target *t, const struct vma *v, enum lens l, struct strip_cell *strip,
                unsigned width, struct err *err);

/* Over all regions. */
struct totals {
	uint64_t size;                                           /* bytes, from maps */
	uint64_t rss, swap, rss_by_state[STATE_COUNT];           /* pages, counted */
	bool swap_unsure;                                        /* more may be in swap */
	uint64_t written, never; /* of regions of which it is known */
	struct unknown unknown;                                  /* pages that may have been */
};

/* All regions of an address space, as of one pass; immutable and shared once made. */
struct regions {
	int refs;
	struct vma_list vmas;
	struct region *r; /* one for each of vmas */
	struct totals totals;
	bool counted;     /* the pass over the page tables is done; else only maps was read */
	uint64_t time_ns, cost_ns;
};

struct regions *regions_new(struct vma_list vmas, uint64_t now);
struct regions *regions_ref(struct regions *rs);
void regions_unref(struct regions *rs);

/* Counts every region of rs; 1: given up because the pagemap's `stop` said so. */
int regions_measure(struct regions *rs, struct target *t, struct err *err);

#endif
