/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages of one region. From the top: the whole region as a strip, the scale, the ruler, the
 * cells, the legend; on the right, if there is room, the card of the cell under the cursor. Rows
 * start at round addresses, so cells before the region's start stay empty.
 */
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "model/pages.h"
#include "query/answer_page.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/cells.h"
#include "views/breadcrumb.h"
#include "views/inspector.h"
#include "views/legend.h"
#include "views/ruler.h"
#include "views/view.h"
#include "views/view_grid.h"

enum { MAP_ROWS = 2, RULER_ROWS = 1, LEGEND_ROWS = 1 };

/* The rows of the strip and the scale; 0 if no cells had room below them. */
static int
view_grid_map_rows(int top, int bottom)
{
	return bottom - top > MAP_ROWS + RULER_ROWS + LEGEND_ROWS ? MAP_ROWS : 0;
}

/* Moves the cursor to the newest write since the last one followed. */
static void
view_grid_follow(struct ui *ui, const struct sample *s, const struct vma *v)
{
	struct pages *pages = ui->pages;
	const struct window *w = s->window;

	if (!pages->follow || !v || !w || w->grid.start != v->start ||
	    w->newest_ns <= pages->followed_ns)
		return;
	ui->cursor = w->newest_at;
	pages->followed_ns = w->newest_ns;
}

static void
view_grid_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	struct grid *g = &ui->pages->grid;
	int rows = bottom - top - view_grid_map_rows(top, bottom) - RULER_ROWS - LEGEND_ROWS;

	if (v) {
		ui->region = v->start;
		g->start = v->start;
		g->end = v->end;
	}
	if (ui->lit.by == ATTRIBUTION_BY_REGION && ui->lit.key != (ui->region | 1))
		ui->lit.key = 0; /* it was another region that is lit */
	if (g->end <= g->start)
		return;
	g->page_size = s->page_size;
	g->row_cells = grid_row_cells((unsigned)ui->cols, (unsigned)ruler_gutter(ui));
	g->rows = (unsigned)(rows > 1 ? rows : 1);
	view_grid_follow(ui, s, v);
	if (ui->cursor < g->start)
		ui->cursor = g->start;
	if (ui->cursor >= g->end)
		ui->cursor = g->end - g->page_size;
	grid_show(g, ui->cursor);
	if (ui->range.in == VIEW_GRID && (ui->range.from < g->start || ui->range.from >= g->end))
		ui->range.on = false; /* it was in another region */
}

/* Dragging selects a range from where the button went down. */
static unsigned
view_grid_hit_cell(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct pages *pages = ui->pages;
	uint64_t lo, hi;

	(void)s;
	if (!grid_cell_range(&pages->grid,
	                     (size_t)t->dy * pages->grid.row_cells + (size_t)t->dx, &lo, &hi))
		return FX_NONE;
	if (t->begins)
		ui_range_begin(ui);
	ui->cursor = lo;
	return FX_NONE;
}

static void
view_grid_draw_cells(const struct ui *ui, const struct sample *s, int top)
{
	const struct grid *g = &ui->pages->grid;
	size_t cursor = (size_t)-1;
	uint64_t total = grid_rows_total(g), first = g->start & ~(grid_row_bytes(g) - 1);
	uint64_t before = (g->top - first) / grid_row_bytes(g);
	int x0 = ruler_gutter(ui);

	zone_add(&(struct zone){.y = top,
	                        .x = x0,
	                        .bottom = top + (int)g->rows,
	                        .right = x0 + (int)g->row_cells,
	                        .hit = view_grid_hit_cell,
	                        .opens = true});
	grid_cell_at(g, ui->cursor, &cursor);
	for (unsigned row = 0; row < g->rows && before + row < total; row++) {
		ruler_row(ui, row, top + (int)row, cursor / g->row_cells == row);
		cells_draw_row(ui, s, row, top + (int)row, x0);
	}
	if (cursor != (size_t)-1) {
		int y = top + (int)(cursor / g->row_cells), x = x0 + (int)(cursor % g->row_cells);
		struct found_cell f;
		const struct cell *c = cells_find(ui, s, cursor, &f) ? &f.c : NULL;
		enum lens l = c ? s->window->lens : LENS_STATE;
		enum heat heat = c ? cells_heat(ui, l, c) : HEAT_NONE;

		/* a page written just now is white, so the cursor on it is black */
		paint_glyph(y, x, heat && heat <= HEAT_2S ? ROLE_CURSOR_HOT : ROLE_CURSOR,
		            !c                           ? L' '
		            : heat && cells_few_colors() ? cells_heat_glyph(ui, heat)
		                                         : cells_glyph(cell_letter(c, l)));
		paint_cursor(y, x);
	}
}

