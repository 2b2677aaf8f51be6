/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --heat: memory over time, of a recording. */
#include "batch/batch_state.h"

#include "query/query.h"
#include "table/heat_rows.h"
#include "target/heatmap.h"

enum { HEAT_ROWS = 16, HEAT_COLUMNS = 24 };

int
batch_heat(struct batch *b, struct err *err)
{
	struct source *s = b->t.source;
	struct heatmap_of of = {.last = SIZE_MAX, .rows = HEAT_ROWS, .cols = HEAT_COLUMNS};
	struct out_shape shape = batch_shape(b->o, "cells", true);
	struct timeline *line;
	struct heatmap *h;
	enum column_id ids[ROW_MOST];
	struct query q = {0};
	size_t n;
	int r;

	if (!s->ops->time)
		return err_set(err, ERR_USAGE, "this is a process, whose past is not known",
		               "record it: pmtop --record FILE PID; or press H on its screen",
		               "no picture of the past");
	if (b->o->columns)
		of.cols = b->o->columns;
	if (batch_columns(b->o, SET_HEAT, ids, &n, err) < 0)
		return -1;
	if (b->o->range && query_parse(b->o->range, b->t.page_size, &q, err) < 0)
		return -1;
	q.from.alone = false;
	if (b->o->range && query_range(&q, &b->vmas, b->t.page_size, &of.lo, &of.hi, err) < 0)
		return -1;
	h = heatmap_of_source(s, NULL, &b->vmas, &of, err);
	if (!h)
		return -1;
	line = s->ops->time->line(s);
	r = heat_rows(h, line, &b->vmas, ids, n, &shape, err);
	timeline_unref(line);
	heatmap_unref(h);
	return r;
}
