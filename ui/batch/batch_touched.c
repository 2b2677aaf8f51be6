/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --touched: clear the referenced bits, wait, report what was used; repeatedly. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/util.h"
#include "batch/batch_state.h"
#include "batch/batch_wait.h"

struct touching {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	int signals;
	unsigned interval;
};

/* --- one interval ----------------------------------------------------------------------------- */

static void
touched_put(const struct touching *g, const struct touched_row *row)
{
	struct value v[ROW_MOST];

	for (size_t c = 0; c < g->n; c++)
		v[c] = touched_value(g->ids[c], row);
	out_row(g->out, v);
}

/* What is not known comes last. */
static int
touched_order(const void *pa, const void *pb)
{
	const struct touched_row *a = pa, *b = pb;

	if (a->known != b->known)
		return a->known ? -1 : 1;
	if (a->touched != b->touched)
		return a->touched < b->touched ? 1 : -1;
	return (a->v->start > b->v->start) - (a->v->start < b->v->start);
}

/* The sum, then the regions that have memory. */
static int
touched_report(const struct touching *g, const struct vma_list *vmas, const struct smaps_reading *l,
               struct err *err)
{
	const struct touched *is = &g->b->t.touched;
	struct touched_sum sum = touched_sum(vmas, &l->smaps);
	struct touched_row total = {.interval = g->interval,
	                            .ms = (l->time_ns - is->clear_ns) / 1000000,
	                            .cost_ns = is->cost_ns + l->cost_ns,
	                            .touched = sum.touched,
	                            .rss = sum.rss,
	                            .known = true},
	                   *rows = mem_alloc(vmas->n * sizeof(*rows));
	size_t n = 0;

	touched_put(g, &total);
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];
		struct touched_row row = {.interval = g->interval, .ms = total.ms, .v = v};
		struct touched_sum one = {0};

		touched_add(&one, v, smaps_find(&l->smaps, v->start));
		row.touched = one.touched;
		row.rss = one.rss;
		row.known = !one.unknown;
		if (one.rss || one.unknown)
			rows[n++] = row;
	}
	vec_sort(rows, n, sizeof(*rows), touched_order);
	for (size_t i = 0; i < n; i++)
		touched_put(g, &rows[i]);
	free(rows);
	return batch_flush(err);
}

/* Ends as batch_refuse_gone, if a new program has other memory than the clear was of. */
static int
touched_look(const struct touching *g, struct err *err)
{
	struct target *t = &g->b->t;
	struct vma_list vmas;
	struct smaps_reading *l;
	int r = batch_read_regions(t, &vmas, err);

	if (r > 0)
		return batch_refuse_gone(t, "watched", err);
	l = r < 0 ? NULL : target_smaps(t, err);
	r = l ? 0 : -1;
	if (!target_is_alive(t))
		r = batch_refuse_gone(t, "watched", err);
	if (r == 0)
		r = touched_report(g, &vmas, l, err);
	smaps_reading_unref(l);
	vma_free(&vmas);
	return r;
}

static int
touched_intervals(struct touching *g, struct err *err)
{
	const struct options *o = g->b->o;
	struct touched *is = &g->b->t.touched;
	bool whole = true;
	int r = 0;

	while (r == 0 && whole && (!o->count || g->interval < o->count)) {
		if (g->interval++)
			r = touched_clear(is, g->b->t.source, err);
		if (r < 0)
			break;
		whole = batch_wait_until(g->b, g->signals, is->clear_ns + o->touched_ns);
		r = touched_look(g, err);
	}
	return r;
}

/* --- all -------------------------------------------------------------------------------------- */

static int
touched_first_clear(struct batch *b, struct err *err)
{
	if (b->o->read_only)
		return err_set(err, ERR_USAGE, options_read_only, "leave one out",
		               "cannot watch what is touched");
	return touched_clear(&b->t.touched, b->t.source, err);
}

static void
touched_note(struct batch *b)
{
	buf_str(b->note,
	        "at least so much was touched: while its TLB holds a page, the processor does not "
	        "mark it again");
}

int
batch_touched(struct batch *b, struct err *err)
{
	enum column_id ids[ROW_MOST];
	struct out_shape shape = batch_shape(b->o, "touched", false);
	struct touching g = {.b = b, .ids = ids};
	int r;

	if (batch_columns(b->o, SET_TOUCHED, ids, &g.n, err) < 0)
		return -1;
	g.signals = batch_signals_open();
	r = touched_first_clear(b, err);
	if (r == 0) {
		g.out = out_begin(&shape, ids, NULL, g.n);
		r = batch_flush(err); /* the heading says that it has begun */
	}
	if (r == 0)
		r = touched_intervals(&g, err);
	batch_signals_close(g.signals);
	if (r == 0)
		touched_note(b);
	if (g.out && out_end(g.out, r < 0 ? &(struct err){0} : err) < 0)
		return -1;
	return r;
}

int
batch_touched_once(struct batch *b, struct err *err)
{
	int signals = batch_signals_open(), r = touched_first_clear(b, err);

	if (r == 0) {
		batch_wait_until(b, signals, b->t.touched.clear_ns + b->o->touched_ns);
		touched_note(b);
	}
	batch_signals_close(signals);
	vma_free(&b->vmas);
	return r == 0 ? target_regions(&b->t, &b->vmas, err) : -1;
}
