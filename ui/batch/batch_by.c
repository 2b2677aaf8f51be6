/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch/batch_by.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int
batch_by_begin(struct batch_by *by, struct err *err)
{
	return target_watch_faults(&by->b->t, err);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void
batch_by_row(const struct batch_by *by, const struct batch_by_interval *i, uint64_t pages,
             const struct writer *w, const char *words, uint64_t cost_ns)
{
	const struct cause_row row = {.interval = i->number,
	                              .ms = i->ms,
	                              .pages = pages,
	                              .cost_ns = cost_ns,
	                              .w = w,
	                              .words = words,
	                              .page_size = by->b->t.page_size};
	struct value v[ROW_MOST];

	for (size_t c = 0; c < by->n; c++)
		v[c] = cause_value(by->ids[c], &row);
	out_row(by->out, v);
}

static void
batch_by_rows(const struct batch_by *by, const struct writers *w,
              const struct batch_by_interval *i)
{
	struct buf none = {0};

	batch_by_row(by, i, w->written, NULL, "total", i->cost_ns + by->faults_ns);
	for (size_t k = 0; k < w->n; k++)
		batch_by_row(by, i, w->v[k].pages, &w->v[k], NULL, 0);
	if (w->beside)
		batch_by_row(by, i, w->beside, NULL, WRITERS_BESIDE, 0);
	if (w->reads)
		batch_by_row(by, i, w->reads, NULL, WRITERS_READS, 0);
	writers_none(w->sampled, &none);
	if (w->none)
		batch_by_row(by, i, w->none, NULL, none.s, 0);
	buf_free(&none);
}

/* --- lines of call chains --------------------------------------------------------------------- */

/* words: taken over. */
static void
batch_by_keep(struct batch_by *by, char *words, uint64_t pages)
{
	size_t i = 0;

	while (i < by->chains && strcmp(by->chain[i].words, words) != 0)
		i++;
	if (i < by->chains) {
		by->chain[i].pages += pages;
		free(words);
		return;
	}
	by->chain = vec_room(by->chain, by->chains, &by->chains_cap, sizeof(*by->chain));
	by->chain[by->chains++] = (struct writer){.words = words, .pages = pages};
}

/* Of a sample nothing is certain, but it says where to look: below a root of its own. */
static void
batch_by_keep_all(struct batch_by *by, struct writers *w)
{
	bool sampled = w->sampled;

	for (size_t k = 0; k < w->n; k++) {
		struct buf perhaps = {0};

		if (sampled && w->v[k].maybe) {
			buf_fmt(&perhaps, "[perhaps];%s", w->v[k].words);
			batch_by_keep(by, perhaps.s, w->v[k].maybe);
		}
		batch_by_keep(by, w->v[k].words, w->v[k].pages);
		w->v[k].words = NULL;
	}
	by->some += sampled ? 0 : w->some;
}

void
batch_by_line(const char *words, uint64_t pages)
{
	struct buf line = {0};

	if (!pages)
		return;
	text_escape(&line, words, strlen(words), false);
	buf_fmt(&line, " %llu\n", (unsigned long long)pages);
	fputs(line.s, stdout);
	buf_free(&line);
}

static void
batch_by_lines(struct batch_by *by)
{
	for (size_t i = 0; i < by->chains; i++) {
		batch_by_line(by->chain[i].words, by->chain[i].pages);
		free(by->chain[i].words);
	}
	batch_by_line("[several candidates]", by->some);
	batch_by_line("[" WRITERS_BESIDE "]", by->beside);
	batch_by_line("[" WRITERS_READS "]", by->reads);
	batch_by_line(by->sampled ? "[not sampled]" : "[no fault seen]", by->none);
	free(by->chain);
}

/* --- an interval ------------------------------------------------------------------------------ */

void
batch_by_report(struct batch_by *by, const struct vma_list *vmas,
                const struct batch_by_interval *i)
{
	const struct causes_range of = {.from = i->epoch, .to = i->epoch};
	enum writers_by what = by->out ? by->b->o->by : WRITERS_BY_CHAIN;
	struct writers w;

	writers_make(&by->b->t, &by->codes, vmas, what, &of, UINT64_MAX, &w);
	by->faults_ns = w.totals.cost_ns - by->cost_ns;
	by->cost_ns = w.totals.cost_ns;
	by->none += w.none;
	by->reads += w.reads;
	by->beside += w.beside;
	by->sampled = u64_max(by->sampled, w.sampled);
	if (by->out)
		batch_by_rows(by, &w, i);
	else
		batch_by_keep_all(by, &w);
	writers_free(&w);
}

void
batch_by_end(struct batch_by *by)
{
	struct causes_totals is;
	struct buf *note = by->b->note;

	if (!by->out)
		batch_by_lines(by);
	codes_free(&by->codes);
	if (!by->b->t.causes)
		return;
	target_stop_faults(&by->b->t);
	causes_totals(by->b->t.causes, &is);
	if (is.lost)
		buf_fmt(note, "%s%llu faults were lost: the writers of these pages are not known",
		        note->len ? "; " : "", (unsigned long long)is.lost);
	if (is.unjudged)
		buf_fmt(note, "%s%llu faults were forgotten before the next scan: they were more "
		              "than memory is set aside for",
		        note->len ? "; " : "", (unsigned long long)is.unjudged);
	if (by->sampled)
		buf_fmt(note,
		        "%ssampled, to cost the process at most %u %% of its time: at times only "
		        "one of %llu faults was watched; see --budget",
		        note->len ? "; " : "", by->b->t.budget, (unsigned long long)by->sampled);
	if (is.watch.unwatched)
		buf_fmt(note, "%s%zu of %zu threads could not be watched", note->len ? "; " : "",
		        is.watch.unwatched, is.watch.threads + is.watch.unwatched);
	if (by->none + by->reads && !is.watch.kernel)
		buf_fmt(note, "%swrites by system calls were not seen: that needs CAP_PERFMON or "
		              "kernel.perf_event_paranoid=1",
		        note->len ? "; " : "");
}
