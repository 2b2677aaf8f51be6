/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"
#include "query/seek.h"
#include "sample/estimate.h"
#include "target/growth.h"
#include "target/sign.h"
#include "target/page_read.h"
#include "target/walk.h"

enum {
	CACHE_MAX = 1 << 20, /* pages: for more the page cache is not queried; about 40 ms */
	NEXT_PAGES = 256,    /* the host is asked after so many pages, */
	NEXT_CALLS = 64,     /* or so many runs and gaps */
};

static size_t
window_cell_count(const struct grid *g)
{
	return (size_t)g->rows * g->row_cells;
}

static struct window *
window_new(const struct grid *g, enum lens lens, uint64_t now)
{
	struct window *w = mem_alloc(sizeof(*w));

	w->refs = 1;
	w->grid = *g;
	w->lens = lens;
	mosaic_begin(&w->cells, window_cell_count(g));
	if (g->zoom == 0)
		album_begin(&w->pages, window_cell_count(g));
	w->time_ns = now;
	w->sampled_from = window_cell_count(g);
	return w;
}

struct cell
window_cell(const struct window *w, size_t i)
{
	struct cell c;

	mosaic_get(&w->cells, i, &c);
	return c;
}

bool
window_page(const struct window *w, size_t i, struct page *out)
{
	if (i < w->pages.n)
		album_get(&w->pages, i, out);
	return i < w->pages.n;
}

bool
window_is_sampled(const struct window *w, size_t i)
{
	return i >= w->sampled_from;
}

bool
window_has_estimates(const struct window *w)
{
	return w->sampled_from < window_cell_count(&w->grid);
}

bool
window_is_whole(const struct window *w)
{
	return w->mapped && (w->complete || window_has_estimates(w));
}

struct window *
window_copy(const struct window *from)
{
	struct window *w = mem_alloc(sizeof(*w));

	*w = *from;
	w->refs = 1;
	mosaic_copy(&w->cells, &from->cells);
	album_copy(&w->pages, &from->pages);
	return w;
}

bool
window_looks_same(const struct window *a, const struct window *b)
{
	return grid_same(&a->grid, &b->grid) && a->lens == b->lens &&
	       a->filtered == b->filtered && a->unknown == b->unknown &&
	       a->complete == b->complete && a->counted == b->counted && a->doubt == b->doubt &&
	       a->mapped == b->mapped && a->sampled_from == b->sampled_from &&
	       a->gone == b->gone && a->newest_ns == b->newest_ns &&
	       a->newest_at == b->newest_at && !memcmp(a->map, b->map, sizeof(a->map)) &&
	       mosaic_same(&a->cells, &b->cells);
}

bool
window_same_page(const struct window *a, const struct window *b, size_t i)
{
	return a->pages.n == b->pages.n &&
	       (i >= a->pages.n || album_same_page(&a->pages, &b->pages, i));
}

bool
window_is_same(const struct window *a, const struct window *b)
{
	return window_looks_same(a, b) && album_same(&a->pages, &b->pages);
}

void
window_share(struct window *w, const struct window *with)
{
	mosaic_share(&w->cells, &with->cells);
	album_share(&w->pages, &with->pages);
}

size_t
window_bytes(const struct window *w, const struct window *other)
{
	return sizeof(*w) + mosaic_bytes(&w->cells, other ? &other->cells : NULL) +
	       album_bytes(&w->pages, other ? &other->pages : NULL);
}

struct window *
window_ref(struct window *w)
{
	if (w)
		refs_take(&w->refs);
	return w;
}

void
window_unref(struct window *w)
{
	if (!w || !refs_drop(&w->refs))
		return;
	mosaic_free(&w->cells);
	album_free(&w->pages);
	free(w);
}

/* The written pages of each cell, from the track's stamps. */
static void
window_fill_written(struct window *w, const struct track *t, uint64_t lo, uint64_t hi)
{
	struct stamps_at stamps = track_stamps(t, lo, hi);
	size_t size = w->grid.page_size;
	struct track_stamp s;

	while (stamps_next(&stamps, &s)) {
		uint64_t at = s.start, end = s.end;
		bool warm = track_is_warm(t, &s, w->time_ns);
		size_t i;

		while (at < end && grid_cell_at(&w->grid, at, &i)) {
			struct tile_rest *c = mosaic_rest(&w->cells, i);
			uint64_t cell_lo, cell_hi;

			grid_cell_range(&w->grid, i, &cell_lo, &cell_hi);
			if (warm) {
				c->written += (u64_min(end, cell_hi) - at) / size;
				c->newest_ns = u64_max(c->newest_ns, s.time_ns);
			}
			c->times = s.count > c->times ? s.count : c->times;
			at = cell_hi;
		}
	}
}

