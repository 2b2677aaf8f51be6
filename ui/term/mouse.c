/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/mouse.h"

#include <stdio.h>

#include "base/util.h"

#define M(g, w) {.gesture = (g), .words = (w)},
static const struct mouse_row mouse_rows[] = {
#include "term/mouse.def"
};
#undef M

enum { BUTTON_BITS = 3, CTRL = 16, MOVED = 32, WHEEL = 64, MORE_BUTTONS = 128, CELLS_MAX = 10000 };

const struct mouse_row *
mouse_table(size_t *n)
{
	*n = ARRAY_LEN(mouse_rows);
	return mouse_rows;
}

static bool
mouse_find_kind(int button, char end, enum mouse_kind *kind)
{
	int which = button & BUTTON_BITS;

	if (button & MORE_BUTTONS)
		return false;
	if (button & WHEEL ? which > 1 || end != 'M' : which != 0)
		return false; /* wheel buttons 2 and 3 are horizontal */
	if (button & WHEEL) {
		*kind = which ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
		return true;
	}
	*kind = end == 'm' ? MOUSE_RELEASE : button & MOVED ? MOUSE_DRAG : MOUSE_PRESS;
	return true;
}

bool
mouse_parse(const char *sequence, struct mouse *m)
{
	enum mouse_kind kind;
	int button, x, y, n = 0;
	char end;

	if (sscanf(sequence, "\033[<%3d;%5d;%5d%c%n", &button, &x, &y, &end, &n) != 4 ||
	    sequence[n])
		return false;
	if (button < 0 || x < 1 || y < 1 || x > CELLS_MAX || y > CELLS_MAX ||
	    (end != 'M' && end != 'm') || !mouse_find_kind(button, end, &kind))
		return false;
	*m = (struct mouse){.kind = kind, .y = y - 1, .x = x - 1, .ctrl = (button & CTRL) != 0};
	return true;
}
