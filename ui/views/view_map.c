/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole address space on one screen: each row has a line of names and below it one of strips;
 * if there is room, a line of facts between them and a blank line after them. map.h shares the
 * cells among the regions; this file draws and navigates.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "model/map.h"
#include "model/pages.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/cells.h"
#include "views/breadcrumb.h"
#include "views/lacks.h"
#include "views/legend.h"
#include "views/strips.h"
#include "views/view.h"

enum { LEGEND_ROWS = 1 };
enum { LINES_LEAST = 2, LINES_FACTS = 3, LINES_MOST = 4 }; /* lines per row */
enum { AT_EASE = 4 }; /* from this scale on, more lines help more than a larger scale */

static const struct map_piece *
view_map_cursor_piece(const struct ui *ui)
{
	const struct map_view *view = map_of(ui);

	return view->map.pieces ? &view->map.piece[map_find(&view->map, ui->region)] : NULL;
}

/* Whether the layout is of this very sample and not empty. */
static bool
view_map_is_laid_out(const struct ui *ui, const struct sample *s)
{
	return s->regions && s->regions->vmas.n && map_of(ui)->map.pieces == s->regions->vmas.n &&
	       map_of(ui)->serial == s->serial;
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
		unsigned scale = map_fit(m, &s->regions->vmas, s->page_size, (unsigned)ui->cols,
		                         rows, view->linear);

		if (lines > LINES_LEAST && (scale < AT_EASE || m->rows > rows))
			break;
		view->scale = scale;
		view_map_set_lines(ui, height, lines);
	}
	map_lay(m, &s->regions->vmas, s->page_size, (unsigned)ui->cols, view->scale,
	        view->linear);
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

	if (same && view->serial == s->serial && m->scale == view->scale)
		return;
	if (view->zoomed)
		view_map_set_lines(ui, height, view->lines);
	if (view->zoomed || same)
		map_lay(m, &s->regions->vmas, s->page_size, cols, view->scale, view->linear);
	if (!view->zoomed && (!same || m->rows > view->rows))
		view_map_fit(ui, s, height);
	view->serial = s->serial;
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

struct canvas {
	const struct ui *ui;
	const struct map_view *m;
	const struct sample *s;
	int top, bottom;
};

/* The line of a row that shows the strips. */
static int
view_map_strip_line(const struct ui *ui)
{
	return map_of(ui)->lines >= LINES_FACTS ? 2 : 1;
}

/* The line of names of the row with this place; false: not on screen. */
static bool
view_map_place_on(const struct canvas *c, size_t at, int *y, int *x)
{
	size_t row = at / c->m->map.cols;

	if (row < c->m->top || row >= c->m->top + c->m->rows)
		return false;
	*y = c->top + (int)(row - c->m->top) * c->m->lines;
	*x = (int)(at % c->m->map.cols);
	return *y + view_map_strip_line(c->ui) < c->bottom;
}

/* If there are too few colours for the classes, each run of one begins with its letter. */
static void
view_map_draw_letter(const struct ui *ui, const struct strip_cell *c, enum lens l, int y, int x)
{
	enum heat heat = lens_needs_pages(l) ? HEAT_NONE : (enum heat)c->heat;

	if (heat)
		paint_glyph(y, x, strips_heat_role(ui, heat), cells_heat_glyph(ui, heat));
	else
		paint_glyph(y, x, paint_class_role(l, c->cls),
		            cells_glyph(lens_class(l, c->cls).letter));
}

/* The sign that fills a whole region; STATE_NONE: it has a strip. */
static enum state
view_map_sign_of(const struct canvas *c, size_t i)
{
	if (c->s->regions->vmas.v[i].type == VMA_GUARD)
		return STATE_GUARD;
	return !c->s->regions->r[i].known && c->s->regions->counted ? STATE_UNREADABLE : STATE_NONE;
}

static void
view_map_draw_piece(const struct canvas *c, size_t i)
{
	const struct map_piece *p = &c->m->map.piece[i];
	const struct region *r = &c->s->regions->r[i];
	enum state sign = view_map_sign_of(c, i);
	struct strip_cell last = {0};
	int y, x;

	for (unsigned k = 0; k < p->cells; k++) {
		struct strip_cell now;

		if (!view_map_place_on(c, p->at + k, &y, &x))
			continue;
		y += view_map_strip_line(c->ui);
		if (sign != STATE_NONE) {
			paint_glyph(y, x, ROLE_DIM, cells_glyph(state_row(sign)->letter));
		} else if (r->known && r->lens < LENS_COUNT) {
			now = strips_at(c->ui, r->strip, k, p->cells);
			strips_draw(c->ui, &now, (enum lens)r->lens, y, x);
			if (cells_few_colors() && now.height &&
			    (!last.height || last.cls != now.cls || last.heat != now.heat))
				view_map_draw_letter(c->ui, &now, (enum lens)r->lens, y, x);
			last = now;
		}
	}
}

