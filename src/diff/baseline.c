/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/baseline.h"

static bool
baseline_has(const struct extent *run)
{
	enum state s = (enum state)(run->state - 1);

	return page_diff_is_there(s) && s != STATE_MIGRATING && s != STATE_SPECIAL;
}

struct growth_scan *
baseline_of(const struct side *s)
{
	struct growth_scan *g = growth_scan_of(s->page_size, s->time_ns, &s->regions->vmas);

	for (size_t i = 0; i < s->states.n; i++) {
		const struct extent *run = &s->states.v[i];

		if (baseline_has(run))
			growth_add(g, run->start, run->end, run->state == 1u + STATE_THP_HEAD);
	}
	return g;
}

uint64_t
baseline_pages(const struct side *s)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < s->states.n; i++)
		if (baseline_has(&s->states.v[i]))
			pages += (s->states.v[i].end - s->states.v[i].start) / s->page_size;
	return pages;
}
