/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WINDOW_H
#define PM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "filter/filter.h"
#include "page/grid.h"
#include "page/page.h"
#include "target/region.h"
#include "target/target.h"

/*
 * The cells of a grid: every page of the range on screen is read and counted at any zoom. Memory
 * use follows cells, not pages. Immutable and shared once published.
 */
struct window {
	int refs;
	struct grid grid;      /* its geometry */
	enum lens lens;        /* what its cells count */
	struct cell *cells;    /* rows * row_cells */
	struct page *pages;    /* one per cell if a cell is one page, else NULL */
	/* the whole region as a strip of states, row_cells wide */
	struct strip_cell map[STRIP_MAX];
	/* of the whole region: the newest write seen, and its page; 0: none */
	uint64_t newest_ns, newest_at;
	bool filtered;         /* cells have `match`; pages on screen for which it is not known: */
	uint64_t unknown;
	uint64_t counted;      /* bytes of the range on screen counted so far */
	bool complete;
	uint8_t doubt; /* enum track_doubt: why it is not known what was written in the region */
	bool gone;             /* nothing is mapped there now */
	uint64_t time_ns, cost_ns;
};

/* Called repeatedly while a window is filled; true abandons it. */
typedef bool window_progress_fn(void *arg, const struct window *w);

/*
 * Fills a new window for `grid`, which is in region v (NULL: gone). NULL with err, or with
 * err->status 0 if progress abandoned it.
 */
struct window *window_read_filtered(struct target *t, const struct vma *v, const struct grid *grid,
                                    enum lens lens, const struct filter *filter,
                                    window_progress_fn *progress, void *arg, struct err *err);

/* The same without a filter. */
struct window *window_read(struct target *t, const struct vma *v, const struct grid *grid,
                           enum lens lens, window_progress_fn *progress, void *arg,
                           struct err *err);
/* All pages of a range as one cell. */
struct range_sum {
	uint64_t lo, hi; /* 0, 0: none */
	enum lens lens;
	struct cell cell;
	uint64_t time_ns, cost_ns;
};

/*
 * Counts the pages of [lo, hi), which must lie in one of the regions. Returns 1 if the source's
 * `stop` ended it early, -1 with err.
 */
int window_sum(struct target *t, const struct vma_list *vmas, uint64_t lo, uint64_t hi,
               enum lens lens, struct range_sum *out, struct err *err);
struct window *window_copy(const struct window *w);
struct window *window_ref(struct window *w);
void window_unref(struct window *w);

#endif
