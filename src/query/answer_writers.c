/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers to `writers`: which code wrote a page, or the pages of a range. */
#include "query/answer_query.h"

#include <string.h>

#include "target/writers_page.h"

int
answer_lacks_writers(const struct target *t, struct err *err)
{
	struct causes_totals is;

	if (t->no_faults)
		return err_set(err, ERR_TARGET, "attribution is switched off",
		               "leave out --no-attribution", "cannot tell which code wrote");
	if (!t->causes)
		return err_set(err, ERR_TARGET, "page faults are not watched",
		               "press c, or add --watch=SECONDS",
		               "cannot tell which code wrote");
	causes_totals(t->causes, &is);
	if (!is.watch.on)
		return err_set(err, ERR_TARGET, is.watch.why.why, is.watch.why.how,
		               "cannot tell which code wrote");
	return 0;
}

/* --- what limits an answer -------------------------------------------------------------------- */

void
answer_facts_causes(struct answer *a, const struct causes_totals *is)
{
	if (is->lost)
		answer_add_number(a, "lost", is->lost)->note =
		    "faults of which nothing is known: their pages may have other writers";
	if (is->watch.unwatched)
		answer_add_number(a, "unwatched", is->watch.unwatched)->note =
		    "threads that could not be watched";
	if (is->watch.period > 1)
		answer_add_number(a, "sampled", is->watch.period)->note =
		    "only one fault in this many is watched, to stay within --budget";
	if (is->watch.rested_ns)
		answer_add_number(a, "rested_ms", is->watch.rested_ns / 1000000)->note =
		    "faults then were not seen: more would cost the process more than the budget";
	if (!is->watch.kernel)
		answer_add_text(a, "system_calls", "not watched")->note =
		    "writes by system calls have no writer here: that needs CAP_PERFMON or "
		    "kernel.perf_event_paranoid=1";
	if (is->forgotten_ns)
		answer_add_text(a, "older", "forgotten")->note =
		    "of older faults only the sums are known, not the pages";
}

/* --- one page --------------------------------------------------------------------------------- */

static void
writers_cell_chain(struct answer *a, const struct code_frames *f)
{
	struct buf b = {0};

	for (size_t i = 0; i < f->n; i++) {
		buf_str(&b, i ? " < " : "");
		buf_str(&b, f->v[i]);
	}
	answer_cell(a, &b);
}

static void
writers_cell_source(struct answer *a, const struct page_writer *w)
{
	struct buf b = {0};

	if (w->source)
		buf_fmt(&b, "%s:%u", w->source, (unsigned)w->line);
	answer_cell(a, &b);
}

static void
writers_table_page(struct answer *a, const struct page_writers *w, uint64_t now)
{
	static const struct answer_column columns[] = {
	    {"AGO_MS", ANSWER_NUMBER}, {"INTERVALS_AGO", ANSWER_NUMBER}, {"WHAT", ANSWER_TEXT},
	    {"TID", ANSWER_NUMBER},    {"THREAD", ANSWER_TEXT},          {"FUNCTION", ANSWER_TEXT},
	    {"FILE", ANSWER_TEXT},     {"SOURCE", ANSWER_TEXT},          {"CHAIN", ANSWER_TEXT}};

	answer_table(a, "faults", columns, ARRAY_LEN(columns));
	a->table.more = w->more;
	for (size_t i = 0; i < w->n; i++) {
		const struct page_writer *one = &w->v[i];

		answer_cell_number(a, now > one->time_ns ? (now - one->time_ns) / 1000000 : 0);
		answer_cell_number(a, one->ago);
		answer_cell_text(a, writer_is_words(one->is));
		answer_cell_number(a, (uint64_t)one->tid);
		answer_cell_text(a, one->comm);
		answer_cell_text(a, one->code);
		answer_cell_text(a, one->in);
		writers_cell_source(a, one);
		writers_cell_chain(a, &one->chain);
	}
}

