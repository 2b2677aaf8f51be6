/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/ruler.h"

#include <stdio.h>

#include "base/util.h"
#include "model/pages.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/strips.h"
#include "views/view.h"

/* Digits of an address in the gutter: 12 are enough except at the very end of the 64-bit space. */
static int
ruler_digits(const struct ui *ui)
{
	return ui->pages->grid.end > UINT64_C(1) << 48 ? 16 : 12;
}

int
ruler_gutter(const struct ui *ui)
{
	return ruler_digits(ui) + 1;
}

/* Goes as far into the region as the click is into the strip; dragging scrolls along. */
static unsigned
ruler_hit_map(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct grid *g = &ui->pages->grid;
	uint64_t pages = g->page_size ? (g->end - g->start) / g->page_size : 0;

	(void)s;
	if (!pages)
		return FX_NONE;
	if (!t->drag)
		ui_leave(ui);
	ui->cursor = g->start + (uint64_t)((t->dx + 0.5) / t->cols * (double)pages) * g->page_size;
	return FX_NONE;
}

void
ruler_map(const struct ui *ui, const struct sample *s, int y)
{
	const struct window *w = s->window;
	const struct grid *g = &ui->pages->grid;
	int x0 = ruler_gutter(ui), cells = (int)g->row_cells;
	double pages = (double)(g->end - g->start);
	bool mapped = w && !w->gone && w->mapped && w->grid.row_cells == g->row_cells &&
	              w->grid.start == g->start && w->grid.end == g->end;
	uint64_t lo, hi;
	int from, to;

	zone_add(&(struct zone){
	    .y = y, .x = x0, .bottom = y + 1, .right = x0 + cells, .hit = ruler_hit_map});
	paint_text(y, 0, x0 - 1, ROLE_DIM, "%*s", x0 - 1, "whole map");
	for (int i = 0; mapped && i < cells; i++) {
		const struct strip_cell *m = &w->map[i];
		uint8_t heat = ui_by_count(ui) ? m->often : m->heat;
		/* it shows states; in lenses that need more, how full it is, and what is lit */
		enum role role = m->lit ? paint_class_role(w->lens, lens_lit(w->lens))
		                 : lens_needs_pages(w->lens) ? ROLE_RAMP_0
		                 : heat                    ? strips_heat_role(ui, (enum heat)heat)
		                                           : paint_state_role((enum state)m->cls);

		if (m->height)
			paint_block(y, x0 + i, role, ROLE_TEXT,
			            paint_eighth(steps(m->height, 8, STRIP_HIGH)));
		else
			paint_glyph(y, x0 + i, ROLE_NONE, L'·');
	}
	grid_visible(g, &lo, &hi);
	from = (int)((double)(lo - g->start) / pages * cells);
	to = (int)((double)(hi - g->start) / pages * cells + 0.999);
	for (int i = from; i < (to > from ? to : from + 1) && i < cells; i++)
		paint_glyph(y + 1, x0 + i, ROLE_ACCENT, L'▔');
}

void
ruler_scale(const struct ui *ui, const struct sample *s, int y)
{
	const struct grid *g = &ui->pages->grid;
	uint64_t lo, hi, all = (g->end - g->start) / g->page_size;
	char text[128], size[8];
	int n, part, x;

	grid_visible(g, &lo, &hi);
	part = snprintf(text, sizeof(text), " 1 cell = %llu page%s (%s) ", 1ull << g->zoom,
	                g->zoom ? "s" : "", size_text(size, grid_cell_bytes(g)));
	n = part + snprintf(text + part, sizeof(text) - (size_t)part, " view %llu-%llu of %llu ",
	                    (unsigned long long)((lo - g->start) / g->page_size),
	                    (unsigned long long)((hi - g->start) / g->page_size - 1),
	                    (unsigned long long)all);
	if (ruler_gutter(ui) + n > ui->cols) /* no room for the strip's share as well */
		text[n = part] = '\0';
	x = ruler_gutter(ui) + ((int)g->row_cells - n) / 2;
	if (x < ruler_gutter(ui))
		x = ruler_gutter(ui);
	x = paint_text(y, x, ui->cols, ROLE_TEXT, "%s", text);
	if (ui->pages->follow)
		x = paint_text(y, x, ui->cols, ROLE_HOT, "follows writes ");
	if (s->window && (s->window->grid.zoom != g->zoom || s->window->grid.start != g->start))
		paint_text(y, x, ui->cols, ROLE_HOT, "counting");
	else if (s->window && !s->window->complete && hi > lo)
		paint_text(y, x, ui->cols, ROLE_HOT, "%s %s %%",
		           window_has_estimates(s->window) ? "sampled, counted" : "counting",
		           percent_text(size, s->window->counted, hi - lo));
}

void
ruler_columns(const struct ui *ui, int y, unsigned cursor_col)
{
	const struct grid *g = &ui->pages->grid;
	static const char units[] = "KMGTP";
	uint64_t cell = grid_cell_bytes(g);
	int x0 = ruler_gutter(ui), unit = -1;
	uint64_t per = g->page_size;

	paint_text(y, 0, x0 - 1, ROLE_DIM, "%*s", x0 - 1, "address");
	if (g->zoom) { /* in the largest unit that divides every eighth cell */
		for (per = 1; unit < 4 && cell * 8 % (per * 1024) == 0; per *= 1024)
			unit++;
	}
	for (unsigned c = 0; c < g->row_cells; c += 8) {
		if (cursor_col + 1 >= c && cursor_col <= c + 3)
			continue; /* the number of the cursor's column is there */
		paint_text(y, x0 + (int)c, x0 + (int)c + 8, ROLE_DIM,
		           unit >= 0 ? "+%02llx%c" : "+%02llx",
		           (unsigned long long)(c * cell / per), unit >= 0 ? units[unit] : ' ');
	}
	if (!g->zoom)
		paint_text(y,
		           x0 + (int)(cursor_col + 1 < g->row_cells ? cursor_col : cursor_col - 1),
		           x0 + (int)g->row_cells, ROLE_CROSS, "%02x", cursor_col);
	else
		paint_glyph(y, x0 + (int)cursor_col, ROLE_CROSS, L'▼');
}

void
ruler_row(const struct ui *ui, unsigned row, int y, bool is_cursor)
{
	uint64_t bytes = grid_row_bytes(&ui->pages->grid), at = ui->pages->grid.top + row * bytes;
	char now[24], above[24];
	int n = ruler_digits(ui), same = 0;

	snprintf(now, sizeof(now), "%0*llx", n, (unsigned long long)at);
	snprintf(above, sizeof(above), "%0*llx", n, (unsigned long long)(at - bytes));
	if (is_cursor) {
		paint_text(y, 0, n, ROLE_ACCENT, "%s", now);
		return;
	}
	while (row && same < n && now[same] == above[same])
		same++;
	paint_text(y, 0, same, ROLE_DIM, "%s", now);
	paint_text(y, same, n, ROLE_TEXT, "%s", now + same);
}
