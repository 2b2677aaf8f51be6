/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/card.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/scroll.h"

static struct card_line *
card_next_line(struct card *c)
{
	struct card_line *l = &c->line[c->n < CARD_LINES - 1 ? c->n++ : CARD_LINES - 1];

	memset(l, 0, sizeof(*l));
	return l;
}

/* No screen line needs more; longer text is cut, as it would be on screen. */
static void
card_put(char *out, size_t size, const char *text)
{
	struct buf b = {0};

	for (size_t width = size - 1; width && strlen(text) >= size && (!b.s || b.len >= size);
	     width = width * 7 / 8) {
		b.len = 0;
		fit_cut(&b, text, width);
	}
	snprintf(out, size, "%s", b.s ? b.s : text);
	buf_free(&b);
}

void
card_head(struct card *c, const char *text)
{
	struct card_line *l = card_next_line(c);

	l->role = ROLE_ACCENT;
	card_put(l->value, sizeof(l->value), text);
}

void
card_gap(struct card *c)
{
	card_next_line(c)->role = ROLE_TEXT;
}

void
card_add(struct card *c, enum role role, const char *label, const char *note, const char *fmt, ...)
{
	struct card_line *l = card_next_line(c);
	struct buf value = {0};
	va_list ap;

	l->role = role;
	snprintf(l->label, sizeof(l->label), "%s", label);
	card_put(l->note, sizeof(l->note), note ? note : "");
	va_start(ap, fmt);
	buf_vfmt(&value, fmt, ap);
	va_end(ap);
	card_put(l->value, sizeof(l->value), value.s ? value.s : "");
	buf_free(&value);
}

void
card_epochs(struct buf *out, uint32_t recent, uint32_t epochs, unsigned per)
{
	for (unsigned i = 32; i > 0; i -= per) {
		uint32_t bits = recent >> (i - per) & ((1u << per) - 1);
		unsigned h = steps((unsigned)__builtin_popcount(bits), per, 7);
		wchar_t glyph = h                 ? paint_eighth(h)
		                : i - per >= epochs ? L' '
		                : paint_utf8()    ? L'·'
		                                  : L'.';

		buf_fmt(out, "%lc", (wint_t)glyph);
	}
}

int
card_label_width(const struct card *c)
{
	return c->width > CARD_NARROW ? CARD_LABEL : CARD_LABEL_NARROW;
}

void
card_add_long(struct card *c, enum role role, const char *label, const char *value)
{
	int indent = card_label_width(c), before = 0;
	size_t n;

	do {
		n = fit_line(value, c->width > indent ? (size_t)(c->width - indent) : 1);
		card_add(c, role, before ? "" : label, NULL, "%*s%.*s", before, "", (int)n, value);
		before = indent;
		value += n + strspn(value + n, " ");
	} while (*value);
}

static bool
card_is_gap(const struct card_line *l)
{
	return !l->label[0] && !l->value[0];
}

static bool
card_is_spare(const struct card_line *l)
{
	return l->spare;
}

/* Drops lines from the end: the top is read first. */
static void
card_leave_out(struct card *c, int rows, bool (*which)(const struct card_line *l))
{
	for (int i = c->n - 1; i >= 0 && c->n > rows; i--) {
		if (!which(&c->line[i]))
			continue;
		memmove(&c->line[i], &c->line[i + 1], (size_t)(c->n - i - 1) * sizeof(*c->line));
		c->n--;
	}
}

void
card_squeeze(struct card *c, int rows)
{
	card_leave_out(c, rows, card_is_gap);
	card_leave_out(c, rows, card_is_spare);
}

static int
card_draw_cut(int y, int x, int right, enum role role, const char *text)
{
	struct buf b = {0};

	if (x < right)
		fit_cut(&b, text, (size_t)(right - x));
	x = paint_text(y, x, right, role, "%s", b.s ? b.s : "");
	buf_free(&b);
	return x;
}

void
card_draw(const struct card *c, int first, int top, int bottom, int x, int right)
{
	for (int i = first, y = top; i < c->n && y < bottom; i++, y++) {
		const struct card_line *l = &c->line[i];
		int at = x;

		if (l->label[0]) {
			paint_text(y, x, right, ROLE_DIM, "%s", l->label);
			at = x + card_label_width(c);
		}
		at = card_draw_cut(y, at, right, l->role, l->value);
		if (l->note[0])
			card_draw_cut(y, at + (l->value[0] ? 1 : 0), right, ROLE_DIM, l->note);
	}
}

void
card_add_text(struct card *c, enum role role, const char *s)
{
	while (*s) {
		size_t n = strlen(s), cut = n;

		if (n > (size_t)c->width)
			for (cut = (size_t)c->width; cut > 0 && s[cut] != ' '; cut--)
				;
		if (!cut)
			cut = n;
		card_add(c, role, "", NULL, "%.*s", (int)cut, s);
		s += cut + strspn(s + cut, " ");
	}
}

struct card *
card_new(void)
{
	return mem_alloc(sizeof(struct card));
}

bool
card_act(int *first, int page, enum action a)
{
	switch ((int)a) {
	case ACT_UP: --*first; return true;
	case ACT_DOWN: ++*first; return true;
	case ACT_PAGE_UP: *first -= page; return true;
	case ACT_PAGE_DOWN: *first += page; return true;
	case ACT_FIRST: *first = 0; return true;
	case ACT_LAST: *first = CARD_LINES; return true;
	}
	return false;
}

void
card_view_draw(card_make_fn *make, const struct ui *ui, const struct sample *s, int top, int bottom,
               const char *awaited)
{
	static const char ended[] = "the process ended before this was read; its last sample is in "
	                            "the list";
	const struct err *err = &s->card_err;
	struct buf text = {0};
	struct card *c = card_new();

	if (make(ui, s, c)) {
		struct scroll page = {c->n, bottom - top, 1};

		card_draw(c, scroll_of(ui)->top, top, top + scroll_rows(page), 1, ui->cols);
		scroll_draw(ui, top, scroll_of(ui)->top, page);
	} else if (err->what[0]) {
		buf_fmt(&text, "%s: %s", err->what, err->why);
		top = fit_draw_lines(top, bottom, ui->cols, ROLE_TEXT, text.s);
		fit_draw_lines(top, bottom, ui->cols, ROLE_DIM, err->how);
		buf_free(&text);
	} else {
		fit_draw_lines(top, bottom, ui->cols, ROLE_DIM, s->ended ? ended : awaited);
	}
	free(c);
}

/* The first line shown stays within the card. */
void
card_view_settle(card_make_fn *make, struct ui *ui, const struct sample *s, int rows)
{
	struct card *c = card_new();

	if (make(ui, s, c))
		scroll_of(ui)->top = scroll_top(scroll_of(ui)->top, (struct scroll){c->n, rows, 1});
	free(c);
}
