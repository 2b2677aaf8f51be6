/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/cells.h"

#include "base/util.h"
#include "kernel/kabi.h"
#include "model/pages.h"
#include "term/paint.h"
#include "views/strips.h"

/* Where the sample's window has cell i of the screen; false: nowhere. */
static bool
cells_locate(const struct ui *ui, const struct sample *s, size_t i, size_t *k)
{
	const struct grid *g = &ui->pages->grid;
	const struct window *w = s->window;
	uint64_t lo, hi;

	if (!w || w->gone || w->grid.zoom != g->zoom || w->grid.row_cells != g->row_cells)
		return false;
	if (w->grid.top == g->top && w->grid.start == g->start && w->grid.end == g->end)
		*k = i; /* mostly it is the window of this very screen */
	else if (!grid_cell_range(g, i, &lo, &hi) || !grid_cell_at(&w->grid, lo, k))
		return false;
	return *k < w->cells.n && w->cells.has[*k];
}

bool
cells_find(const struct ui *ui, const struct sample *s, size_t i, struct found_cell *out)
{
	if (!cells_locate(ui, s, i, &out->i))
		return false;
	mosaic_get(&s->window->cells, out->i, &out->c);
	return true;
}

enum heat
cells_heat(const struct ui *ui, enum lens l, const struct cell *c)
{
	if (l == LENS_WRITES && ui->by_count)
		return heat_of_count(c->times);
	if (!c->written || lens_needs_pages(l))
		return HEAT_NONE;
	return heat_of_age(ui->now > c->newest_ns ? ui->now - c->newest_ns : 0);
}

wchar_t
cells_heat_glyph(const struct ui *ui, enum heat h)
{
	if (ui_by_count(ui))
		return (wchar_t)" #8421"[h];
	h = paint_heat(h);
	return h == HEAT_NOW ? L'#' : h <= HEAT_5S ? L'+' : L'-';
}

bool
cells_few_colors(void)
{
	return paint_theme() == THEME_ANSI || paint_theme() == THEME_MONO;
}

bool
cells_in_letters(const struct ui *ui)
{
	return cells_few_colors() || ui->pages->letters == LETTERS_ALL || !paint_utf8();
}

static bool
cells_has_background(enum role role)
{
	return paint_style(paint_theme(), role).bg >= 0;
}

/* An empty place is a centred dot. */
wchar_t
cells_glyph(char letter)
{
	return letter == '.' ? L'·' : (wchar_t)letter;
}

static wchar_t
cells_class_glyph(enum lens l, unsigned c)
{
	return cells_glyph(lens_class(l, c).letter);
}

/* Whether the class has no colour of its own and is the background. */
static bool
cells_is_ground(enum lens l, unsigned c)
{
	return lens_class(l, c).kind != CLASS_NORMAL &&
	       !cells_has_background(paint_class_role(l, c));
}

bool
cells_change(enum lens l, unsigned a, unsigned b)
{
	return a != b && !(l == LENS_STATE && a == STATE_THP_HEAD && b == STATE_THP_TAIL);
}

bool
cells_tracked_whole(const struct sample *s, const struct page *pg)
{
	return pg && pg->cats & PM_CAT_HUGE && tracker_caps(s->tracker) & TRACKER_HUGE;
}

bool
cells_brick(const struct grid *g, size_t i)
{
	size_t row = i / g->row_cells + (size_t)(g->top / grid_row_bytes(g));

	return (i % g->row_cells + (row & 1) * 4) % 8 == 0;
}

/* The heat of a page, where it is to be seen. */
static enum heat
cells_page_heat(const struct ui *ui, const struct sample *s, size_t i, const struct found_cell *f)
{
	enum heat heat = cells_heat(ui, s->window->lens, &f->c);
	struct page pg;
	bool whole = heat && window_page(s->window, f->i, &pg) && cells_tracked_whole(s, &pg);

	return whole && !cells_brick(&ui->pages->grid, i) ? HEAT_NONE : heat;
}

/* One page per cell: its colour, and its letter if letters are on. */
static void
cells_draw_page_cell(const struct ui *ui, enum lens l, unsigned cls, enum heat heat, int y, int x,
                     bool letter)
{
	enum role role = heat ? strips_heat_role(ui, heat) : paint_class_role(l, cls);
	bool show = letter || ui->pages->letters == LETTERS_ALL || !cells_has_background(role) ||
	            lens_class(l, cls).kind == CLASS_ALARM;

	if (cells_few_colors())
		paint_glyph(y, x, role,
		            heat ? cells_heat_glyph(ui, heat) : cells_class_glyph(l, cls));
	else
		paint_glyph(y, x, role, show ? cells_class_glyph(l, cls) : L' ');
}

