/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --grow: a baseline, then repeatedly what came in and went since. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "batch/batch_by.h"
#include "batch/batch_state.h"
#include "batch/batch_wait.h"
#include "target/brought.h"
#include "target/region.h"

struct grow {
	struct batch *b;
	struct out *out; /* NULL: lines of call chains, at the end */
	const enum column_id *ids;
	size_t n;
	int signals;
	unsigned interval;
	uint64_t base_ns;
	struct codes codes;
	struct regions *rs; /* the last scan */
	struct writers by;  /* who brought in what was gained until then; if that was asked */
	uint64_t sampled;   /* at worst, as in struct writers */
};

/* The set of columns says what is asked for. */
static bool
grow_is_by_code(const struct options *o)
{
	return o->folded || o->by != WRITERS_BY_REGION;
}

/* --- scans ------------------------------------------------------------------------------------ */

static int
grow_scan(struct grow *g, struct err *err)
{
	struct target *t = &g->b->t;
	struct vma_list vmas;
	int r = batch_read_regions(t, &vmas, err);

	if (r < 0)
		return -1;
	if (r > 0)
		return batch_refuse_gone(t, "compared with the baseline", err);
	if (g->b->o->recording) { /* as of this sample */
		track_forget(&t->track);
		target_follow(t, &vmas);
	}
	regions_unref(g->rs);
	g->rs = regions_new(vmas, source_now(t->source));
	r = regions_measure(g->rs, t, NULL, err);
	if (!target_is_alive(t))
		return batch_refuse_gone(t, "compared with the baseline", err);
	return r;
}

/* Begins to watch before the first scan: what comes in meanwhile has a fault, or is in it. */
static int
grow_begin(struct grow *g, bool explain, struct err *err)
{
	target_grow(&g->b->t, explain && !g->b->o->no_attribution);
	if (grow_scan(g, err) < 0)
		return -1;
	g->base_ns = g->rs->time_ns;
	return 0;
}

/* Of a recording: the first sample is the baseline; then it goes back to where it was. */
static int
grow_begin_past(struct grow *g, bool explain, struct err *err)
{
	struct source *s = g->b->t.source;
	const struct source_time *time = s->ops->time;
	uint64_t at = source_now(s);

	if (time->go(s, time->began(s), err) < 0 || grow_begin(g, explain, err) < 0)
		return -1;
	return time->go(s, at, err) < 0 ? -1 : grow_scan(g, err);
}

static int
grow_set_baseline(struct grow *g, bool explain, struct err *err)
{
	return (g->b->o->recording ? grow_begin_past : grow_begin)(g, explain, err);
}

/* --- rows of regions -------------------------------------------------------------------------- */

static void
grow_put_region(struct grow *g, const struct growth_row *row)
{
	struct value v[ROW_MOST];

	for (size_t c = 0; c < g->n; c++)
		v[c] = growth_value(g->ids[c], row);
	out_row(g->out, v);
}

static void
grow_put_regions(struct grow *g, const struct growth_row *total)
{
	struct growth_row row = *total;
	struct growth_places all;

	grow_put_region(g, total);
	growth_places(g->b->t.growth, &g->rs->vmas, &all);
	for (size_t i = 0; i < all.n; i++) {
		row.v = all.v[i].v;
		row.n = all.v[i].n;
		row.gone = all.v[i].gone;
		grow_put_region(g, &row);
	}
	free(all.v);
}

/* --- rows of code ----------------------------------------------------------------------------- */

static void
grow_put_code(struct grow *g, uint64_t ms, uint64_t pages, uint64_t fresh, const struct writer *w,
              const char *words)
{
	const struct brought_row row = {.interval = g->interval,
	                                .ms = ms,
	                                .pages = pages,
	                                .fresh = fresh,
	                                .w = w,
	                                .words = words,
	                                .page_size = g->b->t.page_size};
	struct value v[ROW_MOST];

	for (size_t c = 0; c < g->n; c++)
		v[c] = brought_value(g->ids[c], &row);
	out_row(g->out, v);
}

static void
grow_put_all_code(struct grow *g, uint64_t ms)
{
	const struct writers *w = &g->by;
	struct buf none = {0};

	grow_put_code(g, ms, w->written, w->fresh, NULL, "total");
	for (size_t i = 0; i < w->n; i++)
		grow_put_code(g, ms, w->v[i].pages, w->v[i].fresh, &w->v[i], NULL);
	brought_none(g->b->t.growth, g->sampled, &none);
	if (w->none)
		grow_put_code(g, ms, w->none, w->none_fresh, NULL, none.s);
	buf_free(&none);
}

static void
grow_put_lines(const struct grow *g)
{
	const struct writers *w = &g->by;
	struct buf none = {0};

	/* of a sample every chain is a candidate; the note says that it is one */
	for (size_t i = 0; i < w->n; i++)
		batch_by_line(w->v[i].words, w->v[i].pages + (g->sampled ? w->v[i].maybe : 0));
	batch_by_line("[several candidates]", g->sampled ? 0 : w->some);
	buf_str(&none, "[");
	if (g->sampled)
		buf_str(&none, "not sampled");
	else
		brought_none(g->b->t.growth, 0, &none);
	buf_str(&none, "]");
	batch_by_line(none.s, w->none);
	buf_free(&none);
}

