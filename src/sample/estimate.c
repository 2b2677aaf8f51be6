/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/estimate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/util.h"
#include "page/pick.h"
#include "target/growth.h"
#include "target/page_huge.h"
#include "target/walk.h"

enum {
	READ_MAX = 6000,   /* pages, of all cells; 2 us each, 5 if they are huge */
	BUDGET_MS = 12,    /* for more than one page of each cell */
	ASK_EVERY = 64,    /* pages: how often it is asked whether to stop */
};

/* What was read of a cell. */
struct estimate_cell {
	struct pick pick;
	unsigned n; /* slots read */
	uint8_t cls[PICK_MAX];
	bool match[PICK_MAX];
};

/* The cell that addr is in, and where it ends. false: in none. */
typedef bool estimate_place_fn(const void *geometry, uint64_t addr, size_t *i, uint64_t *end);

struct estimate_work {
	const struct estimate *e;
	estimate_place_fn *place;
	const void *geometry;
	struct estimate_cell *cells;
	size_t n;
	unsigned slots;
	struct seek seek;
	bool takes_huge, pages_only; /* pages_only: neither gaps nor markers */
	uint64_t huge_at; /* of the block that was read last; 0: none */
	struct page_huge huge;
};

/* --- which pages exist ------------------------------------------------------------------------ */

static int
estimate_add_run(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct estimate_work *w = arg;
	size_t size = w->e->t->page_size, i;
	uint64_t to;

	for (uint64_t at = start; at < end && w->place(w->geometry, at, &i, &to); at = to)
		pick_add(&w->cells[i].pick, w->slots, at, (u64_min(to, end) - at) / size, size,
		         each->cats & PM_CAT_HUGE);
	return 0;
}

static int
estimate_add_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct estimate_work *w = arg;
	size_t size = w->e->t->page_size, i;
	uint64_t to;

	for (uint64_t at = start; at < end && w->place(w->geometry, at, &i, &to); at = to) {
		lens_count_gap(&w->e->pass, at, u64_min(to, end), (enum state)each->state, size,
		               w->e->cells[i].n);
		if (w->e->seek) {
			struct seek_gap gap;

			seek_gap(&w->seek, at, u64_min(to, end), each, &gap);
			w->e->cells[i].match += gap.yes;
		}
	}
	return 0;
}

/* --- what they are ---------------------------------------------------------------------------- */

/* A page of a huge one, by two of its frames. */
static bool
estimate_read_huge(struct estimate_work *w, uint64_t addr, struct page *out)
{
	const struct target *t = w->e->t;
	uint64_t span = (uint64_t)t->page_size << folio_huge_order(t->page_size);
	uint64_t block = addr & ~(span - 1), i = (addr - block) / t->page_size;

	if (w->huge_at != block) {
		if (page_read_huge(t->source, block, 1, w->e->o.needs, &w->huge) != 1)
			return false;
		page_judge(&w->huge.head, w->e->v, swaps_types(&t->source->meta.swaps));
		page_judge(&w->huge.tail, w->e->v, swaps_types(&t->source->meta.swaps));
		w->huge_at = block;
	}
	*out = i ? w->huge.tail : w->huge.head;
	out->word += i ? i - 1 : 0;
	return true;
}

/* Which class: with the page before it, since some lenses compare neighbours. */
static int
estimate_read_page(struct estimate_work *w, uint64_t addr, unsigned *cls, struct page *out,
                   struct err *err)
{
	const struct estimate *e = w->e;
	struct lens_pass pass = e->pass;
	size_t size = e->t->page_size, before = e->pass.lens == LENS_PHYSICAL && addr > e->v->start;
	struct page pages[2];

	if (walk_some(e->t, e->v, addr - before * size, e->o.needs & ~(unsigned)PAGE_NEED_CACHE,
	              pages, 1 + before, err) < 0)
		return -1;
	for (size_t i = 0; i <= before; i++)
		*cls = lens_page(&pass, addr - (before - i) * size, &pages[i], size);
	*out = pages[before];
	return 0;
}

static int
estimate_read_slot(struct estimate_work *w, struct estimate_cell *c, unsigned slot, struct err *err)
{
	uint64_t addr = c->pick.slot[slot].at;
	struct lens_pass pass = w->e->pass;
	struct page pg;
	unsigned cls;

	if (w->takes_huge && c->pick.slot[slot].huge && estimate_read_huge(w, addr, &pg))
		cls = lens_page(&pass, addr, &pg, w->e->t->page_size);
	else if (estimate_read_page(w, addr, &cls, &pg, err) < 0)
		return -1;
	if (w->pages_only && state_is_mark((enum state)pg.state))
		cls = CLASS_MAX;
	c->cls[c->n] = (uint8_t)cls;
	c->match[c->n++] = w->e->seek && seek_page(&w->seek, addr, &pg) == TRUTH_YES;
	return 0;
}

