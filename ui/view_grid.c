/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages of one region. Rows, from the top: the whole region as a strip, the scale, the ruler,
 * the cells, the legend; at the right, where there is room, everything about the cell under the
 * cursor. Rows start at round addresses, so cells before the region's start stay empty.
 */
#include <string.h>

#include "card.h"
#include "kabi.h"
#include "paint.h"
#include "util.h"
#include "view.h"

enum { TOP_ROWS = 3, LEGEND_ROWS = 1, PANE_MIN = 36 };

/* Digits of an address in the gutter: 12 are enough but for the last page of 64 bits. */
static int
digits(const struct ui *ui)
{
	return ui->grid.end > UINT64_C(1) << 48 ? 16 : 12;
}

static int
gutter(const struct ui *ui)
{
	return digits(ui) + 1;
}

static int
pane_x(const struct ui *ui)
{
	int x = gutter(ui) + (int)ui->grid.row_cells + 1;

	return ui->cols - x >= PANE_MIN ? x : 0;
}

static void
settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	struct grid *g = &ui->grid;
	int rows = bottom - top - TOP_ROWS - LEGEND_ROWS;

	if (v) {
		ui->region = v->start;
		g->start = v->start;
		g->end = v->end;
	}
	if (g->end <= g->start)
		return;
	g->page_size = s->page_size;
	g->row_cells = grid_row_cells((unsigned)ui->cols, (unsigned)gutter(ui));
	g->rows = (unsigned)(rows > 1 ? rows : 1);
	if (ui->cursor < g->start)
		ui->cursor = g->start;
	if (ui->cursor >= g->end)
		ui->cursor = g->end - g->page_size;
	grid_show(g, ui->cursor);
}

/* The sample's cell for the part of the region that cell i of our geometry shows. */
static const struct cell *
find_cell(const struct ui *ui, const struct sample *s, size_t i, const struct page **pg)
{
	const struct window *w = s->window;
	uint64_t lo, hi;
	size_t k;

	if (!w || w->gone || w->grid.zoom != ui->grid.zoom || w->grid.row_cells != ui->grid.row_cells ||
	    !grid_cell_range(&ui->grid, i, &lo, &hi) || !grid_cell_at(&w->grid, lo, &k))
		return NULL;
	if (pg)
		*pg = w->pages ? &w->pages[k] : NULL;
	return cell_pages(&w->cells[k]) ? &w->cells[k] : NULL;
}

/* What was written shows through the lenses that ask for it. */
static enum heat
cell_heat(const struct ui *ui, enum lens l, const struct cell *c)
{
	if (!c->written || lens_needs_pages(l))
		return HEAT_NONE;
	return track_heat(ui->now > c->newest_ns ? ui->now - c->newest_ns : 0);
}

/* --- one cell ----------------------------------------------------------------------------------------- */

static wchar_t
heat_glyph(enum heat h)
{
	return h == HEAT_NOW ? L'#' : h <= HEAT_5S ? L'+' : L'-';
}

static bool
few_colors(void)
{
	return paint_theme() == THEME_ANSI || paint_theme() == THEME_MONO;
}

static bool
has_background(enum role role)
{
	return paint_look(paint_theme(), role).bg >= 0;
}

/* An empty place is a dot in the middle. */
static wchar_t
glyph_of(char letter)
{
	return letter == '.' ? L'·' : (wchar_t)letter;
}

static wchar_t
class_glyph(enum lens l, unsigned c)
{
	return glyph_of(lens_class(l, c).letter);
}

static bool
is_absent(enum lens l, unsigned c)
{
	return c < CLASS_MAX && lens_class(l, c).kind == CLASS_ABSENT;
}

/* A page a cell: its colour, its letter where letters are wanted. */
static void
draw_page_cell(const struct ui *ui, enum lens l, const struct cell *c, int y, int x, bool letter)
{
	unsigned second, cls = cell_first(c, &second);
	enum heat heat = cell_heat(ui, l, c);
	enum role role = heat ? paint_heat_role(heat) : paint_class_role(l, cls);
	bool show = letter || ui->letters == LETTERS_ALL || !has_background(role) || cell_alarm(c, l) == cls;

	if (few_colors())
		paint_glyph(y, x, role, heat ? heat_glyph(heat) : class_glyph(l, cls));
	else
		paint_glyph(y, x, role, show ? class_glyph(l, cls) : L' ');
}

