/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer on screen: its sentence, its rows, its facts, over the bottom of the view. */
#include "app/app_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/pages.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/answer_text.h"
#include "views/scroll.h"

enum { PANEL_X = 2 }; /* where the lines of the table begin */

/* What has been measured of it, for one frame. */
struct panel {
	const struct answer *p;
	struct answer_text text;
	int rows;  /* of the table, which the cursor moves through; below its heading */
	int head;  /* rows of the sentence */
	int lines; /* of the table and the facts */
	int gap;   /* an empty line between the two */
	size_t wide; /* the table's widest line, in cells */
	struct scroll scroll;
};

int
app_panel_head(const char *text, int cols)
{
	int n = 0;

	for (; *text; n++) {
		size_t len = fit_line(text, (size_t)(cols - 1));

		text += len + (text[len] == ' ');
	}
	return n;
}

/* The column of values: to the right of all keys. */
static int
app_panel_value(const struct answer *p)
{
	enum { KEY = 2, LEAST = 17 };
	int x = LEAST;

	for (size_t i = 0; i < p->n; i++) {
		int end = KEY + (int)strlen(p->f[i].key) + 1;

		x = x > end ? x : end;
	}
	return x;
}

/* A part of a fact's text: its value up to `value`, then its note. */
static void
app_panel_draw_piece(const char *text, size_t len, size_t value, int y, int x, int cols)
{
	size_t first = value < len ? value : len;

	x = paint_text(y, x, cols, ROLE_TEXT, "%.*s", (int)first, text);

	paint_text(y, x, cols, ROLE_DIM, "%.*s", (int)(len - first), text + first);
}

/* How many rows a fact takes; draws those from row `from` on at y and below, if above bottom. */
static int
app_panel_fact(const struct answer *p, int i, int from, int y, int bottom, int cols)
{
	const struct fact *f = &p->f[i];
	int left = app_panel_value(p);
	struct buf text = {0};
	size_t value = strlen(f->value), at = 0;
	int n = 0;

	buf_fmt(&text, "%s%s%s", f->value, value && f->note ? " " : "", f->note ? f->note : "");
	do {
		size_t len = fit_line(text.s + at, (size_t)(cols - left));

		if (n >= from && y + n - from < bottom) {
			paint_fill(y + n - from, 0, cols, ROLE_TEXT);
			paint_text(y + n - from, 2, left, ROLE_DIM, "%s", n ? "" : f->key);
			app_panel_draw_piece(text.s + at, len, value > at ? value - at : 0,
			                     y + n - from, left, cols);
		}
		at += len + (text.s[at + len] == ' ');
		n++;
	} while (text.s[at]);
	buf_free(&text);
	return n;
}

int
app_panel_facts_rows(const struct answer *p, int all, int cols)
{
	int n = 0;

	for (int i = 0; i < all; i++)
		n += app_panel_fact(p, i, 0, 0, 0, cols);
	return n;
}

static struct panel
app_panel_measure(const struct app *a, int bottom)
{
	struct panel m = {.p = a->t.panel};
	int rows;

	answer_text_begin(&m.text, m.p, false);
	m.lines = (int)answer_text_lines(&m.text);
	m.rows = m.lines ? (int)(m.p->table.n / m.p->table.columns) : 0;
	m.gap = m.lines && m.p->n;
	m.lines += m.gap + app_panel_facts_rows(m.p, (int)m.p->n, a->ui.cols);
	for (size_t i = 0; m.lines && i < m.p->table.columns; i++)
		m.wide += m.text.width[i] + (i > 0);
	m.head = app_panel_head(m.p->line, a->ui.cols);
	if (m.head > (bottom - 2) / 2)
		m.head = (bottom - 2) / 2;
	rows = bottom - 2 - m.head;
	m.scroll = (struct scroll){m.lines, m.lines < rows ? m.lines : rows, 1};
	return m;
}

/* `left`: so many cells of it have scrolled off. */
static void
app_panel_draw_line(const struct panel *m, int i, int y, int cols, bool here, size_t left)
{
	enum role role = here ? ROLE_SELECT : i ? ROLE_TEXT : ROLE_DIM;
	struct buf text = {0};

	paint_fill(y, 0, cols, here ? role : ROLE_TEXT);
	if (i >= (int)answer_text_lines(&m->text))
		return;
	answer_text_line(&m->text, (size_t)i, &text);
	fit_draw_cut(y, PANEL_X, cols, role, text.s + fit_fit(text.s, left));
	buf_free(&text);
}

/* The first is in line `line` of the panel, whose line 0 would be at y. */
static void
app_panel_draw_rest(const struct panel *m, int line, int y, int first, int bottom, int cols)
{
	for (size_t i = 0; i < m->p->n && y + line < bottom; i++) {
		int from = line < first ? first - line : 0;

		line += app_panel_fact(m->p, (int)i, from, y + line + from, bottom, cols);
	}
}

void
app_panel_draw(const struct app *a, int bottom)
{
	struct panel m = app_panel_measure(a, bottom);
	int shown = scroll_rows(m.scroll), first = scroll_top(a->t.panel_top, m.scroll);
	int cols = a->ui.cols, top = bottom - m.scroll.rows - m.head, body = top + m.head;

	zone_cover(top, 0, bottom, cols);
	for (int y = top; y < body; y++)
		paint_fill(y, 0, cols, ROLE_HEADER);
	fit_draw_lines(top, body, cols, ROLE_HEADER, m.p->line);
	for (int i = 0; i < shown; i++)
		app_panel_draw_line(&m, first + i, body + i, cols,
		                    m.rows && first + i == a->t.panel_row + 1,
		                    a->t.panel_left);
	app_panel_draw_rest(&m, (int)answer_text_lines(&m.text) + m.gap, body - first, first,
	                    body + shown, cols);
	scroll_draw(&a->ui, body, first, m.scroll);
}