/* --- intervals -------------------------------------------------------------------------------- */

static int
grow_report(struct grow *g, struct err *err)
{
	struct target *t = &g->b->t;
	struct growth_row total = {.interval = g->interval,
	                           .ms = (g->rs->time_ns - g->base_ns) / 1000000,
	                           .page_size = t->page_size};

	if (grow_is_by_code(g->b->o)) {
		enum writers_by by = g->out ? g->b->o->by : WRITERS_BY_CHAIN;

		writers_free(&g->by);
		brought_make(t, &g->codes, &g->rs->vmas, by, &g->by);
		g->sampled = u64_max(g->sampled, g->by.sampled);
	}
	growth_count(t->growth, 0, UINT64_MAX, &total.n);
	if (g->out && grow_is_by_code(g->b->o))
		grow_put_all_code(g, total.ms);
	else if (g->out)
		grow_put_regions(g, &total);
	return batch_flush(err);
}

/* A recording has one: until the sample that it is at. */
static int
grow_report_past(struct grow *g, struct err *err)
{
	g->interval = 1;
	return grow_report(g, err);
}

static int
grow_intervals(struct grow *g, struct err *err)
{
	const struct options *o = g->b->o;
	bool whole = true;
	int r = 0;

	while (r == 0 && whole && (!o->count || g->interval < o->count)) {
		uint64_t until = g->base_ns + ++g->interval * o->grow_ns;

		/* a scan that takes longer than the interval puts it off */
		until = u64_max(until, g->rs->time_ns + 2 * g->rs->cost_ns);
		whole = batch_wait_until(g->b, g->signals, until);
		r = grow_scan(g, err);
		if (r == 0)
			r = grow_report(g, err);
	}
	return r;
}

/* What is not known, at the end. */
static void
grow_note(struct grow *g)
{
	const struct causes_totals *is = &g->by.totals;
	const struct err *why = &is->watch.why;
	struct buf *note = g->b->note;

	if (!grow_is_by_code(g->b->o))
		return;
	if (g->b->o->no_attribution || !is->watch.on)
		buf_fmt(note, "not known who brought memory in: %s%s%s%s%s",
		        why->what[0] ? why->what : "page faults were not watched",
		        why->why[0] ? ": " : "", why->why, why->how[0] ? "; " : "", why->how);
	if (is->lost)
		buf_fmt(note, "%s%llu faults were lost: their pages have no fault that was seen",
		        note->len ? "; " : "", (unsigned long long)is->lost);
	if (g->sampled)
		buf_fmt(note,
		        "%ssampled, to cost the process at most %u %% of its time: at times only "
		        "one of %llu faults was watched; see --budget",
		        note->len ? "; " : "", g->b->t.budget, (unsigned long long)g->sampled);
	if (is->watch.unwatched)
		buf_fmt(note, "%s%zu of %zu threads could not be watched", note->len ? "; " : "",
		        is->watch.unwatched, is->watch.threads + is->watch.unwatched);
	if (is->watch.on && g->by.none && !is->watch.kernel)
		buf_fmt(note, "%sfaults in system calls were not seen: that needs CAP_PERFMON or "
		              "kernel.perf_event_paranoid=1",
		        note->len ? "; " : "");
}

static void
grow_end(struct grow *g)
{
	grow_note(g);
	writers_free(&g->by);
	codes_free(&g->codes);
	regions_unref(g->rs);
}

int
batch_grow(struct batch *b, struct err *err)
{
	const struct options *o = b->o;
	enum column_id ids[ROW_MOST];
	bool by = grow_is_by_code(o);
	struct out_shape shape = batch_shape(o, "growth", false);
	struct grow g = {.b = b, .ids = ids};
	int r;

	if (batch_columns(o, by ? SET_BROUGHT : SET_GROWTH, ids, &g.n, err) < 0)
		return -1;
	g.signals = batch_signals_open();
	r = grow_set_baseline(&g, by, err);
	if (r == 0 && !o->folded)
		g.out = out_begin(&shape, ids, NULL, g.n);
	if (r == 0) /* the heading says that the baseline is set */
		r = batch_flush(err);
	if (r == 0)
		r = (o->recording ? grow_report_past : grow_intervals)(&g, err);
	batch_signals_close(g.signals);
	if (o->folded)
		grow_put_lines(&g);
	grow_end(&g);
	if (g.out && out_end(g.out, r < 0 ? &(struct err){0} : err) < 0)
		return -1;
	return r;
}

int
batch_grow_once(struct batch *b, struct err *err)
{
	struct grow g = {.b = b, .signals = batch_signals_open()};
	int r = grow_set_baseline(&g, b->o->mode == MODE_QUERY, err);

	if (r == 0 && !b->o->recording)
		batch_wait_until(b, g.signals, g.base_ns + b->o->grow_ns);
	if (r == 0 && b->o->mode == MODE_QUERY && !b->o->recording) /* others scan themselves */
		r = grow_scan(&g, err);
	batch_signals_close(g.signals);
	grow_end(&g);
	vma_free(&b->vmas);
	return r == 0 ? target_regions(&b->t, &b->vmas, err) : -1;
}
