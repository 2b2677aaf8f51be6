/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All regions of an address space at one scan, and their sums. */
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"
#include "target/region_parts.h"

struct regions_list *
regions_list_ref(struct regions_list *l)
{
	if (l)
		refs_take(&l->refs);
	return l;
}

void
regions_list_unref(struct regions_list *l)
{
	if (!l || !refs_drop(&l->refs))
		return;
	vma_free(&l->vmas);
	free(l);
}

/* --- what was counted, in blocks -------------------------------------------------------------- */

const struct region regions_nothing;

static size_t
regions_blocks(const struct regions *rs)
{
	return (rs->vmas.n + REGIONS_BLOCK - 1) / REGIONS_BLOCK;
}

static void
regions_block_unref(struct regions_block *b)
{
	if (b && refs_drop(&b->refs))
		free(b);
}

static void
regions_share_block(struct regions *rs, const struct regions *old, size_t k)
{
	struct regions_block *b = old->blocks[k];

	if (b)
		refs_take(&b->refs);
	regions_block_unref(rs->blocks[k]);
	rs->blocks[k] = b;
}

struct region *
regions_edit(struct regions *rs, size_t i)
{
	struct regions_block **at = &rs->blocks[i / REGIONS_BLOCK], *b = *at;

	if (!b) {
		*at = mem_alloc(sizeof(**at));
	} else if (!refs_is_last(&b->refs)) {
		*at = mem_copy(b, sizeof(*b));
		regions_block_unref(b);
	}
	(*at)->refs = 1;
	return &(*at)->r[i % REGIONS_BLOCK];
}