/* Of several that were seen at the same time, the first. */
static void
window_find_newest(struct window *w, const struct track *t, const struct vma *v)
{
	uint64_t newest = track_newest(t, v->start, v->end);
	struct stamps_at stamps = track_stamps(t, v->start, v->end);
	struct track_stamp s;

	if (newest <= w->newest_ns)
		return;
	while (stamps_next(&stamps, &s) && s.time_ns != newest)
		;
	w->newest_ns = newest;
	w->newest_at = s.start;
}

struct fill {
	struct window *w;
	struct target *t;
	const struct vma *v;
	const struct window_host *host;
	unsigned pages, calls; /* since it was asked */
	bool asked;
	struct lens_pass pass;
	struct walk_options o;
	const struct filter *filter; /* NULL: none */
	struct seek seek;
	uint64_t lo, hi;
	struct cell cell;      /* cell number `at`, while its pages are counted */
	size_t at;
	struct cell *guess;    /* the cells as estimates; NULL: not estimated */
	bool gave_up;
	struct err *err;
};

/* Keeps what is counted so far. */
static void
window_put(struct fill *f)
{
	if (f->at < f->w->cells.n)
		mosaic_put(&f->w->cells, f->at, &f->cell);
}

/* The cell that is counted now. */
static struct cell *
window_at(struct fill *f, size_t i)
{
	if (f->at != i) {
		window_put(f);
		mosaic_get(&f->w->cells, i, &f->cell);
		f->at = i;
	}
	return &f->cell;
}

/* --- unfinished windows ----------------------------------------------------------------------- */

/* The cells of which not all pages are counted. What fails here fails in the count, too. */
static void
window_estimate(struct fill *f, size_t from)
{
	struct window *w = f->w;
	struct estimate e = {.t = f->t, .v = f->v, .grid = &w->grid, .pass = f->pass, .o = f->o,
	                     .seek = f->filter ? &f->seek : NULL};
	uint64_t lo, hi;
	struct err ignored;

	if (!grid_cell_range(&w->grid, from, &lo, &hi))
		return;
	e.cells = f->guess = mem_alloc(window_cell_count(&w->grid) * sizeof(*f->guess));
	if (estimate_cells(&e, lo, f->hi, &ignored) == 0)
		return;
	free(f->guess);
	f->guess = NULL;
}

/* Of a cell counted in part the estimate is the better one. */
static void
window_show(struct fill *f)
{
	struct window *w = f->w, *part;
	size_t from = window_cell_count(&w->grid);

	window_put(f);
	if (w->counted < f->hi - f->lo)
		grid_cell_at(&w->grid, f->lo + w->counted, &from);
	if (w->grid.zoom && !f->guess)
		window_estimate(f, from);
	part = window_copy(w);
	if (f->guess) {
		part->sampled_from = w->sampled_from = from;
		for (size_t i = from; i < part->cells.n; i++)
			mosaic_put(&part->cells, i, &f->guess[i]);
	}
	if (f->t->track.clears)
		window_fill_written(part, &f->t->track, f->lo, f->hi);
	f->host->show(f->host->arg, part);
}

/* Whether to give up, asked now and then; `n` pages more are counted, up to `at`. */
static int
window_ask(struct fill *f, uint64_t at, size_t n)
{
	f->w->counted = at - f->lo;
	f->pages += n;
	if (!f->host || (f->asked && f->pages < NEXT_PAGES && ++f->calls < NEXT_CALLS))
		return 0;
	f->asked = true;
	f->pages = f->calls = 0;
	switch (f->host->next(f->host->arg, f->w)) {
	case WINDOW_GO_ON: return 0;
	case WINDOW_SHOW: window_show(f); return 0;
	case WINDOW_GIVE_UP: break;
	}
	return 1;
}

/* --- counting --------------------------------------------------------------------------------- */

static int
window_count_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct fill *f = arg;
	size_t size = f->t->page_size, cell;

	for (size_t i = 0; i < n; i++) {
		struct cell *c;

		if (!grid_cell_at(&f->w->grid, addr + i * size, &cell))
			continue;
		c = window_at(f, cell);
		c->n[lens_page(&f->pass, addr + i * size, &pages[i], size)]++;
		if (f->filter) {
			enum truth t = seek_page(&f->seek, addr + i * size, &pages[i]);

			c->match += t == TRUTH_YES;
			f->w->unknown += t == TRUTH_UNKNOWN;
		}
		if (f->w->pages.n)
			album_put(&f->w->pages, cell, &pages[i]);
	}
	return window_ask(f, addr + n * size, n);
}

