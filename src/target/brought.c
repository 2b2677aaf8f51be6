/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/brought.h"

#include <stdlib.h>
#include <string.h>

static int
brought_by_words(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;
	int order = strcmp(a->words, b->words);

	if (!order)
		order = strcmp(a->in, b->in);
	return order ? order : (a->tid > b->tid) - (a->tid < b->tid);
}

static int
brought_by_pages(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;

	if (a->pages != b->pages)
		return a->pages < b->pages ? 1 : -1;
	if (a->maybe != b->maybe)
		return a->maybe < b->maybe ? 1 : -1;
	return brought_by_words(pa, pb);
}

/* Joins rows with the same words. */
static void
brought_join(struct writers *w)
{
	size_t n = 0;

	if (w->n)
		qsort(w->v, w->n, sizeof(*w->v), brought_by_words);
	for (size_t i = 0; i < w->n; i++) {
		struct writer *last = n ? &w->v[n - 1] : NULL;

		if (!last || brought_by_words(last, &w->v[i]) != 0) {
			w->v[n++] = w->v[i];
			continue;
		}
		last->pages += w->v[i].pages;
		last->maybe += w->v[i].maybe;
		last->fresh += w->v[i].fresh;
		free(w->v[i].words);
		free(w->v[i].in);
	}
	w->n = n;
	if (n)
		qsort(w->v, n, sizeof(*w->v), brought_by_pages);
}

void
brought_make(struct target *t, struct codes *codes, const struct vma_list *vmas,
             enum writers_by by, struct writers *out)
{
	struct growth_causes is;

	*out = (struct writers){0};
	growth_explain(t->growth, t->brought, vmas, &is);
	if (t->brought)
		causes_totals(t->brought, &out->totals);
	out->v = mem_alloc((is.n + 1) * sizeof(*out->v));
	for (; out->n < is.n; out->n++) {
		struct writer *w = &out->v[out->n];

		writer_name(t, codes, vmas, by, is.v[out->n].chain, is.v[out->n].thread, w);
		w->pages = is.v[out->n].pages;
		w->maybe = is.v[out->n].maybe;
		w->fresh = is.v[out->n].fresh;
	}
	free(is.v);
	brought_join(out);
	out->one = is.one;
	out->some = is.some;
	out->written = is.count.gained;
	out->lost = is.count.lost;
	out->fresh = is.count.fresh;
	out->none = is.none;
	out->none_fresh = is.none_fresh;
}
