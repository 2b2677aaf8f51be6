/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/scroll.h"

#include "base/util.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"

void
scroll_enter(struct ui *ui)
{
	scroll_of(ui)->top = 0;
}

int
scroll_rows(struct scroll p)
{
	return p.lines > p.rows * p.columns && p.rows > 1 ? p.rows - 1 : p.rows;
}

int
scroll_top(int top, struct scroll p)
{
	int last = p.lines - scroll_rows(p) * p.columns;

	if (top > last)
		top = last;
	return top > 0 ? top : 0;
}

size_t
scroll_sideways(size_t left, int cells, size_t widest, size_t room)
{
	size_t most = widest > room ? widest - room : 0;

	if (cells < 0 && (size_t)-cells >= left)
		return 0;
	left += (size_t)cells;
	return left < most ? left : most;
}

void
scroll_draw(const struct ui *ui, int y, int top, struct scroll p)
{
	int shown = scroll_rows(p), below = p.lines - top - shown * p.columns;
	char letter = ui_letter(ui);
	struct buf text = {0};

	if (shown == p.rows)
		return;
	if (top)
		buf_fmt(&text, "▲ %d line%s above%s", top, plural((uint64_t)top),
		        below > 0 ? "  " : "");
	if (below > 0)
		buf_fmt(&text, "▼ %d line%s below: %s", below, plural((uint64_t)below),
		        key_of(ACT_PAGE_DOWN, letter));
	paint_fill(y + shown, 0, ui->cols, ROLE_TEXT);
	fit_draw_cut(y + shown, 1, ui->cols, ROLE_ACCENT, text.s);
	buf_free(&text);
}
