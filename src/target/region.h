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
 * The counts of a region, in pages, from the page tables alone. RSS leaves out the zero page and
 * hugetlb, like the kernel's.
 */
enum { REGION_RATES = 12 };

struct region { /* all zero: nothing is known */
	bool known;      /* the numbers below were read */
	uint8_t doubt; /* enum track_doubt; unless none, not all of its writes are known */
	bool part;       /* only part of it is watched: `written` and `rate` are of that part */
	bool rated;      /* `rate` is known */
	bool swap_unsure; /* more may be in swap */
	uint8_t shows;   /* 1 + enum lens: what the strip shows; 0: nothing yet */
	bool estimated;  /* its classes are estimates: a few pages were read, not all */
	uint64_t rss, swap, hugetlb;
	uint64_t unseen; /* of swap: shared memory, which has no entry in the page table */
	uint64_t anon, copied, thp; /* of rss; copied: anonymous copies of a file's pages */
	uint64_t written, newest_ns; /* seen written since the clear; the time of the newest */
	uint64_t fresh;  /* newly written, summed since the first clear: its growth is the rate */
	uint64_t unknown; /* pages that may have been written: see doubt */
	uint64_t never;  /* of rss: not seen written */
	uint64_t again_ns; /* counted once more after the last scan of all regions; 0: not */
	bool grown;              /* compared with a baseline (growth.h): */
	uint64_t gained, lost;   /* pages */
	uint64_t rate; /* of new writes (base/rate.h), set by writes_record, if `rated` */
	uint8_t rates[REGION_RATES]; /* the last minute of it, as rate_heights of 7 */
	struct strip_cell strip[LIST_STRIP];
};

/* Whether the strip shows this lens. */
static inline bool
region_shows(const struct region *r, enum lens l)
{
	return r->known && r->shows == l + 1;
}

/*
 * Counts one region and fills strip[0..width). After a clear, also updates the track. 1: the
 * source's `stop` ended it early, and the track is unchanged.
 */
int region_measure(struct target *t, const struct vma *v, uint64_t now, struct region *out,
                   struct strip_cell *strip, unsigned width, struct err *err);

/* Counts a part of it, without what concerns writes. Returns as region_measure. */
int region_measure_part(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
                        struct region *out, struct err *err);

/* Fills the strip by the lens, from every page of the region. Returns as region_measure. */
int region_fill_strip(struct target *t, const struct vma *v, enum lens l, struct strip_cell *strip,
                unsigned width, struct err *err);

/* Regions of one type. */
struct type_sum {
	size_t regions;
	uint64_t size;      /* bytes, from maps */
	uint64_t ram, swap; /* pages, with hugetlb */
};

/* Over all regions. */
struct totals {
	uint64_t size;                                           /* bytes, from maps */
	uint64_t rss, swap, rss_by_state[STATE_COUNT];           /* pages, counted */
	bool swap_unsure;                                        /* more may be in swap */
	uint64_t written, never; /* of regions whose writes are known */
	struct unknown unknown;  /* pages that may have been written */
	/* compared with a baseline (growth.h), the pages of regions that are gone, too: */
	struct totals_grown {
		bool known;
		uint64_t since_ns; /* of the baseline */
		uint64_t gained, lost;
	} grown;
	struct type_sum types[VMA_TYPES]; /* ram and swap by regions_sum_up */
	/* the cells of all strips that show this lens, by class; by regions_sum_up */
	enum lens lens;
	size_t cells[CLASS_MAX], estimated; /* estimated: such strips */
};

/* The regions themselves, which scans share as long as they stay the same. */
struct regions_list {
	int refs;
	struct vma_list vmas;
};
struct regions_list *regions_list_ref(struct regions_list *l);
void regions_list_unref(struct regions_list *l);

/* And what was counted in a few of them, which scans share as long as it is the same. */
enum { REGIONS_BLOCK = 64 };
struct regions_block {
	int refs;
	struct region r[REGIONS_BLOCK];
};

/* All regions of an address space at one scan; immutable and shared once made. */
struct regions {
	int refs;
	struct regions_list *list;
	struct vma_list vmas; /* of the list */
	struct regions_block **blocks; /* NULL: nothing is known of these */
	struct totals totals;
	bool counted;     /* the page tables were scanned; else only maps was read */
	bool none_new;    /* each region was counted, be it in vain */
	uint64_t time_ns, cost_ns;
	uint64_t all_ns;  /* when all were counted: the totals are of then */
};

/* What was counted in the region vmas.v[i]. */
extern const struct region regions_nothing;
static inline const struct region *
regions_at(const struct regions *rs, size_t i)
{
	const struct regions_block *b = rs->blocks[i / REGIONS_BLOCK];

	return b ? &b->r[i % REGIONS_BLOCK] : &regions_nothing;
}

/* The same, to be changed while rs is made; valid until rs or a block of it is shared. */
struct region *regions_edit(struct regions *rs, size_t i);

/* Whether the counts of a region are so much older than rs that it is to be told. */
#define REGIONS_OLDER_NS UINT64_C(1000000000)
bool regions_is_older(const struct regions *rs, const struct region *r);

struct regions *regions_new(struct vma_list vmas, uint64_t now);

/* The same regions once more, not counted yet. */
struct regions *regions_again(const struct regions *of, uint64_t now);
struct regions *regions_ref(struct regions *rs);
void regions_unref(struct regions *rs);

/*
 * Counts the regions of rs for which `which` is true, one for each; NULL: all. The totals are of
 * these. 1: the source's `stop` ended it early.
 */
int regions_measure(struct regions *rs, struct target *t, const bool *which, struct err *err);

/* Counts all; keeps the counts of `old` as regions_keep does, while it counts. NULL: none. */
int regions_measure_again(struct regions *rs, struct target *t, const struct regions *old,
                          struct err *err);

/* Keeps the counts, totals and time of an earlier scan, of those regions that still exist. */
void regions_carry_over(struct regions *rs, const struct regions *old);

/* Counts one of them again, apart from the totals and from what takes all: rates and growth. */
void regions_count_again(struct regions *rs, struct target *t, size_t i, uint64_t now);

/* Keeps the counts of an earlier scan instead of its own where they are the same. */
void regions_keep(struct regions *rs, const struct regions *old);

/* Whether they have the same counts, which both share; the times may differ. */
bool regions_same(const struct regions *a, const struct regions *b);

/* The memory that rs takes and `old` (NULL: none) does not. */
size_t regions_bytes(const struct regions *rs, const struct regions *old);

/* Sums up what the screen shows of all regions, once they are as they stay. */
void regions_sum_up(struct regions *rs, enum lens lens);

#endif
