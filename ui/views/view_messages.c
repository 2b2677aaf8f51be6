/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The message log: the newest first, each with its time. */
#include <string.h>

#include "base/util.h"
#include "model/messages.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/card.h"
#include "views/scroll.h"
#include "views/view.h"

enum { TEXT_AT = 11, DATE = 11 }; /* after the time; and after its date */

/* Whether they are of more than one day. */
static bool
view_messages_dated(const struct messages *m)
{
	struct tm a, b;

	localtime_r(&m->v[0].when, &a);
	localtime_r(&m->v[m->n - 1].when, &b);
	return a.tm_yday != b.tm_yday || a.tm_year != b.tm_year;
}

/* Draws a message from row y on, clipped to [top, bottom); returns the row after it. */
static int
view_messages_draw_message(const struct ui *ui, const struct message *m, int y, int top, int bottom)
{
	bool dated = view_messages_dated(ui->messages);
	int left = TEXT_AT + (dated ? DATE : 0);
	size_t width = ui->cols > left + 1 ? (size_t)(ui->cols - left - 1) : 1;
	const char *s = m->text;
	struct tm tm;
	char when[32];

	localtime_r(&m->when, &tm);
	strftime(when, sizeof(when), dated ? "%F %T" : "%T", &tm);
	if (y >= top && y < bottom)
		paint_text(y, 1, left, ROLE_DIM, "%s", when);
	do {
		size_t n = fit_line(s, width);
		int x = left;

		if (y >= top && y < bottom)
			x = paint_text(y, x, ui->cols, (enum role)m->role, "%.*s", (int)n, s);
		s += n;
		s += strspn(s, " ");
		if (!*s && m->times > 1 && y >= top && y < bottom)
			paint_text(y, x, ui->cols, ROLE_DIM, " (%u times)", m->times);
		y++;
	} while (*s);
	return y;
}

static int
view_messages_draw_all(const struct ui *ui, int y, int top, int bottom)
{
	for (size_t i = ui->messages ? ui->messages->n : 0; i--;)
		y = view_messages_draw_message(ui, &ui->messages->v[i], y, top, bottom);
	return y;
}

static void
view_messages_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct scroll page = {view_messages_draw_all(ui, 0, 0, 0), bottom - top, 1};

	(void)s;
	if (!ui->messages || !ui->messages->n)
		paint_text(top, 1, ui->cols, ROLE_DIM, "no messages yet");
	view_messages_draw_all(ui, top - scroll_of(ui)->top, top, top + scroll_rows(page));
	scroll_draw(ui, top, scroll_of(ui)->top, page);
}

static void
view_messages_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	(void)s;
	scroll_of(ui)->top =
	    scroll_top(scroll_of(ui)->top,
	               (struct scroll){view_messages_draw_all(ui, 0, 0, 0), bottom - top, 1});
}

static void
view_messages_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	size_t n = ui->messages ? ui->messages->n : 0;

	(void)s;
	buf_fmt(out, "%zu message%s, newest first", n, plural(n));
}

static void
view_messages_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	(void)s;
	buf_str(out, "messages");
}

static unsigned
view_messages_act(struct ui *ui, const struct sample *s, enum action a)
{
	(void)s;
	if (a == ACT_LAST)
		scroll_of(ui)->top = MESSAGES_MAX * 8; /* settle limits it */
	else
		card_act(&scroll_of(ui)->top, ui->rows - 4, a);
	return FX_NONE;
}

const struct view view_messages = {
    .size = sizeof(struct scroll_view),
    .enter = scroll_enter,
    .draw = view_messages_draw,
    .act = view_messages_act,
    .say = view_messages_say,
    .breadcrumb = view_messages_breadcrumb,
    .settle = view_messages_settle,
};