static int
window_count_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct fill *f = arg;
	const struct grid *g = &f->w->grid;
	uint64_t lo, hi;
	size_t i;

	for (uint64_t at = start;
	     at < end && grid_cell_at(g, at, &i) && grid_cell_range(g, i, &lo, &hi); at = hi) {
		struct cell *c = window_at(f, i);

		lens_count_gap(&f->pass, at, u64_min(hi, end), (enum state)each->state,
		               g->page_size, c->n);
		if (f->filter) {
			struct seek_gap gap;

			seek_gap(&f->seek, at, u64_min(hi, end), each, &gap);
			c->match += gap.yes;
			f->w->unknown += gap.unknown;
		}
		if (f->w->pages.n)
			album_put(&f->w->pages, i, each);
	}
	return window_ask(f, end, 0);
}

static bool
window_is_unsure(const struct track *t, const struct vma *v)
{
	return t->clears && !(tracker_caps(t->tracker) & TRACKER_CHANGES) &&
	       track_doubt(t, v->start) != DOUBT_NONE;
}

static bool
window_is_watched(const void *arg, uint64_t addr)
{
	return track_reaches(arg, addr);
}

/* Only a scope leaves pages out: trackers that compare see every page on screen. */
static struct lens_pass
window_lens_pass_of(enum lens l, const struct target *of, const struct vma *v)
{
	const struct track *t = &of->track;
	bool parts = t->clears && tracker_caps(t->tracker) & TRACKER_RANGES;

	return (struct lens_pass){.lens = l,
	                          .unsure = window_is_unsure(t, v),
	                          .watched = parts ? window_is_watched : NULL,
	                          .arg = t,
	                          .base = growth_baseline(of->growth),
	                          .kept = growth_kept(of->growth),
	                          .accesses = accesses_regions(of->accesses),
	                          .v = v};
}

/* Lights the parts of the map that gained pages, as of the last scan of all regions. */
static void
window_light_map(struct window *w, const struct target *t, const struct vma *v)
{
	bool grown = w->lens == LENS_GROWTH && growth_known(t->growth);
	struct growth_count n = {0};
	struct strip s;

	strip_begin(&s, vma_size(v) / t->page_size, w->grid.row_cells);
	for (unsigned i = 0; i < w->grid.row_cells; i++) {
		unsigned k = strip_share(&s, i, w->grid.row_cells);

		if (grown)
			growth_count(t->growth, v->start + strip_start(&s, k) * t->page_size,
			             v->start + strip_start(&s, k + 1) * t->page_size, &n);
		w->map[i].lit = n.gained > 0;
	}
}

/* The strip of the whole region; also updates the track. */
static int
window_map(struct fill *f)
{
	struct window *w = f->w;
	struct region whole;
	uint64_t spent = source_spent(f->t->source);
	int r = region_measure(f->t, f->v, w->time_ns, &whole, w->map, w->grid.row_cells, f->err);

	w->mapped = r == 0;
	w->mapped_ns = w->time_ns;
	w->mapped_cost_ns = source_spent(f->t->source) - spent;
	w->doubt = r == 0 ? whole.doubt : DOUBT_NONE;
	window_light_map(w, f->t, f->v);
	return r;
}

static void
window_keep_map(struct window *w, const struct window *before)
{
	w->mapped = before->mapped;
	w->mapped_ns = before->mapped_ns;
	w->doubt = before->doubt;
	memcpy(w->map, before->map, sizeof(w->map));
}

