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
static const struct paint_look looks[ROLE_COUNT][THEME_COUNT] = {
#include "term/theme.def"
};
#undef T

enum {
	COVERED = 0, /* the right half of a wide character */
	NEVER = -1,  /* nothing was sent there yet */
};

struct pcell {
	wchar_t ch; /* or COVERED */
	wchar_t marks[CCHARW_MAX - 1]; /* drawn on it; 0: no more */
	struct paint_look look;
};

/* The frame being drawn, the one on screen, and the colour pairs made so far. */
static struct {
	enum theme theme;
	bool utf8, colors, calm;
	bool light; /* the terminal's own background, as far as it is known */
	int rows, cols;
	struct pcell *next, *shown;
	int cursor_y, cursor_x;
	unsigned short pair[257][257]; /* [fg + 1][bg + 1]; 0 not made yet */
	unsigned short pairs;
} p;

struct paint_look
paint_look(enum theme theme, enum role role)
{
	return looks[role][theme];
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
	memset(&p, 0, sizeof(p));
	p.utf8 = t->utf8;
	p.calm = t->calm;
	p.colors = t->colors > 0;
	p.theme = paint_do_choose(t, theme);
	p.light = t->ground == GROUND_LIGHT || theme == THEME_LIGHT;
}

static void
paint_forget_shown(void)
{
	for (int i = 0; i < p.rows * p.cols; i++)
		p.shown[i] = (struct pcell){.ch = NEVER};
}

void
paint_again(const struct term *t, enum theme theme)
{
	p.theme = paint_do_choose(t, theme);
	p.light = t->ground == GROUND_LIGHT || theme == THEME_LIGHT;
	paint_forget_shown();
}

void
paint_close(void)
{
	free(p.next);
	free(p.shown);
	p.next = p.shown = NULL;
	p.rows = p.cols = 0;
}

enum theme
paint_theme(void)
{
	return p.theme;
}

bool
paint_utf8(void)
{
	return p.utf8;
}

void
paint_begin(const struct term *t)
{
	static const struct pcell blank = {.ch = L' ', .look = {-1, -1, 0}};

	if (t->rows != p.rows || t->cols != p.cols) {
		size_t n = (size_t)t->rows * (size_t)t->cols;

		p.rows = t->rows;
		p.cols = t->cols;
		p.next = mem_resize(p.next, n * sizeof(*p.next));
		p.shown = mem_resize(p.shown, n * sizeof(*p.shown));
		paint_forget_shown();
		erase();
	}
	for (int i = 0; i < p.rows * p.cols; i++)
		p.next[i] = blank;
	p.cursor_y = -1;
}

static int
paint_pair_of(short fg, short bg)
{
	unsigned short *n = &p.pair[fg + 1][bg + 1];

	if (!p.colors || (fg < 0 && bg < 0))
		return 0;
	if (!*n && p.pairs + 1 < COLOR_PAIRS) {
		*n = ++p.pairs;
		init_extended_pair(*n, fg, bg);
	}
	return *n;
}

static void
paint_send_cell(int y, int x, const struct pcell *c)
{
	attr_t attr = (c->look.attr & PAINT_BOLD ? A_BOLD : 0) |
	              (c->look.attr & PAINT_REVERSE ? A_REVERSE : 0) |
	              (c->look.attr & PAINT_UNDERLINE ? A_UNDERLINE : 0);
	int pair = paint_pair_of(c->look.fg, c->look.bg);
	wchar_t text[CCHARW_MAX + 1] = {c->ch};
	cchar_t cc;

	memcpy(text + 1, c->marks, sizeof(c->marks));
	setcchar(&cc, text, attr, (short)pair, p.colors ? &pair : NULL);
	mvadd_wch(y, x, &cc);
}

static bool
paint_same_look(const struct paint_look *a, const struct paint_look *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

static bool
paint_same(const struct pcell *a, const struct pcell *b)
{
	return a->ch == b->ch && paint_same_look(&a->look, &b->look) &&
	       !memcmp(a->marks, b->marks, sizeof(a->marks));
}

unsigned
paint_flush(void)
{
	unsigned changed = 0;

	for (int y = 0; y < p.rows; y++)
		for (int x = 0; x < p.cols; x++) {
			struct pcell *next = &p.next[y * p.cols + x],
				     *shown = &p.shown[y * p.cols + x];

			if (paint_same(next, shown))
				continue;
			*shown = *next;
			if (next->ch != COVERED)
				paint_send_cell(y, x, next);
			changed++;
		}
	curs_set(p.cursor_y >= 0 ? 1 : 0);
	if (p.cursor_y >= 0)
		move(p.cursor_y, p.cursor_x);
	wnoutrefresh(stdscr);
	doupdate();
	return changed;
}

/* In the locale's encoding: what it does not have is on no screen either. */
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
	paint_add_char(out, c->ch);
	for (size_t i = 0; i < ARRAY_LEN(c->marks) && c->marks[i]; i++)
		paint_add_char(out, c->marks[i]);
}

/* Indices of the 256-colour table, which begins with the eight. */
static void
paint_add_look(struct buf *out, const struct paint_look *l)
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
	static const struct paint_look plain = {-1, -1, 0};

	for (int y = 0; y < rows && y < p.rows; y++) {
		const struct pcell *row = &p.shown[y * p.cols];
		struct paint_look now = plain;
		int end = p.cols;

		while (end > 0 && row[end - 1].ch == L' ' &&
		       (!colors || paint_same_look(&row[end - 1].look, &plain)))
			end--;
		for (int x = 0; x < end; x++) {
			if (row[x].ch == COVERED)
				continue;
			if (colors && !paint_same_look(&row[x].look, &now))
				paint_add_look(out, &row[x].look);
			now = row[x].look;
			paint_add_cell(out, &row[x]);
		}
		buf_str(out, colors && !paint_same_look(&now, &plain) ? "\033[0m\n" : "\n");
	}
}

