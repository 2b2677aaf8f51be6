/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about bytes: every place in RAM where they are. */
#include "query/answer_query.h"

#include <stdio.h>
#include <stdlib.h>

#include "query/seek.h"

enum { PLACES_MAX = 1000 };

struct search {
	uint64_t at[PLACES_MAX];
	uint64_t n; /* may be more than that */
};

static void
search_note(void *arg, uint64_t at)
{
	struct search *s = arg;

	if (s->n < PLACES_MAX)
		s->at[s->n] = at;
	s->n++;
}

static void
search_add_places(const struct search *s, const struct vma_list *vmas, struct answer *a)
{
	static const struct answer_column columns[] = {{"ADDRESS", ANSWER_TEXT},
	                                               {"WHERE", ANSWER_TEXT}};
	uint64_t shown = u64_min(s->n, PLACES_MAX);
	struct buf b = {0};

	answer_table(a, "places", columns, ARRAY_LEN(columns));
	a->table.more = s->n - shown;
	a->table.places = true;
	for (size_t i = 0; i < shown; i++) {
		const struct vma *v = vma_at(vmas, s->at[i]);

		answer_cell_hex(a, true, s->at[i]);
		if (v)
			query_place_text(vmas, v, s->at[i], false, false, &b);
		answer_cell(a, &b);
	}
}

/* The pattern of the question; -1 with err. */
static int
search_pattern(const struct target *t, const struct vma_list *vmas, const struct query *q,
               struct pattern *out, struct err *err)
{
	const struct vma *v;
	char text[32];
	uint64_t addr;

	if (!q->pointer.column)
		return pattern_parse(q->text, t->source->meta.word, out, err);
	if (query_resolve(&q->pointer, vmas, &addr, &v, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "ptr %llx", (unsigned long long)addr);
	return pattern_parse(text, t->source->meta.word, out, err);
}

static int
search_all(struct search *s, struct target *t, const struct vma_list *vmas, const struct query *q,
           uint64_t *skipped, struct err *err)
{
	uint64_t start = 0, end = UINT64_MAX;
	struct pattern p;

	if ((q->in && query_range_in(q, vmas, t->page_size, &start, &end, err) < 0) ||
	    search_pattern(t, vmas, q, &p, err) < 0)
		return -1;
	return seek_all_bytes(t, vmas, &p, start, end, search_note, s, skipped, err);
}

struct answer *
answer_search(struct target *t, const struct vma_list *vmas, const struct query *q,
              struct err *err)
{
	struct search *s = mem_alloc(sizeof(*s));
	struct answer *a = NULL;
	struct buf b = {0};
	uint64_t skipped;

	if (search_all(s, t, vmas, q, &skipped, err) != 0) {
		free(s);
		return NULL;
	}
	buf_fmt(&b, "%llu page%s passed over: not in RAM, or not to be read",
	        (unsigned long long)skipped, skipped == 1 ? " was" : "s were");
	if (!s->n) {
		err_set(err, ERR_TARGET, "only pages in RAM are searched", b.s,
		        "no page has %.100s", q->text);
	} else {
		a = answer_new();
		a->has_place = true;
		a->place = s->at[0];
		answer_add_number(a, "found", s->n);
		answer_add_number(a, "skipped_pages", skipped);
		search_add_places(s, vmas, a);
		b.len = 0;
		buf_fmt(&b, "%llu place%s", (unsigned long long)s->n, plural(s->n));
		a->line = b.s;
		b = (struct buf){0};
	}
	buf_free(&b);
	free(s);
	return a;
}
