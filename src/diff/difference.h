/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DIFFERENCE_H
#define PM_DIFFERENCE_H

#include "diff/diff.h"

/*
 * What differs between two moments, as a screen shows it: immutable and shared, whatever becomes of
 * the moments. Memory follows what differs.
 */
struct difference {
	struct lens_keeper keeper; /* its pages, if they are known: the lens of growth shows them */
	int refs;
	struct regions *was, *is; /* references */
	size_t page_size;
	struct diff_region *v; /* that differ, or of which not all is known, by address */
	size_t n, differ;      /* differ: of these */
	struct diff_region same; /* stands for the others */
	struct diff_counts total;
	/*
	 * 1 + enum page_diff of pages that are there at a moment, where they are, or were at the
	 * address of a region that is gone; as far as there is room.
	 */
	struct extents pages, gone;
	bool full;
};

/* `same`: as diff_make. `pages`: they are known, too. */
struct difference *difference_new(const struct side *was, const struct side *is, bool same,
                                  bool pages);
struct difference *difference_ref(struct difference *d);
void difference_unref(struct difference *d);

/* What became of the region that starts there; NULL: it was mapped at neither moment. */
const struct diff_region *difference_of(const struct difference *d, uint64_t start);

/* The i-th region of d->v, if it is gone: its place in d->was->vmas. false: it is not. */
bool difference_gone(const struct difference *d, size_t i, size_t *at);

#endif
