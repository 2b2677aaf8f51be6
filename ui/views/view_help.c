/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The help: one page per view with its keys by group, and pages about what all views share; all
 * made from the tables. A search shows its hits from all pages.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/util.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/breadcrumb.h"
#include "views/help.h"
#include "views/scroll.h"
#include "views/view.h"
#include "views/view_help.h"

/* The column of explanations beside their terms; on a narrow screen they go below. */
enum { WORDS_AT = 24, WORDS_BELOW = 5, NARROW = 56 };
enum { TWO_FROM = 150 }; /* a screen this wide has room for two columns of text */

static bool
view_help_is_narrow(int cols)
{
	return cols < NARROW;
}

/* A column of text on the screen; without rows it is only measured. */
struct help_pane {
	int x, cols, top, bottom;
};

/* Draws an entry from row y on, clipped to the pane; returns the row after it. */
static int
view_help_draw_entry(const struct help_pane *p, const struct help_entry *e, int y)
{
	bool narrow = view_help_is_narrow(p->cols);
	int at = !e->left[0] ? 3 : narrow ? WORDS_BELOW : WORDS_AT;
	int left = e->right[0] ? 3 : 1, right = p->x + p->cols;
	size_t width = p->cols > at + 1 ? (size_t)(p->cols - at - 1) : 1;
	const char *s = e->right;

	if (y >= p->top && y < p->bottom) {
		paint_text(y, p->x + left, e->right[0] && !narrow ? p->x + at - 1 : right, e->role,
		           "%s", e->left);
		if (e->glyph)
			paint_glyph(y, p->x + 3, e->glyph_role, e->glyph);
	}
	if (!*s)
		return y + 1;
	if (e->left[0] && narrow)
		y++;
	for (; *s; y++) {
		size_t n = fit_line(s, width);

		if (y >= p->top && y < p->bottom)
			paint_text(y, p->x + at, right, ROLE_TEXT, "%.*s", (int)n, s);
		s += n;
		s += strspn(s, " ");
	}
	return y;
}

static bool
view_help_has_text(const char *text, const char *what)
{
	size_t n = strlen(what);

	for (; *text; text++)
		if (!strncasecmp(text, what, n))
			return true;
	return !n;
}

static bool
view_help_is_found(const struct help_entry *e, const char *what)
{
	return e->right[0] &&
	       (view_help_has_text(e->left, what) || view_help_has_text(e->right, what));
}

/* The hits so far: the same words are on the pages of many views, but are shown once. */
struct found {
	struct {
		const char *right;
		char left[sizeof(((struct help_entry *)0)->left)];
	} v[512];
	size_t n;
	struct help page; /* the page being searched */
};

static bool
view_help_is_new(struct found *f, const struct help_entry *e)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].right, e->right) && !strcmp(f->v[i].left, e->left))
			return false;
	if (f->n < ARRAY_LEN(f->v)) {
		f->v[f->n].right = e->right;
		memcpy(f->v[f->n++].left, e->left, sizeof(e->left));
	}
	return true;
}

/* The hits of one page, under the page's name. */
static int
view_help_draw_found(const struct ui *ui, const struct sample *s, struct found *f, size_t page,
                     const struct help_pane *p, int y)
{
	struct help *h = &f->page;
	bool headed = false;

	h->n = 0;
	help_make(h, page, ui->lens, s && s->timeline);
	for (size_t i = 0; i < h->n; i++) {
		struct help_entry head = {.role = ROLE_ACCENT, .left = "", .right = ""};

		if (!view_help_is_found(&h->entry[i], help_of(ui)->find) ||
		    !view_help_is_new(f, &h->entry[i]))
			continue;
		snprintf(head.left, sizeof(head.left), "%s", help_page_name(page));
		if (!headed)
			y = view_help_draw_entry(p, &head, y);
		headed = true;
		y = view_help_draw_entry(p, &h->entry[i], y);
	}
	return headed ? y + 1 : y;
}

static int
view_help_draw_all(const struct ui *ui, const struct sample *s, const struct help_pane *p, int y)
{
	struct help h = {0};

	if (help_of(ui)->find[0]) {
		struct found *f = mem_alloc(sizeof(*f)); /* large for a stack */

		for (size_t page = 0; help_page_name(page); page++)
			y = view_help_draw_found(ui, s, f, page, p, y);
		free(f);
		return y;
	}
	help_make(&h, help_of(ui)->page, ui->lens, s && s->timeline);
	for (size_t i = 0; i < h.n; i++)
		y = view_help_draw_entry(p, &h.entry[i], y);
	return y;
}

static unsigned
view_help_hit_name(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct help_view *h = help_of(ui);

	(void)s;
	h->page = (size_t)t->value;
	h->scroll.top = 0;
	h->find[0] = '\0';
	return FX_NONE;
}

/*
 * The names of the pages, scrolled so that the current one is visible; a sign shows that there are
 * more.
 */
