/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All regions of an address space at one scan, and their sums. */
#include <stdlib.h>

#include "base/refs.h"
#include "base/util.h"
#include "target/region_parts.h"

struct regions *
regions_new(struct vma_list vmas, uint64_t now)
{
	struct regions *rs = mem_alloc(sizeof(*rs));

	rs->refs = 1;
	rs->vmas = vmas;
	rs->r = mem_alloc(vmas.n * sizeof(*rs->r));
	rs->time_ns = now;
	for (size_t i = 0; i < vmas.n; i++) {
		rs->r[i].lens = LENS_COUNT;
		rs->r[i].rate = RATE_UNKNOWN;
		rs->totals.size += vma_size(&vmas.v[i]);
	}
	return rs;
}

struct regions *
regions_ref(struct regions *rs)
{
	if (rs)
		refs_take(&rs->refs);
	return rs;
}

void
regions_unref(struct regions *rs)
{
	if (!rs || !refs_drop(&rs->refs))
		return;
	vma_free(&rs->vmas);
	free(rs->r);
	free(rs);
}

static void
region_unknown_add(struct unknown *sum, const struct region *r)
{
	if (!r->unknown)
		return;
	sum->pages += r->unknown;
	sum->regions++;
	if (r->doubt == DOUBT_NEW) {
		sum->fresh.pages += r->unknown;
		sum->fresh.regions++;
	} else if (r->doubt == DOUBT_READONLY) {
		sum->readonly.pages += r->unknown;
		sum->readonly.regions++;
	}
}

static void
region_totals_add(struct totals *sum, const struct region *r)
{
	sum->rss += r->rss;
	sum->swap += r->swap;
	sum->swap_unsure |= r->swap_unsure;
	sum->written += r->written;
	region_unknown_add(&sum->unknown, r);
	if (!r->doubt)
		sum->never += r->never;
}

int
regions_measure(struct regions *rs, struct target *t, const bool *which, struct err *err)
{
	uint64_t begin = source_now(t->source);

	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region *r = &rs->r[i];
		int ended;

		if (which && !which[i])
			continue;
		ended = region_count(t, &rs->vmas.v[i], begin, r, rs->totals.rss_by_state, r->strip,
		                     LIST_STRIP, err);
		if (ended)
			return ended;
		if (source_stopped(t->source))
			return 1;
		r->lens = r->known ? LENS_STATE : LENS_COUNT;
		region_totals_add(&rs->totals, r);
	}
	track_settle(&t->track);
	t->track.scanned_ns = begin;
	t->track.unknown = rs->totals.unknown;
	rs->counted = true;
	rs->time_ns = begin;
	rs->cost_ns = source_now(t->source) - begin;
	return 0;
}
