/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAINT_H
#define PM_PAINT_H

#include <stdbool.h>

#include "base/util.h"
#include "page/heat.h"
#include "page/lens.h"
#include "term/term.h"

/*
 * Text and cells by role. A frame is drawn into memory and compared with the last one; only changed
 * cells reach curses, and an unchanged frame sends nothing.
 */
#define T(role, df, db, da, lf, lb, la, af, ab, aa, ma) ROLE_##role,
enum role {
#include "term/theme.def"
	ROLE_COUNT
};
#undef T

enum theme { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_ANSI, THEME_MONO, THEME_COUNT };

struct paint_style {
	short fg, bg;
	unsigned char attr; /* PAINT_BOLD ... */
};
enum { PAINT_BOLD = 1, PAINT_REVERSE = 2, PAINT_UNDERLINE = 4 };

/* The colours of a role in theme.def; also for the colour test. */
struct paint_style paint_style(enum theme theme, enum role role);
const char *paint_theme_name(enum theme theme);

/*
 * AUTO follows t->ground, which may become known later: paint_again redraws all of the next frame,
 * and takes a changed t->calm.
 */
void paint_open(const struct term *t, enum theme theme);
void paint_again(const struct term *t, enum theme theme);
void paint_close(void);
enum theme paint_theme(void);
bool paint_utf8(void);

/*
 * Begins a blank frame of the terminal's size; paint_flush sends it and returns the number of cells
 * changed.
 */
void paint_begin(const struct term *t);
unsigned paint_flush(void);

/*
 * The first rows of the frame on screen as text, without trailing blanks; with `colors` as ANSI
 * sequences.
 */
void paint_dump(struct buf *out, int rows, bool colors);

/* The columns a character takes: 0 (combining), 1 or 2. */
size_t paint_columns(uint32_t cp);

/* Writes UTF-8, clipped to columns [x, right). Returns the next column. */
int paint_text(int y, int x, int right, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void paint_fill(int y, int x, int right, enum role role);

/* One cell: the glyph in the role's colours. The glyph is ours, never text from outside. */
void paint_glyph(int y, int x, enum role role, wchar_t glyph);

/* One cell: the background of `back`, the glyph in the background colour of `front`. */
void paint_block(int y, int x, enum role front, enum role back, wchar_t glyph);

/* Replaces the character of a cell and keeps its colours. */
void paint_over(int y, int x, wchar_t glyph);

/* Gives columns [x, right) of a painted row the background (and weight) of a role. */
void paint_shade(int y, int x, int right, enum role role);

/* Marks a painted cell as selected by swapping its colours, which keeps it as legible as before. */
void paint_choose(int y, int x);

/* Where to leave the terminal's cursor; y < 0 hides it. */
void paint_cursor(int y, int x);

/* The block ▁..█ for that many eighths (0: blank), or an ASCII ramp. */
wchar_t paint_eighth(unsigned eighths);

enum role paint_state_role(enum state s);
enum role paint_class_role(enum lens l, unsigned c);
enum role paint_heat_role(enum heat h);

/* The heat step to display: with --calm there is only one. */
enum heat paint_heat(enum heat h);

#endif
