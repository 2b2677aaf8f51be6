/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/timebar.h"

#include <stdio.h>
#include <string.h>

#include "base/rate.h"
#include "base/util.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/view.h"

/* What is left of the bars, and right of them. */
enum { TIMEBAR_LEFT = 9, TIMEBAR_RIGHT = 12 };

/* What one row shows of tick i, in bytes. false: it is not known. */
typedef bool timebar_value(const struct sample *s, size_t i, uint64_t *bytes);

static bool
timebar_memory(const struct sample *s, size_t i, uint64_t *bytes)
{
	*bytes = (s->timeline->v[i].rss + s->timeline->v[i].swap) * s->page_size;
	return true;
}

/* A second: a recording that was thinned has ticks of many. */
static bool
timebar_written(const struct sample *s, size_t i, uint64_t *bytes)
{
	const struct timeline_tick *v = &s->timeline->v[i];
	uint64_t ns = i ? v->time_ns - v[-1].time_ns : 0;

	*bytes = ns ? rate_bytes(rate_of(v->written, ns), s->page_size) : 0;
	return v->written_known && ns;
}

/* Ticks [from, to) of n are in column i of `width`. */
static size_t
timebar_first(size_t i, size_t n, size_t width)
{
	return n <= width ? i : (size_t)((uint64_t)i * n / width);
}

/* The column of tick i. */
static size_t
timebar_column(size_t i, size_t n, size_t width)
{
	return n <= width ? i : (size_t)(((uint64_t)i * width + width - 1) / n);
}

static bool
timebar_most(const struct sample *s, size_t from, size_t to, timebar_value *of, uint64_t *most)
{
	bool known = false;
	uint64_t bytes;

	*most = 0;
	for (size_t i = from; i < to; i++)
		if (of(s, i, &bytes)) {
			*most = u64_max(*most, bytes);
			known = true;
		}
	return known;
}

static void
timebar_row(const struct sample *s, int y, int cols, const char *name, enum role role,
            const char *unit, timebar_value *of)
{
	const struct timeline *t = s->timeline;
	size_t width = (size_t)(cols - TIMEBAR_LEFT - TIMEBAR_RIGHT), shown = u64_min(width, t->n);
	size_t at = timebar_column(timeline_find(t, s->time_ns), t->n, width);
	char size[8];
	uint64_t all, most;
	bool known = timebar_most(s, 0, t->n, of, &all);

	paint_text(y, 1, TIMEBAR_LEFT, ROLE_DIM, "%s", name);
	for (size_t i = 0; i < shown; i++) {
		int x = TIMEBAR_LEFT + (int)i;

		if (timebar_most(s, timebar_first(i, t->n, width),
		                 u64_max(timebar_first(i + 1, t->n, width),
		                         timebar_first(i, t->n, width) + 1),
		                 of, &most))
			paint_glyph(y, x, role, paint_eighth(eighths(most, all)));
		else
			paint_glyph(y, x, ROLE_DIM, '?');
	}
	if (at < shown)
		paint_choose(y, TIMEBAR_LEFT + (int)at);
	if (known)
		paint_text(y, cols - TIMEBAR_RIGHT + 1, cols, ROLE_DIM, "max %s%s",
		           size_text(size, all), unit);
}

/* To the sample under the mouse; at the right end, and beyond, to the last one. */
static unsigned
timebar_hit(struct ui *ui, const struct sample *s, const struct touch *t)
{
	size_t n = s->timeline ? s->timeline->n : 0;

	if (!n)
		return FX_NONE;
	ui->tick = u64_min(timebar_first((size_t)t->dx, n, (size_t)t->cols), n - 1);
	if (t->dx == t->cols - 1)
		ui->tick = n - 1;
	return FX_TRAVEL;
}

void
timebar_draw(const struct sample *s, int y, int cols)
{
	timebar_row(s, y, cols, "memory", ROLE_ACCENT, "", timebar_memory);
	timebar_row(s, y + 1, cols, "written", ROLE_HOT, "/s", timebar_written);
	zone_add(&(struct zone){.y = y,
	                        .x = TIMEBAR_LEFT,
	                        .bottom = y + TIMEBAR_ROWS,
	                        .right = cols - TIMEBAR_RIGHT,
	                        .hit = timebar_hit});
}
