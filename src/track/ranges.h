/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RANGES_H
#define PM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stretches of addresses, ascending and disjoint. */
struct track_range {
	uint64_t start, end; /* bytes */
};

struct track_ranges {
	struct track_range *v; /* ascending */
	size_t n, cap;
};

/* Ranges that are ascending and disjoint: whether they cover all of [start, end), or meet it. */
bool ranges_cover(const struct track_ranges *r, uint64_t start, uint64_t end);
bool ranges_meet(const struct track_ranges *r, uint64_t start, uint64_t end);

/* The first of them in [start, end), cut to it; none: empty, at the end. */
struct track_range ranges_next(const struct track_ranges *r, uint64_t start, uint64_t end);

/* The number of the first range that ends above addr. */
size_t ranges_first_after(const struct track_ranges *r, uint64_t addr);

/* Adds what lies behind all that there is. */
void ranges_add(struct track_ranges *r, uint64_t start, uint64_t end);

/* What of r lies inside `in`, or outside of it; to be freed. */
struct track_ranges ranges_cut(const struct track_ranges *r, const struct track_ranges *in,
                               bool inside);

/* r is the other one from now on. */
void ranges_become(struct track_ranges *r, struct track_ranges other);

/* In its place. */
void ranges_put(struct track_ranges *r, uint64_t start, uint64_t end);

#endif
