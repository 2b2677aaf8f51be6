/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/heat_rows.h"

#include <stdio.h>

#include "base/util.h"

static struct value
heat_rows_size(bool known, double pages, size_t page_size)
{
	uint64_t bytes = (uint64_t)((pages < 0 ? -pages : pages) * (double)page_size + 0.5);

	if (!known)
		return (struct value){.kind = VALUE_UNKNOWN};
	return (struct value){.kind = VALUE_SIZE, .n = bytes};
}

/* For programs, t NULL: seconds before the last; else by the calendar. */
static const char *
heat_rows_time(const struct heatmap *h, const struct timeline *t, bool exact, uint64_t ns,
               char out[TIMELINE_TEXT])
{
	if (t)
		return exact ? timeline_exact(ns, out) : timeline_clock_ms(t, ns, out);
	snprintf(out, TIMELINE_TEXT, "-%.3f", (double)(h->made_ns - ns) / 1e9);
	return out;
}

static struct value
heat_rows_text(const char *text)
{
	return (struct value){.kind = VALUE_TEXT, .s = text};
}

static void
heat_rows_cell(const struct heatmap *h, const struct timeline *t, bool exact, unsigned row,
               unsigned col, struct out *o)
{
	enum { START, END, FROM, TO, PAGES, RSS, WRITTEN, RATE, GROWN, N };
	const struct heatmap_row *r = &h->row[row];
	const struct heatmap_column *c = &h->column[col];
	const struct heatmap_cell *k = &h->cell[(size_t)row * h->cols + col];
	struct value v[N] = {{0}};
	char from[TIMELINE_TEXT], to[TIMELINE_TEXT];
	double rate, gained;
	bool rated = heatmap_value(h, HEATMAP_WRITES, row, col, &rate);

	v[START] = (struct value){.kind = VALUE_HEX, .n = r->start};
	v[END] = (struct value){.kind = VALUE_HEX, .n = r->end};
	v[FROM] = c->since_ns ? heat_rows_text(heat_rows_time(h, t, exact, c->since_ns, from))
	                      : (struct value){.kind = VALUE_UNKNOWN};
	v[TO] = heat_rows_text(heat_rows_time(h, t, exact, c->time_ns, to));
	v[PAGES] = (struct value){.kind = VALUE_NUMBER, .n = r->pages};
	v[RSS] = heat_rows_size(true, (double)k->rss, h->page_size);
	v[WRITTEN] = heat_rows_size(k->written_known, (double)k->written, h->page_size);
	v[RATE] = heat_rows_size(rated, rate, h->page_size);
	v[GROWN] = (struct value){.kind = VALUE_UNKNOWN};
	if (heatmap_value(h, HEATMAP_GROWTH, row, col, &gained))
		v[GROWN] = (struct value){.kind = VALUE_CHANGE,
		                          .n = (uint64_t)(int64_t)(gained * (double)h->page_size)};
	out_row(o, v);
}

int
heat_rows(const struct heatmap *h, const struct timeline *t, const struct out_shape *shape,
          struct err *err)
{
	static const char *const titles[] = {"START", "END",     "FROM", "TO",   "PAGES",
	                                     "RSS",   "WRITTEN", "WR_S", "GROWN"};
	struct out_shape as = *shape;
	struct out *o;

	as.align = "RRLLRRRRR";
	o = out_begin(&as, NULL, titles, ARRAY_LEN(titles));
	for (unsigned row = 0; h && row < h->rows; row++)
		for (unsigned col = 0; col < h->cols; col++)
			heat_rows_cell(h, t, as.format != FORMAT_TABLE, row, col, o);
	return out_end(o, err);
}