static const char view_grid_ended[] =
    "the process ended before these pages were read; its last sample is in the list";

static void
view_grid_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct pages *pages = ui->pages;
	int ruler = top + view_grid_map_rows(top, bottom);
	struct found_cell f;
	size_t i = 0;

	if (!pages->grid.rows || pages->grid.end <= pages->grid.start)
		return;
	grid_cell_at(&pages->grid, ui->cursor, &i);
	if (ruler > top) {
		ruler_map(ui, s, top);
		ruler_scale(ui, s, top + 1);
	}
	ruler_columns(ui, ruler, (unsigned)(i % pages->grid.row_cells));
	if (s->ended && !cells_find(ui, s, i, &f))
		fit_draw_lines(ruler + RULER_ROWS, bottom, ui->cols, ROLE_DIM, view_grid_ended);
	else
		view_grid_draw_cells(ui, s, ruler + RULER_ROWS);
	inspector_draw(ui, s, ruler, bottom - LEGEND_ROWS);
	legend_draw(ui, s, bottom - 1);
}

static void
view_grid_say_range(const struct ui *ui, const struct sample *s, uint64_t lo, uint64_t hi,
                    struct buf *out)
{
	const struct pages *pages = ui->pages;
	const struct range_sum *r = &s->range;
	char size[8];

	buf_fmt(out, "%llx..%llx %s, %llu page%s: ", (unsigned long long)lo, (unsigned long long)hi,
	        size_text(size, hi - lo), (unsigned long long)((hi - lo) / pages->grid.page_size),
	        plural((hi - lo) / pages->grid.page_size));
	if (r->lo != lo || r->hi != hi) {
		inspector_say_uncounted(ui, out);
		return;
	}
	if (s->range_err.what[0]) {
		buf_fmt(out, "%s: %s", s->range_err.what, s->range_err.why);
		return;
	}
	cells_counts(&r->cell, r->lens, out);
	if (r->cell.written)
		buf_fmt(out, "; %llu %s", (unsigned long long)r->cell.written,
		        tracker_words(s->tracker)->verb);
}

/* If the colours show how often, so does the status line. */
static void
view_grid_say_times(const struct ui *ui, const struct sample *s, const struct cell *c, bool one,
                    struct buf *out)
{
	if (ui_by_count(ui) && c->times)
		buf_fmt(out,
		        one ? "; written in %u of %u epoch%s"
		            : "; one of them in %u of %u epoch%s",
		        c->times, s->writes.epochs, plural(s->writes.epochs));
}

