/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/paint.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "base/util.h"

enum { N = 0, B = PAINT_BOLD, R = PAINT_REVERSE, U = PAINT_UNDERLINE };

#define T(role, df, db, da, lf, lb, la, af, ab, aa, ma) \
	[ROLE_##role] = {[THEME_DARK] = {df, db, da}, [THEME_LIGHT] = {lf, lb, la}, \
	                 [THEME_ANSI] = {af, ab, aa}, [THEME_MONO] = {-1, -1, ma}},
static const struct paint_style paint_styles[ROLE_COUNT][THEME_COUNT] = {
#include "term/theme.def"
};
#undef T

enum {
	COVERED = 0,      /* the right half of a wide character */
	NEVER = 0x1fffff, /* nothing has been sent there yet; no character */
	MARKS_MAX = 255,  /* different sequences; later ones are not drawn */
	SENT = 64,        /* cells that are kept as curses has them; a power of two */
};

struct pcell {
	unsigned ch : 21; /* or COVERED, NEVER */
	unsigned attr : 3;
	unsigned marks : 8; /* its combining marks: which of paint.marks; 0: none */
	short fg, bg;
};

_Static_assert(sizeof(struct pcell) == 8, "cells are compared as bytes");

/* A cell as curses has it. */
struct psent {
	struct pcell of;
	cchar_t cc;
};

/* Combining marks on one character; 0-terminated. */
struct pmarks {
	wchar_t ch[CCHARW_MAX - 1];
};

/* The frame being drawn, the one on screen, and the colour pairs allocated. */
static struct {
	enum theme theme;
	bool utf8, colors, calm;
	bool light; /* the terminal's own background, as far as known */
	int rows, cols;
	struct pcell *next, *shown;
	struct pmarks *marks; /* from 1 */
	size_t marks_n, marks_cap;
	int cursor_y, cursor_x;
	unsigned short *pair[257]; /* [fg + 1][bg + 1]; NULL, 0: not allocated yet */
	unsigned short pairs;
	cchar_t *run;            /* room for a row of them */
	struct psent sent[SENT]; /* by its hash: most cells are like others */
} paint;

struct paint_style
paint_style(enum theme theme, enum role role)
{
	return paint_styles[role][theme];
}

const char *
paint_theme_name(enum theme theme)
{
	static const char *const names[THEME_COUNT] = {"auto", "dark", "light", "ansi", "mono"};

	return names[theme];
}

static enum theme
paint_do_choose(const struct term *t, enum theme theme)
{
	if (!t->colors)
		return THEME_MONO;
	if (t->colors < 256 && theme != THEME_MONO)
		return THEME_ANSI;
	if (theme != THEME_AUTO)
		return theme;
	return t->ground == GROUND_LIGHT ? THEME_LIGHT : THEME_DARK;
}

void
paint_open(const struct term *t, enum theme theme)
{
	memset(&paint, 0, sizeof(paint));
	paint.utf8 = t->utf8;
	paint.calm = t->calm;
	paint.colors = t->colors > 0;
	paint.theme = paint_do_choose(t, theme);
	paint.light = t->ground == GROUND_LIGHT || theme == THEME_LIGHT;
}

static void
paint_forget_shown(void)
{
	for (int i = 0; i < paint.rows * paint.cols; i++)
		paint.shown[i] = (struct pcell){.ch = NEVER};
}

void
paint_again(const struct term *t, enum theme theme)
{
	paint.theme = paint_do_choose(t, theme);
	paint.light = t->ground == GROUND_LIGHT || theme == THEME_LIGHT;
	paint.calm = t->calm;
	paint_forget_shown();
}

void
paint_close(void)
{
	free(paint.next);
	free(paint.shown);
	free(paint.marks);
	free(paint.run);
	paint.run = NULL;
	paint.next = paint.shown = NULL;
	paint.marks = NULL;
	paint.marks_n = paint.marks_cap = 0;
	for (size_t i = 0; i < ARRAY_LEN(paint.pair); i++) {
		free(paint.pair[i]);
		paint.pair[i] = NULL;
	}
	paint.rows = paint.cols = 0;
}

enum theme
paint_theme(void)
{
	return paint.theme;
}

bool
paint_utf8(void)
{
	return paint.utf8;
}

void
paint_begin(const struct term *t)
{
	static const struct pcell blank = {.ch = L' ', .fg = -1, .bg = -1};

	if (t->rows != paint.rows || t->cols != paint.cols) {
		size_t n = (size_t)t->rows * (size_t)t->cols;

		paint.rows = t->rows;
		paint.cols = t->cols;
		paint.next = mem_resize(paint.next, n * sizeof(*paint.next));
		paint.shown = mem_resize(paint.shown, n * sizeof(*paint.shown));
		paint.run = mem_resize(paint.run, (size_t)t->cols * sizeof(*paint.run));
		paint_forget_shown();
		werase(newscr);
	}
	for (int i = 0; i < paint.rows * paint.cols; i++)
		paint.next[i] = blank;
	paint.cursor_y = -1;
}

