/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers to `watchpoint`: which code stores to a few bytes. */
#include "query/answer_query.h"

#include <string.h>

#include "base/clock.h"
#include "target/watchpoint.h"
#include "target/writers.h"

/* --- setting one ------------------------------------------------------------------------------ */

/* As many bytes as a watchpoint there may have: what its alignment allows. */
static unsigned
watchpoint_bytes(const struct target *t, const struct query *q, uint64_t addr)
{
	unsigned n = t->source->meta.word;

	if (q->bytes)
		return q->bytes;
	while (addr % n)
		n /= 2;
	return n;
}

static int
watchpoint_check(const struct query *q, const struct vma_list *vmas, uint64_t addr, unsigned bytes,
                 struct err *err)
{
	if (!vma_at(vmas, addr))
		return query_bad_place(&q->from, "nothing is mapped there",
		                       "give the address of a variable", err);
	if (addr % bytes)
		return query_bad_place(&q->from, "its address is no multiple of its length",
		                       "watch fewer bytes, or from a rounded address", err);
	return 0;
}

static struct watchpoint *
watchpoint_begin(struct target *t, const struct vma_list *vmas, const struct query *q,
                 struct err *err)
{
	const struct vma *v;
	uint64_t addr;
	unsigned bytes;

	if (query_resolve(&q->from, vmas, &addr, &v, err) < 0)
		return NULL;
	bytes = watchpoint_bytes(t, q, addr);
	if (watchpoint_check(q, vmas, addr, bytes, err) < 0)
		return NULL;
	return watchpoint_set(&t->watchpoints, t->source, addr, bytes, t->budget, err);
}

/* --- what it has seen ------------------------------------------------------------------------- */

static const struct answer_column watchpoint_columns[] = {
    {"ADDRESS", ANSWER_TEXT}, {"STORES", ANSWER_NUMBER},    {"FUNCTION", ANSWER_TEXT},
    {"THREAD", ANSWER_TEXT},  {"TID", ANSWER_NUMBER},       {"INSTRUCTION", ANSWER_TEXT},
    {"CHAIN", ANSWER_TEXT},
};

/* The first part of a folded chain is the thread. */
static void
watchpoint_cells(struct answer *a, const struct watchpoint *w, const struct writer *by)
{
	struct buf place = {0}, thread = {0}, chain = {0};
	const char *first = strchr(by->words, ';');

	buf_fmt(&place, "%llx", (unsigned long long)w->addr);
	answer_cell(a, &place);
	answer_cell_number(a, by->pages);
	answer_cell_text(a, by->in);
	buf_add(&thread, by->words, first ? (size_t)(first - by->words) : 0);
	answer_cell(a, &thread);
	answer_cell_number(a, (uint64_t)by->tid);
	answer_cell_text(a, by->instruction);
	buf_str(&chain, first ? first + 1 : "");
	answer_cell(a, &chain);
}

static void
watchpoint_rows(struct answer *a, struct target *t, const struct vma_list *vmas,
                const struct watchpoint *w, struct codes *codes, struct causes_totals *is)
{
	struct writers by;

	writers_of_events(t, w->causes, codes, vmas, &by);
	for (size_t i = 0; i < by.n; i++)
		watchpoint_cells(a, w, &by.v[i]);
	*is = by.totals;
	writers_free(&by);
}

/*
 * Waits as long as is asked, or until the process ends. Its code must be named before that: an
 * address space that is gone has no files.
 */
static void
watchpoint_wait(struct target *t, const struct vma_list *vmas, const struct watchpoint *w,
                uint64_t ns, struct codes *codes)
{
	static const uint64_t STEP_NS = 200 * TIME_MS;
	uint64_t end = source_now(t->source) + ns, now;

	while ((now = source_now(t->source)) < end && !source_stopped(t->source) &&
	       t->source->ops->life(t->source) == PROC_RUNNING) {
		struct writers by;

		t->source->ops->faults->wait(t->source, u64_min(end - now, STEP_NS));
		writers_of_events(t, w->causes, codes, vmas, &by);
		writers_free(&by);
	}
}

