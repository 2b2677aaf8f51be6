/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window.h"

#include <stdlib.h>
#include <string.h>

#include "kabi.h"
#include "util.h"

static size_t
cell_count(const struct grid *g)
{
	return (size_t)g->rows * g->row_cells;
}

static struct window *
window_new(const struct grid *g)
{
	struct window *w = mem_alloc(sizeof(*w));

	w->refs = 1;
	w->grid = *g;
	w->cells = mem_alloc(cell_count(g) * sizeof(*w->cells));
	if (g->zoom == 0)
		w->pages = mem_alloc(cell_count(g) * sizeof(*w->pages));
	w->time_ns = time_ns();
	return w;
}

struct window *
window_copy(const struct window *from)
{
	size_t n = cell_count(&from->grid);
	struct window *w = mem_alloc(sizeof(*w));

	*w = *from;
	w->refs = 1;
	w->cells = memcpy(mem_alloc(n * sizeof(*w->cells)), from->cells, n * sizeof(*w->cells));
	if (from->pages)
		w->pages = memcpy(mem_alloc(n * sizeof(*w->pages)), from->pages, n * sizeof(*w->pages));
	return w;
}

struct window *
window_ref(struct window *w)
{
	if (w)
		__atomic_add_fetch(&w->refs, 1, __ATOMIC_RELAXED);
	return w;
}

void
window_unref(struct window *w)
{
	if (!w || __atomic_sub_fetch(&w->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free(w->cells);
	free(w->pages);
	free(w);
}

/* Every page starts as `s`; the pages that turn out to be something else are moved. */
static void
fill_all(struct window *w, enum state s)
{
	for (size_t i = 0; i < cell_count(&w->grid); i++) {
		uint64_t lo, hi;

		if (!grid_cell_range(&w->grid, i, &lo, &hi))
			continue;
		w->cells[i].n[s] = (hi - lo) / w->grid.page_size;
		if (w->pages && s == STATE_NONE)
			w->pages[i].known = PAGE_WORD;
	}
}

struct fill {
	struct window *w;
	struct target *t;
	const struct vma *v;
	window_progress_fn *progress;
	void *arg;
	uint64_t lo;
	bool gave_up;
	struct err *err;
};

static void
count_page(struct fill *f, uint64_t addr, const struct page *pg)
{
	enum state s = state_of_page(pg, f->v, f->t->swaps);
	size_t i;

	if (!grid_cell_at(&f->w->grid, addr, &i))
		return;
	f->w->cells[i].n[STATE_NONE]--;
	f->w->cells[i].n[s]++;
	if (f->w->pages)
		f->w->pages[i] = *pg;
}

static int
fill_run(void *arg, const struct pm_run *run)
{
	struct fill *f = arg;
	struct page pages[PAGE_BATCH];
	size_t size = f->t->pm.page_size;

	for (uint64_t at = run->start; at < run->end; at += PAGE_BATCH * size) {
		size_t n = u64_min((run->end - at) / size, PAGE_BATCH);

		if (page_read(&f->t->pm, &f->t->frames, at, pages, n,
		              PAGE_WANT_FLAGS | (f->w->pages ? PAGE_WANT_COUNT : 0), f->err) < 0)
			return 1;
		for (size_t i = 0; i < n; i++)
			count_page(f, at + i * size, &pages[i]);
		f->w->counted = at + n * size - f->lo;
		if (f->progress && f->progress(f->arg, f->w))
			return 1;
	}
	return 0;
}

/* The written pages of each cell, from the track's stamps. */
static void
fill_written(struct window *w, const struct track *t, uint64_t lo, uint64_t hi)
{
	size_t size = w->grid.page_size;

	for (size_t s = track_first(t, lo); s < t->n && t->v[s].start < hi; s++) {
		uint64_t at = u64_max(t->v[s].start, lo), end = u64_min(t->v[s].end, hi);
		size_t i;

		while (at < end && grid_cell_at(&w->grid, at, &i)) {
			uint64_t cell_lo, cell_hi;

			grid_cell_range(&w->grid, i, &cell_lo, &cell_hi);
			w->cells[i].written += (u64_min(end, cell_hi) - at) / size;
			w->cells[i].newest_ns = u64_max(w->cells[i].newest_ns, t->v[s].time_ns);
			at = cell_hi;
		}
	}
}

static int
fill(struct fill *f, uint64_t lo, uint64_t hi)
{
	struct window *w = f->w;
	struct region whole; /* measured for its strip, and for the track to learn what is written */

	int r = region_measure(f->t, f->v, w->time_ns, &whole, w->map, w->grid.row_cells, f->err);

	f->gave_up = r > 0;
	if (r)
		return -1;
	if (!pagemap_readable(&f->t->pm, f->v)) {
		fill_all(w, STATE_UNREADABLE);
		return 0;
	}
	fill_all(w, STATE_NONE);
	f->err->what[0] = '\0';
	r = pagemap_runs(&f->t->pm, lo, hi, PM_CAT_PRESENT | PM_CAT_SWAPPED,
	                 PM_CAT_PRESENT | PM_CAT_SWAPPED, fill_run, f, f->err);
	if (r < 0 || f->err->what[0])
		return -1;
	f->gave_up = r > 0;
	if (r)
		return -1;
	if (f->t->track.gen)
		fill_written(w, &f->t->track, lo, hi);
	return 0;
}

struct window *
window_read(struct target *t, const struct vma *v, const struct grid *grid,
            window_progress_fn *progress, void *arg, struct err *err)
{
	struct window *w = window_new(grid);
	struct fill f = {.w = w, .t = t, .v = v, .progress = progress, .arg = arg, .err = err};
	uint64_t lo, hi;

	if (!v) {
		w->gone = w->complete = true;
		return w;
	}
	grid_visible(grid, &lo, &hi);
	lo = u64_max(lo, v->start);
	hi = u64_min(hi, v->end);
	f.lo = lo;
	if (lo < hi && fill(&f, lo, hi) < 0) {
		if (f.gave_up)
			err->status = 0;
		window_unref(w);
		return NULL;
	}
	w->counted = hi - lo;
	w->complete = true;
	w->cost_ns = time_ns() - w->time_ns;
	return w;
}
