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
	growth_totals(t->growth, t->brought, &out->totals);
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

void
brought_none(const struct growth *g, uint64_t sampled, struct buf *out)
{
	const struct growth_told *told = g->told;

	if (told && (!told->watch.on || told->more))
		buf_str(out, told->watch.on ? "not recorded, or no fault seen" : "not recorded");
	else
		writers_none(sampled, out);
}
