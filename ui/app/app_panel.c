/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer on screen: its sentence, its rows, its facts, over the bottom of the view. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/answer_text.h"
#include "views/scroll.h"

/* What has been measured of it, for one frame. */
struct panel {
	const struct answer *p;
	struct answer_text text;
	int head;  /* rows of the sentence */
	int lines; /* of the table and the facts */
	int gap;   /* an empty line between the two */
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

static struct panel
app_panel_measure(const struct app *a, int bottom)
{
	struct panel m = {.p = a->t.panel};
	int rows;

	answer_text_begin(&m.text, m.p, false);
	m.lines = (int)answer_text_lines(&m.text);
	m.gap = m.lines && m.p->n;
	m.lines += m.gap + (int)m.p->n;
	m.head = app_panel_head(m.p->line, a->ui.cols);
	if (m.head > (bottom - 2) / 2)
		m.head = (bottom - 2) / 2;
	rows = bottom - 2 - m.head;
	m.scroll = (struct scroll){m.lines, m.lines < rows ? m.lines : rows, 1};
	return m;
}

static void
app_panel_draw_fact(const struct fact *f, int y, int cols)
{
	enum { VALUE = 17 };
	int x = VALUE + (int)fit_width(f->value, strlen(f->value));

	paint_text(y, 2, VALUE, ROLE_DIM, "%s", f->key);
	fit_draw_cut(y, VALUE, cols, ROLE_TEXT, f->value);
	if (f->note)
		fit_draw_cut(y, x + (f->value[0] ? 1 : 0), cols, ROLE_DIM, f->note);
}

static void
app_panel_draw_line(const struct panel *m, int i, int y, int cols)
{
	int table = (int)answer_text_lines(&m->text);
	struct buf text = {0};

	paint_fill(y, 0, cols, ROLE_TEXT);
	if (i >= table + m->gap) {
		app_panel_draw_fact(&m->p->f[i - table - m->gap], y, cols);
	} else if (i < table) {
		answer_text_line(&m->text, (size_t)i, &text);
		fit_draw_cut(y, 2, cols, i ? ROLE_TEXT : ROLE_DIM, text.s);
		buf_free(&text);
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
		app_panel_draw_line(&m, first + i, body + i, cols);
	scroll_draw(&a->ui, body, first, m.scroll);
}

void
app_panel_draw_facts(const struct answer *p, int all, int top, int bottom, int cols)
{
	char more[64];

	for (int i = 0; top < bottom && i < all; i++, top++) {
		paint_fill(top, 0, cols, ROLE_TEXT);
		if (top == bottom - 1 && i < all - 1) {
			snprintf(more, sizeof(more), "%d more; the screen is too small",
			         all - i);
			fit_draw_cut(top, 2, cols, ROLE_DIM, more);
		} else {
			app_panel_draw_fact(&p->f[i], top, cols);
		}
	}
}

bool
app_panel_moves(enum action action)
{
	return action == ACT_UP || action == ACT_DOWN || action == ACT_PAGE_UP ||
	       action == ACT_PAGE_DOWN || action == ACT_FIRST || action == ACT_LAST;
}

bool
app_panel_scroll(struct app *a, enum action action)
{
	struct panel m = app_panel_measure(a, app_bottom(a));
	int page = scroll_rows(m.scroll), by = 0;

	switch ((int)action) {
	case ACT_UP: by = -1; break;
	case ACT_DOWN: by = 1; break;
	case ACT_PAGE_UP: by = -page; break;
	case ACT_PAGE_DOWN: by = page; break;
	case ACT_FIRST: by = -m.lines; break;
	case ACT_LAST: by = m.lines; break;
	}
	if (!by || page == m.scroll.rows) /* with nothing to scroll the key is for the view */
		return false;
	a->t.panel_top = scroll_top(a->t.panel_top + by, m.scroll);
	return true;
}
