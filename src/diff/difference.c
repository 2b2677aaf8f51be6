/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/difference.h"

#include <stdlib.h>

#include "base/refs.h"
#include "base/util.h"

/* Runs of pages that are kept: 24 MB. */
enum { DIFFERENCE_RUNS = 1 << 20 };

struct difference *
difference_ref(struct difference *d)
{
	if (d)
		refs_take(&d->refs);
	return d;
}

void
difference_unref(struct difference *d)
{
	if (!d || !refs_drop(&d->refs))
		return;
	regions_unref(d->was);
	regions_unref(d->is);
	extents_free(&d->pages);
	extents_free(&d->gone);
	free(d->v);
	free(d);
}

/* --- its pages, by the lens ----------------------------------------------------------------- */

static const struct difference *
difference_by(const struct lens_keeper *k)
{
	return (const struct difference *)(const void *)k;
}

static void
difference_take_one(struct lens_keeper *k)
{
	difference_ref((struct difference *)(void *)k);
}

static void
difference_drop_one(struct lens_keeper *k)
{
	difference_unref((struct difference *)(void *)k);
}

static enum lens_kept
difference_class(enum page_diff kind)
{
	switch (kind) {
	case PAGE_DIFF_SAME: return LENS_KEPT_SAME;
	case PAGE_DIFF_GAINED: return LENS_KEPT_GAINED;
	case PAGE_DIFF_LOST: return LENS_KEPT_LOST;
	case PAGE_DIFF_CHANGED: return LENS_KEPT_CHANGED;
	case PAGE_DIFF_MOVED: return LENS_KEPT_MOVED;
	case PAGE_DIFF_REWRITTEN: return LENS_KEPT_REWRITTEN;
	case PAGE_DIFF_UNKNOWN:
	case PAGE_DIFF_KINDS: break;
	}
	return LENS_KEPT_UNKNOWN;
}

/* What is kept of [addr, end), up to where that ends: returns it. */
static uint64_t
difference_stretch(const struct difference *d, uint64_t addr, uint64_t end, enum lens_kept *kept)
{
	const struct extents *both[] = {&d->pages, &d->gone};

	*kept = d->full ? LENS_KEPT_UNKNOWN : LENS_KEPT_OUT;
	for (size_t k = 0; k < ARRAY_LEN(both); k++) {
		size_t i = extents_first(both[k], addr);
		const struct extent *run = i < both[k]->n ? &both[k]->v[i] : NULL;

		if (run && run->start <= addr) {
			*kept = difference_class((enum page_diff)(run->state - 1));
			return u64_min(end, run->end);
		}
		if (run)
			end = u64_min(end, run->start);
	}
	return end;
}

static enum lens_kept
difference_judge(const struct lens_keeper *k, const struct vma *v, uint64_t addr,
                 const struct page *pg)
{
	const struct difference *d = difference_by(k);
	enum lens_kept kept;

	(void)v, (void)pg;
	difference_stretch(d, addr, addr + d->page_size, &kept);
	return kept;
}

static void
difference_count(const struct lens_keeper *k, uint64_t start, uint64_t end,
                 uint64_t n[LENS_KEPT_KINDS])
{
	const struct difference *d = difference_by(k);
	enum lens_kept kept;

	for (uint64_t at = start, to; at < end; at = to) {
		to = difference_stretch(d, at, end, &kept);
		n[kept] += (to - at) / d->page_size;
	}
}

/* --- making it ------------------------------------------------------------------------------ */

struct difference_pass {
	struct difference *d;
	const struct span *s;
};

static int
difference_add_run(void *arg, const struct page_run *run)
{
	const struct difference_pass *p = arg;
	struct difference *d = p->d;
	struct extents *to = p->s->is_in ? &d->pages : &d->gone;
	uint64_t at = p->s->is_in ? run->is : run->was;

	d->full |= d->pages.n + d->gone.n >= DIFFERENCE_RUNS;
	if (!d->full && (page_diff_is_there(run->is_state) || page_diff_is_there(run->was_state)))
		extents_add(to, at, at + run->size, 1u + run->kind);
	return d->full;
}

static void
difference_add_pages(struct difference *d, struct diff *of)
{
	for (size_t i = 0; i < of->pairing.spans_n && !d->full; i++) {
		struct difference_pass p = {d, &of->pairing.spans[i]};

		compare_span(&of->compare, p.s, difference_add_run, &p);
	}
	d->keeper.count = difference_count;
}

/* Whether there is more to say of it than of the others. */
static bool
difference_has_more(const struct difference *d, const struct diff_region *r)
{
	return diff_region_differs(r) || !r->known || !r->n.swap_known ||
	       r->n.pages[PAGE_DIFF_UNKNOWN] ||
	       (r->of.is && r->n.written_known != d->same.n.written_known);
}

static void
difference_add_regions(struct difference *d, const struct diff *of)
{
	for (size_t i = 0; i < of->n; i++)
		d->same.n.written_known |= of->v[i].n.written_known;
	d->total = diff_nothing;
	for (size_t i = 0; i < of->n; i++) {
		diff_add(&d->total, &of->v[i]);
		d->differ += diff_region_differs(&of->v[i]);
		d->n += difference_has_more(d, &of->v[i]);
	}
	d->v = mem_alloc((d->n + 1) * sizeof(*d->v));
	d->n = 0;
	for (size_t i = 0; i < of->n; i++)
		if (difference_has_more(d, &of->v[i]))
			d->v[d->n++] = of->v[i];
}

struct difference *
difference_new(const struct side *was, const struct side *is, bool same, bool pages)
{
	struct difference *d = mem_alloc(sizeof(*d));
	struct diff of;

	*d = (struct difference){.refs = 1,
	                         .keeper = {.judge = difference_judge,
	                                    .take = difference_take_one,
	                                    .drop = difference_drop_one},
	                         .was = regions_ref(was->regions),
	                         .is = regions_ref(is->regions),
	                         .page_size = is->page_size,
	                         .same = {.n.swap_known = true, .known = true}};
	diff_make(&of, was, is, same);
	difference_add_regions(d, &of);
	if (pages)
		difference_add_pages(d, &of);
	diff_free(&of);
	return d;
}

/* --- its regions ---------------------------------------------------------------------------- */

/* The first of d->v that does not begin below. */
static size_t
difference_find(const struct difference *d, uint64_t start)
{
	size_t lo = 0, hi = d->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (diff_region_vma(&d->v[mid])->start < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct diff_region *
difference_of(const struct difference *d, uint64_t start)
{
	const struct vma *v = vma_at(&d->is->vmas, start);
	size_t i = difference_find(d, start);

	/* a region that is gone comes before the one that is at its place now */
	if (i + 1 < d->n && !d->v[i].of.is && d->v[i + 1].of.is &&
	    d->v[i + 1].of.is->start == start)
		i++;
	if (i < d->n && diff_region_vma(&d->v[i])->start == start)
		return &d->v[i];
	return v && v->start == start ? &d->same : NULL;
}

bool
difference_gone(const struct difference *d, size_t i, size_t *at)
{
	const struct paired *of = &d->v[i].of;

	if (of->is)
		return false;
	*at = (size_t)(of->was - d->was->vmas.v);
	return true;
}
