/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/touched.h"

static const uint64_t PAGE_NS = 60; /* to clear the bit of one page, measured: 52 */

int
touched_clear(struct touched *t, struct source *s, struct err *err)
{
	uint64_t begin = source_now(s);

	if (s->ops->unreference(s, err) < 0)
		return -1;
	t->clears++;
	t->clear_ns = source_now(s);
	t->cost_ns = t->clear_ns - begin;
	return 0;
}

uint64_t
touched_estimate_ns(const struct source *s)
{
	struct proc_activity is;

	return s->ops->counters(s, &is) ? is.rss * PAGE_NS : 0;
}

bool
touched_is_in(const struct touched *t, const struct smaps_reading *l)
{
	return t->clears && l && l->time_ns >= t->clear_ns;
}

bool
touched_counts(const struct vma *v, const struct smaps_entry *e)
{
	return v->type != VMA_HUGETLB && !smaps_has(e, "ht") && !smaps_has(e, "pf") &&
	       !smaps_has(e, "io");
}

void
touched_add(struct touched_sum *sum, const struct vma *v, const struct smaps_entry *e)
{
	if (e && touched_counts(v, e)) {
		sum->touched += e->referenced;
		sum->rss += e->uss + e->shared;
	} else if (!e || v->type == VMA_HUGETLB) {
		sum->unknown++;
	}
}

struct touched_sum
touched_sum(const struct vma_list *vmas, const struct smaps *s)
{
	struct touched_sum sum = {0};

	for (size_t i = 0; i < vmas->n; i++)
		touched_add(&sum, &vmas->v[i], smaps_find(s, vmas->v[i].start));
	return sum;
}
