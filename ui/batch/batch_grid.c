/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch/batch_grid.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "kernel/kabi.h"
#include "page/grid.h"
#include "sample/window.h"

enum { FIT_ROWS = 8, SCREEN_ROWS = 64 };

static unsigned
batch_zoom_of(unsigned pages)
{
	unsigned z = 0;

	while (pages > 1u << z)
		z++;
	return z;
}

static void
batch_print_heading(const struct vma *v, const struct grid *g, bool ascii)
{
	struct buf name = {0};
	char size[8], cell[8], perm[5];

	vma_perm_text(v, perm);
	text_escape(&name, vma_shown_name(v), strlen(vma_shown_name(v)), ascii);
	printf("%llx-%llx %s %s %s (1 cell = %llu page%s, %s)\n", (unsigned long long)v->start,
	       (unsigned long long)v->end, size_text(size, vma_size(v)), perm,
	       name.s, 1ull << g->zoom, g->zoom ? "s" : "",
	       size_text(cell, grid_cell_bytes(g)));
	buf_free(&name);
}

static void
batch_print_rows(const struct window *w)
{
	const struct grid *g = &w->grid;
	uint64_t total = (g->end - 1 - g->top) / grid_row_bytes(g) + 1;

	for (unsigned row = 0; row < g->rows && row < total; row++) {
		printf("%012llx ", (unsigned long long)(g->top + row * grid_row_bytes(g)));
		for (unsigned col = 0; col < g->row_cells; col++) {
			struct cell c = window_cell(w, row * g->row_cells + col);

			putchar(cell_letter(&c, w->lens));
		}
		putchar('\n');
	}
}

static int
batch_print_region(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
                   const struct grid_text_options *o, struct err *err)
{
	struct grid g = {.start = start, .end = end, .page_size = t->page_size,
	                 .row_cells = o->columns ? o->columns : 64, .rows = FIT_ROWS};

	g.zoom = o->zoom ? batch_zoom_of(o->zoom) : o->whole ? grid_fit(&g) : 0;
	g.rows = SCREEN_ROWS;
	batch_print_heading(v, &g, o->ascii);
	g.top = start & ~(grid_row_bytes(&g) - 1);
	for (uint64_t left = grid_rows_total(&g); left > 0 && !ferror(stdout);) {
		struct window *w = window_read(t, v, &g, o->lens, err);

		if (!w)
			return -1;
		batch_print_rows(w);
		window_unref(w);
		left -= u64_min(left, SCREEN_ROWS);
		g.top += SCREEN_ROWS * grid_row_bytes(&g);
	}
	return 0;
}

static int
batch_note_any(void *arg, const struct pm_run *run)
{
	(void)run;
	*(bool *)arg = true;
	return 1;
}

int
batch_grid(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
           const struct grid_text_options *o, struct err *err)
{
	for (size_t i = vma_lower_bound(vmas, start); i < vmas->n && vmas->v[i].start < end; i++) {
		const struct vma *v = &vmas->v[i];
		bool any = !o->whole;

		if (!any && source_runs(t->source, v->start, v->end,
		                        PM_CAT_PRESENT | PM_CAT_SWAPPED, PM_CAT_PRESENT,
		                        batch_note_any, &any, err) < 0)
			return -1;
		if (any && batch_print_region(t, v, u64_max(start, v->start), u64_min(end, v->end),
		                              o, err) < 0)
			return -1;
	}
	return 0;
}