/* "1000 stores to 8 bytes at c0000010 in 1.0 s" */
static void
watchpoint_line(const struct watchpoint *w, const struct causes_totals *is, struct buf *out)
{
	uint64_t stores = is->faults + is->lost;

	buf_fmt(out, "%llu store%s to %u byte%s at %llx in %.1f s", (unsigned long long)stores,
	        plural(stores), w->bytes, plural(w->bytes), (unsigned long long)w->addr,
	        (double)w->times.on_ns / TIME_SECOND);
	if (w->times.rest_ns)
		buf_fmt(out, " of watching, not counting %.1f s of rest",
		        (double)w->times.rest_ns / TIME_SECOND);
}

static void
watchpoint_add_limits(struct answer *a, const struct watchpoint *w, const struct causes_totals *is)
{
	if (w->times.rest_ns)
		answer_add_number(a, "rested_ms", w->times.rest_ns / TIME_MS)->note =
		    "stores then were not seen: more would cost the process more than the budget";
	if (is->lost)
		answer_add_number(a, "lost", is->lost)->note = "stores whose code is not known";
	if (is->watch.unwatched)
		answer_add_number(a, "unwatched", is->watch.unwatched)->note =
		    "threads that could not be watched";
	if (!stores_see_kernel())
		answer_add_text(a, "system_calls", "not watched")->note =
		    "stores by system calls are not seen: arm64's Linux does not report them";
	else if (!is->watch.kernel)
		answer_add_text(a, "system_calls", "not watched")->note =
		    "stores by system calls are not seen: that needs CAP_PERFMON or "
		    "kernel.perf_event_paranoid=1";
}

static struct answer *
watchpoint_report(struct target *t, const struct vma_list *vmas, struct watchpoint *w, size_t n,
                  struct codes *codes)
{
	struct answer *a = answer_new();
	bool ended = t->source->ops->life(t->source) != PROC_RUNNING;
	struct buf line = {0};

	answer_table(a, "stores", watchpoint_columns, ARRAY_LEN(watchpoint_columns));
	a->table.places = true;
	for (size_t i = 0; i < n; i++) {
		struct causes_totals is;

		watchpoint_read(&w[i], t->source);
		watchpoint_rows(a, t, vmas, &w[i], codes, &is);
		buf_str(&line, i ? "; " : "");
		watchpoint_line(&w[i], &is, &line);
		if (n == 1)
			watchpoint_add_limits(a, &w[i], &is);
	}
	answer_add_number(a, "watchpoints", t->watchpoints.n);
	if (n && ended)
		answer_add_text(a, "process", "ended")->note = "what it stored until then";
	if (!n)
		buf_str(&line, "no watchpoint is set");
	else if (ended)
		buf_str(&line, ", when the process ended");
	a->stands = true;
	a->line = line.s;
	return a;
}

static struct answer *
watchpoint_off(struct target *t, const struct vma_list *vmas, const struct query *q,
               struct err *err)
{
	uint64_t addr = UINT64_MAX;
	struct answer *a;
	struct buf line = {0};
	const struct vma *v;
	size_t n;

	if (q->from.column && query_resolve(&q->from, vmas, &addr, &v, err) < 0)
		return NULL;
	n = watchpoints_drop(&t->watchpoints, t->source, addr);
	a = answer_new();
	answer_add_number(a, "removed", n);
	buf_fmt(&line, "%zu watchpoint%s removed", n, plural(n));
	a->line = line.s;
	return a;
}

struct answer *
answer_watchpoint(struct target *t, const struct vma_list *vmas, const struct query *q,
                  struct err *err)
{
	struct codes codes = {0};
	struct watchpoint *w;
	struct answer *a;

	if (q->off)
		return watchpoint_off(t, vmas, q, err);
	if (!q->from.column) {
		a = watchpoint_report(t, vmas, t->watchpoints.v, t->watchpoints.n, &codes);
		codes_free(&codes);
		return a;
	}
	w = watchpoint_begin(t, vmas, q, err);
	if (!w)
		return NULL;
	watchpoint_wait(t, vmas, w, q->for_ns, &codes);
	a = watchpoint_report(t, vmas, w, 1, &codes);
	codes_free(&codes);
	return a;
}
