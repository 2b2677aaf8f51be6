/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GRID_H
#define PM_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page/heat.h"
#include "page/lens.h"

/*
 * The geometry of the page grid: addresses to cells and back. Pure; no reading, no drawing.
 *
 * A row is a power of two of cells and a cell a power of two of pages; rows start at multiples of
 * their size, so that the addresses in the gutter are round and huge pages line up. So the first
 * and the last row of a region may contain cells outside it.
 */
struct grid {
	uint64_t start, end; /* the region, in bytes */
	size_t page_size;
	unsigned row_cells;  /* power of two */
	unsigned zoom;       /* a cell is 1 << zoom pages */
	unsigned rows;       /* rows on screen */
	uint64_t top;        /* address of the first cell on screen, a multiple of grid_row_bytes */
};

enum { GRID_ZOOM_MAX = 36 }; /* with 64 KiB pages a row is then 2^60 bytes */

bool grid_same(const struct grid *a, const struct grid *b);

/*
 * Cells per row on a screen `columns` wide, with `gutter` columns reserved: a power of two from 8
 * to 256.
 */
unsigned grid_row_cells(unsigned columns, unsigned gutter);

uint64_t grid_cell_bytes(const struct grid *g);
uint64_t grid_row_bytes(const struct grid *g);
uint64_t grid_rows_total(const struct grid *g);

/*
 * The part of the region that cell i on screen (counted row by row) covers; false: outside the
 * region.
 */
bool grid_cell_range(const struct grid *g, size_t i, uint64_t *lo, uint64_t *hi);

/* The cell on screen that covers addr; false: not on screen. */
bool grid_cell_at(const struct grid *g, uint64_t addr, size_t *i);

/* Moves `top` as little as needed to show addr. */
void grid_show(struct grid *g, uint64_t addr);

/* The smallest zoom at which the whole region is on screen. */
unsigned grid_fit(const struct grid *g);

/* The bytes of the region on screen. */
void grid_visible(const struct grid *g, uint64_t *lo, uint64_t *hi);

/* --- cells: every page counted ---------------------------------------------------------------- */

struct cell {
	uint64_t n[CLASS_MAX]; /* pages by class of the current lens */
	uint64_t match;        /* pages that match the filter, if there is one */
	/* pages written since the clear whose stamp still shows; the newest time */
	uint64_t written, newest_ns;
	/* the largest number of epochs in which one of its pages was written */
	uint32_t times;
};

uint64_t cell_pages(const struct cell *c);

/*
 * The most frequent class, and the runner-up (CLASS_MAX if there is none). Ties go to the higher
 * priority.
 */
unsigned cell_first(const struct cell *c, unsigned *second);

/* A class that is shown even if rare (broken memory, unreadable), or CLASS_MAX. */
unsigned cell_alarm(const struct cell *c, enum lens l);

/*
 * The lit class if one page has it; else the most frequent class of present pages; absent classes
 * only if there is nothing else.
 */
unsigned cell_first_there(const struct cell *c, enum lens l);

/*
 * One letter for the cell: that of an alarm class; else that of a class with at least half of the
 * pages; else, for LENS_STATE, a digit: the tenths in RAM, with 1 for less than one. If no page is
 * in RAM, and for other lenses, whose digits are classes: cell_first_there. A blank for a cell
 * without pages.
 */
char cell_letter(const struct cell *c, enum lens l);

#endif
