/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/brought.h"

#include <stdlib.h>

void
brought_make(struct target *t, struct codes *codes, const struct vma_list *vmas,
             enum writers_by by, struct writers *out)
{
	struct growth_causes is;

	*out = (struct writers){0};
	growth_explain(t->growth, t->brought, vmas, &is);
	if (t->brought)
		causes_totals(t->brought, &out->totals);
	out->sampled = out->totals.watch.period > 1 ? out->totals.watch.period : 0;
	out->v = mem_alloc((is.n + 1) * sizeof(*out->v));
	for (; out->n < is.n; out->n++) {
		struct writer *w = &out->v[out->n];

		writer_name(t, codes, vmas, by, is.v[out->n].chain, is.v[out->n].thread, w);
		w->pages = is.v[out->n].pages;
		w->maybe = is.v[out->n].maybe;
		w->fresh = is.v[out->n].fresh;
	}
	free(is.v);
	out->n = writers_join(out->v, out->n, NULL);
	vec_sort(out->v, out->n, sizeof(*out->v), writer_pages_order);
	out->one = is.one;
	out->some = is.some;
	out->written = is.count.gained;
	out->lost = is.count.lost;
	out->fresh = is.count.fresh;
	out->none = is.none;
	out->none_fresh = is.none_fresh;
}