static int
paint_pair_of(short fg, short bg)
{
	unsigned short **row = &paint.pair[fg + 1], *n;

	if (!paint.colors || (fg < 0 && bg < 0))
		return 0;
	if (!*row)
		*row = mem_alloc(ARRAY_LEN(paint.pair) * sizeof(**row));
	n = &(*row)[bg + 1];
	if (!*n && paint.pairs + 1 < COLOR_PAIRS) {
		*n = ++paint.pairs;
		init_extended_pair(*n, fg, bg);
	}
	return *n;
}

static void
paint_make(const struct pcell *c, cchar_t *out)
{
	attr_t attr = (c->attr & PAINT_BOLD ? A_BOLD : 0) |
	              (c->attr & PAINT_REVERSE ? A_REVERSE : 0) |
	              (c->attr & PAINT_UNDERLINE ? A_UNDERLINE : 0);
	int pair = paint_pair_of(c->fg, c->bg);
	wchar_t text[CCHARW_MAX + 1] = {(wchar_t)c->ch};

	if (c->marks)
		memcpy(text + 1, paint.marks[c->marks].ch, sizeof(paint.marks->ch));
	setcchar(out, text, attr, (short)pair, paint.colors ? &pair : NULL);
}

static const cchar_t *
paint_sent(const struct pcell *c)
{
	uint64_t key;
	struct psent *s;

	memcpy(&key, c, sizeof(key));
	s = &paint.sent[key * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (SENT - 1)];
	if (memcmp(&s->of, c, sizeof(*c)) != 0) {
		paint_make(c, &s->cc);
		s->of = *c;
	}
	return &s->cc;
}