static void
view_grid_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct region *r = NULL;
	const struct vma *v = ui_vma(ui, s, &r);
	struct found_cell f = {0};
	const struct cell *c = NULL;
	struct page pg;
	bool single = false;
	uint64_t lo, hi;
	unsigned second;
	char size[8];
	size_t i;

	if (v && ui_range(ui, &lo, &hi)) {
		view_grid_say_range(ui, s, lo, hi, out);
		return;
	}
	if (!v) {
		buf_fmt(out, "%llx: this region was unmapped; %s and %s go to its neighbours",
		        (unsigned long long)ui->region, key_of(ACT_LAST_REGION, 'G'),
		        key_of(ACT_NEXT_REGION, 'G'));
		return;
	}
	if (grid_cell_at(&ui->pages->grid, ui->cursor, &i) && cells_find(ui, s, i, &f)) {
		c = &f.c;
		single = window_page(s->window, f.i, &pg);
	}
	buf_fmt(out, "%llx ", (unsigned long long)ui->cursor);
	if (!c) {
		buf_str(out, s->ended ? "was not read before the process ended" : "not read yet");
	} else if (single) {
		page_sentence(out, &pg, tracker_words(s->tracker)->verb, s->clears, c->newest_ns,
		              ui->now);
		if (c->written && cells_tracked_whole(s, &pg))
			buf_fmt(out, " (tracked per %s)",
			        size_text(size, s->page_size << folio_huge_order(s->page_size)));
		if (s->window->lens != LENS_STATE && s->window->lens != LENS_WRITES)
			buf_fmt(out, "; %s: %s", lens_row(s->window->lens)->name,
			        lens_class(s->window->lens, cell_first(c, &second)).name);
	} else {
		buf_fmt(out, "%s: %llu page%s: %s", size_text(size, cell_pages(c) * s->page_size),
		        (unsigned long long)cell_pages(c), plural(cell_pages(c)),
		        window_is_sampled(s->window, f.i) ? "by samples about " : "");
		cells_counts(c, s->window->lens, out);
		if (c->written)
			buf_fmt(out, "; %llu %s", (unsigned long long)c->written,
			        tracker_words(s->tracker)->verb);
		if (s->window->filtered)
			buf_fmt(out, "; %s%llu match",
			        window_is_sampled(s->window, f.i) ? "about " : "",
			        (unsigned long long)c->match);
	}
	if (c)
		view_grid_say_times(ui, s, c, single, out);
	if (r && r->known && !r->rss && !r->swap && !r->hugetlb)
		buf_fmt(out, "; none of these %s is in RAM or swap",
		        size_text(size, vma_size(v)));
	if (c && s->clears && s->window->doubt && !(tracker_caps(s->tracker) & TRACKER_CHANGES))
		buf_fmt(out, "; %s", track_doubt_words((enum track_doubt)s->window->doubt));
}

static void
view_grid_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	struct buf lit = {0};

	if (ui->lit.key) {
		buf_str(&lit, ", ");
		text_escape(&lit, ui->lit.words, strlen(ui->lit.words), !paint_utf8());
	}
	breadcrumb_region(out, ui, s, lit.s ? lit.s : "");
	buf_free(&lit);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
view_grid_move_by(struct ui *ui, int64_t cells)
{
	const struct grid *g = &ui->pages->grid;
	uint64_t step = grid_cell_bytes(g);
	uint64_t by = (uint64_t)(cells < 0 ? -cells : cells);

	by = by > UINT64_MAX / step ? UINT64_MAX : by * step;
	if (cells < 0)
		ui->cursor = ui->cursor - g->start < by ? g->start : ui->cursor - by;
	else
		ui->cursor = g->end - 1 - ui->cursor < by ? g->end - g->page_size
		                                          : ui->cursor + by;
	ui->cursor &= ~(uint64_t)(g->page_size - 1);
}

void
view_grid_set_zoom(struct ui *ui, unsigned zoom)
{
	struct grid *g = &ui->pages->grid;
	uint64_t row = (ui->cursor - g->top) / grid_row_bytes(g), start;

	if (!g->rows)
		return; /* not on screen yet */
	g->zoom = zoom > GRID_ZOOM_MAX ? GRID_ZOOM_MAX : zoom;
	start = ui->cursor & ~(grid_row_bytes(g) - 1);
	g->top = start / grid_row_bytes(g) < row ? 0 : start - row * grid_row_bytes(g);
	grid_show(g, ui->cursor);
}