static void
draw_alarm(enum lens l, unsigned cls, int y, int x)
{
	paint_glyph(y, x, paint_class_role(l, cls), class_glyph(l, cls));
}

static void
draw_letter_cell(const struct ui *ui, enum lens l, const struct cell *c, int y, int x)
{
	unsigned second, cls = cell_first(c, &second);
	enum heat heat = cell_heat(ui, l, c);
	enum role role = heat ? paint_heat_role(heat) : paint_class_role(l, cls);

	if (cell_alarm(c, l) != CLASS_MAX)
		draw_alarm(l, cell_alarm(c, l), y, x);
	else
		paint_glyph(y, x, role, heat && few_colors() ? heat_glyph(heat) : glyph_of(cell_letter(c, l)));
}

/* Two classes in a cell: an eighth block of the larger over the second; what was written wins. */
static void
draw_block_cell(const struct ui *ui, enum lens l, const struct cell *c, int y, int x)
{
	unsigned second, first = cell_first(c, &second), none = lens_gap(l, STATE_NONE);
	uint64_t all = cell_pages(c);
	enum heat heat = cell_heat(ui, l, c);
	enum role front = paint_class_role(l, first), back = ROLE_TEXT;
	uint64_t share = c->n[first];

	if (cell_alarm(c, l) != CLASS_MAX) {
		draw_alarm(l, cell_alarm(c, l), y, x);
		return;
	}
	if (is_absent(l, first) && !has_background(front) && second == CLASS_MAX && !heat) {
		paint_glyph(y, x, front, class_glyph(l, first));
		return;
	}
	if (heat) {
		back = first == none ? ROLE_TEXT : front;
		front = paint_heat_role(heat);
		share = c->written * 2 >= all ? all : c->written;
	} else if (first == none) {
		front = paint_class_role(l, second);
		share = c->n[second];
	} else if (second != CLASS_MAX && second != none) {
		back = paint_class_role(l, second);
	}
	unsigned height = share * 100 >= all * 97 ? 8 : eighths(share, all);
	if (height == 8 && share * 100 < all * 97)
		height = 7;
	paint_block(y, x, front, back, paint_eighth(height));
}

static void
draw_cell(const struct ui *ui, const struct sample *s, size_t i, int y, int x)
{
	unsigned col = (unsigned)(i % ui->grid.row_cells), second, cls, prev;
	const struct cell *c = find_cell(ui, s, i, NULL), *before;
	uint64_t lo, hi;

	if (!grid_cell_range(&ui->grid, i, &lo, &hi))
		return;
	if (!c) {
		paint_glyph(y, x, ROLE_DIM, L' ');
		return;
	}
	if (ui->grid.zoom == 0) {
		before = col ? find_cell(ui, s, i - 1, NULL) : NULL;
		cls = cell_first(c, &second);
		prev = before ? cell_first(before, &second) : CLASS_MAX;
		draw_page_cell(ui, s->window->lens, c, y, x,
		               ui->letters == LETTERS_RUNS && (col % 16 == 0 || cls != prev));
	} else if (few_colors() || ui->letters == LETTERS_ALL || !paint_utf8()) {
		draw_letter_cell(ui, s->window->lens, c, y, x);
	} else {
		draw_block_cell(ui, s->window->lens, c, y, x);
	}
}

/* --- the frame around the cells ------------------------------------------------------------------------ */

