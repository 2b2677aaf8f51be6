/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOSAIC_H
#define PM_MOSAIC_H

#include <stdbool.h>
#include <stddef.h>

#include "page/grid.h"

/* What most cells do not have, as in struct cell. */
struct tile_rest {
	uint64_t match, written, newest_ns;
	uint32_t times;
};

/*
 * The cells of a grid, in little memory: most are one page or have one class, where a struct cell
 * has room for all classes. A copy of the struct is not one of the cells: mosaic_copy.
 */
struct mosaic {
	size_t n;
	/* of each cell, the bits of the classes that it has; another mosaic's, too: mosaic_share */
	uint32_t *has;
	/* where their pages begin in `counts`, and its number in `rests`; NULL: 0 for each cell */
	uint32_t *pages; /* 0: it is one page */
	uint32_t *rest;  /* 0: none */
	uint64_t *counts; /* from 1 */
	size_t used, cap;
	struct tile_rest *rests; /* from 1 */
	size_t rests_n, rests_cap;
};

/* n cells without pages; mosaic_free frees them. */
void mosaic_begin(struct mosaic *m, size_t n);
void mosaic_free(struct mosaic *m);
void mosaic_copy(struct mosaic *m, const struct mosaic *from);

void mosaic_put(struct mosaic *m, size_t i, const struct cell *c);
void mosaic_get(const struct mosaic *m, size_t i, struct cell *out);

/* Whether cell i has no more than pages by class. */
static inline bool
mosaic_is_plain(const struct mosaic *m, size_t i)
{
	return !m->rest || !m->rest[i];
}

/* The most frequent class of cell i, as of cell_first; CLASS_MAX: it has no pages. */
unsigned mosaic_first_of_several(const struct mosaic *m, size_t i);
static inline unsigned
mosaic_first(const struct mosaic *m, size_t i)
{
	uint32_t has = m->has[i];

	if (has & (has - 1))
		return mosaic_first_of_several(m, i);
	return has ? (unsigned)__builtin_ctz(has) : CLASS_MAX;
}

/* What cell i has besides pages by class, to be changed; until the next is asked for. */
struct tile_rest *mosaic_rest(struct mosaic *m, size_t i);

/* Adds the pages of all cells to sum->n by class, and those that match. */
void mosaic_sum(const struct mosaic *m, struct cell *sum);

bool mosaic_same(const struct mosaic *a, const struct mosaic *b);

/* Keeps what most cells have once, if it is alike. Neither may be changed from then on. */
void mosaic_share(struct mosaic *m, const struct mosaic *from);

/* What it takes that `other` does not share with it; NULL: all. */
size_t mosaic_bytes(const struct mosaic *m, const struct mosaic *other);

#endif
