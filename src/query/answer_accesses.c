/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `accesses`: which memory is accessed, by DAMON's samples. */
#include "query/answer_query.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "target/accesses.h"

enum { ROWS_MOST = 1000, BAR = 10 };

static const struct answer_column accesses_columns[] = {
    {"START", ANSWER_TEXT},      {"END", ANSWER_TEXT},    {"SIZE", ANSWER_SIZE},
    {"ACCESSES", ANSWER_NUMBER}, {"AGE_MS", ANSWER_NUMBER}, {"HEAT", ANSWER_TEXT},
    {"WHERE", ANSWER_TEXT},
};

/* The hottest first. */
static int
accesses_order(const void *pa, const void *pb)
{
	const struct damon_region *a = pa, *b = pb;

	if (a->accesses != b->accesses)
		return a->accesses < b->accesses ? 1 : -1;
	return (a->start > b->start) - (a->start < b->start);
}

/* What is mapped of it, from the first region on; false: nothing. */
static bool
accesses_clip(const struct vma_list *vmas, struct damon_region *r)
{
	size_t i = vma_lower_bound(vmas, r->start);

	if (i > 0 && vmas->v[i - 1].end > r->start)
		i--;
	if (i == vmas->n || vmas->v[i].start >= r->end)
		return false;
	r->start = u64_max(r->start, vmas->v[i].start);
	return true;
}

static void
accesses_row(struct answer *a, const struct vma_list *vmas, const struct damon_region *r,
             unsigned samples)
{
	const struct vma *v = vma_at(vmas, r->start);
	unsigned bar = r->accesses * BAR / (samples ? samples : 1);
	struct buf b = {0};

	answer_cell_hex(a, true, r->start);
	answer_cell_hex(a, true, r->end);
	answer_cell_number(a, r->end - r->start);
	answer_cell_number(a, r->accesses);
	answer_cell_number(a, r->age_ns / 1000000);
	for (unsigned i = 0; i < BAR; i++)
		buf_str(&b, i < bar || (!i && r->accesses) ? "#" : ".");
	answer_cell(a, &b);
	if (v)
		query_place_text(vmas, v, r->start, false, false, &b);
	else
		buf_str(&b, "");
	answer_cell(a, &b);
}

static void
accesses_by_address(struct answer *a, const struct vma_list *vmas, const struct damon_regions *is)
{
	answer_table(a, "regions", accesses_columns, ARRAY_LEN(accesses_columns));
	for (size_t i = 0; i < is->n; i++) {
		struct damon_region r = is->v[i];

		if (!accesses_clip(vmas, &r))
			continue;
		if (a->table.n < ROWS_MOST)
			accesses_row(a, vmas, &r, is->samples);
		else
			a->table.more++;
	}
}

/* --- by region -------------------------------------------------------------------------------- */

static const struct answer_column accesses_by_vma[] = {
    {"START", ANSWER_TEXT},     {"END", ANSWER_TEXT},     {"SIZE", ANSWER_SIZE},
    {"ACCESSED", ANSWER_SIZE}, {"MAPPING", ANSWER_TEXT},
};

struct accesses_vma {
	const struct vma *v;
	uint64_t seen;
};

/* That with the most first. */
static int
accesses_vma_order(const void *pa, const void *pb)
{
	const struct accesses_vma *a = pa, *b = pb;

	if (a->seen != b->seen)
		return a->seen < b->seen ? 1 : -1;
	return (a->v->start > b->v->start) - (a->v->start < b->v->start);
}

/* The regions that were sampled. */
static void
accesses_of_vmas(struct answer *a, const struct vma_list *vmas, const struct damon_regions *is)
{
	const struct accesses of = {.is = *is};
	struct accesses_vma *rows = mem_alloc((vmas->n + 1) * sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		rows[n].v = v;
		n += accesses_of(&of, v->start, v->end, &rows[n].seen);
	}
	vec_sort(rows, n, sizeof(*rows), accesses_vma_order);
	answer_table(a, "mappings", accesses_by_vma, ARRAY_LEN(accesses_by_vma));
	a->table.more = n > ROWS_MOST ? n - ROWS_MOST : 0;
	for (size_t i = 0; i < n && i < ROWS_MOST; i++) {
		answer_cell_hex(a, true, rows[i].v->start);
		answer_cell_hex(a, true, rows[i].v->end);
		answer_cell_number(a, vma_size(rows[i].v));
		answer_cell_number(a, rows[i].seen);
		answer_cell_text(a, vma_shown_name(rows[i].v));
	}
	free(rows);
}

struct answer *
answer_accesses(struct target *t, const struct vma_list *vmas, const struct query *q,
                struct err *err)
{
	struct damon_regions is;
	struct answer *a;
	struct buf line = {0};
	uint64_t seen = 0, often = 0;
	char all[8], half[8];

	if (!t->source->ops->accesses) {
		err_set(err, ERR_TARGET, "the target is not a live process", NULL,
		        "cannot sample accesses");
		return NULL;
	}
	if (t->source->ops->accesses(t->source, q->for_ns, &is, err) < 0)
		return NULL;
	a = answer_new();
	a->stands = true;
	answer_add_text(a, "source", "DAMON, sampled: a page may differ from those around it");
	answer_add_number(a, "samples", is.samples)->note = "of which ACCESSES were accesses";
	answer_add_number(a, "sample_us", is.sample_ns / 1000);
	for (size_t i = 0; i < is.n; i++) {
		struct damon_region r = is.v[i];

		if (!r.accesses || !accesses_clip(vmas, &r))
			continue;
		seen += r.end - r.start;
		often += r.accesses * 2 >= is.samples ? r.end - r.start : 0;
	}
	if (q->by == QUERY_BY_VMA) {
		accesses_of_vmas(a, vmas, &is);
	} else {
		vec_sort(is.v, is.n, sizeof(*is.v), accesses_order);
		accesses_by_address(a, vmas, &is);
	}
	a->table.places = true;
	buf_fmt(&line, "sampled for %.1f s: about %s accessed, %s of it in most samples",
	        (double)q->for_ns / 1e9, size_text(all, seen), size_text(half, often));
	a->line = line.s;
	damon_free(&is);
	return a;
}