static struct answer *
writers_answer_page(struct target *t, const struct vma_list *vmas, uint64_t addr)
{
	const struct vma *v = vma_at(vmas, addr);
	struct answer *a = answer_new();
	uint64_t now = source_now(t->source);
	struct page_writers w;
	struct codes codes = {0};
	struct buf line = {0};

	writers_of_page(t, &codes, vmas, addr, &w);
	a->has_place = true;
	a->place = addr;
	if (v)
		answer_place(&line, vmas, v, addr);
	else
		buf_fmt(&line, "0x%llx", (unsigned long long)addr);
	buf_str(&line, ": ");
	page_writers_line(&w, now, &line);
	if (!w.n && !w.unseen)
		buf_str(&line, v ? "no fault seen, and not seen written"
		                 : "not mapped, and no fault seen");
	if (!w.n && v && v->perm & VMA_SHARED)
		buf_str(&line, "; other processes may write to shared memory unseen");
	a->line = line.s;
	answer_facts_causes(a, &w.totals);
	writers_table_page(a, &w, now);
	page_writers_free(&w);
	codes_free(&codes);
	return a;
}

/* --- a range ---------------------------------------------------------------------------------- */

#define PAGES_COLUMNS \
	{"PAGES", ANSWER_NUMBER}, {"SIZE", ANSWER_SIZE}, { "MAYBE", ANSWER_NUMBER }

static void
writers_begin_table(struct answer *a, enum writers_by by)
{
	static const struct answer_column function[] = {
	    {"FUNCTION", ANSWER_TEXT}, {"FILE", ANSWER_TEXT}, PAGES_COLUMNS};
	static const struct answer_column thread[] = {
	    {"THREAD", ANSWER_TEXT}, {"TID", ANSWER_NUMBER}, PAGES_COLUMNS};
	static const struct answer_column region[] = {
	    {"START", ANSWER_TEXT},        {"END", ANSWER_TEXT},     {"PAGES", ANSWER_NUMBER},
	    {"SIZE", ANSWER_SIZE},         {"ONE_WRITER", ANSWER_NUMBER},
	    {"CANDIDATES", ANSWER_NUMBER}, {"REST", ANSWER_NUMBER},  {"MAPPING", ANSWER_TEXT}};
	static const struct answer_column chain[] = {{"CHAIN", ANSWER_TEXT}, PAGES_COLUMNS};

	switch (by) {
	case WRITERS_BY_FUNCTION:
		answer_table(a, "writers", function, ARRAY_LEN(function));
		break;
	case WRITERS_BY_THREAD: answer_table(a, "writers", thread, ARRAY_LEN(thread)); break;
	case WRITERS_BY_CHAIN: answer_table(a, "writers", chain, ARRAY_LEN(chain)); break;
	case WRITERS_BY_REGION: answer_table(a, "writers", region, ARRAY_LEN(region)); break;
	case WRITERS_BY_COUNT: break;
	}
}

/* w NULL: pages without a writer. */
static void
writers_row(struct answer *a, const struct target *t, enum writers_by by, const struct writer *w,
            const char *words, uint64_t pages)
{
	struct buf b = {0};

	answer_cell_text(a, words);
	if (by == WRITERS_BY_FUNCTION)
		answer_cell_text(a, w ? w->in : "");
	if (by == WRITERS_BY_THREAD && w)
		buf_dec(&b, (uint64_t)w->tid);
	if (by == WRITERS_BY_THREAD)
		answer_cell(a, &b);
	answer_cell_number(a, pages);
	answer_cell_number(a, pages * t->page_size);
	answer_cell_number(a, w ? w->maybe : 0);
}

/* A fault that was forgotten looks like none. */
static void
writers_row_region(struct answer *a, const struct target *t, const struct writers *all,
                   const struct writer *w)
{
	uint64_t pages = w->pages + w->maybe + w->rest;

	answer_cell_hex(a, true, w->start);
	answer_cell_hex(a, true, w->end);
	answer_cell_number(a, pages);
	answer_cell_number(a, pages * t->page_size);
	answer_cell_number(a, w->pages);
	answer_cell_number(a, w->maybe);
	if (all->totals.forgotten_ns)
		answer_cell_text(a, "");
	else
		answer_cell_number(a, w->rest);
	answer_cell_text(a, w->words);
}

