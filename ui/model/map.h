/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MAP_H
#define PM_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/vma.h"
#include "model/ui.h"

/*
 * The whole address space on a screen: its regions as one line of cells, in their order, broken
 * into rows. A place is a number of a cell in that line: row * cols + column.
 *
 * Regions that are one thing stand as one block under one name: the segments of a file with the
 * zeroes behind them, a run of threads' stacks and their guards, a run of malloc's arenas, a
 * reservation parts of which are in use. A cell is left free behind each block. Large gaps are
 * items of their own; what lies between two of them is a cluster.
 */
struct map_piece { /* a region; they stand in the order of the list that was laid out */
	uint64_t start;
	size_t at;
	unsigned cells; /* 0: too small for its block, and shown with its neighbour */
};

struct map_item {
	uint64_t start, end;
	size_t at, cells;
	size_t first, n; /* pieces; n 0: a gap */
};

struct map {
	struct map_item *item;
	struct map_piece *piece;
	size_t items, items_cap, pieces, pieces_cap;
	unsigned cols;
	size_t rows;
	unsigned scale; /* 0 .. MAP_SCALES - 1: how many cells a doubling takes */
	bool linear;    /* sizes in proportion within each cluster, in place of their logarithms */
};

enum { MAP_SCALES = 13 };

/* What the person has done to it. */
struct map_view {
	struct map map;  /* as it is laid out on screen */
	uint64_t serial; /* of the sample it was laid out from */
	bool zoomed;     /* the scale was chosen; else it is the largest at which all fits */
	unsigned scale;
	bool linear;
	size_t top;      /* the first row on screen */
	size_t rows;     /* how many are on screen, */
	int lines;       /* of how many lines each */
	int height;      /* of the screen, that this was found for; 0: to be found anew */
	unsigned col;    /* where up and down go */
};

static inline struct map_view *
map_of(const struct ui *ui)
{
	return ui->own[VIEW_MAP];
}

/* Lays the regions out. Names count with their bytes: a block has room for its name, within reason.
 */
void map_lay(struct map *m, const struct vma_list *vmas, size_t page_size, unsigned cols,
             unsigned scale, bool linear);

/* The largest scale at which all fits into so many rows, the smallest one if none does. */
unsigned map_fit(struct map *m, const struct vma_list *vmas, size_t page_size, unsigned cols,
                 size_t rows, bool linear);
void map_free(struct map *m);

/* The last piece that starts at addr or before; the first if none does. */
size_t map_find(const struct map *m, uint64_t addr);

/* The item that piece i is in. */
const struct map_item *map_item_of(const struct map *m, size_t i);

/* The piece of a row that is nearest to a column; of a row without any, of the rows before. */
size_t map_nearest(const struct map *m, size_t row, unsigned col);

/* What a block is called, raw as the kernel wrote it; `vmas` is the list that was laid out. */
void map_label(struct buf *out, const struct map_item *item, const struct vma_list *vmas);

#endif
