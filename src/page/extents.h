/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_EXTENTS_H
#define PM_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The pages of an address space at one moment, as runs of pages that are alike; or a change from
 * one moment to a later one. Ascending, disjoint, and no two that touch have the same state: memory
 * follows the runs. Addresses are in bytes.
 */
enum { EXTENT_GONE = 0 }; /* in a change: there are no pages any more */

struct extent {
	uint64_t start, end;
	uint32_t state; /* what its pages are: PM_CAT_*; in moments never EXTENT_GONE */
};

struct extents {
	struct extent *v; /* owned */
	size_t n, cap;
};

void extents_free(struct extents *e);

/* Adds pages after all others. Of pages that are in it already only the rest is added. */
void extents_add(struct extents *e, uint64_t start, uint64_t end, uint32_t state);

/* Adds to `change`, which is empty, what differs in `to`. */
void extents_compare(const struct extents *from, const struct extents *to, struct extents *change);

/*
 * Goes through two of them at once, in stretches in which neither changes: begin with x and y
 * alone. `a` and `b`: the run that [start, end) is in, NULL: none. false: neither has more.
 */
struct extents_pair {
	const struct extents *x, *y;
	size_t i, j;
	uint64_t at;
	const struct extent *a, *b;
	uint64_t start, end;
};
bool extents_next(struct extents_pair *p);

/* Makes of a moment the one after a change. */
void extents_apply(struct extents *e, const struct extents *change);

/* Makes of a change that and a later one, together. */
void extents_unite(struct extents *e, const struct extents *later);

/* The index of the first run that ends after addr; e->n: none. */
size_t extents_first(const struct extents *e, uint64_t addr);

/* How many bytes of [start, end) it has. *at: 0 at first, then for ascending stretches. */
uint64_t extents_within(const struct extents *e, uint64_t start, uint64_t end, size_t *at);

#endif
