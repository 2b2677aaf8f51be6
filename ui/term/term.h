/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TERM_H
#define PM_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "term/ground.h"
#include "term/mouse.h"

/*
 * The terminal: started, stopped, resized, read. With paint the only file that knows curses.
 * It is left as it was found whatever ends the program.
 */
enum term_color {
	COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER,
	COLOR_256, /* the terminal has them, whatever its entry in the database says */
};

struct term_options {
	enum term_color color;
	bool ascii;           /* no character outside ASCII: not wanted, or not in the locale */
	bool calm;            /* nothing fades: what was written has one colour */
	bool ask_ground;      /* find out whether the background is dark or light */
	bool mouse;           /* reported, as far as the terminal has one */
	bool headless;        /* draw into nothing, rows x cols: for benchmarks */
	int rows, cols;
};

struct term {
	int rows, cols;
	int colors;           /* 0, 8, 16, 256 */
	bool utf8, calm;
	enum ground ground;   /* unknown: not asked, or not answered yet (TERM_GROUND) */
	bool headless;
	struct mouse mouse;   /* what TERM_MOUSE tells */
	FILE *out;
	char notice[160]; /* something to tell the user once ("unknown terminal, using xterm") */
};

int term_open(struct term *t, const struct term_options *o, struct err *err);
void term_close(struct term *t);

/* The descriptor to poll for keys; -1 when headless. */
int term_fd(const struct term *t);

/* Keys. Characters are themselves; the others: */
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
 * The next key, TERM_NONE if there is none yet. `raw`: bytes as they come, for readline; then
 * nothing is told of the mouse. TERM_GROUND: no key, but the answer that t->ground waited for came
 * late.
 */
int term_key(struct term *t, bool raw);

/* Whether there is a key that the descriptor to poll says nothing of: it was read while the
 * terminal was asked. */
bool term_has_key(void);

/* Take the terminal's new size over after TERM_RESIZE (or at the headless start). */
void term_measure(struct term *t);

/* Puts text on the clipboard of the terminal (OSC 52). false: its terminfo does not say that it can
 * (Ms). */
bool term_copy(struct term *t, const char *text);

/* Leaves the terminal to others for a while, as it was found; comes back, and sends everything
 * anew. */
void term_suspend(void);
void term_resume(void);

/* Whether it takes a byte now: it is not slow, nor stopped (^S), nor hung. Safe in a signal
 * handler, as the next one. */
bool term_takes(void);

/* Everything is sent anew at the next flush. */
void term_redraw(void);

/* The shortest way back to a sane terminal: safe in a signal handler. */
void term_panic(void);

#endif
