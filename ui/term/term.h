/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TERM_H
#define PM_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "term/ground.h"
#include "term/mouse.h"

/*
 * The terminal: opening, closing, resizing, reading. Apart from paint the only user of curses. It
 * is restored no matter how the program ends.
 */
enum term_color {
	COLOR_AUTO,
	COLOR_ALWAYS,
	COLOR_NEVER,
	COLOR_256, /* the terminal has 256 colours, whatever its terminfo entry says */
};

struct term_options {
	enum term_color color;
	bool ascii;           /* no characters outside ASCII: by option, or because of the locale */
	bool calm;            /* no fading: all written pages have one colour */
	bool ask_ground;      /* find out whether the background is dark or light */
	bool mouse;           /* enable mouse reports if the terminal has them */
	bool headless;        /* draw into nothing, rows x cols: for benchmarks */
	int rows, cols;
};

struct term {
	int rows, cols;
	int colors;           /* 0, 8, 16, 256 */
	bool utf8, calm;
	enum ground ground; /* unknown: not asked, or no reply yet (TERM_GROUND) */
	bool headless;
	struct mouse mouse; /* the report of TERM_MOUSE */
	FILE *out;
	char notice[160]; /* shown to the user once ("unknown terminal, using xterm") */
};

int term_open(struct term *t, const struct term_options *o, struct err *err);
void term_close(struct term *t);

/* The descriptor to poll for keys; -1 when headless. */
int term_fd(const struct term *t);

/* Keys. Characters stand for themselves; the others: */
enum {
	TERM_NONE = -1,
	TERM_UP = 0x1000,
	TERM_DOWN,
	TERM_LEFT,
	TERM_RIGHT,
	TERM_PGUP,
	TERM_PGDN,
	TERM_HOME,
	TERM_END,
	TERM_BACKSPACE,
	TERM_BTAB,
	TERM_RESIZE,
	TERM_GROUND,
	TERM_MOUSE,
	TERM_F0,
	TERM_LAST = TERM_F0 + 13
};

/*
 * The next key, or TERM_NONE. `raw`: bytes for readline, without mouse reports. TERM_GROUND: not a
 * key, but the late reply for t->ground.
 */
int term_key(struct term *t, bool raw);

/*
 * Whether input is buffered that poll on the descriptor does not show: read while waiting for
 * replies.
 */
bool term_has_key(void);

/* Whether the next of them was typed: a resize was not. */
bool term_has_byte(void);

/* Whether the terminal was asked for its background and has not answered yet: some never do. */
bool term_is_asked(void);

/* Adopts the terminal's new size after TERM_RESIZE (or at a headless start). */
void term_measure(struct term *t);

/*
 * Copies text to the terminal's clipboard (OSC 52). false: its terminfo lacks the capability (Ms).
 */
bool term_copy(struct term *t, const char *text);

/* Restores the terminal for others; takes it back and redraws everything. */
void term_suspend(void);
void term_resume(void);

/*
 * Whether the terminal accepts a byte now, so is not slow, stopped (^S) or hung. Async-signal-safe,
 * as are the next two.
 */
bool term_takes(void);

/* Sends everything again at the next flush. */
void term_redraw(void);

/* Restores the terminal by the shortest path. */
void term_panic(void);

#endif
