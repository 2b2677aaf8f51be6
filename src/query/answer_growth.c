/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `growth`: which pages came and went since the baseline, by region or by code. */
#include "query/answer_query.h"

#include <stdlib.h>

#include "target/brought.h"

/* --- by region -------------------------------------------------------------------------------- */

static void
answer_table_regions(struct answer *a, const struct target *t, const struct vma_list *vmas)
{
	static const struct answer_column columns[] = {
	    {"START", ANSWER_TEXT}, {"END", ANSWER_TEXT},    {"GAINED", ANSWER_SIZE},
	    {"LOST", ANSWER_SIZE},  {"MAPPED", ANSWER_TEXT}, {"MAPPING", ANSWER_TEXT}};
	struct growth_places all;

	growth_places(t->growth, vmas, &all);
	answer_table(a, "regions", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < all.n; i++) {
		answer_cell_hex(a, true, all.v[i].v->start);
		answer_cell_hex(a, true, all.v[i].v->end);
		answer_cell_number(a, all.v[i].n.gained * t->page_size);
		answer_cell_number(a, all.v[i].n.lost * t->page_size);
		answer_cell_text(a, all.v[i].gone ? "no longer" : "yes");
		answer_cell_text(a, vma_shown_name(all.v[i].v));
	}
	free(all.v);
}

/* --- by code ---------------------------------------------------------------------------------- */

static void
answer_row_code(struct answer *a, const struct target *t, const struct writer *w)
{
	answer_cell_number(a, w->pages * t->page_size);
	answer_cell_number(a, w->maybe * t->page_size);
	if (w->tid)
		answer_cell_number(a, (uint64_t)w->tid);
	else
		answer_cell_text(a, "");
	answer_cell_text(a, w->in);
	answer_cell_text(a, w->words);
}

static void
answer_why_no_code(struct answer *a, const struct target *t)
{
	const struct growth_told *told = t->growth->told;
	struct causes_totals is;

	growth_totals(t->growth, t->brought, &is);
	if (!is.watch.on)
		answer_add_unknown(a, "code", is.watch.why.what[0] ? is.watch.why.why
		                                                   : "page faults are not watched");
	if (told && told->time_ns && told->time_ns < t->growth->now->time_ns)
		answer_add_number(a, "counted_ms",
		                  (t->growth->now->time_ns - told->time_ns) / 1000000)
		    ->note = "milliseconds before, by code; nothing new was recorded since";
	if (is.lost)
		answer_add_number(a, "lost_faults", is.lost)->note =
		    "of which nothing is known: their pages have no fault that was seen";
	if (is.watch.period > 1)
		answer_add_number(a, "sampled", is.watch.period)->note =
		    "only one fault in this many was watched";
}

static void
answer_table_code(struct answer *a, struct target *t, const struct vma_list *vmas,
                  enum writers_by by)
{
	static const struct answer_column columns[] = {{"GAINED", ANSWER_SIZE},
	                                               {"MAYBE", ANSWER_SIZE},
	                                               {"TID", ANSWER_NUMBER},
	                                               {"FILE", ANSWER_TEXT},
	                                               {"CODE", ANSWER_TEXT}};
	struct codes codes = {0};
	struct buf none = {0};
	struct writers w;

	brought_make(t, &codes, vmas, by, &w);
	answer_why_no_code(a, t);
	answer_table(a, "code", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < w.n; i++)
		answer_row_code(a, t, &w.v[i]);
	brought_none(t->growth, w.sampled, &none);
	if (w.none)
		answer_row_code(a, t, &(struct writer){.words = none.s,
		                                       .in = (char *)(uintptr_t)"",
		                                       .pages = w.none});
	buf_free(&none);
	writers_free(&w);
	codes_free(&codes);
}

/* --- all -------------------------------------------------------------------------------------- */

struct answer *
answer_growth(struct target *t, const struct vma_list *vmas, const struct query *q,
              struct err *err)
{
	struct growth_count n;
	struct answer *a;
	struct buf line = {0};
	char size[8];

	if (!growth_known(t->growth)) {
		err_set(err, ERR_TARGET, "there is no baseline to compare with",
		        t->source->ops->time ? "set one: the key b, or --grow before -e"
		                             : "set one: the key b, or --grow=SECONDS before -e",
		        "cannot tell what grew");
		return NULL;
	}
	growth_count(t->growth, 0, UINT64_MAX, &n);
	a = answer_new();
	answer_add_number(a, "gained", n.gained * t->page_size);
	answer_add_number(a, "lost", n.lost * t->page_size);
	answer_add_number(a, "ms", (t->growth->now->time_ns - t->growth->base->time_ns) / 1000000)
	    ->note = "milliseconds from the baseline to the last scan";
	if (q->writers_by == WRITERS_BY_REGION)
		answer_table_regions(a, t, vmas);
	else
		answer_table_code(a, t, vmas, q->writers_by);
	buf_fmt(&line, "gained %s, ", size_text(size, n.gained * t->page_size));
	buf_fmt(&line, "lost %s in %.1f s", size_text(size, n.lost * t->page_size),
	        (double)(t->growth->now->time_ns - t->growth->base->time_ns) / 1e9);
	a->line = line.s;
	return a;
}
