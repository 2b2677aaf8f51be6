/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/diff.h"

#include <stdlib.h>

#include "base/util.h"

/* --- counts --------------------------------------------------------------------------------- */

struct diff_count {
	struct diff_counts *to;
	size_t page_size;
};

/* As the list counts: neither the zero page nor pages of hugetlb. */
static bool
diff_is_rss(enum state s)
{
	return page_diff_is_there(s) && s != STATE_SWAPPED && s != STATE_MIGRATING &&
	       s != STATE_SPECIAL && s != STATE_HUGETLB;
}

static int
diff_count_run(void *arg, const struct page_run *run)
{
	struct diff_count *k = arg;
	uint64_t pages = run->size / k->page_size;

	k->to->pages[run->kind] += pages;
	k->to->rss_was += diff_is_rss(run->was_state) ? pages : 0;
	k->to->rss_is += diff_is_rss(run->is_state) ? pages : 0;
	k->to->swap_was += run->was_state == STATE_SWAPPED ? pages : 0;
	k->to->swap_is += run->is_state == STATE_SWAPPED ? pages : 0;
	return 0;
}

/* What was counted in a region at a moment; NULL: it was not mapped. */
static const struct region *
diff_counted(const struct side *s, const struct vma *v)
{
	return v ? regions_at(s->regions, (size_t)(v - s->regions->vmas.v)) : NULL;
}

/*
 * Shared memory in swap has no entries: what its file says of it is of whole regions.
 */
static void
diff_add_unseen(struct diff_region *r, const struct region *was, const struct region *is)
{
	bool whole = (!r->of.was || r->of.was_size == vma_size(r->of.was)) &&
	             (!r->of.is || r->of.is_size == vma_size(r->of.is));
	uint64_t before = was ? was->unseen : 0, after = is ? is->unseen : 0;

	r->n.swap_known = !(was && was->swap_unsure) && !(is && is->swap_unsure) &&
	                  (whole || before + after == 0);
	r->n.swap_was += before;
	r->n.swap_is += after;
}

/* Pages that were seen written between the two, if writes were tracked all the time. */
static void
diff_add_written(const struct compare *c, const struct vma *v, const struct region *is,
                 struct diff_counts *n)
{
	const struct track *t = c->is->track;
	struct track_stamp stamp;
	struct stamps_at at;
	bool tracked = c->same && c->was->tracked && t && t->first_ns <= c->was->time_ns &&
	               c->was->time_ns <= c->is->time_ns;

	n->written_known = tracked && is && is->doubt == DOUBT_NONE && !is->part;
	if (!n->written_known)
		return;
	at = track_stamps(t, v->start, v->end);
	while (stamps_next(&at, &stamp))
		if (stamp.time_ns > c->was->time_ns)
			n->written += (stamp.end - stamp.start) / c->is->page_size;
}

void
diff_add(struct diff_counts *to, const struct diff_region *r)
{
	const struct diff_counts *n = &r->n;

	for (unsigned k = 0; k < PAGE_DIFF_KINDS; k++)
		to->pages[k] += n->pages[k];
	to->size_was += n->size_was;
	to->size_is += n->size_is;
	to->rss_was += n->rss_was;
	to->rss_is += n->rss_is;
	to->swap_was += n->swap_was;
	to->swap_is += n->swap_is;
	to->swap_known &= n->swap_known;
	to->contents_known |= n->contents_known;
	to->written += n->written;
	to->written_known &= n->written_known || !r->of.is;
}

/* --- regions -------------------------------------------------------------------------------- */

const struct vma *
diff_region_vma(const struct diff_region *r)
{
	return r->of.is ? r->of.is : r->of.was;
}

static int
diff_by_address(const void *pa, const void *pb)
{
	const struct diff_region *a = pa, *b = pb;
	uint64_t x = diff_region_vma(a)->start, y = diff_region_vma(b)->start;

	return x != y ? (x > y) - (x < y) : (a->of.is != NULL) - (b->of.is != NULL);
}

static void
diff_finish(struct diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct diff_region *r = &d->v[i];
		const struct region *was = diff_counted(d->compare.was, r->of.was);
		const struct region *is = diff_counted(d->compare.is, r->of.is);

		r->n.size_was = r->of.was_size;
		r->n.size_is = r->of.is_size;
		r->n.contents_known = d->compare.recorded && r->of.is &&
		                      side_contents(d->compare.is, r->of.is->start) <
		                          r->of.is->end;
		r->known = !(was && !was->known) && !(is && !is->known);
		diff_add_unseen(r, was, is);
		diff_add_written(&d->compare, r->of.is, is, &r->n);
	}
	vec_sort(d->v, d->n, sizeof(*d->v), diff_by_address);
}

void
diff_make(struct diff *d, const struct side *was, const struct side *is, bool same)
{
	*d = (struct diff){.compare = compare_begin(was, is, same)};
	pairing_make(&d->pairing, &d->compare);
	d->n = d->pairing.n;
	d->v = mem_alloc((d->n + 1) * sizeof(*d->v));
	for (size_t i = 0; i < d->n; i++)
		d->v[i].of = d->pairing.v[i];
	for (size_t i = 0; i < d->pairing.spans_n; i++) {
		const struct span *s = &d->pairing.spans[i];
		struct diff_count k = {&d->v[s->row].n, is->page_size};

		compare_span(&d->compare, s, diff_count_run, &k);
	}
	diff_finish(d);
}

void
diff_free(struct diff *d)
{
	pairing_free(&d->pairing);
	free(d->v);
	*d = (struct diff){0};
}

bool
diff_counts_differ(const struct diff_counts *n)
{
	const uint64_t *pages = n->pages;

	return pages[PAGE_DIFF_GAINED] || pages[PAGE_DIFF_LOST] || pages[PAGE_DIFF_CHANGED] ||
	       pages[PAGE_DIFF_MOVED] || pages[PAGE_DIFF_REWRITTEN] || n->written ||
	       n->swap_was != n->swap_is || n->size_was != n->size_is;
}

bool
diff_region_differs(const struct diff_region *r)
{
	return r->of.kind != REGION_DIFF_SAME || diff_counts_differ(&r->n);
}

/* --- pages ---------------------------------------------------------------------------------- */

struct diff_pass {
	const struct span *s;
	diff_run_fn *fn;
	void *arg;
};

static int
diff_pass_run(void *arg, const struct page_run *run)
{
	struct diff_pass *p = arg;

	if (run->kind == PAGE_DIFF_SAME || run->kind == PAGE_DIFF_UNKNOWN)
		return 0;
	return p->fn(p->arg, p->s, run);
}

void
diff_runs(struct diff *d, uint64_t start, uint64_t end, diff_run_fn *fn, void *arg)
{
	for (size_t i = 0; i < d->pairing.spans_n; i++) {
		struct span s = d->pairing.spans[i];
		uint64_t at = s.is_in ? s.is : s.was, lo = u64_max(at, start),
		         hi = u64_min(at + s.size, end);
		struct diff_pass p = {&s, fn, arg};

		if (lo >= hi)
			continue;
		s.was += lo - at;
		s.is += lo - at;
		s.size = hi - lo;
		if (compare_span(&d->compare, &s, diff_pass_run, &p))
			return;
	}
}