static void
view_grid_zoom_out(struct ui *ui)
{
	struct pages *pages = ui->pages;

	if (grid_rows_total(&pages->grid) > 1 ||
	    grid_cell_bytes(&pages->grid) < pages->grid.end - pages->grid.start)
		view_grid_set_zoom(ui, pages->grid.zoom + 1);
}

/*
 * The class that a cell shows: among many pages, also the few present ones, and classes that must
 * always show.
 */
static unsigned
view_grid_shown_class(const struct cell *c, enum lens l)
{
	unsigned alarm = cell_alarm(c, l);

	return alarm != CLASS_MAX ? alarm : cell_first_there(c, l);
}

/*
 * Searches on screen; from unmapped pages that go on beyond it, the sampler finds the next mapped
 * page.
 */
static unsigned
view_grid_next_change(struct ui *ui, const struct sample *s, int step)
{
	struct pages *pages = ui->pages;
	size_t n = (size_t)pages->grid.rows * pages->grid.row_cells, at;
	unsigned now, next;
	struct found_cell f;
	uint64_t lo, hi;
	enum lens l;

	if (!grid_cell_at(&pages->grid, ui->cursor, &at) || !cells_find(ui, s, at, &f))
		return FX_NONE;
	l = s->window->lens;
	now = view_grid_shown_class(&f.c, l);
	for (size_t i = at + (size_t)step; i < n; i += (size_t)step) {
		if (!cells_find(ui, s, i, &f))
			break;
		next = view_grid_shown_class(&f.c, l);
		if (step > 0 ? !cells_change(l, now, next) : !cells_change(l, next, now)) {
			now = next;
			continue;
		}
		if (grid_cell_range(&pages->grid, i, &lo, &hi))
			ui->cursor = lo;
		return FX_NONE;
	}
	if (l == LENS_STATE && now == STATE_NONE)
		return step > 0 ? FX_CHANGE : FX_CHANGE_BACK;
	view_grid_move_by(ui, step > 0 ? (int64_t)(n - at)
	                               : -(int64_t)at - 1); /* continues on the next screen */
	return FX_NONE;
}

static void
view_grid_go_region(struct ui *ui, const struct sample *s, int step)
{
	const struct vma_list *l = &s->regions->vmas;
	size_t i = vma_lower_bound(l, ui->region);

	if (i < l->n && l->v[i].start <= ui->region)
		i += (size_t)step;
	else if (step < 0)
		i--;
	if (i < l->n)
		ui_go(ui, s, l->v[i].start);
}

static unsigned
view_grid_toggle_follow(struct ui *ui, const struct sample *s)
{
	struct pages *pages = ui->pages;

	pages->follow = !pages->follow;
	pages->followed_ns = 0;
	return pages->follow && (!s->window || !s->window->newest_ns) ? FX_NO_WRITES : FX_NONE;
}