static void
draw_map(const struct ui *ui, const struct sample *s, int y)
{
	const struct window *w = s->window;
	const struct grid *g = &ui->grid;
	int x0 = gutter(ui), cells = (int)g->row_cells;
	double pages = (double)(g->end - g->start);
	uint64_t lo, hi;
	int from, to;

	paint_text(y, 0, x0 - 1, ROLE_DIM, "%*s", x0 - 1, "whole map");
	for (int i = 0; w && !w->gone && i < cells && w->grid.row_cells == g->row_cells; i++) {
		const struct strip_cell *m = &w->map[i];
		/* states are what it shows; through another lens only how full */
		enum role role = lens_needs_pages(w->lens) ? ROLE_RAMP_0
		                 : m->heat                 ? paint_heat_role((enum heat)m->heat)
		                                           : paint_state_role((enum state)m->cls);

		if (m->height)
			paint_block(y, x0 + i, role, ROLE_TEXT, paint_eighth(m->height > 7 ? 7 : m->height));
		else
			paint_glyph(y, x0 + i, ROLE_NONE, L'·');
	}
	grid_visible(g, &lo, &hi);
	from = (int)((double)(lo - g->start) / pages * cells);
	to = (int)((double)(hi - g->start) / pages * cells + 0.999);
	for (int i = from; i < (to > from ? to : from + 1) && i < cells; i++)
		paint_glyph(y + 1, x0 + i, ROLE_ACCENT, L'▔');
}

static void
draw_scale(const struct ui *ui, const struct sample *s, int y)
{
	const struct grid *g = &ui->grid;
	uint64_t lo, hi, all = (g->end - g->start) / g->page_size;
	char text[128], size[8];
	int n, x;

	grid_visible(g, &lo, &hi);
	n = snprintf(text, sizeof(text), " 1 cell = %llu page%s (%s)  view %llu-%llu of %llu ",
	             1ull << g->zoom, g->zoom ? "s" : "", size_text(size, grid_cell_bytes(g)),
	             (unsigned long long)((lo - g->start) / g->page_size),
	             (unsigned long long)((hi - g->start) / g->page_size - 1), (unsigned long long)all);
	x = gutter(ui) + ((int)g->row_cells - n) / 2;
	if (x < gutter(ui))
		x = gutter(ui);
	x = paint_text(y, x, ui->cols, ROLE_TEXT, "%s", text);
	if (s->window && !s->window->complete && hi > lo)
		paint_text(y, x, ui->cols, ROLE_HOT, "counting %llu %%",
		           (unsigned long long)(s->window->counted * 100 / (hi - lo)));
}

/* A number every eight cells: what to add to the address at the left. */
static void
draw_ruler(const struct ui *ui, int y, unsigned cursor_col)
{
	const struct grid *g = &ui->grid;
	static const char units[] = "KMGTP";
	uint64_t cell = grid_cell_bytes(g);
	int x0 = gutter(ui), unit = -1;
	uint64_t per = g->page_size;

	paint_text(y, 0, x0 - 1, ROLE_DIM, "%*s", x0 - 1, "address");
	if (g->zoom) { /* in the largest unit that every eighth cell is a whole number of */
		for (per = 1; unit < 4 && cell * 8 % (per * 1024) == 0; per *= 1024)
			unit++;
	}
	for (unsigned c = 0; c < g->row_cells; c += 8) {
		if (cursor_col + 1 >= c && cursor_col <= c + 3)
			continue; /* the cursor's own number stands there */
		paint_text(y, x0 + (int)c, x0 + (int)c + 8, ROLE_DIM, unit >= 0 ? "+%02llx%c" : "+%02llx",
		           (unsigned long long)(c * cell / per), unit >= 0 ? units[unit] : ' ');
	}
	if (!g->zoom)
		paint_text(y, x0 + (int)cursor_col, x0 + (int)g->row_cells, ROLE_CROSS, "%02x", cursor_col);
	else
		paint_glyph(y, x0 + (int)cursor_col, ROLE_CROSS, L'▼');
}