/* The strip updates the track: if writes are tracked, it comes first. */
static int
window_count(struct fill *f, const struct window_of *of)
{
	static const struct walk_fns fns = {.pages = window_count_pages, .gap = window_count_gap};
	struct window *w = f->w;
	bool kept = of->before && of->quiet && of->before->mapped;
	bool late = !kept && !f->t->track.clears && f->host;
	int r = 0;

	if (of->before) {
		window_keep_map(w, of->before);
		window_light_map(w, f->t, f->v);
	}
	if (!kept && !late)
		r = window_map(f);
	f->pass = window_lens_pass_of(w->lens, f->t, f->v);
	f->o = (struct walk_options){
	    .needs = lens_row(w->lens)->needs |
	             (w->pages.n ? PAGE_NEED_FLAGS | PAGE_NEED_COUNT : 0),
	    .cache_max = CACHE_MAX};
	if (f->filter) {
		seek_begin(&f->seek, f->filter, f->t, f->v);
		f->o.needs |= filter_needs(f->filter) & PAGE_NEED_ALL;
		seek_narrow(f->filter, f->t, &f->o); /* for its categories: gaps are wanted */
		w->filtered = true;
	}
	w->averages = (lens_row(w->lens)->needs | (f->filter ? filter_needs(f->filter) : 0)) &
	                  PAGE_NEED_COUNT &&
	              page_counts_average(f->t->source);
	if (r == 0)
		r = walk_pages(f->t, f->v, f->lo, f->hi, &f->o, &fns, f, f->err);
	window_put(f);
	if (r == 0 && late)
		r = window_ask(f, f->hi, NEXT_PAGES) ? 1 : window_map(f);
	if (r == 0 && f->t->track.clears) {
		window_fill_written(w, &f->t->track, f->lo, f->hi);
		window_find_newest(w, &f->t->track, f->v);
	}
	f->gave_up = r > 0;
	free(f->guess);
	return r;
}

struct window *
window_fill(struct target *t, const struct vma *v, const struct window_of *of,
            const struct window_host *host, struct err *err)
{
	const struct grid *g = &of->grid;
	struct window *w = window_new(g, of->lens, source_now(t->source));
	struct fill f = {.w = w, .t = t, .v = v, .host = host, .err = err, .filter = of->filter,
	                 .at = SIZE_MAX};

	if (!v) {
		w->gone = w->complete = true;
		return w;
	}
	grid_visible(g, &f.lo, &f.hi);
	f.lo = u64_max(f.lo, v->start);
	f.hi = u64_min(f.hi, v->end);
	if (f.lo < f.hi)
		sign_pages(t, v, f.lo, f.hi, w->time_ns);
	if (f.lo < f.hi && window_count(&f, of) != 0) {
		if (f.gave_up)
			err->status = 0;
		window_unref(w);
		return NULL;
	}
	w->counted = f.hi - f.lo;
	w->complete = true;
	w->sampled_from = window_cell_count(g);
	w->cost_ns = source_now(t->source) - w->time_ns;
	return w;
}

struct window *
window_read(struct target *t, const struct vma *v, const struct grid *grid, enum lens lens,
            struct err *err)
{
	return window_fill(t, v, &(struct window_of){.grid = *grid, .lens = lens}, NULL, err);
}

/* --- one cell of any size --------------------------------------------------------------------- */

struct sum {
	struct cell *cell;
	struct lens_pass pass;
	size_t page_size;
};

static int
window_sum_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct sum *s = arg;

	for (size_t i = 0; i < n; i++)
		s->cell->n[lens_page(&s->pass, addr + i * s->page_size, &pages[i], s->page_size)]++;
	return 0;
}

static int
window_sum_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct sum *s = arg;

	lens_count_gap(&s->pass, start, end, (enum state)each->state, s->page_size, s->cell->n);
	return 0;
}

static int
window_count_range(struct target *t, const struct vma *v, struct range_sum *r, struct err *err)
{
	static const struct walk_fns fns = {.pages = window_sum_pages, .gap = window_sum_gap};
	struct cell *c = &r->cell;
	struct sum s = {.cell = c,
	                .page_size = t->page_size,
	                .pass = window_lens_pass_of(r->lens, t, v)};
	struct walk_options o = {.needs = lens_row(r->lens)->needs, .cache_max = CACHE_MAX};
	const struct track *tr = &t->track;
	int got = walk_pages(t, v, r->lo, r->hi, &o, &fns, &s, err);

	if (tr->clears) {
		c->written += track_bytes(tr, r->lo, r->hi) / s.page_size;
		c->newest_ns = u64_max(c->newest_ns, track_newest(tr, r->lo, r->hi));
	}
	return got;
}

int
window_sum(struct target *t, const struct vma_list *vmas, uint64_t lo, uint64_t hi, enum lens lens,
           struct range_sum *out, struct err *err)
{
	const struct vma *v = vma_at(vmas, lo);
	int r;

	*out = (struct range_sum){
	    .lo = lo, .hi = hi, .lens = lens, .time_ns = source_now(t->source)};
	if (!v || hi > v->end)
		return err_set(err, ERR_TARGET, "it is no longer one region",
		               "choose the range again", "cannot count the range");
	progress_begin(t->progress, hi - lo);
	r = window_count_range(t, v, out, err);
	out->cost_ns = source_now(t->source) - out->time_ns;
	return r;
}
