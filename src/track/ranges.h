/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RANGES_H
#define PM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Address ranges, ascending and disjoint. */
struct track_range {
	uint64_t start, end; /* in bytes */
};

struct track_ranges {
	struct track_range *v;
	size_t n, cap;
};

/* Whether they cover all of [start, end); whether they overlap it. */
bool ranges_cover(const struct track_ranges *r, uint64_t start, uint64_t end);
bool ranges_meet(const struct track_ranges *r, uint64_t start, uint64_t end);

/* The first of them in [start, end), clipped to it; none: an empty range at `end`. */
struct track_range ranges_next(const struct track_ranges *r, uint64_t start, uint64_t end);

/* The index of the first range that ends above addr. */
size_t ranges_first_after(const struct track_ranges *r, uint64_t addr);

/* Appends a range above all others. */
void ranges_add(struct track_ranges *r, uint64_t start, uint64_t end);

/* The parts of r inside `in`, or outside it; the caller frees .v. */
struct track_ranges ranges_cut(const struct track_ranges *r, const struct track_ranges *in,
                               bool inside);

/* Frees r and replaces it by `other`. */
void ranges_become(struct track_ranges *r, struct track_ranges other);

/* Inserts a range at its sorted place. */
void ranges_put(struct track_ranges *r, uint64_t start, uint64_t end);

#endif