/* The digits that are those of the row above are dim: the eye finds what changes. */
static void
draw_address(const struct ui *ui, unsigned row, int y, bool is_cursor)
{
	uint64_t bytes = grid_row_bytes(&ui->grid), at = ui->grid.top + row * bytes;
	char now[24], above[24];
	int n = digits(ui), same = 0;

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

static void
draw_cells(const struct ui *ui, const struct sample *s, int top)
{
	const struct grid *g = &ui->grid;
	size_t cursor = (size_t)-1;
	uint64_t total = grid_rows_total(g), first = g->start & ~(grid_row_bytes(g) - 1);
	uint64_t before = (g->top - first) / grid_row_bytes(g);
	int x0 = gutter(ui);

	grid_cell_at(g, ui->cursor, &cursor);
	for (unsigned row = 0; row < g->rows && before + row < total; row++) {
		draw_address(ui, row, top + (int)row, cursor / g->row_cells == row);
		for (unsigned col = 0; col < g->row_cells; col++)
			draw_cell(ui, s, (size_t)row * g->row_cells + col, top + (int)row, x0 + (int)col);
	}
	if (cursor != (size_t)-1) {
		int y = top + (int)(cursor / g->row_cells), x = x0 + (int)(cursor % g->row_cells);
		const struct cell *c = find_cell(ui, s, cursor, NULL);
		enum lens l = c ? s->window->lens : LENS_STATE;
		enum heat heat = c ? cell_heat(ui, l, c) : HEAT_NONE;

		/* on a page written just now, which is white, the cursor is black */
		paint_glyph(y, x, heat && heat <= HEAT_2S ? ROLE_CURSOR_HOT : ROLE_CURSOR,
		            !c ? L' ' : heat && few_colors() ? heat_glyph(heat) : glyph_of(cell_letter(c, l)));
		paint_cursor(y, x);
	}
}

static int
draw_heats(const struct ui *ui, int y, int x)
{
	static const char *const heats[HEAT_COUNT] = {NULL, "now", "2s", "5s", "12s", "30s"};

	x = paint_text(y, x, ui->cols, ROLE_TEXT, "written ");
	for (enum heat h = HEAT_NOW; h < HEAT_COUNT; h++)
		x = few_colors() ? paint_text(y, x, ui->cols, paint_heat_role(h), "%c%s ", (char)heat_glyph(h), heats[h])
		                 : paint_text(y, x, ui->cols, paint_heat_role(h), " %s ", heats[h]);
	return x + 1;
}

/* The lens, and the classes that are on screen; or what the lens lacks. */
static void
draw_legend(const struct ui *ui, const struct sample *s, int y)
{
	uint64_t n[CLASS_MAX] = {0};
	const struct window *w = s->window;
	enum lens l = w ? w->lens : ui->lens;
	int x = paint_text(y, 0, ui->cols, ROLE_STRONG, "%c %s ", lens_row(l)->digit, lens_row(l)->name);
	struct buf lacks = {0};

	for (size_t i = 0; w && i < (size_t)w->grid.rows * w->grid.row_cells; i++)
		for (unsigned c = 0; c < CLASS_MAX; c++)
			n[c] += w->cells[i].n[c];
	if (l == ui->lens && ui_lens_lacks(ui, s, &lacks))
		x = paint_text(y, x, ui->cols, ROLE_HOT, "%s ", lacks.s);
	buf_free(&lacks);
	if (s->gen && !lens_needs_pages(l))
		x = draw_heats(ui, y, x);
	for (unsigned c = 0; c < lens_classes(l) && x + 6 < ui->cols; c++) {
		if (!n[c])
			continue;
		paint_glyph(y, x, paint_class_role(l, c), class_glyph(l, c));
		x = paint_text(y, x + 1, ui->cols, ROLE_TEXT, " %s ", lens_class(l, c).name);
	}
}

static void
counts_sentence(const struct cell *c, enum lens l, struct buf *out)
{
	const char *sep = "";

	for (unsigned k = 0; k < lens_classes(l); k++)
		if (c->n[k]) {
			buf_fmt(out, "%s%llu %s", sep, (unsigned long long)c->n[k], lens_class(l, k).name);
			sep = ", ";
		}
}

static void
make_cell_card(struct card *card, const struct ui *ui, enum lens l, const struct cell *c, uint64_t lo)
{
	char size[8], head[48];

	card->n = 0;
	snprintf(head, sizeof(head), "Cell %012llx", (unsigned long long)lo);
	card_head(card, head);
	card_add(card, ROLE_TEXT, "", NULL, "%llu pages, %s", (unsigned long long)cell_pages(c),
	         size_text(size, cell_pages(c) * ui->grid.page_size));
	card_gap(card);
	for (unsigned k = 0; k < lens_classes(l); k++)
		if (c->n[k])
			card_add(card, ROLE_TEXT, lens_class(l, k).name, NULL, "%6llu pages",
			         (unsigned long long)c->n[k]);
	if (c->written)
		card_add(card, ROLE_HOT, "written", NULL, "%6llu pages", (unsigned long long)c->written);
}

static void
draw_pane(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	int x = pane_x(ui);
	const struct page *pg = NULL;
	const struct cell *c;
	struct card card;
	uint64_t lo, hi;
	size_t i;

	if (!x)
		return;
	for (int y = top; y < bottom; y++)
		paint_glyph(y, x, ROLE_DIM, L'│');
	if (!v || !grid_cell_at(&ui->grid, ui->cursor, &i) || !(c = find_cell(ui, s, i, &pg)) ||
	    !grid_cell_range(&ui->grid, i, &lo, &hi))
		return;
	card.width = ui->cols - x - 3;
	if (pg)
		card_make(&card, s, v, lo, pg, c->newest_ns, ui->now, NULL);
	else
		make_cell_card(&card, ui, s->window->lens, c, lo);
	card_draw(&card, 0, top, bottom, x + 2, ui->cols);
}

static void
draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	size_t i = 0;

	if (!ui->grid.rows || ui->grid.end <= ui->grid.start)
		return;
	grid_cell_at(&ui->grid, ui->cursor, &i);
	draw_map(ui, s, top);
	draw_scale(ui, s, top + 1);
	draw_ruler(ui, top + 2, (unsigned)(i % ui->grid.row_cells));
	draw_cells(ui, s, top + TOP_ROWS);
	draw_pane(ui, s, top + 2, bottom - LEGEND_ROWS);
	draw_legend(ui, s, bottom - 1);
}