static void
writers_table_regions(struct answer *a, const struct target *t, const struct writers *w)
{
	writers_begin_table(a, WRITERS_BY_REGION);
	for (size_t i = 0; i < w->n; i++)
		writers_row_region(a, t, w, &w->v[i]);
}

static void
writers_table(struct answer *a, const struct target *t, enum writers_by by,
              const struct writers *w)
{
	struct buf none = {0};

	writers_begin_table(a, by);
	for (size_t i = 0; i < w->n; i++)
		writers_row(a, t, by, &w->v[i], w->v[i].words, w->v[i].pages);
	if (w->beside)
		writers_row(a, t, by, NULL, WRITERS_BESIDE, w->beside);
	if (w->reads)
		writers_row(a, t, by, NULL, WRITERS_READS, w->reads);
	writers_none(w->sampled, &none);
	if (w->none)
		writers_row(a, t, by, NULL, none.s, w->none);
	buf_free(&none);
}

static void
writers_line(const struct writers *w, struct buf *out)
{
	buf_fmt(out, "%llu page%s written", (unsigned long long)w->written, plural(w->written));
	if (w->one)
		buf_fmt(out, ", %llu with one writer", (unsigned long long)w->one);
	if (w->some)
		buf_fmt(out, ", %llu with candidates only", (unsigned long long)w->some);
	if (w->reads)
		buf_fmt(out, ", %llu with reads only", (unsigned long long)w->reads);
	if (w->none)
		buf_fmt(out, ", %llu %s", (unsigned long long)w->none,
		        w->sampled ? "not sampled or without a fault" : "without a fault");
}

static struct answer *
writers_answer_range(struct target *t, const struct vma_list *vmas, const struct causes_range *of,
                     enum writers_by by)
{
	struct answer *a = answer_new();
	struct codes codes = {0};
	struct buf line = {0};
	struct writers w;

	writers_make(t, &codes, vmas, by, of, UINT64_MAX, &w);
	answer_add_number(a, "written", w.written)->note =
	    "pages, each counted once in every interval";
	answer_add_number(a, "one_writer", w.one);
	answer_add_number(a, "candidates", w.some)->note =
	    "pages on which several faulted, or not all faults were watched";
	answer_add_number(a, "only_reads", w.reads)->note =
	    "pages on which only code that reads faulted: the kernel or another process wrote";
	answer_add_number(a, "no_fault", w.none)->note =
	    w.sampled ? "not sampled, or written by a device or another process"
		      : "written by a device, another process, or what could not be watched";
	answer_add_number(a, "other", w.other)->note =
	    "pages that faulted, but were not seen written";
	answer_facts_causes(a, &w.totals);
	writers_line(&w, &line);
	a->line = line.s;
	if (by == WRITERS_BY_REGION)
		writers_table_regions(a, t, &w);
	else
		writers_table(a, t, by, &w);
	writers_free(&w);
	codes_free(&codes);
	return a;
}

static int
writers_refuse_range(const struct target *t, struct err *err)
{
	bool past = source_is_past(t->source);

	if (t->track.clears)
		return 0;
	return err_set(err, ERR_TARGET,
	               past ? "writes were not recorded" : "writes are not tracked",
	               past ? "record with --tracker auto" : "press c, or add --watch=SECONDS",
	               "cannot tell which code wrote");
}

struct answer *
answer_writers(struct target *t, const struct vma_list *vmas, const struct query *q,
               struct err *err)
{
	struct causes_range of = {.from = t->track.first_epoch, .to = t->track.epoch};
	uint64_t addr;
	const struct vma *v;

	if (q->from.column && query_is_page(q)) {
		if (query_resolve(&q->from, vmas, &addr, &v, err) < 0 ||
		    answer_lacks_writers(t, err) < 0)
			return NULL;
		return writers_answer_page(t, vmas, addr);
	}
	if ((q->from.column && query_range(q, vmas, t->page_size, &of.start, &of.end, err) < 0) ||
	    answer_lacks_writers(t, err) < 0 || writers_refuse_range(t, err) < 0)
		return NULL;
	return writers_answer_range(t, vmas, &of, q->writers_by);
}
