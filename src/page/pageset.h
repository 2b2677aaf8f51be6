/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGESET_H
#define PM_PAGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/pagemap.h"

/*
 * A set of pages, by address. Long runs take 16 bytes each; where pages are scattered, 64
 * neighbours share 16 bytes: memory follows the pages in the set, never the address space.
 * Addresses are in bytes.
 */
struct pageset {
	struct pageset_part *v; /* ascending, disjoint */
	size_t n, cap;
	size_t page_size;
	uint64_t pages;         /* how many are in it */
};

void pageset_free(struct pageset *s);

/* Replaces what is in it. */
void pageset_copy(struct pageset *s, const struct pageset *from);

/* Adds [start, end), of which no page may be below one that is in the set. */
void pageset_add(struct pageset *s, uint64_t start, uint64_t end);

bool pageset_has(const struct pageset *s, uint64_t addr);

/*
 * Its runs in [*at, end), `max` at most: returns how many, and moves *at to where the next can be.
 */
size_t pageset_runs(const struct pageset *s, uint64_t *at, uint64_t end, struct pm_run *out,
                    size_t max);

/* How many pages of [start, end) are in `in`, but not in `out`, nor in `more`; NULL: no pages. */
uint64_t pageset_minus(const struct pageset *in, const struct pageset *out,
                       const struct pageset *more, uint64_t start, uint64_t end);

#endif