static void
say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	const struct page *pg = NULL;
	const struct cell *c = NULL;
	unsigned second;
	char size[8];
	size_t i;

	if (!v) {
		buf_fmt(out, "%llx: this region was unmapped; { and } go to its neighbours",
		        (unsigned long long)ui->region);
		return;
	}
	if (grid_cell_at(&ui->grid, ui->cursor, &i))
		c = find_cell(ui, s, i, &pg);
	buf_fmt(out, "%llx ", (unsigned long long)ui->cursor);
	if (!c) {
		buf_str(out, "not read yet");
	} else if (pg) {
		page_sentence(out, pg, c->newest_ns, ui->now);
		if (s->window->lens != LENS_STATE && s->window->lens != LENS_WRITES)
			buf_fmt(out, "; %s: %s", lens_row(s->window->lens)->name,
			        lens_class(s->window->lens, cell_first(c, &second)).name);
	} else {
		buf_fmt(out, "%s: %llu pages: ", size_text(size, cell_pages(c) * s->page_size),
		        (unsigned long long)cell_pages(c));
		counts_sentence(c, s->window->lens, out);
		if (c->written)
			buf_fmt(out, "; %llu written", (unsigned long long)c->written);
	}
}

static void
crumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	char size[8], perm[5];

	if (!v) {
		buf_fmt(out, "%llx (unmapped)", (unsigned long long)ui->region);
		return;
	}
	vma_perm_text(v, perm);
	ui_name_cut(out, v, 28);
	buf_fmt(out, " %llx+%s %s", (unsigned long long)v->start, size_text(size, vma_size(v)), perm);
}

/* --- keys --------------------------------------------------------------------------------------------- */

static void
move_by(struct ui *ui, int64_t cells)
{
	uint64_t step = grid_cell_bytes(&ui->grid);
	uint64_t by = (uint64_t)(cells < 0 ? -cells : cells);

	by = by > UINT64_MAX / step ? UINT64_MAX : by * step;
	if (cells < 0)
		ui->cursor = ui->cursor - ui->grid.start < by ? ui->grid.start : ui->cursor - by;
	else
		ui->cursor = ui->grid.end - 1 - ui->cursor < by ? ui->grid.end - ui->grid.page_size
		                                                : ui->cursor + by;
	ui->cursor &= ~(uint64_t)(ui->grid.page_size - 1);
}