static void
view_help_draw_names(const struct ui *ui, int y)
{
	const struct help_view *h = help_of(ui);
	size_t first = 0;
	int x = 1;

	for (size_t p = 0, to = 1; p <= h->page && help_page_name(p); p++) {
		to += strlen(help_page_name(p)) + 2;
		for (; to >= (size_t)ui->cols && first < p; first++)
			to -= strlen(help_page_name(first)) + 2;
	}
	if (first)
		paint_text(y, 0, 1, ROLE_DIM, "…");
	for (size_t p = first; help_page_name(p); p++) {
		bool chosen = p == h->page && !h->find[0];
		int from = x;

		if (x + (int)strlen(help_page_name(p)) + 2 > ui->cols) {
			paint_text(y, x < ui->cols ? x : x - 1, ui->cols, ROLE_DIM, "…");
			break;
		}
		x = paint_text(y, x, ui->cols, chosen ? ROLE_SELECT : ROLE_DIM,
		               chosen ? "[%s]" : " %s ", help_page_name(p));
		zone_add(&(struct zone){.y = y,
		                        .x = from,
		                        .bottom = y + 1,
		                        .right = x,
		                        .value = p,
		                        .hit = view_help_hit_name});
	}
}

/* The rows below the names of the pages. */
static struct scroll
view_help_measure(const struct ui *ui, const struct sample *s, int rows)
{
	int columns = ui->cols >= TWO_FROM ? 2 : 1;
	struct help_pane p = {.cols = ui->cols / columns};

	return (struct scroll){view_help_draw_all(ui, s, &p, 0), rows, columns};
}

static void
view_help_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct help_view *h = help_of(ui);
	int first = top + 1 + !view_help_is_narrow(ui->cols);
	struct scroll page = view_help_measure(ui, s, bottom - first);
	int rows = scroll_rows(page), cols = ui->cols / page.columns;

	view_help_draw_names(ui, top);
	for (int i = 0; i < page.columns; i++)
		view_help_draw_all(ui, s,
		                   &(struct help_pane){i * cols, cols, first, first + rows},
		                   first - h->scroll.top - i * rows);
	if (!page.lines)
		paint_text(first, 1, ui->cols, ROLE_TEXT, "no match for \"%s\"", h->find);
	scroll_draw(ui, first, h->scroll.top, page);
}

static void
view_help_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct help_view *h = help_of(ui);

	h->scroll.top = scroll_top(
	    h->scroll.top,
	    view_help_measure(ui, s, bottom - top - 1 - !view_help_is_narrow(ui->cols)));
}

static void
view_help_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct help_view *h = help_of(ui);

	(void)s;
	if (h->find[0]) {
		buf_str(out, "matches for \"");
		text_escape(out, h->find, strlen(h->find), !paint_utf8());
		buf_fmt(out, "\"; %s returns to the pages", key_of(ACT_BACK, 'H'));
		return;
	}
	buf_fmt(out,
	        "%s: next page, %s: find a word in all pages; the full manual: man pmtop",
	        key_of(ACT_NEXT_CHANGE, 'H'), key_of(ACT_FIND, 'H'));
}

static void
view_help_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)s;
	buf_fmt(out, "help" CRUMB_SIGN "%s",
	        help_of(ui)->find[0] ? "found" : help_page_name(help_of(ui)->page));
}

static void
view_help_turn(struct ui *ui, int step)
{
	struct help_view *h = help_of(ui);
	size_t n = 0;

	while (help_page_name(n))
		n++;
	h->page = (h->page + n + (size_t)step) % n;
	h->scroll.top = 0;
	h->find[0] = '\0';
}

static unsigned
view_help_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct help_view *h = help_of(ui);
	int page = (ui->rows > 7 ? ui->rows - 6 : 1) * (ui->cols >= TWO_FROM ? 2 : 1);

	(void)s;
	switch ((int)a) {
	case ACT_UP: h->scroll.top--; break;
	case ACT_DOWN: h->scroll.top++; break;
	case ACT_PAGE_UP: h->scroll.top -= page; break;
	case ACT_PAGE_DOWN: h->scroll.top += page; break;
	case ACT_FIRST: h->scroll.top = 0; break;
	case ACT_LAST: h->scroll.top = HELP_ENTRIES * 4; break; /* settle limits it */
	case ACT_NEXT_CHANGE: view_help_turn(ui, 1); break;
	case ACT_LAST_CHANGE: view_help_turn(ui, -1); break;
	case ACT_FIND: return FX_FIND;
	}
	return FX_NONE;
}

void
view_help_open(struct ui *ui)
{
	struct help_view *h = help_of(ui);

	h->page = help_page_of(ui_letter(ui));
	h->scroll.top = 0;
	h->find[0] = '\0';
	ui_push(ui, VIEW_HELP);
}

bool
view_help_find(struct ui *ui, const char *what)
{
	struct help_view *h = help_of(ui);
	bool had = h->find[0] != '\0';

	snprintf(h->find, sizeof(h->find), "%.*s",
	         (int)fit_fit(what, sizeof(h->find) / 4), what);
	h->scroll.top = 0;
	return had;
}

static bool
view_help_back(struct ui *ui)
{
	return view_help_find(ui, "");
}

const struct view view_help = {
    .size = sizeof(struct help_view),
    .draw = view_help_draw,
    .act = view_help_act,
    .say = view_help_say,
    .breadcrumb = view_help_breadcrumb,
    .settle = view_help_settle,
    .back = view_help_back,
    .find = PROMPT_FIND_HELP,
};
