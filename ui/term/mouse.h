/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOUSE_H
#define PM_MOUSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What terminals tell of the mouse: the SGR form, \e[<BUTTON;COLUMN;ROW and M for down, m for up.
 * Read here and not by curses, which goes by the terminal's entry: that of tmux knows the old form
 * alone, and none tells of a move while the button is down.
 */
enum mouse_kind { MOUSE_PRESS, MOUSE_DRAG, MOUSE_RELEASE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct mouse {
	enum mouse_kind kind;
	int y, x; /* from 0; may lie outside the screen */
	bool ctrl;
};

/* False: not of this form, or of a button that means nothing here. */
bool mouse_parse(const char *sequence, struct mouse *m);

/* What it does, in words (mouse.def). */
struct mouse_row {
	const char *gesture, *words;
};
const struct mouse_row *mouse_table(size_t *n);

#define MOUSE_ON "\033[?1000h\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

#endif
