/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DIFF_H
#define PM_DIFF_H

#include "diff/pairing.h"

/* What differs between two moments of one address space, or of two. */
struct diff_counts { /* pages */
	uint64_t pages[PAGE_DIFF_KINDS];
	uint64_t size_was, size_is; /* bytes */
	uint64_t rss_was, rss_is, swap_was, swap_is;
	bool swap_known; /* false: more may be in swap */
	uint64_t written; /* seen written since; if it is known: */
	bool written_known;
	bool contents_known; /* of some of its pages, contents were recorded */
};

struct diff_region {
	struct paired of;
	struct diff_counts n;
	bool known; /* its pages at both moments are */
};

struct diff {
	struct compare compare;
	struct pairing pairing;
	struct diff_region *v; /* by address; owned */
	size_t n;
};

/* Both moments must outlive it. Free it with diff_free. */
void diff_make(struct diff *d, const struct side *was, const struct side *is, bool same);
void diff_free(struct diff *d);

/* Whether there is anything to say of it, or of a sum. */
bool diff_region_differs(const struct diff_region *r);
bool diff_counts_differ(const struct diff_counts *n);

/* Adds it to a sum, which begins as diff_nothing. */
static const struct diff_counts diff_nothing = {.swap_known = true, .written_known = true};
void diff_add(struct diff_counts *to, const struct diff_region *r);

/* Where it is, or was. */
const struct vma *diff_region_vma(const struct diff_region *r);

/* Calls fn for the runs of pages in [start, end) that differ, ascending; `s` of each. */
typedef int diff_run_fn(void *arg, const struct span *s, const struct page_run *run);
void diff_runs(struct diff *d, uint64_t start, uint64_t end, diff_run_fn *fn, void *arg);

#endif