static void
cells_draw_alarm(enum lens l, unsigned cls, int y, int x)
{
	paint_glyph(y, x, paint_class_role(l, cls), cells_class_glyph(l, cls));
}

/* In the colour of the class of the letter; a digit in the colour of most of the pages. */
static void
cells_draw_letter_cell(const struct ui *ui, enum lens l, const struct cell *c, int y, int x)
{
	unsigned second, cls = cell_first_there(c, l);
	enum heat heat = cells_heat(ui, l, c);
	char letter = cell_letter(c, l);
	enum role role;

	if (letter != lens_class(l, cls).letter)
		cls = cell_first(c, &second);
	role = heat ? strips_heat_role(ui, heat) : paint_class_role(l, cls);
	if (cell_alarm(c, l) != CLASS_MAX)
		cells_draw_alarm(l, cell_alarm(c, l), y, x);
	else
		paint_glyph(y, x, role,
		            heat && cells_few_colors() ? cells_heat_glyph(ui, heat)
		                                       : cells_glyph(letter));
}

/* The most frequent background class, as a sign: a block of its colour would look like memory. */
static void
cells_draw_ground_cell(enum lens l, const struct cell *c, int y, int x)
{
	unsigned first = cell_first_there(c, l);

	paint_glyph(y, x, paint_class_role(l, first), cells_class_glyph(l, first));
}

/*
 * Two classes in a cell: an eighth block of the larger over the second; written pages, or those of
 * the lit class, come first.
 */
static void
cells_draw_block_cell(const struct ui *ui, enum lens l, const struct cell *c, int y, int x)
{
	struct cell painted = *c;
	uint64_t all = cell_pages(c), ground, share;
	unsigned first, second, lit = lens_lit(l);
	enum heat heat = cells_heat(ui, l, c);
	enum role front, back = ROLE_TEXT;

	if (cell_alarm(c, l) != CLASS_MAX) {
		cells_draw_alarm(l, cell_alarm(c, l), y, x);
		return;
	}
	for (unsigned k = 0; k < lens_classes(l); k++)
		if (cells_is_ground(l, k))
			painted.n[k] = 0;
	first = cell_first(&painted, &second);
	ground = all - cell_pages(&painted);
	if (lit != CLASS_MAX && c->n[lit] && lit != first) {
		second = first;
		first = lit;
	}
	if (heat) {
		front = strips_heat_role(ui, heat);
		if (first != CLASS_MAX && c->n[first] >= ground)
			back = paint_class_role(l, first);
		share = c->written;
	} else if (first == CLASS_MAX) {
		cells_draw_ground_cell(l, c, y, x);
		return;
	} else {
		front = paint_class_role(l, first);
		if (second != CLASS_MAX && c->n[second] >= ground)
			back = paint_class_role(l, second);
		share = c->n[first];
	}
	paint_block(y, x, front, back, paint_eighth(eighths(share, all)));
}

/*
 * A guess, until the sampler answers, from the cells of the previous geometry: the cell that
 * contained this part, or the sum of those inside it. Only drawn, never reported as a count.
 */
static bool
cells_guess(const struct ui *ui, const struct sample *s, uint64_t lo, uint64_t hi,
            struct cell *sum)
{
	const struct pages *pages = ui->pages;
	const struct window *w = s->window;
	uint64_t from, to, at, cell_lo;
	size_t k;

	if (!w || w->gone || w->grid.start != pages->grid.start || w->grid.end != pages->grid.end)
		return false;
	grid_visible(&w->grid, &from, &to);
	from = u64_max(from, lo);
	to = u64_min(to, hi);
	*sum = (struct cell){0};
	for (at = from; at < to && grid_cell_at(&w->grid, at, &k);
	     grid_cell_range(&w->grid, k, &cell_lo, &at)) {
		const struct cell c = window_cell(w, k);

		if (w->grid.zoom >= pages->grid.zoom) {
			*sum = c;
			break;
		}
		for (unsigned i = 0; i < CLASS_MAX; i++)
			sum->n[i] += c.n[i];
		sum->match += c.match;
		sum->written += c.written;
		sum->newest_ns = u64_max(sum->newest_ns, c.newest_ns);
	}
	return cell_pages(sum) > 0;
}

