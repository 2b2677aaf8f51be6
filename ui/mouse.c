/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mouse.h"

#include <stdio.h>

#include "util.h"

#define M(g, w) {.gesture = (g), .words = (w)},
static const struct mouse_row rows[] = {
#include "mouse.def"
};
#undef M

enum { BUTTON_BITS = 3, CTRL = 16, MOVED = 32, WHEEL = 64, MORE_BUTTONS = 128, CELLS_MAX = 10000 };

const struct mouse_row *
mouse_table(size_t *n)
{
	*n = ARRAY_LEN(rows);
	return rows;
}

static bool
find_kind(int button, char end, enum mouse_kind *kind)
{
	int which = button & BUTTON_BITS;

	if (button & MORE_BUTTONS)
		return false;
	if (button & WHEEL) {
		*kind = which ? MOUSE_WHEEL_DOWN : MOUSE_WHEEL_UP;
		return which < 2 && end == 'M'; /* 2 and 3 are sideways */
	}
	*kind = end == 'm' ? MOUSE_RELEASE : button & MOVED ? MOUSE_DRAG : MOUSE_PRESS;
	return which == 0;
}

bool
mouse_parse(const char *sequence, struct mouse *m)
{
	int button, x, y, n = 0;
	char end;

	if (sscanf(sequence, "\033[<%3d;%5d;%5d%c%n", &button, &x, &y, &end, &n) != 4 || sequence[n])
		return false;
	if (button < 0 || x < 1 || y < 1 || x > CELLS_MAX || y > CELLS_MAX || (end != 'M' && end != 'm'))
		return false;
	m->y = y - 1;
	m->x = x - 1;
	m->ctrl = (button & CTRL) != 0;
	return find_kind(button, end, &m->kind);
}