/* One page of each cell, then another, as time allows. */
static int
estimate_read(struct estimate_work *w, struct err *err)
{
	const struct source *s = w->e->t->source;
	uint64_t until = source_now(s) + BUDGET_MS * TIME_MS;
	unsigned done = 0;

	for (unsigned slot = 0; slot < w->slots; slot++)
		for (size_t i = 0; i < w->n; i++) {
			if (w->cells[i].pick.seen <= slot)
				continue;
			if (estimate_read_slot(w, &w->cells[i], slot, err) < 0)
				return -1;
			if (++done % ASK_EVERY)
				continue;
			if (source_stopped(s))
				return 1;
			if (slot && source_now(s) > until)
				return 0;
		}
	return 0;
}

static void
estimate_finish(struct estimate_work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct estimate_cell *c = &w->cells[i];
		struct cell *out = &w->e->cells[i];

		for (unsigned k = 0; k < c->n; k++) {
			uint64_t share = pick_share(&c->pick, k, c->n);

			if (c->cls[k] >= CLASS_MAX)
				continue; /* not one of its pages */
			out->n[c->cls[k]] += share;
			out->match += c->match[k] ? share : 0;
		}
	}
}

static int
estimate_all(struct estimate_work *w, uint64_t lo, uint64_t hi, struct err *err)
{
	struct walk_fns fns = {.run = estimate_add_run,
	                       .gap = w->pages_only ? NULL : estimate_add_gap};
	const struct estimate *e = w->e;
	unsigned needs = e->o.needs;
	int r;

	if (!w->n)
		return 0;
	w->slots = (unsigned)u64_max(1, u64_min(PICK_MAX, READ_MAX / w->n));
	w->takes_huge = e->pass.lens != LENS_PHYSICAL &&
	                !(needs & (PAGE_NEED_NODE | PAGE_NEED_CATS)) &&
	                !e->t->source->ops->broken(e->t->source);
	if (e->seek)
		w->seek = *e->seek;
	w->cells = mem_alloc(w->n * sizeof(*w->cells));
	r = walk_pages(e->t, e->v, lo, hi, &e->o, &fns, w, err);
	if (r == 0)
		r = estimate_read(w, err);
	if (r == 0)
		estimate_finish(w);
	free(w->cells);
	return r;
}

/* --- grids and strips ------------------------------------------------------------------------- */

static bool
estimate_place_in_grid(const void *grid, uint64_t addr, size_t *i, uint64_t *end)
{
	uint64_t lo;

	return grid_cell_at(grid, addr, i) && grid_cell_range(grid, *i, &lo, end);
}

int
estimate_cells(const struct estimate *e, uint64_t lo, uint64_t hi, struct err *err)
{
	struct estimate_work w = {.e = e, .place = estimate_place_in_grid, .geometry = e->grid,
	                          .n = (size_t)e->grid->rows * e->grid->row_cells};

	return estimate_all(&w, lo, hi, err);
}

struct estimate_shares {
	struct strip strip;
	uint64_t start;
	size_t page_size;
};

static bool
estimate_place_in_strip(const void *geometry, uint64_t addr, size_t *i, uint64_t *end)
{
	const struct estimate_shares *g = geometry;
	unsigned k = strip_share_of(&g->strip, (addr - g->start) / g->page_size);

	*i = k;
	*end = g->start + strip_start(&g->strip, k + 1) * g->page_size;
	return true;
}

/* As region_fill_strip. */
int
estimate_strip(struct target *t, const struct vma *v, enum lens l, struct strip_cell *strip,
               unsigned width, struct err *err)
{
	struct estimate_shares g = {.start = v->start, .page_size = t->page_size};
	struct cell cells[LIST_STRIP] = {0};
	struct estimate e = {.t = t, .v = v, .cells = cells,
	                     .pass = {.lens = l,
	                              .base = growth_baseline(t->growth),
	                              .kept = growth_kept(t->growth),
	                              .accesses = accesses_regions(t->accesses),
	                              .v = v},
	                     .o = {.needs = lens_row(l)->needs & ~(unsigned)PAGE_NEED_CACHE}};
	struct estimate_work w = {.e = &e, .place = estimate_place_in_strip, .geometry = &g,
	                          .pages_only = true};
	int r;

	strip_begin(&g.strip, vma_size(v) / t->page_size, width);
	g.strip.lit = lens_lit(l);
	w.n = g.strip.width;
	r = estimate_all(&w, v->start, v->end, err);
	for (size_t i = 0; r == 0 && i < w.n; i++)
		for (unsigned c = 0; c < lens_classes(l); c++) {
			uint64_t from = strip_start(&g.strip, (unsigned)i);

			strip_add(&g.strip, from, from + cells[i].n[c], c);
		}
	if (r == 0)
		strip_finish(&g.strip, strip, width);
	strip_free(&g.strip);
	return r;
}
