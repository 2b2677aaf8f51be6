/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/by_table.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/by.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/scroll.h"
#include "views/view.h"

enum {
	RATE_X = 1, RATE_WIDTH = 8,
	PAGES_X = RATE_X + RATE_WIDTH + 1, PAGES_WIDTH = 8,
	SHARE_X = PAGES_X + PAGES_WIDTH + 1, SHARE_WIDTH = 4,
	MAYBE_X = SHARE_X + SHARE_WIDTH + 1, MAYBE_WIDTH = 6,
	WRITER_X = MAYBE_X + MAYBE_WIDTH + 1, WRITER_LEAST = 24,
	IN_FROM = 72 /* columns */
};

/* --- where its columns are -------------------------------------------------------------------- */

/* The column of FILE and the like; `cols`: there is none. */
static int
by_table_in_x(const struct ui *ui)
{
	unsigned by = by_of(ui)->by;
	int width = by == WRITERS_BY_THREAD ? 8 : ui->cols >= 120 ? 32 : 18;

	return by == WRITERS_BY_CHAIN || ui->cols < IN_FROM ? ui->cols : ui->cols - width;
}

static size_t
by_table_room(const struct ui *ui)
{
	return (size_t)(by_table_in_x(ui) - WRITER_X - 1);
}

void
by_table_scroll(struct ui *ui, const struct sample *s, int cells)
{
	struct by_view *v = by_of(ui);
	const struct attribution *a = by_reading(ui, s);
	size_t widest = 0;

	for (size_t i = 0; a && i < a->n; i++) {
		struct buf words = {0};

		by_table_words(&a->v[i], a->of.by, &words);
		widest = u64_max(widest, words.len ? fit_width(words.s, words.len) : 0);
		buf_free(&words);
	}
	v->left = scroll_sideways(v->left, cells, widest, by_table_room(ui));
}

static const char *
by_table_title(const struct ui *ui, enum by_column c)
{
	static const char *const writer[] = {[WRITERS_BY_FUNCTION] = "FUNCTION",
	                                     [WRITERS_BY_THREAD] = "THREAD",
	                                     [WRITERS_BY_CHAIN] = "CALL CHAIN",
	                                     [ATTRIBUTION_BY_REGION] = "REGION"};
	static const char *const in[] = {[WRITERS_BY_FUNCTION] = "FILE",
	                                 [WRITERS_BY_THREAD] = "TID",
	                                 [WRITERS_BY_CHAIN] = "",
	                                 [ATTRIBUTION_BY_REGION] = "MOSTLY BY"};

	switch (c) {
	case BY_RATE: return "PAGES/S";
	case BY_PAGES: return "PAGES";
	case BY_MAYBE: return "MAYBE";
	case BY_WRITER: return writer[by_of(ui)->by];
	case BY_IN: return in[by_of(ui)->by];
	case BY_COLUMNS: break;
	}
	return "";
}

/* --- headings --------------------------------------------------------------------------------- */

static unsigned
by_table_hit_heading(struct ui *ui, const struct sample *s, const struct touch *t)
{
	(void)s;
	if (!t->drag)
		by_sort(ui, (enum by_column)t->value);
	return FX_NONE;
}

/* right: of a column of numbers, where it ends; 0: it is of text. */
static void
by_table_heading(const struct ui *ui, enum by_column c, int y, int x, int right)
{
	const struct by_view *v = by_of(ui);
	const char *title = by_table_title(ui, c);
	const char *mark = v->sort != c || !*title ? "" : by_sorts_down(v) ? "▼" : "▲";
	int len = (int)strlen(title) + (*mark != '\0');

	if (x >= ui->cols)
		return;
	zone_add(&(struct zone){.y = y,
	                        .x = x,
	                        .bottom = y + 1,
	                        .right = right ? right : ui->cols,
	                        .value = c,
	                        .hit = by_table_hit_heading});
	paint_text(y, right ? right - len : x, ui->cols, ROLE_HEADER, "%s%s", title, mark);
}

