/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SEEK_H
#define PM_SEEK_H

#include "base/pattern.h"
#include "filter/filter.h"
#include "target/region.h"
#include "target/target.h"

/*
 * The pages of regions that pass a filter: those of a walk, one by one, and those of its gaps,
 * whose pages are alike but for their addresses. And the next one from a place.
 */
struct seek {
	const struct filter *f;
	struct filter_facts x;
	bool by_place; /* the pages of a gap are not alike: f asks for addresses */
};

/* r as it was measured. The walk must have read what filter_needs says of enum page_need. */
void seek_begin(struct seek *s, const struct filter *f, const struct target *t, const struct vma *v,
                const struct region *r);
enum truth seek_page(struct seek *s, uint64_t addr, const struct page *pg);

/* How many pages of a gap pass, and of how many it is not known; the first and the last that do. */
struct seek_gap {
	uint64_t yes, unknown, first, last;
};
void seek_gap(struct seek *s, uint64_t start, uint64_t end, const struct page *each,
              struct seek_gap *out);

struct seek_found {
	/* wrapped: behind the last region it went on at the first, or the other way */
	bool any, wrapped;
	uint64_t at;
	uint64_t unknown;  /* pages passed by of which it is not known */
	uint64_t skipped;  /* by seek_bytes: pages passed by that were not read, mostly because they
	                      are not in RAM */
	bool stopped;      /* it was given up for something newer */
};

/*
 * The next page after the one at `from` that passes, or the one before it, through all regions and
 * round. Returns 1 if the pagemap's `stop` ended it early.
 */
int seek_next(struct target *t, const struct regions *rs, const struct filter *f, uint64_t from,
              bool back, struct seek_found *out, struct err *err);

/*
 * The next place behind `from` where these bytes lie, or the one before it, in the region that has
 * it and round. What bytes.h does not read is not read: pages that are in RAM alone. Returns as
 * seek_next.
 */
int seek_bytes(struct target *t, const struct vma_list *vmas, const struct pattern *p,
               uint64_t from, bool back, struct seek_found *out, struct err *err);

#endif
