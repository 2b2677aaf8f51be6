/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole address space on one screen: each row has a line of names and below it one of strips;
 * if there is room, a line of facts between them and a blank line after them. map.h shares the
 * cells among the regions, map_blocks draws them; this file fits the layout and navigates.
 */
#include <stdio.h>

#include "base/util.h"
#include "model/map.h"
#include "model/pages.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/cells.h"
#include "views/breadcrumb.h"
#include "views/map_blocks.h"
#include "views/view.h"

enum { LEGEND_ROWS = 1 };
enum { AT_EASE = 4 }; /* from this scale on, more lines help more than a larger scale */

static const struct map_piece *
view_map_cursor_piece(const struct ui *ui)
{
	const struct map_view *view = map_of(ui);

	return view->map.pieces ? &view->map.piece[map_find(&view->map, ui->region)] : NULL;
}

/* Whether the layout is of these very regions and not empty. */
static bool
view_map_is_laid_out(const struct ui *ui, const struct sample *s)
{
	return s->regions && s->regions->vmas.n && map_of(ui)->of == s->regions->list;
}

static void
view_map_set_lines(struct ui *ui, int height, int lines)
{
	map_of(ui)->lines = lines;
	map_of(ui)->rows = height > lines ? (size_t)(height / lines) : 1;
}

/*
 * Adds lines per row while the blocks are wide enough to fill them; then takes the largest scale
 * that fits.
 */
static void
view_map_fit(struct ui *ui, const struct sample *s, int height)
{
	struct map_view *view = map_of(ui);
	struct map *m = &view->map;

	for (int lines = LINES_LEAST; lines <= LINES_MOST; lines++) {
		size_t rows = height > lines ? (size_t)(height / lines) : 1;
		bool fits;
		unsigned scale = map_fit(m, &s->regions->vmas, (unsigned)ui->cols, rows,
		                         view->linear, &fits);

		if (lines > LINES_LEAST && (scale < AT_EASE || !fits))
			break;
		view->scale = scale;
		view_map_set_lines(ui, height, lines);
	}
	map_lay(m, &s->regions->vmas, (unsigned)ui->cols, view->scale, view->linear);
}

/* false: the regions are those that are laid out. */
static bool
view_map_take(struct map_view *view, const struct sample *s)
{
	if (view->of == s->regions->list)
		return false;
	regions_list_unref(view->of);
	view->of = regions_list_ref(s->regions->list);
	map_take(&view->map, &s->regions->vmas, s->page_size);
	return true;
}

/*
 * Fits the layout again when the screen has changed or the mappings no longer fit; not when there
 * is room again, since the map would jump.
 */
static void
view_map_lay_out(struct ui *ui, const struct sample *s, int height)
{
	struct map_view *view = map_of(ui);
	struct map *m = &view->map;
	unsigned cols = (unsigned)ui->cols;
	bool same =
	    m->pieces && m->cols == cols && view->height == height && m->linear == view->linear;

	if (!view_map_take(view, s) && same && m->scale == view->scale)
		return;
	if (view->zoomed)
		view_map_set_lines(ui, height, view->lines);
	if (view->zoomed || same)
		map_lay(m, &s->regions->vmas, cols, view->scale, view->linear);
	if (!view->zoomed && (!same || m->rows > view->rows))
		view_map_fit(ui, s, height);
	view->height = height;
}

static void
view_map_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct map_view *view = map_of(ui);
	const struct map_piece *p;
	size_t row;

	if (!s->regions || !s->regions->vmas.n)
		return;
	view_map_lay_out(ui, s, bottom - top - LEGEND_ROWS);
	p = view_map_cursor_piece(ui);
	ui->region = p->start; /* also if its region is gone, or the list's row was a group */
	row = p->at / view->map.cols;
	if (row < view->top)
		view->top = row;
	if (row >= view->top + view->rows)
		view->top = row - view->rows + 1;
	if (view->top + view->rows > view->map.rows)
		view->top = view->map.rows > view->rows ? view->map.rows - view->rows : 0;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void
