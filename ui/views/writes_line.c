/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/writes_line.h"

#include <string.h>

#include "base/util.h"
#include "term/paint.h"
#include "views/writes_card.h"

enum { ROOMY = 100 }; /* columns */

int
writes_spark_draw(const uint8_t *heights, unsigned n, int y, int x)
{
	for (unsigned i = 0; i < n; i++, x++)
		if (heights[i] != RATE_NO_HEIGHT && heights[i])
			paint_glyph(y, x, ROLE_HOT, paint_eighth(heights[i]));
		else if (heights[i] != RATE_NO_HEIGHT)
			paint_glyph(y, x, ROLE_NONE, paint_utf8() ? L'·' : L'.');
	return x;
}

static int
writes_draw_minute(const struct ui *ui, const struct rate *r, int y, int x)
{
	int most = ui->cols >= 160 ? 60 : ui->cols >= ROOMY ? 30 : 20, room = ui->cols - x;
	unsigned n = writes_graph_columns(room < most ? room : most);
	uint64_t series[RATE_SECONDS];
	uint8_t heights[RATE_SECONDS];

	if (!n)
		return x;
	rate_series(r, n, series);
	rate_heights(series, n, 7, heights);
	return writes_spark_draw(heights, n, y, x) + 1;
}

/* What the sum leaves out, in words that leave room for the rate and the graph. */
static int
writes_draw_unknown(const struct ui *ui, const struct sample *s, int y, int x)
{
	enum { RATE_ROOM = sizeof("; 1023K/s new ") - 1 + 12 };
	const struct unknown *u = &s->writes.unknown;
	const char *why = tracker_words(s->tracker)->unknown;
	size_t room = ui->cols > x + RATE_ROOM ? (size_t)(ui->cols - x - RATE_ROOM) : 0;
	struct buf text = {0};
	char size[8];

	for (int brief = 0; brief < 2 && (!brief || text.len > room); brief++) {
		text.len = 0;
		writes_unknown(&text, u, s->page_size, brief);
		buf_fmt(&text, ", %s", why);
	}
	if (text.len > room) {
		text.len = 0;
		buf_fmt(&text, "+%s %s", size_text(size, u->pages * s->page_size), why);
	}
	x = paint_text(y, x, ui->cols, ROLE_HOT, "%s; ", text.s);
	buf_free(&text);
	return x;
}

int
writes_line_draw(const struct ui *ui, const struct sample *s, int y, int x)
{
	const struct writes *w = &s->writes;
	uint64_t now, peak, mean;
	char a[8], b[8];

	size_text(a, w->written * s->page_size);
	if (!w->auto_clear && w->unknown.pages &&
	    ui->cols < ROOMY) /* the label says "writes" */
		x = paint_text(y, x, ui->cols, ROLE_HOT, "%s ", a);
	else if (!w->auto_clear)
		x = paint_text(y, x, ui->cols, ROLE_HOT, "%s %s%s", a,
		               writes_counts_changes(s) ? "changed" : "written",
		               w->unknown.pages ? " " : ", ");
	if (w->unknown.pages)
		x = writes_draw_unknown(ui, s, y, x);
	if (!rate_now(&w->rate, &now) || !rate_peak(&w->rate, &peak, &mean))
		return paint_text(y, x, ui->cols, ROLE_DIM, "%s",
		                  s->timeline ? "rate not known" : "rate known after 1 s");
	size_text(a, rate_bytes(now, s->page_size));
	x = paint_text(y, x, ui->cols, ROLE_HOT, "%s/s%s ", a,
	               w->auto_clear ? "" : " new");
	x = writes_draw_minute(ui, &w->rate, y, x);
	rate_text(a, now);
	if (x + (int)strlen(a) + 8 <= ui->cols) /* a cut value would have another unit */
		x = paint_text(y, x, ui->cols, ROLE_TEXT, "%s pages/s ", a);
	if (x + 10 <= ui->cols)
		x = paint_text(y, x, ui->cols, ROLE_TEXT, " peak %s", rate_text(b, peak));
	return x;
}
