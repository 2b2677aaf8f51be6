/* SPDX-License-Identifier: GPL-3.0-or-later */
/* At which times of a recording something holds: of all memory, or of a range. */
#include "query/answer_query.h"

#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "kernel/kabi.h"
#include "page/extents.h"
#include "page/state.h"
#include "target/region.h"

/* Samples in a row. */
struct when_stretch {
	size_t first, n;
};

struct when_job {
	struct target *t;
	const struct timeline *line;
	struct filter f;
	struct vma all;     /* the range, as if it were one region */
	size_t at;          /* the next sample */
	struct when_stretch *v;
	size_t n, cap, samples, unknown;
};

/* Whether the timeline alone has all that is asked for. */
static bool
when_is_easy(const struct filter *f, const struct query *q)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	for (size_t i = 0; i < f->n; i++)
		if ((f->ops[i].code == FILTER_OP_WORD || f->ops[i].code == FILTER_OP_FIELD) &&
		    (!strncmp(rows[f->ops[i].row].names, "thp", 3) ||
		     !strncmp(rows[f->ops[i].row].names, "size", 4)))
			return false;
	return !q->in;
}

/* --- the samples --------------------------------------------------------------------------- */

static void
when_hold(struct when_job *w, size_t i)
{
	w->samples++;
	if (w->n && w->v[w->n - 1].first + w->v[w->n - 1].n == i) {
		w->v[w->n - 1].n++;
		return;
	}
	w->v = vec_room(w->v, w->n, &w->cap, sizeof(*w->v));
	w->v[w->n++] = (struct when_stretch){i, 1};
}

/* r: what was counted of all of it. */
static void
when_judge(struct when_job *w, size_t i, const struct region *r, bool written_known)
{
	struct filter_facts x = {.v = &w->all,
	                         .r = r,
	                         .page_size = w->t->page_size,
	                         .written_known = written_known,
	                         .huge_known = w->t->source->meta.scan & PM_CAT_HUGE};
	enum truth is = filter_eval(&w->f, &x);

	if (is == TRUTH_YES)
		when_hold(w, i);
	w->unknown += is == TRUTH_UNKNOWN;
}

static void
when_judge_ticks(struct when_job *w)
{
	for (size_t i = 0; i < w->line->n; i++) {
		const struct timeline_tick *k = &w->line->v[i];
		struct region r = {
		    .known = true, .rss = k->rss, .swap = k->swap, .written = k->written};

		when_judge(w, i, &r, k->written_known);
	}
}

/* Pages of a moment with all of these categories; in RAM, if they are to be present. */
static uint64_t
when_count(const struct when_job *w, const struct extents *e, uint64_t cats)
{
	bool in_ram = cats & PM_CAT_PRESENT;
	uint64_t bytes = 0;

	for (size_t i = extents_first(e, w->all.start);
	     i < e->n && e->v[i].start < w->all.end; i++)
		if ((e->v[i].state & cats) == cats &&
		    (!in_ram || state_cats_in_ram(e->v[i].state)))
			bytes += u64_min(e->v[i].end, w->all.end) -
			         u64_max(e->v[i].start, w->all.start);
	return bytes / w->t->page_size;
}

static int
when_judge_moment(void *arg, const struct source_moment *m)
{
	struct when_job *w = arg;
	struct region r = {.known = true,
	                   .rss = when_count(w, m->pages, PM_CAT_PRESENT),
	                   .swap = when_count(w, m->pages, PM_CAT_SWAPPED),
	                   .thp = when_count(w, m->pages, PM_CAT_PRESENT | PM_CAT_HUGE),
	                   .written = when_count(w, m->written, 0)};

	when_judge(w, w->at++, &r, m->written_known);
	progress_add(w->t->progress, 1);
	return 0;
}

/* --- the answer ---------------------------------------------------------------------------- */

static void
when_add_row(const struct when_job *w, const struct when_stretch *k, struct answer *a)
{
	const struct timeline *t = w->line;
	char time[TIMELINE_TEXT];

	answer_cell_text(a, timeline_since(t, k->first, time));
	answer_cell_text(a, timeline_exact(t->v[k->first].time_ns, time));
	answer_cell_text(a, timeline_exact(t->v[k->first + k->n - 1].time_ns, time));
	answer_cell_number(a, (uint64_t)t->v[k->first].id);
	answer_cell_number(a, k->n);
}

static struct answer *
when_answer(const struct when_job *w, const struct query *q)
{
	static const struct answer_column columns[] = {{"AT", ANSWER_TEXT},
	                                               {"FROM", ANSWER_TIME},
	                                               {"TO", ANSWER_TIME},
	                                               {"SAMPLE", ANSWER_NUMBER},
	                                               {"SAMPLES", ANSWER_NUMBER}};
	struct answer *a = answer_new();
	struct buf line = {0};
	char time[TIMELINE_TEXT];

	answer_add_number(a, "samples", w->samples);
	answer_add_number(a, "of", w->line->n);
	answer_add_number(a, "unknown", w->unknown);
	answer_table(a, "times", columns, ARRAY_LEN(columns));
	a->table.times = true;
	a->table.dated = timeline_dated(w->line);
	for (size_t i = 0; i < w->n; i++)
		when_add_row(w, &w->v[i], a);
	buf_fmt(&line, "%s%s in %zu of %zu samples", q->text, q->in ? " there" : "", w->samples,
	        w->line->n);
	if (w->n)
		buf_fmt(&line, ", first at %s",
		        timeline_clock_ms(w->line, w->line->v[w->v[0].first].time_ns, time));
	if (w->unknown)
		buf_fmt(&line, "; not known in %zu", w->unknown);
	a->line = line.s;
	return a;
}

/* A mapping as it is now; but it may have been larger. */
static int
when_range(struct when_job *w, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	const struct source *s = w->t->source;
	uint64_t start = 0, end = UINT64_MAX - UINT64_MAX % w->t->page_size;

	if (q->in && query_range_in(q, vmas, w->t->page_size, &start, &end, err) < 0)
		return -1;
	if (q->in && !q->is_range)
		end = u64_max(end, s->ops->time->reach(w->t->source, start, end));
	w->all = (struct vma){.start = start, .end = end, .name = ""};
	return 0;
}

struct answer *
answer_when(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct when_job w = {.t = t};
	struct source *s = t->source;
	struct timeline *line;
	struct answer *a = NULL;
	int r = 0;

	if (!s->ops->time) {
		err_set(err, ERR_USAGE, "this is a process, not a recording",
		        "record one: pmtop --record FILE PID", "cannot search its past");
		return NULL;
	}
	if (filter_parse(q->text, FILTER_REGION, t->page_size, &w.f, err) < 0 ||
	    when_range(&w, vmas, q, err) < 0)
		return NULL;
	w.line = line = s->ops->time->line(s);
	progress_begin(t->progress, line->n);
	if (when_is_easy(&w.f, q))
		when_judge_ticks(&w);
	else
		r = s->ops->time->walk(s, 0, line->n - 1, when_judge_moment, &w, err);
	if (r == 0)
		a = when_answer(&w, q);
	free(w.v);
	timeline_unref(line);
	return a;
}