view_map_draw_cursor(const struct map_canvas *c)
{
	const struct map_piece *p = view_map_cursor_piece(c->ui);
	int y, x, last, right;

	if (!blocks_place_on(c, p->at, &y, &x))
		return;
	last = x + (int)u64_max(p->cells, 1);
	right = last < c->ui->cols ? last : c->ui->cols;
	paint_shade(y, x, right, cells_few_colors() ? ROLE_SELECT : ROLE_CURSOR);
	paint_cursor(y + blocks_strip_line(c->ui), x);
}

/* A click goes to the region there, or the nearest one before it. */
static unsigned
view_map_hit_place(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct map_view *view = map_of(ui);
	size_t row = view->top + (size_t)(t->dy / view->lines);

	(void)s; /* the click refers to the layout on screen */
	if (!view->map.pieces)
		return FX_NONE;
	ui->region = view->map.piece[map_nearest(&view->map, row, (unsigned)t->dx)].start;
	view->col = (unsigned)t->dx;
	return FX_NONE;
}

static void
view_map_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct map_view *view = map_of(ui);
	struct map_canvas c = {ui, map_of(ui), s, top, bottom - LEGEND_ROWS};

	if (!view_map_is_laid_out(ui, s))
		return;
	zone_add(&(struct zone){.y = top, .bottom = top + view->lines * (int)view->rows,
	                        .right = ui->cols, .hit = view_map_hit_place, .opens = true});
	for (size_t i = 0; i < view->map.items; i++) {
		const struct map_item *it = &view->map.item[i];

		if ((it->at + it->cells) / view->map.cols < view->top)
			continue;
		if (it->at / view->map.cols >= view->top + view->rows)
			break;
		if (it->n)
			blocks_draw_block(&c, it);
		else
			blocks_draw_gap(&c, it);
	}
	view_map_draw_cursor(&c);
	blocks_draw_legend(&c, bottom - 1);
}

static void
view_map_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct map_item *b;
	size_t i;

	view_regions.say(ui, s, out);
	if (!view_map_is_laid_out(ui, s))
		return;
	i = map_find(&map_of(ui)->map, ui->region);
	b = map_item_of(&map_of(ui)->map, i);
	if (b->n > 1)
		buf_fmt(out, "; %zu of %zu here", i - b->first + 1, b->n);
}

/*
 * The size of the address space: 47 bits, or as many more as are in use (programs never have the
 * upper half).
 */
static uint64_t
view_map_space_of(const struct vma_list *l)
{
	uint64_t all = UINT64_C(1) << 47;

	for (size_t i = 0; i < l->n; i++)
		while (!(l->v[i].end >> 63) && l->v[i].end > all)
			all <<= 1;
	return all;
}

static void
view_map_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	char a[8], b[8], of[24];

	buf_str(out, ui->cols < 100 ? "map" : "address space");
	if (!s->regions)
		return;
	buf_fmt(out, "  %zu region%s, %s", s->regions->vmas.n, plural(s->regions->vmas.n),
	        size_text(a, s->regions->totals.size));
	snprintf(of, sizeof(of), " %sof %s", ui->cols < 100 ? "" : "mapped ",
	         size_text(b, view_map_space_of(&s->regions->vmas)));
	breadcrumb_add(out, ui, of);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
view_map_go_piece(struct ui *ui, size_t i)
{
	const struct map *m = &map_of(ui)->map;

	i = u64_min(i, m->pieces - 1);
	ui->region = m->piece[i].start;
	map_of(ui)->col = (unsigned)(m->piece[i].at % m->cols);
}

/* Up and down keep the column, if there is something in it. */
static void
view_map_go_rows(struct ui *ui, long rows)
{
	const struct map *m = &map_of(ui)->map;
	long row = (long)(view_map_cursor_piece(ui)->at / m->cols) + rows, last = (long)m->rows - 1;
	size_t i = map_nearest(m, (size_t)(row < 0 ? 0 : row > last ? last : row), map_of(ui)->col);

	/* a block of several rows, or a row of gaps: goes at least to the next region */
	if (rows > 0 && m->piece[i].start <= ui->region && map_find(m, ui->region) + 1 < m->pieces)
		i = map_find(m, ui->region) + 1;
	ui->region = m->piece[i].start;
}