/* The cursor's address and its row on screen stay. */
static void
set_zoom(struct ui *ui, unsigned zoom)
{
	struct grid *g = &ui->grid;
	uint64_t row = (ui->cursor - g->top) / grid_row_bytes(g), start;

	g->zoom = zoom > GRID_ZOOM_MAX ? GRID_ZOOM_MAX : zoom;
	start = ui->cursor & ~(grid_row_bytes(g) - 1);
	g->top = start / grid_row_bytes(g) < row ? 0 : start - row * grid_row_bytes(g);
	grid_show(g, ui->cursor);
}

static void
zoom_out(struct ui *ui)
{
	if (grid_rows_total(&ui->grid) > 1 || grid_cell_bytes(&ui->grid) < ui->grid.end - ui->grid.start)
		set_zoom(ui, ui->grid.zoom + 1);
}

static void
next_change(struct ui *ui, const struct sample *s, int step)
{
	size_t n = (size_t)ui->grid.rows * ui->grid.row_cells, at;
	unsigned now, second;
	const struct cell *c;
	uint64_t lo, hi;

	if (!grid_cell_at(&ui->grid, ui->cursor, &at) || !(c = find_cell(ui, s, at, NULL)))
		return;
	now = cell_first(c, &second);
	for (size_t i = at + (size_t)step; i < n; i += (size_t)step) {
		c = find_cell(ui, s, i, NULL);
		if (!c)
			break;
		if (cell_first(c, &second) == now)
			continue;
		if (grid_cell_range(&ui->grid, i, &lo, &hi))
			ui->cursor = lo;
		return;
	}
	move_by(ui, step > 0 ? (int64_t)(n - at) : -(int64_t)at - 1); /* on to the next screen */
}

static void
go_region(struct ui *ui, const struct sample *s, int step)
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
act(struct ui *ui, const struct sample *s, enum action a)
{
	int64_t row = ui->grid.row_cells, rows = ui->grid.rows;

	if (!ui->grid.rows || ui->grid.end <= ui->grid.start || !s->regions)
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: move_by(ui, -row); break;
	case ACT_DOWN: move_by(ui, row); break;
	case ACT_LEFT: move_by(ui, -1); break;
	case ACT_RIGHT: move_by(ui, 1); break;
	case ACT_PAGE_UP: move_by(ui, -row * rows); break;
	case ACT_PAGE_DOWN: move_by(ui, row * rows); break;
	case ACT_HALF_UP: move_by(ui, -row * (rows / 2)); break;
	case ACT_HALF_DOWN: move_by(ui, row * (rows / 2)); break;
	case ACT_FIRST: ui->cursor = ui->grid.start; break;
	case ACT_LAST: ui->cursor = ui->grid.end - ui->grid.page_size; break;
	case ACT_ZOOM_IN: set_zoom(ui, ui->grid.zoom ? ui->grid.zoom - 1 : 0); break;
	case ACT_ZOOM_OUT: zoom_out(ui); break;
	case ACT_ZOOM_FIT: {
		unsigned fit = grid_fit(&ui->grid);

		set_zoom(ui, ui->grid.zoom == fit ? 0 : fit);
		break;
	}
	case ACT_NEXT_CHANGE: next_change(ui, s, 1); break;
	case ACT_LAST_CHANGE: next_change(ui, s, -1); break;
	case ACT_NEXT_REGION: go_region(ui, s, 1); break;
	case ACT_LAST_REGION: go_region(ui, s, -1); break;
	case ACT_LETTERS: ui->letters = (ui->letters + 1) % LETTERS_COUNT; break;
	case ACT_HEX: ui_hex(ui, ui->cursor); break;
	case ACT_INFO:
		ui->card_top = 0;
		ui_push(ui, VIEW_REGION);
		break;
	case ACT_OPEN:
		if (ui->grid.zoom)
			set_zoom(ui, ui->grid.zoom > 3 ? ui->grid.zoom - 3 : 0);
		else
			ui_push(ui, VIEW_PAGE);
		ui->card_top = 0;
		break;
	}
	return FX_NONE;
}

const struct view view_grid = {
    .name = "pages", .letter = 'G', .draw = draw, .act = act, .say = say, .crumb = crumb,
    .settle = settle,
};
