/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/brought.h"

#include <stdlib.h>

/* Joins rows with the same words. */
static void
brought_join(struct writers *w)
{
	size_t n = 0;

	if (w->n)
		qsort(w->v, w->n, sizeof(*w->v), writer_words_order);
	for (size_t i = 0; i < w->n; i++) {
		struct writer *last = n ? &w->v[n - 1] : NULL;

		if (!last || writer_words_order(last, &w->v[i]) != 0) {
			w->v[n++] = w->v[i];
			continue;
		}
		last->pages += w->v[i].pages;
		last->maybe += w->v[i].maybe;
		last->fresh += w->v[i].fresh;
		writer_free(&w->v[i]);
	}
	w->n = n;
	if (n)
		qsort(w->v, n, sizeof(*w->v), writer_pages_order);
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
