/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WINDOW_H
#define PM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "filter/filter.h"
#include "page/album.h"
#include "page/grid.h"
#include "page/mosaic.h"
#include "target/region.h"
#include "target/target.h"

/*
 * The cells of a grid: every page of the range on screen is read and counted at any zoom; until
 * then, cells are estimated. Memory use follows cells, not pages. Immutable and shared once
 * published.
 */
struct window {
	int refs;
	struct grid grid;      /* its geometry */
	enum lens lens;        /* what its cells count */
	struct mosaic cells;   /* rows * row_cells */
	struct album pages;    /* one per cell if a cell is one page, else none */
	/* cells from here on are estimates (estimate.h), until they are counted */
	size_t sampled_from;
	/*
	 * the whole region as a strip of states, row_cells wide, if it is known; LENS_GROWTH: lit
	 * where it grew; counted at:
	 */
	bool mapped;
	uint64_t mapped_ns, mapped_cost_ns; /* 0: not for this window */
	struct strip_cell map[STRIP_MAX];
	/* of the whole region: the newest write seen, and its page; 0: none */
	uint64_t newest_ns, newest_at;
	bool averages;         /* it rests on map counts, of which some are averages over a folio */
	bool filtered;         /* cells have `match`; pages on screen for which it is not known: */
	uint64_t unknown;
	uint64_t counted;      /* bytes of the range on screen counted so far */
	bool complete;
	uint8_t doubt; /* enum track_doubt: why it is not known what was written in the region */
	bool gone;             /* nothing is mapped there now */
	uint64_t time_ns, cost_ns;
};

struct cell window_cell(const struct window *w, size_t i);

/* The page that cell i is; false: a cell is more than one. */
bool window_page(const struct window *w, size_t i, struct page *out);

/* Whether this cell of it is an estimate; any is; each cell is there, be it as an estimate. */
bool window_is_sampled(const struct window *w, size_t i);
bool window_has_estimates(const struct window *w);
bool window_is_whole(const struct window *w);

/* What a window is of. */
struct window_of {
	struct grid grid;
	enum lens lens;
	const struct filter *filter; /* NULL: none */
	/*
	 * An earlier window of the same region and width; NULL: none. Its strip is shown until
	 * there is a new one; `quiet`: nothing has changed since, so that it is kept.
	 */
	const struct window *before;
	bool quiet;
};

/* Who waits for it. */
struct window_host {
	/* called repeatedly while it is filled, with what is counted so far */
	enum window_next { WINDOW_GO_ON, WINDOW_SHOW, WINDOW_GIVE_UP } (*next)(
	    void *arg, const struct window *w);
	/* after WINDOW_SHOW: what there is, with estimates; takes it over */
	void (*show)(void *arg, struct window *part);
	void *arg;
};

/*
 * Fills a new window; v: the region that its grid is in (NULL: gone); host: NULL, nobody. NULL with
 * err, or with err->status 0 if the host gave up.
 */
struct window *window_fill(struct target *t, const struct vma *v, const struct window_of *of,
                           const struct window_host *host, struct err *err);

/* The same for nobody, without a filter. */
struct window *window_read(struct target *t, const struct vma *v, const struct grid *grid,
                           enum lens lens, struct err *err);

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

/* Whether both show the same, whenever they were read. */
bool window_is_same(const struct window *a, const struct window *b);

/* ... but for facts that only a page's own card has, such as flags of its frame. */
bool window_looks_same(const struct window *a, const struct window *b);

/* Whether all is the same that they know of the page that is cell i; or neither has pages. */
bool window_same_page(const struct window *a, const struct window *b, size_t i);

/* Keeps what both have alike once. Neither is changed from then on. */
void window_share(struct window *w, const struct window *with);

/* What it takes that `other` does not share with it; NULL: all. */
size_t window_bytes(const struct window *w, const struct window *other);

struct window *window_copy(const struct window *w);
struct window *window_ref(struct window *w);
void window_unref(struct window *w);

#endif
