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
 * The cells of a grid, filled: each page of the range on screen read and counted, whatever the
 * zoom. Memory goes by cells, never by pages. Immutable and shared once published.
 */
struct window {
	int refs;
	struct grid grid;      /* the geometry it was made for */
	enum lens lens;        /* what its cells count */
	struct cell *cells;    /* rows * row_cells */
	struct page *pages;    /* one a cell when a cell is one page, else NULL */
	/* the whole region as a strip of states, row_cells wide */
	struct strip_cell map[STRIP_MAX];
	/* of the whole region: the newest write that was seen, its page; 0 none */
	uint64_t newest_ns, newest_at;
	bool filtered;         /* cells have `match`; of so many pages on screen it is not known: */
	uint64_t unknown;
	uint64_t counted;      /* bytes of the range on screen that are counted so far */
	bool complete;
	uint8_t doubt; /* enum track_doubt: why it is not known what was written in the region */
	bool gone;             /* nothing is mapped there any more */
	uint64_t time_ns, cost_ns;
};

/* Called now and then while a large window is filled; true gives up. */
typedef bool window_progress_fn(void *arg, const struct window *w);

/*
 * Fills a new window for `grid`, whose region must be v (NULL: gone). NULL with err, or NULL with
 * err->status 0 when progress gave up.
 */
struct window *window_read_filtered(struct target *t, const struct vma *v, const struct grid *grid,
                                    enum lens lens, const struct filter *filter,
                                    window_progress_fn *progress, void *arg, struct err *err);

/* The same without a filter. */
struct window *window_read(struct target *t, const struct vma *v, const struct grid *grid,
                           enum lens lens, window_progress_fn *progress, void *arg,
                           struct err *err);
/*
 * All pages of [lo, hi), which lies in region v, counted as those of one cell. Returns 1 if the
 * pagemap's `stop` ended it early, -1 with err.
 */
int window_sum(struct target *t, const struct vma *v, uint64_t lo, uint64_t hi, enum lens lens,
               struct cell *out, struct err *err);
struct window *window_copy(const struct window *w);
struct window *window_ref(struct window *w);
void window_unref(struct window *w);

#endif
