/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOUSE_H
#define PM_MOUSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Mouse reports of terminals in the SGR form, \e[<BUTTON;COLUMN;ROW and M for press, m for release.
 * Parsed here, not by curses, which relies on the terminfo entry: tmux's only has the old form, and
 * none covers motion with a button down.
 */
enum mouse_kind { MOUSE_PRESS, MOUSE_DRAG, MOUSE_RELEASE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct mouse {
	enum mouse_kind kind;
	int y, x; /* from 0; may be outside the screen */
	bool ctrl;
};

/* false: another form, or a button without a function here. */
bool mouse_parse(const char *sequence, struct mouse *m);

/* A gesture and what it does (mouse.def). */
struct mouse_row {
	const char *gesture, *words;
};
const struct mouse_row *mouse_table(size_t *n);

#define MOUSE_ON "\033[?1000h\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

#endif