static struct pcell *
paint_cell_at(int y, int x)
{
	return y < 0 || y >= p.rows || x < 0 || x >= p.cols ? NULL : &p.next[y * p.cols + x];
}

static void
paint_put(int y, int x, wchar_t ch, struct paint_look look)
{
	struct pcell *c = paint_cell_at(y, x);

	if (c)
		*c = (struct pcell){.ch = ch, .look = look};
}

/* What a terminal that has only ASCII shows for the few signs pmtop draws itself. */
static wchar_t
paint_plain_sign(wchar_t ch)
{
	static const struct {
		wchar_t sign, plain;
	} signs[] = {
	    {L'›', L'>'}, {L'●', L'*'}, {L'·', L'.'}, {L'▼', L'v'}, {L'▲', L'^'}, {L'…', L'~'},
	    {L'│', L'|'}, {L'─', L'-'}, {L'▔', L'^'}, {L'█', L'#'}, {L'↑', L'^'}, {L'↓', L'v'},
	};

	if (p.utf8 || ch < 0x7f)
		return ch;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (signs[i].sign == ch)
			return signs[i].plain;
	return L'?';
}

/* A mark on what was written last, which ends before x. */
static void
paint_mark(int y, int x, wchar_t mark)
{
	struct pcell *c = paint_cell_at(y, x - 1);
	size_t n = 0;

	if (c && c->ch == COVERED)
		c = paint_cell_at(y, x - 2);
	while (c && n < ARRAY_LEN(c->marks) && c->marks[n])
		n++;
	if (c && n < ARRAY_LEN(c->marks))
		c->marks[n] = mark;
}

/* What curses takes it for, which a second opinion could only put at odds with the screen. */
size_t
paint_columns(uint32_t cp)
{
	int w = p.utf8 ? wcwidth((wchar_t)cp) : 1;

	return w < 0 ? 1 : (size_t)w;
}

/* Green, yellow and cyan letters cannot be read on a light ground: they stand out by weight there.
 */
static struct paint_look
paint_letter_look(enum role role)
{
	struct paint_look look = looks[role][p.theme];

	if (p.theme == THEME_ANSI && p.light && look.bg < 0 &&
	    (look.fg == 2 || look.fg == 3 || look.fg == 6))
		look = (struct paint_look){-1, -1, look.attr | PAINT_BOLD};
	return look;
}

int
paint_text(int y, int x, int right, enum role role, const char *fmt, ...)
{
	char text[1024];
	const char *s = text;
	int left = x;
	va_list ap;

	if (right > p.cols)
		right = p.cols;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* UTF-8 whatever the locale: the text is ours, or was made safe; plain_sign does the rest
	 */
	for (size_t n; *s; s += n) {
		uint32_t cp = 0xfffd;
		int w;

		n = utf8_next(s, strlen(s), &cp);
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
		          p.utf8 && wcwidth((wchar_t)cp) < 0 ? L'?' : paint_plain_sign((wchar_t)cp),
		          paint_letter_look(role));
		if (w == 2)
			paint_put(y, x + 1, COVERED, paint_letter_look(role));
		x += w;
	}
	return x;
}

void
paint_fill(int y, int x, int right, enum role role)
{
	for (; x < right; x++)
		paint_put(y, x, L' ', looks[role][p.theme]);
}

void
paint_glyph(int y, int x, enum role role, wchar_t glyph)
{
	paint_put(y, x, paint_plain_sign(glyph), paint_letter_look(role));
}

void
paint_block(int y, int x, enum role front, enum role back, wchar_t glyph)
{
	struct paint_look f = looks[front][p.theme], b = looks[back][p.theme];
	struct paint_look look = {.fg = f.bg >= 0 ? f.bg : f.fg, .bg = b.bg, .attr = 0};

	if (p.theme == THEME_MONO)
		look = (struct paint_look){-1, -1, f.attr};
	else if (p.theme == THEME_ANSI &&
	         !p.utf8) /* a sign, and no area: dark blue needs what light it can get */
		look.attr = PAINT_BOLD;
	paint_put(y, x, glyph, look);
}

void
paint_over(int y, int x, wchar_t glyph)
{
	const struct pcell *c = paint_cell_at(y, x);

	if (c)
		paint_put(y, x, paint_plain_sign(glyph), c->look);
}

void
paint_shade(int y, int x, int right, enum role role)
{
	struct paint_look look = looks[role][p.theme];

	for (; x < right; x++) {
		struct pcell *c = paint_cell_at(y, x);

		if (!c || c->look.bg >= 0)
			continue;
		c->look.bg = look.bg;
		if (c->look.fg < 0)
			c->look.fg = look.fg;
		c->look.attr |= look.attr;
	}
}

void
paint_choose(int y, int x)
{
	struct pcell *c = paint_cell_at(y, x);

	if (c)
		c->look.attr ^= PAINT_REVERSE;
}

void
paint_cursor(int y, int x)
{
	p.cursor_y = y;
	p.cursor_x = x;
}

wchar_t
paint_eighth(unsigned n)
{
	static const char ramp[] = " _:-=+*##"; /* a dot is a place where nothing is */

	if (n > 8)
		n = 8;
	if (!p.utf8)
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
	return p.calm && h != HEAT_NONE ? HEAT_5S : h;
}

enum role
paint_heat_role(enum heat h)
{
	h = paint_heat(h);
	return h == HEAT_NONE ? ROLE_NONE : (enum role)(ROLE_HEAT_NOW + (int)h - HEAT_NOW);
}