void
by_table_headings(const struct ui *ui, int y)
{
	paint_fill(y, 0, ui->cols, ROLE_HEADER);
	by_table_heading(ui, BY_RATE, y, RATE_X, RATE_X + RATE_WIDTH);
	by_table_heading(ui, BY_PAGES, y, PAGES_X, PAGES_X + PAGES_WIDTH);
	paint_text(y, SHARE_X + SHARE_WIDTH - 1, ui->cols, ROLE_HEADER, "%%");
	by_table_heading(ui, BY_MAYBE, y, MAYBE_X, MAYBE_X + MAYBE_WIDTH);
	by_table_heading(ui, BY_WRITER, y, WRITER_X, 0);
	by_table_heading(ui, BY_IN, y, by_table_in_x(ui), 0);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* All digits if they fit. */
static void
by_table_number(int y, int x, int width, enum role role, uint64_t n)
{
	char text[24], brief[8];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	if ((int)strlen(text) > width)
		snprintf(text, sizeof(text), "%s", count_text(brief, n));
	paint_text(y, x, x + width, role, "%*s", width, text);
}

/* The frames, the innermost first: what is cut is far from the write. */
static void
by_table_chain_words(const struct attribution_row *r, struct buf *out)
{
	const char *thread = r->w.words;

	text_escape(out, thread, strcspn(thread, ";"), !paint_utf8());
	buf_str(out, ": ");
	for (size_t i = 0; i < r->chain.n; i++) {
		buf_str(out, i ? " < " : "");
		text_escape(out, r->chain.v[i], strlen(r->chain.v[i]), !paint_utf8());
	}
}

void
by_table_words(const struct attribution_row *r, unsigned by, struct buf *out)
{
	if (by == WRITERS_BY_CHAIN && !r->none)
		by_table_chain_words(r, out);
	else
		text_escape(out, r->w.words, strlen(r->w.words), !paint_utf8());
}

static void
by_table_in(const struct ui *ui, const struct attribution_row *r, int y)
{
	int x = by_table_in_x(ui);
	struct buf text = {0}, cut = {0};

	if (r->w.tid)
		buf_fmt(&text, "%d", (int)r->w.tid);
	else
		text_escape(&text, r->w.in, strlen(r->w.in), !paint_utf8());
	if (text.len && x < ui->cols) {
		fit_cut(&cut, text.s, (size_t)(ui->cols - x));
		paint_text(y, x, ui->cols, ROLE_DIM, "%s", cut.s);
	}
	buf_free(&text);
	buf_free(&cut);
}

/* Less than one a second is not none. */
static void
by_table_rate(const struct attribution_row *r, enum role role, int y)
{
	char text[8];

	if (r->rate == RATE_UNKNOWN)
		return;
	role = r->rate ? ROLE_HOT : role;
	if (r->rate < 10 * RATE_PAGE)
		paint_text(y, RATE_X, RATE_X + RATE_WIDTH, role, "%*s", RATE_WIDTH,
		           rate_text(text, r->rate));
	else
		by_table_number(y, RATE_X, RATE_WIDTH, role, rate_pages(r->rate));
}

static void
by_table_row(const struct ui *ui, const struct attribution *a, const struct attribution_row *r,
             int y)
{
	enum role role = r->none ? ROLE_DIM : ROLE_TEXT;
	struct buf words = {0}, cut = {0};
	char share[8];

	by_table_rate(r, role, y);
	by_table_number(y, PAGES_X, PAGES_WIDTH, role, r->w.pages);
	if (a->written && !r->lost)
		paint_text(y, SHARE_X, SHARE_X + SHARE_WIDTH, role, "%*s", SHARE_WIDTH,
		           percent_text(share, r->w.pages, u64_max(a->written, r->w.pages)));
	if (r->w.maybe)
		by_table_number(y, MAYBE_X, MAYBE_WIDTH, role, r->w.maybe);
	by_table_words(r, a->of.by, &words);
	buf_str(&words, "");
	fit_cut_end(&cut, words.s + fit_fit(words.s, by_of(ui)->left), by_table_room(ui));
	paint_text(y, WRITER_X, ui->cols, role, "%s", cut.s ? cut.s : "");
	by_table_in(ui, r, y);
	buf_free(&words);
	buf_free(&cut);
}

static unsigned
by_table_hit_row(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct by_view *v = by_of(ui);
	size_t at = v->top + (size_t)t->dy;

	(void)s;
	if (at < v->n)
		v->key = v->order[at];
	return FX_NONE;
}

void
by_table_rows(const struct ui *ui, const struct sample *s, int y, int bottom)
{
	const struct by_view *v = by_of(ui);
	const struct attribution *a = by_reading(ui, s);

	zone_add(&(struct zone){.y = y,
	                        .bottom = bottom,
	                        .right = ui->cols,
	                        .hit = by_table_hit_row,
	                        .opens = true});
	for (size_t i = v->top; a && i < v->n && y < bottom; i++, y++) {
		const struct attribution_row *r = attribution_find(a, v->order[i]);

		if (r)
			by_table_row(ui, a, r, y);
		if (v->order[i] != v->key)
			continue;
		paint_text(y, 0, 1, ROLE_ACCENT, "›");
		paint_shade(y, 0, ui->cols, ROLE_SELECT);
		paint_cursor(y, 0);
	}
}

/* --- the call chain under the cursor ---------------------------------------------------------- */

static const struct code_frames *
by_table_frames(const struct ui *ui, const struct sample *s)
{
	const struct attribution *a = by_reading(ui, s);
	const struct attribution_row *r = attribution_find(a, by_of(ui)->key);

	return r && a->of.by == WRITERS_BY_CHAIN && r->chain.n ? &r->chain : NULL;
}

int
by_table_chain_rows(const struct ui *ui, const struct sample *s, int room)
{
	const struct code_frames *f = by_table_frames(ui, s);
	int most = room / 2;

	return !f || most < 3 ? 0 : (int)f->n + 1 < most ? (int)f->n + 1 : most;
}

void
by_table_chain(const struct ui *ui, const struct sample *s, int y, int bottom)
{
	const struct code_frames *f = by_table_frames(ui, s);

	if (!f || y >= bottom)
		return;
	paint_text(y++, 1, ui->cols, ROLE_STRONG, "Call chain, the instruction first");
	for (size_t i = 0; i < f->n && y < bottom; i++, y++) {
		struct buf text = {0}, cut = {0};
		size_t left = f->n - i;

		if (y == bottom - 1 && left > 1)
			buf_fmt(&text, "... and %zu more", left);
		else
			text_escape(&text, f->v[i], strlen(f->v[i]), !paint_utf8());
		fit_cut_end(&cut, text.s ? text.s : "", (size_t)(ui->cols - 4));
		paint_text(y, 3, ui->cols, i ? ROLE_TEXT : ROLE_HOT, "%s", cut.s ? cut.s : "");
		buf_free(&text);
		buf_free(&cut);
	}
}
