/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SCROLL_H
#define PM_SCROLL_H

#include "model/ui.h"

/* How far it is scrolled: of each view that is one text this is the first that it keeps. */
struct scroll_view {
	int top; /* the first line on screen */
};

/* That of the view on screen; and to its beginning. */
static inline struct scroll_view *
scroll_of(const struct ui *ui)
{
	return ui->own[ui_view(ui)];
}

void scroll_enter(struct ui *ui);

/* A text of so many lines on so many rows of the screen, in columns beside each other. */
struct scroll {
	int lines, rows, columns;
};

/* How many rows have lines of it. Where not all are shown the last row says so: scroll_draw. */
int scroll_rows(struct scroll p);

/* The first line that is shown, within the text. */
int scroll_top(int top, struct scroll p);

/* In the last row from y on: how many lines there are above and below; nothing if all are shown. */
void scroll_draw(const struct ui *ui, int y, int top, struct scroll p);

#endif