static void
view_map_go_block(struct ui *ui, int step)
{
	const struct map *m = &map_of(ui)->map;
	const struct map_item *b = map_item_of(m, map_find(m, ui->region));

	if (step < 0 && m->piece[b->first].start != ui->region) {
		view_map_go_piece(ui, b->first); /* first to the start of this one */
		return;
	}
	for (b += step; b >= m->item && b < m->item + m->items; b += step)
		if (b->n) {
			view_map_go_piece(ui, b->first);
			return;
		}
}

static unsigned
view_map_go_written(struct ui *ui, const struct sample *s, size_t step)
{
	size_t n = map_of(ui)->map.pieces, at = map_find(&map_of(ui)->map, ui->region);

	for (size_t i = 1; i <= n; i++) {
		size_t k = (at + i * step) % n;

		if (!s->clears || !regions_at(s->regions, k)->written)
			continue;
		view_map_go_piece(ui, k);
		return FX_NONE;
	}
	return FX_NO_WRITES;
}

static void
view_map_set_scale(struct ui *ui, unsigned scale)
{
	struct map_view *view = map_of(ui);

	view->zoomed = true;
	view->scale = scale < MAP_SCALES ? scale : view->scale;
}

static void
view_map_open_region(struct ui *ui)
{
	if (ui->pages->grid.start != ui->region) {
		ui->cursor = ui->region;
		ui->pages->grid = (struct grid){0};
	}
	ui_show(ui, VIEW_GRID);
}

static unsigned
view_map_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct map_view *view = map_of(ui);
	size_t at;
	long rows = (long)view->rows;

	if (!s->regions || !s->regions->vmas.n || !rows)
		return FX_NONE;
	/* the sample may be newer than the frame on screen */
	view_map_lay_out(ui, s, view->height);
	at = map_find(&view->map, ui->region);
	switch ((int)a) {
	case ACT_LEFT: view_map_go_piece(ui, at ? at - 1 : 0); break;
	case ACT_RIGHT: view_map_go_piece(ui, at + 1); break;
	case ACT_UP: view_map_go_rows(ui, -1); break;
	case ACT_DOWN: view_map_go_rows(ui, 1); break;
	case ACT_PAGE_UP: view_map_go_rows(ui, -rows); break;
	case ACT_PAGE_DOWN: view_map_go_rows(ui, rows); break;
	case ACT_HALF_UP: view_map_go_rows(ui, -(rows + 1) / 2); break;
	case ACT_HALF_DOWN: view_map_go_rows(ui, (rows + 1) / 2); break;
	case ACT_FIRST: view_map_go_piece(ui, 0); break;
	case ACT_LAST: view_map_go_piece(ui, view->map.pieces); break;
	case ACT_NEXT_REGION: view_map_go_block(ui, 1); break;
	case ACT_LAST_REGION: view_map_go_block(ui, -1); break;
	case ACT_NEXT_CHANGE: return view_map_go_written(ui, s, 1);
	case ACT_LAST_CHANGE: return view_map_go_written(ui, s, view->map.pieces - 1);
	case ACT_ZOOM_IN: view_map_set_scale(ui, view->scale + 1); break;
	case ACT_ZOOM_OUT: view_map_set_scale(ui, view->scale ? view->scale - 1 : 0); break;
	case ACT_ZOOM_FIT:
		view->zoomed = false;
		view->height = 0; /* fit again */
		break;
	case ACT_LINEAR: view->linear = !view->linear; break;
	case ACT_FIND:
	case ACT_FIND_NEXT:
	case ACT_FIND_BACK: return view_regions.act(ui, s, a);
	case ACT_HEX: ui_hex(ui, ui->region); break;
	case ACT_INFO:
		ui_push(ui, VIEW_REGION);
		break;
	case ACT_OPEN: view_map_open_region(ui); break;
	}
	return FX_NONE;
}

static void
view_map_drop(void *own)
{
	struct map_view *m = own;

	map_free(&m->map);
	regions_list_unref(m->of);
}

const struct view view_map = {
    .size = sizeof(struct map_view),
    .drop = view_map_drop,
    .draw = view_map_draw,
    .act = view_map_act,
    .say = view_map_say,
    .breadcrumb = view_map_breadcrumb,
    .settle = view_map_settle,
    .report = report_regions,
    .find = PROMPT_FIND,
};