void
app_panel_draw_facts(const struct answer *p, int all, int top, int bottom, int cols)
{
	char more[64];

	for (int i = 0; top < bottom && i < all; i++) {
		int rows = app_panel_fact(p, i, 0, 0, 0, cols);

		if (top + rows + (i < all - 1) > bottom) {
			paint_fill(top, 0, cols, ROLE_TEXT);
			snprintf(more, sizeof(more), "%d more; the screen is too small", all - i);
			fit_draw_cut(top, 2, cols, ROLE_DIM, more);
			return;
		}
		top += app_panel_fact(p, i, 0, top, bottom, cols);
	}
}

/* --- keys ------------------------------------------------------------------------------------- */

/* How many lines the key moves by; 0: it does not. */
static int
app_panel_step(const struct panel *m, enum action action)
{
	switch ((int)action) {
	case ACT_UP:
	case ACT_FIND_BACK: return -1;
	case ACT_DOWN:
	case ACT_FIND_NEXT: return 1;
	case ACT_PAGE_UP: return -scroll_rows(m->scroll);
	case ACT_PAGE_DOWN: return scroll_rows(m->scroll);
	case ACT_FIRST: return -m->lines;
	case ACT_LAST: return m->lines;
	}
	return 0;
}

static size_t
app_panel_room(const struct app *a)
{
	return (size_t)(a->ui.cols - PANEL_X);
}

bool
app_panel_moves(const struct app *a, enum action action)
{
	struct panel m = app_panel_measure(a, app_bottom(a));

	return app_panel_step(&m, action) != 0 || action == ACT_LEFT || action == ACT_RIGHT;
}

bool
app_panel_is_wide(const struct app *a)
{
	struct panel m = app_panel_measure(a, app_bottom(a));

	return m.wide > app_panel_room(a);
}

/* Left and Right scroll a table that is wider than the screen. */
static bool
app_panel_sideways(struct app *a, const struct panel *m, enum action action)
{
	size_t room = app_panel_room(a);

	if ((action != ACT_LEFT && action != ACT_RIGHT) || m->wide <= room)
		return false;
	a->t.panel_left = scroll_sideways(a->t.panel_left,
	                                  action == ACT_LEFT ? -UI_SIDEWAYS : UI_SIDEWAYS,
	                                  m->wide, room);
	return true;
}

/* The row under the cursor stays on screen; past the last row the facts scroll. */
static void
app_panel_show_row(struct app *a, const struct panel *m, int by)
{
	int shown = scroll_rows(m->scroll), line;

	if (a->t.panel_row + by >= m->rows)
		a->t.panel_top += by;
	a->t.panel_row += by;
	if (a->t.panel_row >= m->rows)
		a->t.panel_row = m->rows - 1;
	if (a->t.panel_row < 0)
		a->t.panel_row = 0;
	line = a->t.panel_row + 1;
	if (line - 1 < a->t.panel_top && by < 0)
		a->t.panel_top = line - 1; /* with the heading above the first */
	if (line >= a->t.panel_top + shown)
		a->t.panel_top = line - shown + 1;
}

bool
app_panel_scroll(struct app *a, enum action action)
{
	struct panel m = app_panel_measure(a, app_bottom(a));
	int by = app_panel_step(&m, action);

	if (app_panel_sideways(a, &m, action))
		return true;
	/* with nothing to scroll the key is for the view */
	if (!by || (!m.rows && scroll_rows(m.scroll) == m.scroll.rows))
		return false;
	if (m.rows)
		app_panel_show_row(a, &m, by);
	else
		a->t.panel_top += by;
	a->t.panel_top = scroll_top(a->t.panel_top, m.scroll);
	return true;
}

/* The address in the row under the cursor, or that of the answer. */
static bool
app_panel_place(const struct app *a, uint64_t *addr)
{
	const struct answer *p = a->t.panel;
	const struct answer_table *t = &p->table;
	bool row = t->places && t->n;

	*addr = p->place;
	if (row)
		*addr = strtoull(t->cell[(size_t)a->t.panel_row * t->columns], NULL, 16);
	return p->has_place || row;
}

const char *
app_panel_goal(const struct app *a)
{
	uint64_t addr;

	bool there = a->t.panel->table.times || app_panel_place(a, &addr);

	return there ? "go there" : a->t.panel->filter ? "mark" : "close";
}

void
app_go_to_answer(struct app *a)
{
	const struct answer *to = a->t.panel;
	struct err ignored;
	uint64_t addr;

	if (to && to->table.times && to->table.n)
		app_travel_to(a, to->table.cell[(size_t)a->t.panel_row * to->table.columns],
		              &ignored);
	else if (to && app_shown(a) && app_panel_place(a, &addr))
		app_go(a, addr);
	if (to && to->filter)
		snprintf(a->ui.pages->filter, sizeof(a->ui.pages->filter), "%s", to->filter);
	app_close_panel(a);
}
