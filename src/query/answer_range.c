/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about a range: its pages by state. */
#include "query/answer_query.h"

#include "page/state.h"
#include "target/walk.h"

struct answer *
answer_range(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
             struct err *err)
{
	struct walk_options o = {.needs = PAGE_NEED_FLAGS | PAGE_NEED_CACHE};
	size_t size = t->page_size, regions = 0;
	uint64_t mapped = 0, by_state[STATE_COUNT] = {0};
	struct answer *a;
	struct buf b = {0};
	char text[8];

	progress_begin(t->progress, vma_mapped(vmas, start, end));
	for (size_t i = vma_lower_bound(vmas, start); i < vmas->n && vmas->v[i].start < end; i++) {
		const struct vma *v = &vmas->v[i];
		uint64_t lo = u64_max(start, v->start), hi = u64_min(end, v->end);

		regions++;
		mapped += (hi - lo) / size;
		if (walk_count(t, v, lo, hi, &o, by_state, err) != 0)
			return NULL;
	}
	a = answer_new();
	a->has_place = regions > 0;
	a->place = start;
	answer_add_hex(a, "start", start);
	answer_add_hex(a, "end", end);
	answer_add_number(a, "regions", regions);
	answer_add_number(a, "pages", mapped);
	buf_fmt(&b, "%s in %zu region%s", size_text(text, mapped * size), regions, plural(regions));
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (by_state[s]) {
			answer_add_number(a, state_row((enum state)s)->name, by_state[s]);
			buf_fmt(&b, ", %llu %s", (unsigned long long)by_state[s],
			        state_row((enum state)s)->name);
		}
	a->line = b.s;
	return a;
}