static unsigned
view_grid_act_on(struct ui *ui, const struct sample *s, enum action a)
{
	struct pages *pages = ui->pages;
	int64_t row = pages->grid.row_cells, rows = pages->grid.rows;

	if (!pages->grid.rows || pages->grid.end <= pages->grid.start || !s->regions)
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: view_grid_move_by(ui, -row); break;
	case ACT_DOWN: view_grid_move_by(ui, row); break;
	case ACT_LEFT: view_grid_move_by(ui, -1); break;
	case ACT_RIGHT: view_grid_move_by(ui, 1); break;
	case ACT_PAGE_UP: view_grid_move_by(ui, -row * rows); break;
	case ACT_PAGE_DOWN: view_grid_move_by(ui, row * rows); break;
	case ACT_HALF_UP: view_grid_move_by(ui, -row * (rows / 2)); break;
	case ACT_HALF_DOWN: view_grid_move_by(ui, row * (rows / 2)); break;
	case ACT_FIRST:
	case ACT_LAST:
		ui_leave(ui);
		ui->cursor = a == ACT_FIRST ? pages->grid.start
		                            : pages->grid.end - pages->grid.page_size;
		break;
	case ACT_ZOOM_IN:
		view_grid_set_zoom(ui, pages->grid.zoom ? pages->grid.zoom - 1 : 0);
		break;
	case ACT_ZOOM_OUT: view_grid_zoom_out(ui); break;
	case ACT_ZOOM_FIT: {
		unsigned fit = grid_fit(&pages->grid);

		view_grid_set_zoom(ui, pages->grid.zoom == fit ? 0 : fit);
		break;
	}
	case ACT_NEXT_CHANGE: return view_grid_next_change(ui, s, 1);
	case ACT_LAST_CHANGE: return view_grid_next_change(ui, s, -1);
	case ACT_NEXT_REGION: view_grid_go_region(ui, s, 1); break;
	case ACT_LAST_REGION: view_grid_go_region(ui, s, -1); break;
	case ACT_LETTERS: pages->letters = (pages->letters + 1) % LETTERS_COUNT; break;
	case ACT_HEX: ui_hex(ui, ui_exact(ui)); break;
	case ACT_FIND: return FX_FIND;
	case ACT_FILTER: return FX_FILTER;
	case ACT_FIND_NEXT: return FX_SEEK;
	case ACT_FIND_BACK: return FX_SEEK_BACK;
	case ACT_FOLLOW: return view_grid_toggle_follow(ui, s);
	case ACT_RANGE: ui_range_toggle(ui); break;
	case ACT_INSPECT: inspector_toggle(ui); break;
	case ACT_INFO:
		ui_push(ui, VIEW_REGION);
		break;
	case ACT_OPEN:
		if (pages->grid.zoom)
			view_grid_set_zoom(ui, pages->grid.zoom > 3 ? pages->grid.zoom - 3 : 0);
		else
			ui_push(ui, VIEW_PAGE);
		break;
	}
	return FX_NONE;
}

/* Moving the cursor ends following the newest write. */
static unsigned
view_grid_act(struct ui *ui, const struct sample *s, enum action a)
{
	uint64_t cursor = ui->cursor;
	unsigned fx = view_grid_act_on(ui, s, a);

	if (ui->cursor != cursor)
		ui->pages->follow = false;
	return fx;
}

/* Enter on a cell of many pages opens no page. */
static const char *
view_grid_hint(const struct ui *ui, const struct sample *s, enum action a)
{
	(void)s;
	return a == ACT_OPEN && ui->pages->grid.zoom ? "zoom in" : NULL;
}

/* Removes the filter of pages. */
static bool
view_grid_back(struct ui *ui)
{
	bool had = ui->pages->filter[0] != '\0';

	ui->lit.key = had ? ui->lit.key : 0;
	ui->pages->filter[0] = '\0';
	return had;
}

static void
view_grid_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	const struct pages *pages = ui->pages;

	(void)s;
	r->grid_on = pages->grid.rows > 0;
	r->grid = pages->grid;
	snprintf(r->filter, sizeof(r->filter), "%s", pages->filter);
	if (ui->lit.key) {
		r->by_on = true;
		r->by = (struct attribution_of){
		    .by = ui->lit.by, .grown = ui->lit.grown, .lit = ui->lit.key,
		    .lo = pages->grid.start, .hi = pages->grid.end};
	}
	if (!pages->grid.zoom && inspector_shown(ui)) {
		r->card_on = CARD_PAGE;
		r->card = ui->cursor;
	}
	if (!ui_range(ui, &r->range_lo, &r->range_hi))
		r->range_lo = r->range_hi = 0;
}

const struct view view_grid = {
    .size = sizeof(struct pages),
    .draw = view_grid_draw,
    .act = view_grid_act,
    .say = view_grid_say,
    .hint = view_grid_hint,
    .breadcrumb = view_grid_breadcrumb,
    .settle = view_grid_settle,
    .back = view_grid_back,
    .report = report_grid,
    .find = PROMPT_PAGE_FIND,
    .filter = PROMPT_PAGE_FILTER,
    .needs = view_grid_needs,
};