/* The name, and the size if there is room for both. A name cut to a few letters is dropped. */
static void
view_map_draw_label(const struct canvas *c, const struct map_item *b, enum role role, int y, int x)
{
	enum { NAME_LEAST = 6 };
	struct buf raw = {0}, name = {0};
	int right = x + (int)u64_min(b->cells, c->m->map.cols), width;
	uint64_t bytes = 0;
	char size[8];

	for (size_t i = b->first; i < b->first + b->n; i++)
		bytes += vma_size(&c->s->regions->vmas.v[i]);
	map_label(&raw, b, &c->s->regions->vmas);
	text_escape(&name, raw.s, raw.len, !paint_utf8());
	width = (int)fit_width(name.s, name.len);
	size_text(size, bytes);
	if (right - x >= width + 1 + (int)strlen(size))
		buf_fmt(&name, " %s", size);
	if (right - x >= width || right - x >= NAME_LEAST)
		fit_draw_cut(y, x, right, role, name.s);
	buf_free(&raw);
	buf_free(&name);
}

/* Adds the text after a blank if all of it fits, else nothing. */
static void __attribute__((format(printf, 3, 4)))
view_map_add_fact(struct buf *out, int room, const char *fmt, ...)
{
	struct buf fact = {0};
	va_list ap;

	if (out->len)
		buf_str(&fact, " ");
	va_start(ap, fmt);
	buf_vfmt(&fact, fmt, ap);
	va_end(ap);
	if ((int)(out->len + fact.len) <= room)
		buf_str(out, fact.s);
	buf_free(&fact);
}

/*
 * The facts of a block: its address, its permissions or the number of its regions, how much of it
 * is in RAM.
 */
static void
view_map_draw_facts(const struct canvas *c, const struct map_item *b, int y, int x)
{
	const struct regions *rs = c->s->regions;
	int room = (int)u64_min(b->cells, c->m->map.cols);
	uint64_t rss = 0, swap = 0;
	struct buf text = {0};
	char size[8], perm[5];

	for (size_t i = b->first; i < b->first + b->n; i++) {
		rss += rs->r[i].rss + rs->r[i].hugetlb;
		swap += rs->r[i].swap;
	}
	buf_str(&text, "");
	vma_perm_text(&rs->vmas.v[b->first], perm);
	view_map_add_fact(&text, room, "%llx", (unsigned long long)b->start);
	if (b->n == 1)
		view_map_add_fact(&text, room, "%s", perm);
	else
		view_map_add_fact(&text, room, "%zu region%s", b->n, plural(b->n));
	if (rs->counted && rs->r[b->first].known)
		view_map_add_fact(&text, room, "%s in RAM", size_text(size, rss * c->s->page_size));
	if (swap)
		view_map_add_fact(&text, room, "%s in swap",
		                  size_text(size, swap * c->s->page_size));
	paint_text(y, x, x + room, ROLE_DIM, "%s", text.s);
	buf_free(&text);
}

static void
view_map_draw_block(const struct canvas *c, const struct map_item *b)
{
	bool cursor = c->ui->region >= b->start && c->ui->region < b->end, used = false;
	int y, x;

	for (size_t i = b->first; i < b->first + b->n; i++) {
		view_map_draw_piece(c, i);
		used |= c->s->regions->r[i].rss > 0;
	}
	if (!view_map_place_on(c, b->at, &y, &x))
		return;
	view_map_draw_label(c, b, cursor ? ROLE_STRONG : used ? ROLE_TEXT : ROLE_DIM, y, x);
	if (c->m->lines >= LINES_FACTS)
		view_map_draw_facts(c, b, y + 1, x);
}