/* Whether the pages of a writer are lit, and none of these is one. */
static bool
cells_unlit(const struct ui *ui, const struct sample *s, uint64_t lo, uint64_t hi)
{
	const struct attribution *a = s->attribution;

	return ui->lit.key && a && a->of.lit == ui->lit.key &&
	       a->of.grown == ui->lit.grown &&
	       a->of.lo == ui->pages->grid.start && a->of.hi == ui->pages->grid.end &&
	       !attribution_is_lit(a, lo, hi);
}

/* Whether a letter is due in a column of the grid: a class begins after `prev`, or 16 columns. */
static bool
cells_begin(const struct ui *ui, enum lens l, size_t col, unsigned prev, unsigned cls)
{
	return ui->pages->letters == LETTERS_RUNS && (col % 16 == 0 || cells_change(l, prev, cls));
}

/* Whether cell k of the window is drawn by the class of its page alone, as most are. */
static bool
cells_is_plain(const struct ui *ui, const struct sample *s, size_t k)
{
	return ui->pages->grid.zoom == 0 && !s->window->filtered &&
	       mosaic_is_plain(&s->window->cells, k) && !ui->lit.key && !ui->range.on;
}

/* Cell i of the screen, k of the window; SIZE_MAX: it has none. `prev`: the class before it. */
static void
cells_draw(const struct ui *ui, const struct sample *s, size_t i, size_t k, int y, int x,
           unsigned prev)
{
	const struct pages *pages = ui->pages;
	unsigned second, cls;
	struct found_cell found = {.i = k};
	const struct cell *c = &found.c;
	uint64_t lo, hi, from, to;
	bool chosen, guessed = k == SIZE_MAX;

	if (!grid_cell_range(&pages->grid, i, &lo, &hi))
		return;
	if (!guessed)
		mosaic_get(&s->window->cells, k, &found.c);
	if (guessed && !cells_guess(ui, s, lo, hi, &found.c)) {
		paint_glyph(y, x, ROLE_DIM, L' ');
		return;
	}
	if ((s->window->filtered && !c->match) || cells_unlit(ui, s, lo, hi)) {
		cls = cell_first(c, &second);
		paint_glyph(y, x, ROLE_NONE,
		            cells_few_colors() ? L' ' : cells_class_glyph(s->window->lens, cls));
		return;
	}
	chosen = ui_range(ui, &from, &to) && lo >= from && hi <= to;
	if (pages->grid.zoom == 0) {
		cls = cell_first(c, &second);
		prev = guessed && prev == CLASS_MAX ? cls : prev;
		cells_draw_page_cell(ui, s->window->lens, cls, cells_page_heat(ui, s, i, &found), y,
		                     x,
		                     chosen || cells_begin(ui, s->window->lens,
		                                           i % pages->grid.row_cells, prev, cls));
	} else if (chosen || cells_in_letters(ui)) {
		cells_draw_letter_cell(ui, s->window->lens, c, y, x);
	} else {
		cells_draw_block_cell(ui, s->window->lens, c, y, x);
	}
	if (chosen)
		paint_choose(y, x);
}

void
cells_draw_row(const struct ui *ui, const struct sample *s, unsigned row, int y, int x)
{
	const struct grid *g = &ui->pages->grid;
	size_t first = (size_t)row * g->row_cells;
	unsigned prev = CLASS_MAX, cls;

	for (size_t col = 0; col < g->row_cells; col++, x++, prev = cls) {
		size_t i = first + col, k;
		bool there = cells_locate(ui, s, i, &k);

		cls = there && g->zoom == 0 ? mosaic_first(&s->window->cells, k) : CLASS_MAX;
		if (there && cells_is_plain(ui, s, k))
			cells_draw_page_cell(ui, s->window->lens, cls, HEAT_NONE, y, x,
			                     cells_begin(ui, s->window->lens, col, prev, cls));
		else
			cells_draw(ui, s, i, there ? k : SIZE_MAX, y, x, prev);
	}
}

void
cells_counts(const struct cell *c, enum lens l, struct buf *out)
{
	const char *sep = "";
	struct cell left = *c;
	unsigned k, second;

	while ((k = cell_first(&left, &second)) < lens_classes(l)) {
		buf_fmt(out, "%s%llu %s", sep, (unsigned long long)left.n[k],
		        lens_class(l, k).name);
		sep = ", ";
		left.n[k] = 0;
	}
}
