/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SEEK_H
#define PM_SEEK_H

#include "base/pattern.h"
#include "filter/filter.h"
#include "target/region.h"
#include "target/target.h"
#include "target/walk.h"

/*
 * Applies a filter to the pages of regions: those of a walk one by one, those of its gaps as a
 * whole, since they differ only in their addresses. And searches for the next match.
 */
struct seek {
	const struct filter *f;
	struct filter_facts x;
	bool by_place; /* f tests addresses, so the pages of a gap differ */
};

/* The facts about v that its pages share. f: the filter that will use them, or NULL. */
struct filter_facts seek_facts(const struct filter *f, const struct target *t, const struct vma *v);

/*
 * Lets the walk pass over pages for which f is false, and read the categories that it needs.
 * Whether f has one value for all pages of a run: then seek_gap evaluates it once (walk_fns.run).
 */
void seek_narrow(const struct filter *f, const struct target *t, struct walk_options *o);
bool seek_is_of_runs(const struct filter *f, const struct target *t);

/* The walk must read the enum page_need bits of filter_needs. */
void seek_begin(struct seek *s, const struct filter *f, const struct target *t,
                const struct vma *v);
enum truth seek_page(struct seek *s, uint64_t addr, const struct page *pg);

/* How many pages of a gap or run match, how many are unknown, and the first and last match. */
struct seek_gap {
	uint64_t yes, unknown, first, last;
};
void seek_gap(struct seek *s, uint64_t start, uint64_t end, const struct page *each,
              struct seek_gap *out);

struct seek_found {
	/* wrapped: the search continued at the other end of the address space */
	bool any, wrapped;
	uint64_t at;
	uint64_t unknown; /* pages passed over for which the filter is unknown */
	/* seek_bytes: pages passed over unread, mostly because they are not in RAM */
	uint64_t skipped;
};

/*
 * Finds the next matching page after the one at `from`, or before it, through all regions, with
 * wrap-around. Returns 1 if the pagemap's `stop` aborted it.
 */
int seek_next(struct target *t, const struct vma_list *l, const struct filter *f, uint64_t from,
              bool back, struct seek_found *out, struct err *err);

/*
 * Finds the next place after `from` with these bytes, or before it, in the same region, with
 * wrap-around. Reads only what bytes.h reads: pages in RAM. Returns as seek_next.
 */
int seek_bytes(struct target *t, const struct vma_list *vmas, const struct pattern *p,
               uint64_t from, bool back, struct seek_found *out, struct err *err);

/*
 * Calls `each` for every place in [start, end) where these bytes begin, ascending; *skipped: pages
 * that were not read. Returns as seek_next.
 */
typedef void seek_each_fn(void *arg, uint64_t at);
int seek_all_bytes(struct target *t, const struct vma_list *vmas, const struct pattern *p,
                   uint64_t start, uint64_t end, seek_each_fn *each, void *arg, uint64_t *skipped,
                   struct err *err);

#endif
