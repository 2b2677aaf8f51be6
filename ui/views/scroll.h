/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SCROLL_H
#define PM_SCROLL_H

#include "model/ui.h"

/* The scroll position. A view that is a single text keeps this first. */
struct scroll_view {
	int top; /* the first line on screen */
};

/* The state of the view on screen; scrolling to its start. */
static inline struct scroll_view *
scroll_of(const struct ui *ui)
{
	return ui->own[ui_view(ui)];
}

void scroll_enter(struct ui *ui);

/* A text of `lines` lines on `rows` rows of the screen, in `columns` columns. */
struct scroll {
	int lines, rows, columns;
};

/* The number of rows for text. If it does not all fit, the last row says so: scroll_draw. */
int scroll_rows(struct scroll p);

/* Limits top to the text. */
int scroll_top(int top, struct scroll p);

/*
 * How much of `widest` cells has scrolled off to the left, `left` so far, after `cells` more (less,
 * if negative) where `room` are on screen.
 */
size_t scroll_sideways(size_t left, int cells, size_t widest, size_t room);

/* In the last row from y on: the number of lines above and below; nothing if all fit. */
void scroll_draw(const struct ui *ui, int y, int top, struct scroll p);

#endif
