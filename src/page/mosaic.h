/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOSAIC_H
#define PM_MOSAIC_H

#include <stdbool.h>
#include <stddef.h>

#include "page/grid.h"

/* One cell of many: the bits of the classes that it has, and where in `counts` their pages are. */
struct tile {
	uint64_t match, written, newest_ns; /* as in struct cell */
	uint32_t times;
	uint32_t has, at;
};

/*
 * The cells of a grid, in little memory: most have one class or two, and a struct cell has room for
 * all. A copy of the struct is not one of the cells: mosaic_copy.
 */
struct mosaic {
	struct tile *v;
	size_t n;
	uint64_t *counts;
	size_t used, cap;
};

/* n cells without pages; mosaic_free frees them. */
void mosaic_begin(struct mosaic *m, size_t n);
void mosaic_free(struct mosaic *m);
void mosaic_copy(struct mosaic *m, const struct mosaic *from);

void mosaic_put(struct mosaic *m, size_t i, const struct cell *c);
void mosaic_get(const struct mosaic *m, size_t i, struct cell *out);

/* Adds the pages of all cells to n by class. */
void mosaic_count(const struct mosaic *m, uint64_t n[CLASS_MAX]);

bool mosaic_same(const struct mosaic *a, const struct mosaic *b);
size_t mosaic_bytes(const struct mosaic *m);

#endif
