/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAINT_H
#define PM_PAINT_H

#include <stdbool.h>

#include "base/util.h"
#include "page/heat.h"
#include "page/lens.h"
#include "term/term.h"

/*
 * Text and cells by role. A frame is drawn into memory of our own and compared with the last one;
 * only what changed reaches curses, and a frame that did not change sends nothing.
 */
#define T(role, df, db, da, lf, lb, la, af, ab, aa, ma) ROLE_##role,
enum role {
#include "term/theme.def"
	ROLE_COUNT
};
#undef T

enum theme { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_ANSI, THEME_MONO, THEME_COUNT };

struct paint_look {
	short fg, bg;
	unsigned char attr; /* PAINT_BOLD ... */
};
enum { PAINT_BOLD = 1, PAINT_REVERSE = 2, PAINT_UNDERLINE = 4 };

/* The row of theme.def, for the colour test as well. */
struct paint_look paint_look(enum theme theme, enum role role);
const char *paint_theme_name(enum theme theme);

/* AUTO: dark or light as t->ground is, which may be found out later: paint_again draws all of the
 * next frame. */
void paint_open(const struct term *t, enum theme theme);
void paint_again(const struct term *t, enum theme theme);
void paint_close(void);
enum theme paint_theme(void);
bool paint_utf8(void);

/* Starts a frame of the terminal's size, all blank; paint_flush sends it. Returns the bytes' worth:
 * cells changed. */
void paint_begin(const struct term *t);
unsigned paint_flush(void);

/* The first rows of the frame on screen as text without the blanks at the ends; with its colours:
 * as ANSI sequences. */
void paint_dump(struct buf *out, int rows, bool colors);

/* Columns that a character takes: 0 drawn on the one before it, 1, 2. */
size_t paint_columns(uint32_t cp);

/* Writes UTF-8, clipped to columns [x, right). Returns the next column. */
int paint_text(int y, int x, int right, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void paint_fill(int y, int x, int right, enum role role);

/* One cell: the glyph in the role's colours. The glyph is a character, not text from outside. */
void paint_glyph(int y, int x, enum role role, wchar_t glyph);

/* The same with the cell background of `back` under the glyph coloured as `front`'s background. */
void paint_block(int y, int x, enum role front, enum role back, wchar_t glyph);

/* A character in the colours that the cell has already. */
void paint_over(int y, int x, wchar_t glyph);

/* Gives the columns [x, right) of a row already painted the background (and weight) of a role. */
void paint_shade(int y, int x, int right, enum role role);

/* Marks a cell already painted as one of those chosen: its colours change places, and so stay as
 * legible as they were. */
void paint_choose(int y, int x);

/* Where the terminal's cursor is left; y < 0 hides it. */
void paint_cursor(int y, int x);

/* ▁..█ by eighths (0: blank), or an ASCII ramp. */
wchar_t paint_eighth(unsigned eighths);

enum role paint_state_role(enum state s);
enum role paint_class_role(enum lens l, unsigned c);
enum role paint_heat_role(enum heat h);

/* The step that is shown for a step: calm, there is one. */
enum heat paint_heat(enum heat h);

#endif