/* Above the addresses that programs may map there is only what the kernel maps for them. */
static void
view_map_draw_gap(const struct canvas *c, const struct map_item *g)
{
	const char *dash = paint_utf8() ? "┄" : "-";
	char size[8];
	int y, x, right;

	if (!view_map_place_on(c, g->at, &y, &x))
		return;
	right = x + (int)g->cells;
	if (g->end >> 63)
		paint_text(y, x, right, ROLE_DIM, "%s kernel %s", dash, dash);
	else if (g->cells > 10)
		paint_text(y, x, right, ROLE_DIM, "%s gap %s %s", dash,
		           size_text(size, g->end - g->start), dash);
	else
		paint_text(y, x, right, ROLE_DIM, "%s%s%s", dash,
		           size_text(size, g->end - g->start), dash);
}

static void
view_map_draw_cursor(const struct canvas *c)
{
	const struct map_piece *p = view_map_cursor_piece(c->ui);
	int y, x, last, right;

	if (!view_map_place_on(c, p->at, &y, &x))
		return;
	last = x + (int)u64_max(p->cells, 1);
	right = last < c->ui->cols ? last : c->ui->cols;
	paint_shade(y, x, right, cells_few_colors() ? ROLE_SELECT : ROLE_CURSOR);
	paint_cursor(y + view_map_strip_line(c->ui), x);
}

/* Draws all of it or nothing; returns the columns used. */
static int
view_map_draw_if_fits(int y, int x, int right, const char *text)
{
	int width = (int)strlen(text);

	if (x + width > right)
		return 0;
	paint_text(y, x, right, ROLE_DIM, "%s", text);
	return width;
}

/* Finds the signs that are on screen. */
static void
view_map_find_signs(const struct canvas *c, bool there[STATE_COUNT])
{
	const struct map *m = &c->m->map;

	for (size_t i = 0; i < m->pieces; i++) {
		size_t first = m->piece[i].at / m->cols,
		       last = (m->piece[i].at + m->piece[i].cells - 1) / m->cols;

		if (m->piece[i].cells && last >= c->m->top &&
		    first < c->m->top + c->m->rows)
			there[view_map_sign_of(c, i)] = true;
	}
	there[STATE_NONE] = false;
}

/* "? unreadable " for each of them. */
static void
view_map_name_signs(const struct canvas *c, struct buf *out)
{
	bool there[STATE_COUNT] = {false};

	view_map_find_signs(c, there);
	for (enum state s = 0; s < STATE_COUNT; s++)
		if (there[s])
			buf_fmt(out, "%c %s ", state_row(s)->letter, state_row(s)->name);
}

static void
view_map_draw_legend(const struct canvas *c, int y)
{
	const struct ui *ui = c->ui;
	const struct map *m = &map_of(ui)->map;
	int right = ui->cols, x, warm;
	struct buf lacks = {0}, signs = {0};
	char part[64];

	if (m->rows > map_of(ui)->rows) {
		snprintf(part, sizeof(part), " rows %zu-%zu of %zu", map_of(ui)->top + 1,
		         (size_t)u64_min(map_of(ui)->top + map_of(ui)->rows, m->rows), m->rows);
		right -= (int)strlen(part);
		paint_text(y, right, ui->cols, ROLE_HOT, "%s", part);
	}
	x = paint_text(y, 0, right, ROLE_STRONG, "%c %s ", lens_row(ui->lens)->digit,
	               lens_row(ui->lens)->name);
	view_map_name_signs(c, &signs);
	warm = legend_heats_width(ui, c->s, (right - x) / 2);
	if (lens_lacks(ui, c->s, &lacks))
		x = paint_text(y, x, right, ROLE_HOT, "%s ", lacks.s);
	else
		x = strips_legend(c->s, ui->lens, y, x, right - (int)signs.len - warm);
	if (warm)
		x = legend_heats(ui, c->s, y, x, x + warm);
	if (signs.len)
		x = paint_text(y, x, right, ROLE_DIM, "%s", signs.s);
	buf_free(&signs);
	buf_free(&lacks);
	x += view_map_draw_if_fits(y, x + 1, right,
	                           m->linear ? "width = size between gaps" : "width ~ log2(size)") +
	     1;
	view_map_draw_if_fits(y, x + 2, right, "height = share in RAM or swap");
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
	struct canvas c = {ui, map_of(ui), s, top, bottom - LEGEND_ROWS};

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
			view_map_draw_block(&c, it);
		else
			view_map_draw_gap(&c, it);
	}
	view_map_draw_cursor(&c);
	view_map_draw_legend(&c, bottom - 1);
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

		if (!s->clears || !s->regions->r[k].written)
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