bool
regions_is_older(const struct regions *rs, const struct region *r)
{
	return r->known && rs->time_ns > u64_max(rs->all_ns, r->again_ns) + REGIONS_OLDER_NS;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Takes over the reference. */
static struct regions *
regions_of(struct regions_list *list, uint64_t now)
{
	struct regions *rs = mem_alloc(sizeof(*rs));

	rs->refs = 1;
	rs->list = list;
	rs->vmas = list->vmas;
	rs->blocks = mem_alloc(regions_blocks(rs) * sizeof(*rs->blocks));
	rs->time_ns = now;
	return rs;
}

struct regions *
regions_new(struct vma_list vmas, uint64_t now)
{
	struct regions_list *list = mem_alloc(sizeof(*list));
	struct regions *rs;

	*list = (struct regions_list){1, vmas};
	rs = regions_of(list, now);
	for (size_t i = 0; i < vmas.n; i++) {
		struct type_sum *t = &rs->totals.types[vmas.v[i].type];

		t->regions++;
		t->size += vma_size(&vmas.v[i]);
	}
	for (unsigned k = 0; k < VMA_TYPES; k++)
		rs->totals.size += rs->totals.types[k].size;
	return rs;
}

struct regions *
regions_again(const struct regions *of, uint64_t now)
{
	struct regions *rs = regions_of(regions_list_ref(of->list), now);

	rs->totals.size = of->totals.size;
	for (unsigned k = 0; k < VMA_TYPES; k++) {
		rs->totals.types[k].regions = of->totals.types[k].regions;
		rs->totals.types[k].size = of->totals.types[k].size;
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
	for (size_t k = 0; k < regions_blocks(rs); k++)
		regions_block_unref(rs->blocks[k]);
	free(rs->blocks);
	regions_list_unref(rs->list);
	free(rs);
}

static void
regions_keep_block(struct regions *rs, const struct regions *old, size_t k)
{
	const struct regions_block *now = rs->blocks[k], *then = old->blocks[k];

	if (now && then && now != then && !memcmp(now->r, then->r, sizeof(now->r)))
		regions_share_block(rs, old, k);
}

void
regions_keep(struct regions *rs, const struct regions *old)
{
	if (rs->list != old->list || !rs->counted || !old->counted)
		return;
	for (size_t k = 0; k < regions_blocks(rs); k++)
		regions_keep_block(rs, old, k);
}

bool
regions_same(const struct regions *a, const struct regions *b)
{
	if (!a || !b || a == b)
		return a == b;
	return a->list == b->list && a->counted == b->counted && a->none_new == b->none_new &&
	       !memcmp(a->blocks, b->blocks, regions_blocks(a) * sizeof(*a->blocks)) &&
	       !memcmp(&a->totals, &b->totals, sizeof(a->totals));
}

size_t
regions_bytes(const struct regions *rs, const struct regions *old)
{
	bool same = old && old->list == rs->list;
	size_t n = sizeof(*rs);

	if (rs == old)
		return 0;
	if (!same)
		n += rs->vmas.n * sizeof(*rs->vmas.v);
	for (size_t k = 0; k < regions_blocks(rs); k++) {
		n += sizeof(rs->blocks[k]);
		if (rs->blocks[k] && (!same || rs->blocks[k] != old->blocks[k]))
			n += sizeof(*rs->blocks[k]);
	}
	return n;
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

/* --- many at once ----------------------------------------------------------------------------- */

/*
 * Small neighbours are counted by one scan, which then costs less than the calls would.
 */
struct regions_walk {
	struct regions *rs;
	const struct regions *old; /* an earlier scan of the same list, or NULL */
	struct target *target;
	uint64_t now;
	struct growth_scan *growth;
	size_t at, end; /* the one being counted, of those before `end` */
	struct region_walk w;
};

static bool
regions_walk_begin(struct regions_walk *k)
{
	struct region *r = regions_edit(k->rs, k->at);
	bool ok = region_walk_begin(&k->w, k->target, &k->rs->vmas.v[k->at], r, r->strip,
	                            k->target->no_screen ? 0 : LIST_STRIP);

	k->w.growth = k->growth;
	return ok;
}

/* This one is counted; on to the next, if any. */
static void
regions_walk_next(struct regions_walk *k)
{
	struct region *r = regions_edit(k->rs, k->at);

	region_walk_end(&k->w, k->now, k->rs->totals.rss_by_state);
	region_walk_free(&k->w);
	r->shows = r->known && !k->target->no_screen ? LENS_STATE + 1 : 0;
	region_totals_add(&k->rs->totals, r);
	if (++k->at % REGIONS_BLOCK == 0 && k->old)
		regions_keep_block(k->rs, k->old, k->at / REGIONS_BLOCK - 1);
	if (k->at < k->end)
		regions_walk_begin(k);
}

/* A run may go on from one region into the next: seldom, so not in the frame of its caller. */
__attribute__((noinline)) static void
regions_part_run(struct regions_walk *k, const struct pm_run *run)
{
	uint64_t at = run->start;

	while (at < run->end && k->at < k->end) {
		const struct vma *v = &k->rs->vmas.v[k->at];
		struct pm_run part = {u64_max(at, v->start), u64_min(run->end, v->end), run->cats};

		if (at >= v->end) {
			regions_walk_next(k);
			continue;
		}
		if (part.start < part.end)
			region_walk_run(&k->w, &part);
		at = u64_max(part.start, part.end);
	}
}

static int
regions_walk_run(void *arg, const struct pm_run *run)
{
	struct regions_walk *k = arg;

	if (k->at < k->end && run->start >= k->w.start && run->end <= k->w.end)
		return region_walk_run(&k->w, run);
	regions_part_run(k, run);
	return 0;
}

/* Up to these sizes a call costs more than what it finds: with other categories; with the same. */
enum { TINY_PAGES = 16, SMALL_PAGES = 512 };

static bool
regions_is_most(const struct target *t, const struct vma *v, uint64_t pages)
{
	return vma_size(v) / t->page_size <= pages && v->type != VMA_KERNEL;
}

/*
 * The first region from i on that is not counted together with it; *c: the categories of those
 * that are. Gaps between them cost nothing, except where words are read.
 */
static size_t
regions_stretch(const struct regions *rs, const struct target *t, const bool *which, size_t i,
                struct region_cats *c)
{
	static const uint64_t reach = UINT64_C(64) << 20;
	const struct vma *v = rs->vmas.v;
	bool tiny = regions_is_most(t, &v[i], TINY_PAGES);
	bool small = regions_is_most(t, &v[i], SMALL_PAGES);
	size_t n = i + 1;

	*c = region_cats_of(t, &v[i]);
	for (; small && n < rs->vmas.n && (!which || which[n]); n++) {
		struct region_cats next = region_cats_of(t, &v[n]);

		if (!regions_is_most(t, &v[n], tiny ? TINY_PAGES : SMALL_PAGES) ||
		    (!tiny && next.cats != c->cats) || v[n].end - v[i].start > reach ||
		    (v[n].start != v[n - 1].end && (c->any & ~t->source->meta.scan)))
			break;
		c->cats |= next.cats;
	}
	return n;
}

/* Counts those from `at` on; returns as regions_measure. */
static int
regions_count(struct regions_walk *k, const struct region_cats *c, struct err *err)
{
	const struct vma *first = &k->rs->vmas.v[k->at], *last = &k->rs->vmas.v[k->end - 1];
	int r = 0;

	if (!regions_walk_begin(k)) {
		region_walk_free(&k->w);
		return 0;
	}
	r = source_runs(k->target->source, first->start, last->end, c->any, c->cats,
	                regions_walk_run, k, err);
	/* after half a walk the track would forget the other half */
	while (r == 0 && k->at < k->end)
		regions_walk_next(k);
	if (r)
		region_walk_free(&k->w);
	return r;
}

/* Once all are counted: how much each has grown. scan NULL: between two moments that are known. */
static void
regions_grow(struct regions *rs, struct target *t, struct growth_scan *scan)
{
	const struct source_faults *faults = t->source->ops->faults;
	struct growth_count c;

	if (scan && t->brought)
		faults->drain(t->source);
	t->growth->armed = t->track.clears;
	growth_end(t->growth, scan, &rs->vmas, t->brought);
	if (scan && t->brought && faults->brought)
		growth_tell(t->growth, faults->brought(t->source, t->growth->base->time_ns,
		                                       t->brought));
	growth_count(t->growth, 0, UINT64_MAX, &c);
	rs->totals.grown =
	    (struct totals_grown){true, t->growth->base->time_ns, c.gained, c.lost};
	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region *r = regions_edit(rs, i);

		growth_count(t->growth, rs->vmas.v[i].start, rs->vmas.v[i].end, &c);
		r->grown = r->known;
		r->gained = c.gained;
		r->lost = c.lost;
	}
}

/* Whether nothing is to be counted there; all that is noted is how many pages there may be. */
static bool
regions_pass(struct target *t, const struct vma *v)
{
	if (!t->writes_only || !region_leaves_writes(t, v))
		return false;
	track_set_doubt(&t->track, v->start, DOUBT_NONE, vma_size(v) / t->page_size);
	return true;
}

static int
regions_measure_all(struct regions *rs, struct target *t, const struct regions *old,
                    const bool *which, uint64_t begin, struct growth_scan *growth, struct err *err)
{
	for (size_t i = 0, next; i < rs->vmas.n; i = next) {
		struct regions_walk k = {
		    .rs = rs, .old = old, .target = t, .now = begin, .growth = growth, .at = i};
		struct region_cats c;
		int ended;

		next = i + 1;
		if ((which && !which[i]) || regions_pass(t, &rs->vmas.v[i]))
			continue;
		k.end = next = regions_stretch(rs, t, which, i, &c);
		ended = regions_count(&k, &c, err);
		if (ended)
			return ended;
		if (source_stopped(t->source))
			return 1;
	}
	return 0;
}

static int
regions_measure_from(struct regions *rs, struct target *t, const struct regions *old,
                     const bool *which, struct err *err)
{
	uint64_t begin = source_now(t->source);
	struct growth_scan *growth = which ? NULL : growth_begin(t->growth, begin);
	int r = regions_measure_all(rs, t, old, which, begin, growth, err);
	if (r) {
		growth_drop(growth);
		return r;
	}
	if (growth || (!which && growth_known(t->growth) && t->growth->fixed))
		regions_grow(rs, t, growth);
	track_settle(&t->track);
	if (t->causes)
		causes_scanned(t->causes, &t->track);
	t->track.scanned_ns = begin;
	t->track.unknown = rs->totals.unknown;
	rs->counted = true;
	rs->none_new = !which;
	rs->time_ns = rs->all_ns = begin;
	rs->cost_ns = source_now(t->source) - begin;
	return 0;
}

int
regions_measure(struct regions *rs, struct target *t, const bool *which, struct err *err)
{
	return regions_measure_from(rs, t, NULL, which, err);
}

int
regions_measure_again(struct regions *rs, struct target *t, const struct regions *old,
                      struct err *err)
{
	bool comparable = old && old->list == rs->list && old->counted;

	return regions_measure_from(rs, t, comparable ? old : NULL, NULL, err);
}

/* The totals of what was counted; the sizes of the regions and their number are those of `rs`. */
static void
regions_carry_totals(struct regions *rs, const struct regions *old)
{
	struct totals *sum = &rs->totals, now = *sum;

	*sum = old->totals;
	sum->size = now.size;
	for (unsigned k = 0; k < VMA_TYPES; k++) {
		sum->types[k].regions = now.types[k].regions;
		sum->types[k].size = now.types[k].size;
	}
}

static void
regions_carry_counts(struct regions *rs, const struct regions *old)
{
	size_t k = 0;

	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct vma *v = &rs->vmas.v[i];

		while (k < old->vmas.n && old->vmas.v[k].start < v->start)
			k++;
		if (k < old->vmas.n && old->vmas.v[k].start == v->start)
			*regions_edit(rs, i) = *regions_at(old, k);
	}
}

void
regions_carry_over(struct regions *rs, const struct regions *old)
{
	rs->none_new = old->none_new && rs->list == old->list;
	if (rs->list != old->list)
		regions_carry_counts(rs, old);
	else
		for (size_t k = 0; k < regions_blocks(rs); k++)
			regions_share_block(rs, old, k);
	regions_carry_totals(rs, old);
	rs->counted = old->counted;
	rs->time_ns = old->time_ns;
	rs->cost_ns = old->cost_ns;
	rs->all_ns = old->all_ns;
}

void
regions_count_again(struct regions *rs, struct target *t, size_t i, uint64_t now)
{
	struct region *r = regions_edit(rs, i), was = *r;
	bool strip = was.shows && was.shows != LENS_STATE + 1;
	struct err ignored;

	if (region_measure(t, &rs->vmas.v[i], now, r, r->strip, LIST_STRIP, &ignored) != 0) {
		*r = was;
		return;
	}
	r->shows = r->known ? LENS_STATE + 1 : 0;
	if (strip) { /* of another lens: it takes every page */
		r->shows = was.shows;
		r->estimated = was.estimated;
		memcpy(r->strip, was.strip, sizeof(r->strip));
	}
	r->again_ns = now;
	r->rated = was.rated;
	r->rate = was.rate;
	memcpy(r->rates, was.rates, sizeof(r->rates));
	r->grown = was.grown;
	r->gained = was.gained;
	r->lost = was.lost;
}

static void
regions_add_cells(struct totals *sum, const struct region *r)
{
	for (unsigned i = 0; region_shows(r, sum->lens) && i < LIST_STRIP; i++)
		sum->cells[r->strip[i].cls] += r->strip[i].height > 0;
}

void
regions_sum_up(struct regions *rs, enum lens lens)
{
	struct totals *sum = &rs->totals;

	for (unsigned k = 0; k < VMA_TYPES; k++)
		sum->types[k].ram = sum->types[k].swap = 0;
	memset(sum->cells, 0, sizeof(sum->cells));
	sum->estimated = 0;
	sum->lens = lens;
	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct type_sum *t = &sum->types[rs->vmas.v[i].type];
		const struct region *r = regions_at(rs, i);

		t->ram += r->rss + r->hugetlb;
		t->swap += r->swap;
		regions_add_cells(sum, r);
		sum->estimated += region_shows(r, lens) && r->estimated;
	}
}
