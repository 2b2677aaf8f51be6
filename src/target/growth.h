/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GROWTH_H
#define PM_GROWTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cause/causes.h"
#include "kernel/vma.h"
#include "page/lens.h"
#include "page/pageset.h"

/*
 * Growth: which pages a process has that it did not have at a baseline, and which it no longer
 * has. It is counted from the page tables, scan by scan: a page is there if it is in RAM or in
 * swap; the zero page is no memory, and shared memory that is swapped out has no entry. Addresses
 * are compared: memory that was freed and taken again at the same address has not grown.
 *
 * The page faults explain it, if they are watched (causes.h): the newest fault of a page is the
 * one that brought it in. A fault explains more than its page where that is sure: all of a huge
 * page, and, of a file that is mapped read-only, what the kernel maps around it; but only if all
 * faults there have the same call chain. The rest has no fault that was seen: it was there already
 * when the watch began, or came without one (MAP_POPULATE, mlock, system calls that pin memory).
 *
 * One thread owns it; a copy shares the scans, which are immutable.
 */
struct growth {
	struct growth_scan *base;   /* NULL: no baseline */
	struct growth_scan *before; /* the scan before the last since then; NULL: there was none */
	struct growth_scan *now;    /* the last one; NULL: none */
	bool due;                   /* the next scan is the baseline */
	bool fixed;                 /* `now` stays: two moments are compared */
	/* what more is known of the baseline; counted. NULL: nothing */
	struct lens_keeper *kept;
	bool armed;                 /* writes are tracked, too: see newest.h */
	struct growth_told *told;   /* what was recorded, in place of faults; NULL: faults tell */
	size_t page_size;
};

/* Pages gained, by chain and thread (causes.h). */
struct growth_sum {
	uint32_t chain, thread;
	uint64_t pages; /* of which this is the cause */
	uint64_t maybe; /* of which it is one of several candidates */
	uint64_t fresh; /* of both: not there at the scan before */
};

/* What a source that has a past knows of the causes: sums. */
struct growth_told {
	struct growth_sum *v; /* owned */
	size_t n;
	uint64_t time_ns; /* when they were counted; 0: nothing had come in */
	bool more;        /* only those that brought most in were kept */
	uint64_t lost;    /* faults */
	struct causes_watch watch;
};

/* What was there at one scan. */
struct growth_scan {
	int refs;
	struct pageset there;
	struct pageset huge; /* of these: mapped huge */
	uint64_t time_ns;
	struct vma *place;   /* of the baseline: the regions, with names of its own */
	size_t places;
};

struct growth *growth_new(size_t page_size);
struct growth *growth_copy(const struct growth *g);
void growth_free(struct growth *g);

/* --- scans ------------------------------------------------------------------------------------ */

/* The scan of all regions that begins; NULL: nobody needs it (g may be NULL). */
struct growth_scan *growth_begin(const struct growth *g, uint64_t now);

/* Pages that are there, above all others so far. */
void growth_add(struct growth_scan *s, uint64_t start, uint64_t end, bool huge);

/* It is over. Takes it over; c: what explains it, or NULL. */
void growth_end(struct growth *g, struct growth_scan *s, const struct vma_list *vmas,
                struct causes *c);

/*
 * A baseline of another time: a scan with these regions, to which its pages are added, and which
 * growth_compare takes over. Nothing explains what came in since.
 */
struct growth_scan *growth_scan_of(size_t page_size, uint64_t time_ns, const struct vma_list *vmas);
void growth_compare(struct growth *g, struct growth_scan *base);

/* Compares it with another such scan, which it takes over, and with no later one. */
void growth_fix(struct growth *g, struct growth_scan *now);

/* What more is known of the baseline. */
void growth_keep(struct growth *g, struct lens_keeper *kept);

/* It was given up. */
void growth_drop(struct growth_scan *s);

/* --- answers, once there is a scan after the baseline ----------------------------------------- */

static inline bool
growth_known(const struct growth *g)
{
	return g && g->base && g->now;
}

/* What was there at the baseline; NULL: there is none. */
static inline const struct pageset *
growth_baseline(const struct growth *g)
{
	return g && g->base ? &g->base->there : NULL;
}

/* What more is known of the baseline; NULL: nothing. */
static inline const struct lens_keeper *
growth_kept(const struct growth *g)
{
	return g && g->base ? g->kept : NULL;
}

/* Pages of [start, end), compared with the baseline. */
struct growth_count {
	uint64_t gained, lost;
	uint64_t fresh; /* of `gained`: not there at the scan before, either */
};
void growth_count(const struct growth *g, uint64_t start, uint64_t end, struct growth_count *out);

/*
 * The regions in which pages came or went, most gained first, and those of the baseline of which
 * pages were lost where nothing is mapped any more. The caller frees v, which points into vmas and
 * into g.
 */
struct growth_places {
	struct growth_place {
		const struct vma *v;
		struct growth_count n;
		bool gone; /* it is no longer mapped */
	} *v;
	size_t n, cap;
};
void growth_places(const struct growth *g, const struct vma_list *vmas, struct growth_places *out);

/* Whether a page that is there was not there at the baseline. */
bool growth_is_new(const struct growth *g, uint64_t addr);

/*
 * Calls fn for each stretch that a fault explains, in ascending order; c NULL: none. Returns how
 * many faults could not be kept.
 */
struct growth_part {
	uint32_t chain, thread;
	bool several;        /* it is one of several candidates */
	uint64_t start, end;
	struct growth_count n; /* of the stretch */
};
typedef void growth_fault_fn(void *arg, const struct growth_part *is);
uint64_t growth_parts(const struct growth *g, struct causes *c, const struct vma_list *vmas,
                      growth_fault_fn *fn, void *arg);

/* The pages gained, by chain and thread; c NULL: nothing explains them. */
struct growth_causes {
	struct growth_sum *v; /* the caller frees it */
	size_t n, cap;
	uint64_t one, some; /* pages with one cause, and with several candidates */
	struct growth_count count; /* of all pages */
	uint64_t none, none_fresh; /* of these: no fault was seen */
	uint64_t dropped;          /* faults that could not be kept */
};
void growth_explain(const struct growth *g, struct causes *c, const struct vma_list *vmas,
                    struct growth_causes *out);

/* How that was watched, and what was lost; c as above. */
void growth_totals(const struct growth *g, struct causes *c, struct causes_totals *out);

/* Takes over what was recorded of the last scan. NULL: faults tell. */
void growth_tell(struct growth *g, struct growth_told *told);

#endif
