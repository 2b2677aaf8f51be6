/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MAP_H
#define PM_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/vma.h"
#include "model/ui.h"
#include "target/region.h"

/*
 * The whole address space on a screen: its regions in order as one line of cells, broken into
 * rows. A place is the number of a cell in that line: row * cols + column.
 *
 * Regions that belong together form one block with one name: the segments of a file with its .bss,
 * a run of thread stacks and their guards, a run of malloc arenas, a reservation partly in use. A
 * free cell follows each block. Large gaps are items of their own; the items between two of them
 * are a cluster.
 */
struct map_piece { /* a region, in the order of the list */
	uint64_t start;
	size_t at;
	unsigned cells; /* 0: too small for its block, and shown with its neighbour */
};

struct map_item {
	uint64_t start, end;
	size_t at, cells;
	size_t first, n; /* pieces; n 0: a gap */
	size_t name;     /* bytes of its label */
};

struct map {
	struct map_fact *fact; /* of each region, whatever the layout */
	struct map_item *item;
	struct map_piece *piece;
	size_t items, items_cap, pieces, page_size;
	/* the items are the same for a smallest gap above `over`, up to `upto`; 0: not found */
	uint64_t over, upto;
	unsigned cols;
	size_t rows;
	unsigned scale; /* 0 .. MAP_SCALES - 1: cells per doubling of the size */
	bool linear;    /* cells proportional to size within a cluster, instead of its logarithm */
};

enum { MAP_SCALES = 13 };

/* The state of the map view. */
struct map_view {
	struct map map;  /* the layout on screen */
	struct regions_list *of; /* what is laid out: a reference */
	bool zoomed;     /* the user chose the scale; else the largest at which all fits */
	unsigned scale;
	bool linear;
	size_t top;      /* the first row on screen */
	size_t rows;     /* rows on screen, */
	int lines;       /* and lines per row */
	int height;      /* the screen height these are for; 0: not computed yet */
	unsigned col;    /* the column that up and down keep to */
};

static inline struct map_view *
map_of(const struct ui *ui)
{
	return ui->own[VIEW_MAP];
}

/*
 * Takes in the regions, which stay the caller's: before anything else, and when they are others.
 * Tens of thousands take a millisecond; a layout of them takes less.
 */
void map_take(struct map *m, const struct vma_list *vmas, size_t page_size);

/* Lays out the regions. A block has room for its name, counted in bytes, up to a limit. */
void map_lay(struct map *m, const struct vma_list *vmas, unsigned cols, unsigned scale,
             bool linear);

/*
 * The largest scale at which all fits into `rows`, the smallest if it never does; *fits: whether it
 * does. Only map_lay lays it out.
 */
unsigned map_fit(struct map *m, const struct vma_list *vmas, unsigned cols, size_t rows,
                 bool linear, bool *fits);
void map_free(struct map *m);

/* The last piece that starts at addr or before; the first if none does. */
size_t map_find(const struct map *m, uint64_t addr);

/* The item that piece i is in. */
const struct map_item *map_item_of(const struct map *m, size_t i);

/* The piece of the row nearest to a column; of an earlier row if this has none. */
size_t map_nearest(const struct map *m, size_t row, unsigned col);

/* The name of a block, raw as from the kernel; `vmas` is the list that was laid out. */
void map_label(struct buf *out, const struct map_item *item, const struct vma_list *vmas);

#endif
