/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `copies`: which private copies of file pages differ from the file. */
#include "query/answer_query.h"

#include <string.h>

#include "base/text.h"
#include "target/copies.h"

enum { RUNS_MAX = 1000 };

/* Neighbours that differ, in one region. */
struct copies_run {
	uint64_t start, pages, bytes;
};

struct copies_sum {
	struct answer *a;
	const struct vma *v;
	size_t page_size;
	struct copies_run run; /* without pages: there is none */
	uint64_t n[COPY_KINDS], bytes, runs, first;
};

static void
copies_end_run(struct copies_sum *s)
{
	char perm[5];
	struct buf b = {0};

	if (!s->run.pages)
		return;
	if (!s->runs)
		s->first = s->run.start;
	if (s->runs++ < RUNS_MAX) {
		vma_perm_text(s->v, perm);
		answer_cell_hex(s->a, true, s->run.start);
		answer_cell_text(s->a, perm);
		answer_cell_number(s->a, s->run.pages);
		answer_cell_number(s->a, s->run.bytes);
		text_escape(&b, s->v->name, strlen(s->v->name), false);
		answer_cell(s->a, &b);
	}
	s->run = (struct copies_run){0};
}

static int
copies_note(void *arg, uint64_t addr, enum copy_is is, unsigned bytes)
{
	struct copies_sum *s = arg;

	s->n[is]++;
	s->bytes += bytes;
	if (is != COPY_CHANGED || addr != s->run.start + s->run.pages * s->page_size)
		copies_end_run(s);
	if (is != COPY_CHANGED)
		return 0;
	if (!s->run.pages)
		s->run.start = addr;
	s->run.pages++;
	s->run.bytes += bytes;
	return 0;
}

static void
copies_say(struct target *t, const struct copies_sum *s, struct buf *line)
{
	char text[512];
	struct err bar;
	uint64_t all = s->n[COPY_SAME] + s->n[COPY_CHANGED] + s->n[COPY_UNKNOWN];

	buf_fmt(line, "%ju private cop%s of file pages: %ju differ%s from the file in %ju byte%s",
	        (uintmax_t)all, all == 1 ? "y" : "ies", (uintmax_t)s->n[COPY_CHANGED],
	        s->n[COPY_CHANGED] == 1 ? "s" : "", (uintmax_t)s->bytes, plural(s->bytes));
	if (!s->n[COPY_UNKNOWN])
		return;
	buf_fmt(line, "; of %ju it is not known", (uintmax_t)s->n[COPY_UNKNOWN]);
	if (source_is_barred(t->source, &bar))
		buf_fmt(line, ": %s", err_line(&bar, text, sizeof(text)));
}

struct answer *
answer_copies(struct target *t, const struct vma_list *vmas, const struct query *q,
              struct err *err)
{
	static const struct answer_column columns[] = {{"START", ANSWER_TEXT},
	                                               {"PERM", ANSWER_TEXT},
	                                               {"PAGES", ANSWER_NUMBER},
	                                               {"BYTES", ANSWER_NUMBER},
	                                               {"MAPPING", ANSWER_TEXT}};
	struct copies_sum s = {.page_size = t->page_size};
	uint64_t start = 0, end = UINT64_MAX;
	struct buf line = {0};
	int r = 0;

	if (q->from.column && query_range(q, vmas, t->page_size, &start, &end, err) < 0)
		return NULL;
	s.a = answer_new();
	answer_table(s.a, "differences", columns, ARRAY_LEN(columns));
	for (size_t i = 0; r == 0 && i < vmas->n; i++) {
		uint64_t from = u64_max(start, vmas->v[i].start), to = u64_min(end, vmas->v[i].end);

		s.v = &vmas->v[i];
		if (from < to)
			r = copies_walk(t, s.v, from, to, copies_note, &s, err);
		copies_end_run(&s);
	}
	if (r != 0) {
		answer_unref(s.a);
		return NULL;
	}
	s.a->table.places = true;
	s.a->table.more = s.runs - u64_min(s.runs, RUNS_MAX);
	s.a->has_place = s.runs > 0;
	s.a->place = s.first;
	answer_add_number(s.a, "changed", s.n[COPY_CHANGED])->note = "pages whose contents differ";
	answer_add_number(s.a, "bytes", s.bytes)->note = "that differ";
	answer_add_number(s.a, "same", s.n[COPY_SAME])->note =
	    "pages copied by a write that changed nothing, or was undone";
	answer_add_number(s.a, "unknown", s.n[COPY_UNKNOWN])->note =
	    "pages in swap, or whose file cannot be read";
	copies_say(t, &s, &line);
	s.a->line = line.s;
	return s.a;
}