static bool
paint_same_style(const struct pcell *a, const struct pcell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

/* Where the cells that have changed end, from x on; for curses they are in paint.run[0..n). */
static int
paint_take_run(const struct pcell *next, struct pcell *shown, int x, int *n)
{
	for (*n = 0; x < paint.cols && memcmp(&next[x], &shown[x], sizeof(*next)); x++) {
		shown[x] = next[x];
		if (next[x].ch != COVERED)
			paint.run[(*n)++] = *paint_sent(&next[x]);
	}
	return x;
}

/* Returns the number of its cells that have changed. */
static unsigned
paint_send_row(int y)
{
	const struct pcell *next = &paint.next[y * paint.cols];
	struct pcell *shown = &paint.shown[y * paint.cols];
	unsigned changed = 0;

	if (!memcmp(next, shown, (size_t)paint.cols * sizeof(*next)))
		return 0;
	for (int x = 0, from = 0, n; x < paint.cols; from = ++x) {
		x = paint_take_run(next, shown, from, &n);
		changed += (unsigned)(x - from);
		if (!n)
			continue;
		/* of a wide character the left half may have stayed */
		mvwadd_wchnstr(newscr, y, from + (next[from].ch == COVERED), paint.run, n);
		wmove(newscr, y, x < paint.cols ? x : x - 1); /* where it ends up, if hidden */
	}
	return changed;
}

/* Straight into what curses compares with the screen, without a window in between. */
unsigned
paint_flush(void)
{
	unsigned changed = 0;

	for (int y = 0; y < paint.rows; y++)
		changed += paint_send_row(y);
	curs_set(paint.cursor_y >= 0 ? 1 : 0);
	if (paint.cursor_y >= 0)
		wmove(newscr, paint.cursor_y, paint.cursor_x);
	doupdate();
	return changed;
}

/* Encodes a character for the locale; paint never draws one that the locale lacks. */
static void
paint_add_char(struct buf *out, wchar_t ch)
{
	char bytes[MB_LEN_MAX];
	mbstate_t state = {0};
	size_t n = wcrtomb(bytes, ch, &state);

	buf_add(out, n == (size_t)-1 ? "?" : bytes, n == (size_t)-1 ? 1 : n);
}

static void
paint_add_cell(struct buf *out, const struct pcell *c)
{
	const struct pmarks *marks = c->marks ? &paint.marks[c->marks] : NULL;

	paint_add_char(out, (wchar_t)c->ch);
	for (size_t i = 0; marks && i < ARRAY_LEN(marks->ch) && marks->ch[i]; i++)
		paint_add_char(out, marks->ch[i]);
}

/* Indices of the 256-colour table; its first eight are the ANSI colours. */
static void
paint_add_style(struct buf *out, const struct pcell *l)
{
	buf_fmt(out, "\033[0%s%s%s", l->attr & PAINT_BOLD ? ";1" : "",
	        l->attr & PAINT_UNDERLINE ? ";4" : "", l->attr & PAINT_REVERSE ? ";7" : "");
	if (l->fg >= 0)
		buf_fmt(out, l->fg < 8 ? ";3%d" : ";38;5;%d", l->fg);
	if (l->bg >= 0)
		buf_fmt(out, l->bg < 8 ? ";4%d" : ";48;5;%d", l->bg);
	buf_str(out, "m");
}

void
paint_dump(struct buf *out, int rows, bool colors)
{
	static const struct pcell plain = {.fg = -1, .bg = -1};

	for (int y = 0; y < rows && y < paint.rows; y++) {
		const struct pcell *row = &paint.shown[y * paint.cols];
		struct pcell now = plain;
		int end = paint.cols;

		while (end > 0 && row[end - 1].ch == L' ' &&
		       (!colors || paint_same_style(&row[end - 1], &plain)))
			end--;
		for (int x = 0; x < end; x++) {
			if (row[x].ch == COVERED)
				continue;
			if (colors && !paint_same_style(&row[x], &now))
				paint_add_style(out, &row[x]);
			now = row[x];
			paint_add_cell(out, &row[x]);
		}
		buf_str(out, colors && !paint_same_style(&now, &plain) ? "\033[0m\n" : "\n");
	}
}

static struct pcell *
paint_cell_at(int y, int x)
{
	return y < 0 || y >= paint.rows || x < 0 || x >= paint.cols
	           ? NULL
	           : &paint.next[y * paint.cols + x];
}

static void
paint_put(int y, int x, wchar_t ch, struct paint_style style)
{
	struct pcell *c = paint_cell_at(y, x);

	if (c)
		*c = (struct pcell){
		    .ch = (unsigned)ch, .attr = style.attr, .fg = style.fg, .bg = style.bg};
}

/* The ASCII replacements of the symbols that pmtop draws. */
static wchar_t
paint_plain_sign(wchar_t ch)
{
	static const struct {
		wchar_t sign, plain;
	} signs[] = {
	    {L'›', L'>'}, {L'●', L'*'}, {L'·', L'.'}, {L'▼', L'v'}, {L'▲', L'^'}, {L'…', L'~'},
	    {L'│', L'|'}, {L'─', L'-'}, {L'▔', L'^'}, {L'█', L'#'}, {L'↑', L'^'}, {L'↓', L'v'},
	};

	if (paint.utf8 || ch < 0x7f)
		return ch;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (signs[i].sign == ch)
			return signs[i].plain;
	return L'?';
}

/* Marks `old`, and one more if there is room for it. */
static unsigned
paint_more_marks(unsigned old, wchar_t mark)
{
	struct pmarks more = {{0}};
	size_t n = 0, i = 1;

	if (old)
		more = paint.marks[old];
	while (n < ARRAY_LEN(more.ch) && more.ch[n])
		n++;
	if (n == ARRAY_LEN(more.ch))
		return old;
	more.ch[n] = mark;
	while (i <= paint.marks_n && memcmp(&paint.marks[i], &more, sizeof(more)) != 0)
		i++;
	if (i > MARKS_MAX)
		return old;
	if (i > paint.marks_n) {
		paint.marks_n = i;
		paint.marks = vec_room(paint.marks, i, &paint.marks_cap, sizeof(more));
		paint.marks[i] = more;
	}
	return (unsigned)i;
}

/* Adds a combining mark to the character that ends before x. */
static void
paint_mark(int y, int x, wchar_t mark)
{
	struct pcell *c = paint_cell_at(y, x - 1);

	if (c && c->ch == COVERED)
		c = paint_cell_at(y, x - 2);
	if (c)
		c->marks = paint_more_marks(c->marks, mark) & MARKS_MAX;
}

/* Of one column in any locale. */
static bool
paint_is_ascii(uint32_t cp)
{
	return cp >= ' ' && cp < 0x7f;
}

/* Uses wcwidth as curses does: any other width would put the screen out of step. */
size_t
paint_columns(uint32_t cp)
{
	int w = paint.utf8 && !paint_is_ascii(cp) ? wcwidth((wchar_t)cp) : 1;

	return w < 0 ? 1 : (size_t)w;
}

/* Green, yellow and cyan text is unreadable on a light background: there it is bold instead. */
static struct paint_style
paint_letter_style(enum role role)
{
	struct paint_style style = paint_styles[role][paint.theme];

	if (paint.theme == THEME_ANSI && paint.light && style.bg < 0 &&
	    (style.fg == 2 || style.fg == 3 || style.fg == 6))
		style = (struct paint_style){-1, -1, style.attr | PAINT_BOLD};
	return style;
}

int
paint_text(int y, int x, int right, enum role role, const char *fmt, ...)
{
	const struct paint_style style = paint_letter_style(role);
	char text[1024];
	const char *s = text;
	int left = x;
	va_list ap;

	if (right > paint.cols)
		right = paint.cols;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/*
	 * UTF-8 in any locale: the text is ours or has been escaped; paint_plain_sign handles the
	 * rest
	 */
	for (size_t n, rest = strlen(s); *s; s += n, rest -= n) {
		uint32_t cp = 0xfffd;
		int w;

		n = utf8_next(s, rest, &cp);
		if (!n)
			n = 1;
		w = (int)paint_columns(cp);
		if (w == 0) {
			if (x > left)
				paint_mark(y, x, (wchar_t)cp);
			continue;
		}
		if (x + w > right)
			break;
		paint_put(y, x,
		          paint_is_ascii(cp)                       ? (wchar_t)cp
		          : paint.utf8 && wcwidth((wchar_t)cp) < 0 ? L'?'
		                                                   : paint_plain_sign((wchar_t)cp),
		          style);
		if (w == 2)
			paint_put(y, x + 1, COVERED, style);
		x += w;
	}
	return x;
}

void
paint_fill(int y, int x, int right, enum role role)
{
	for (; x < right && x < paint.cols; x++)
		paint_put(y, x, L' ', paint_styles[role][paint.theme]);
}

void
paint_glyph(int y, int x, enum role role, wchar_t glyph)
{
	paint_put(y, x, paint_plain_sign(glyph), paint_letter_style(role));
}

void
paint_block(int y, int x, enum role front, enum role back, wchar_t glyph)
{
	struct paint_style f = paint_styles[front][paint.theme],
			   b = paint_styles[back][paint.theme];
	struct paint_style style = {.fg = f.bg >= 0 ? f.bg : f.fg, .bg = b.bg, .attr = 0};

	if (paint.theme == THEME_MONO)
		style = (struct paint_style){-1, -1, f.attr};
	else if (paint.theme == THEME_ANSI &&
	         !paint.utf8) /* a symbol, not an area: dark blue needs the extra brightness */
		style.attr = PAINT_BOLD;
	paint_put(y, x, glyph, style);
}

void
paint_over(int y, int x, wchar_t glyph)
{
	struct pcell *c = paint_cell_at(y, x);

	if (!c)
		return;
	c->ch = (unsigned)paint_plain_sign(glyph);
	c->marks = 0;
}

void
paint_shade(int y, int x, int right, enum role role)
{
	struct paint_style style = paint_styles[role][paint.theme];

	for (; x < right; x++) {
		struct pcell *c = paint_cell_at(y, x);

		if (!c || c->bg >= 0)
			continue;
		c->bg = style.bg;
		if (c->fg < 0)
			c->fg = style.fg;
		c->attr |= style.attr & 7;
	}
}

void
paint_choose(int y, int x)
{
	struct pcell *c = paint_cell_at(y, x);

	if (c)
		c->attr ^= PAINT_REVERSE;
}

void
paint_cursor(int y, int x)
{
	paint.cursor_y = y;
	paint.cursor_x = x;
}

wchar_t
paint_eighth(unsigned n)
{
	static const char ramp[] = " _:-=+*##"; /* no dot, which stands for an absent page */

	if (n > 8)
		n = 8;
	if (!paint.utf8)
		return (wchar_t)ramp[n];
	return n == 0 ? L' ' : (wchar_t)(L'▁' + (wchar_t)n - 1);
}

#define S(id, letter, role, name, words, help) [STATE_##id] = ROLE_##role,
enum role
paint_state_role(enum state s)
{
	static const unsigned char roles[STATE_COUNT] = {
#include "page/state.def"
	};

	return (enum role)roles[s];
}
#undef S

enum role
paint_class_role(enum lens l, unsigned c)
{
#define K(l, id, c, r, k, n) ROLE_##r,
	static const unsigned char roles[] = {
#include "page/lens.def"
	};
#undef K

	return l == LENS_STATE ? paint_state_role((enum state)c)
	                       : (enum role)roles[lens_place(l, c)];
}

enum heat
paint_heat(enum heat h)
{
	return paint.calm && h != HEAT_NONE ? HEAT_5S : h;
}

enum role
paint_heat_role(enum heat h)
{
	h = paint_heat(h);
	return h == HEAT_NONE ? ROLE_NONE : (enum role)(ROLE_HEAT_NOW + (int)h - HEAT_NOW);
}
