/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/lens_strips.h"

#include <string.h>

#include "sample/estimate.h"

enum { SMALL_PAGES = 4096 }; /* counted in less than a millisecond */

void
lens_strips_keep(struct regions *rs, const struct regions *old, enum lens lens)
{
	for (size_t i = 0, k = 0; i < rs->vmas.n; i++) {
		struct region *r = regions_edit(rs, i);
		const struct region *was;

		r->shows = 0;
		while (old && k < old->vmas.n && old->vmas.v[k].start < rs->vmas.v[i].start)
			k++;
		if (!old || k >= old->vmas.n || old->vmas.v[k].start != rs->vmas.v[i].start)
			continue;
		was = regions_at(old, k);
		if (!region_shows(was, lens))
			continue;
		r->shows = (uint8_t)(lens + 1);
		r->estimated = was->estimated;
		memcpy(r->strip, was->strip, sizeof(r->strip));
	}
}

static void
lens_strips_fill(struct regions *rs, size_t i, struct target *t, enum lens lens, bool estimate)
{
	const struct vma *v = &rs->vmas.v[i];
	struct region *r;
	struct strip_cell strip[LIST_STRIP];
	struct err ignored;

	if ((estimate ? estimate_strip(t, v, lens, strip, LIST_STRIP, &ignored)
	              : region_fill_strip(t, v, lens, strip, LIST_STRIP, &ignored)) != 0)
		return;
	r = regions_edit(rs, i);
	memcpy(r->strip, strip, sizeof(strip));
	r->shows = (uint8_t)(lens + 1);
	r->estimated = estimate;
}

static void
lens_strips_first(struct regions *rs, size_t i, struct target *t, enum lens lens)
{
	bool small = vma_size(&rs->vmas.v[i]) / t->page_size <= SMALL_PAGES;

	if (regions_at(rs, i)->known && !regions_at(rs, i)->shows)
		lens_strips_fill(rs, i, t, lens, !small);
}

void
lens_strips_begin(struct regions *rs, struct target *t, enum lens lens,
                  const struct screen_rows *rows, uint64_t until)
{
	size_t n = rs->vmas.n;

	for (size_t i = 0; i < n; i++)
		if (regions_at(rs, i)->shows && !region_shows(regions_at(rs, i), lens))
			regions_edit(rs, i)->shows = 0;
	for (unsigned k = 0; k < rows->n && source_now(t->source) < until; k++) {
		const struct vma *v = vma_at(&rs->vmas, rows->at[k]);

		if (v)
			lens_strips_first(rs, (size_t)(v - rs->vmas.v), t, lens);
	}
	for (size_t k = 0; k < 2 * n && source_now(t->source) < until; k++) {
		size_t i = k % n;
		bool small = vma_size(&rs->vmas.v[i]) / t->page_size <= SMALL_PAGES;

		if (small == (k < n))
			lens_strips_first(rs, i, t, lens);
	}
}

bool
lens_strips_counted(const struct regions *rs, enum lens lens)
{
	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct region *r = regions_at(rs, i);

		if (r->known && (!region_shows(r, lens) || r->estimated))
			return false;
	}
	return true;
}

void
lens_strips_count(struct regions *rs, struct target *t, enum lens lens, size_t *next,
                  uint64_t until)
{
	bool all = lens_strips_counted(rs, lens);
	size_t n = rs->vmas.n, done = 0;

	for (; done < n && source_now(t->source) < until; done++) {
		size_t i = (*next + done) % n;
		const struct region *r = regions_at(rs, i);

		if (r->known && (all || r->estimated || !region_shows(r, lens)))
			lens_strips_fill(rs, i, t, lens, false);
	}
	*next = n ? (*next + done) % n : 0;
}

bool
lens_strips_shown(const struct regions *rs, enum lens lens, const struct screen_rows *rows)
{
	for (unsigned k = 0; k < rows->n; k++) {
		const struct vma *v = vma_at(&rs->vmas, rows->at[k]);
		const struct region *r = v ? regions_at(rs, (size_t)(v - rs->vmas.v)) : NULL;

		if (r && r->known && !region_shows(r, lens))
			return false;
	}
	for (size_t i = 0; i < rs->vmas.n && !rows->n; i++)
		if (regions_at(rs, i)->known && !region_shows(regions_at(rs, i), lens))
			return false;
	return true;
}
