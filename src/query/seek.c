/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/seek.h"

#include "base/util.h"
#include "filter/filter_scan.h"
#include "kernel/kabi.h"
#include "target/growth.h"
#include "target/walk.h"

/* limit on pages of a gap that are tested one by one: takes a second */
enum { PLACES_MAX = 1 << 24 };

static int
seek_note_wpallowed(void *arg, const struct pm_run *run)
{
	*(bool *)arg = run->cats & PM_CAT_WPALLOWED;
	return 1;
}

/* A region is write-protected as a whole or not at all, so its first page shows it. */
static enum truth
seek_wpallowed(const struct target *t, const struct vma *v)
{
	bool yes = false;
	struct err ignored;

	if (!(t->source->meta.scan & PM_CAT_WPALLOWED) || !source_readable(t->source, v) ||
	    source_runs(t->source, v->start, v->start + t->page_size, PM_CAT_WPALLOWED,
	                PM_CAT_WPALLOWED, seek_note_wpallowed, &yes, &ignored) < 0)
		return TRUTH_UNKNOWN;
	return truth(yes);
}

struct filter_facts
seek_facts(const struct filter *f, const struct target *t, const struct vma *v)
{
	bool wp = f && filter_needs(f) & FILTER_NEED_WPALLOWED;

	return (struct filter_facts){
	    .v = v,
	    .page_size = t->page_size,
	    .written_known =
	        t->track.clears && track_doubt(&t->track, v->start) == DOUBT_NONE,
	    .track = t->track.clears && !t->bits_only ? &t->track : NULL,
	    .base = growth_baseline(t->growth),
	    .kept = growth_kept(t->growth),
	    .accesses = accesses_regions(t->accesses),
	    .scan = t->source->meta.scan & (f ? ~UINT64_C(0) : ~PM_CAT_SOFT_DIRTY),
	    .wpallowed = wp ? seek_wpallowed(t, v) : TRUTH_UNKNOWN,
	    .now = source_now(t->source)};
}

void
seek_narrow(const struct filter *f, const struct target *t, struct walk_options *o)
{
	uint64_t scan = t->source->meta.scan;

	filter_narrow(f, scan, &o->match);
	o->cats |= filter_cats(f, scan);
}

bool
seek_is_of_runs(const struct filter *f, const struct target *t)
{
	return filter_is_of_runs(f, t->source->meta.scan);
}

void
seek_begin(struct seek *s, const struct filter *f, const struct target *t, const struct vma *v)
{
	*s = (struct seek){.f = f, .x = seek_facts(f, t, v), .by_place = filter_asks_for_place(f)};
}

enum truth
seek_page(struct seek *s, uint64_t addr, const struct page *pg)
{
	s->x.addr = addr;
	s->x.pg = pg;
	return filter_eval(s->f, &s->x);
}

static void
seek_note(struct seek_gap *out, enum truth t, uint64_t first, uint64_t last, size_t size)
{
	uint64_t n = (last - first) / size + 1;

	out->unknown += t == TRUTH_UNKNOWN ? n : 0;
	if (t != TRUTH_YES)
		return;
	if (!out->yes)
		out->first = first;
	out->last = last;
	out->yes += n;
}

void
seek_gap(struct seek *s, uint64_t start, uint64_t end, const struct page *each,
         struct seek_gap *out)
{
	size_t size = s->x.page_size;

	*out = (struct seek_gap){0};
	if (!s->by_place) {
		seek_note(out, seek_page(s, start, each), start, end - size, size);
	} else if ((end - start) / size > PLACES_MAX) {
		seek_note(out, TRUTH_UNKNOWN, start, end - size, size);
	} else {
		for (uint64_t at = start; at < end; at += size)
			seek_note(out, seek_page(s, at, each), at, at, size);
	}
}

/* --- the next one ----------------------------------------------------------------------------- */

struct seek_hunt {
	struct seek seek;
	bool back;
	struct seek_found *out;
};

/* Forwards the first match ends the walk; backwards the last one counts. */
static int
seek_hit(struct seek_hunt *h, uint64_t at)
{
	h->out->any = true;
	h->out->at = at;
	return !h->back;
}

static int
seek_hunt_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct seek_hunt *h = arg;

	for (size_t i = 0; i < n; i++) {
		uint64_t at = addr + i * h->seek.x.page_size;
		enum truth t = seek_page(&h->seek, at, &pages[i]);

		h->out->unknown += t == TRUTH_UNKNOWN;
		if (t == TRUTH_YES && seek_hit(h, at))
			return 1;
	}
	return 0;
}

static int
seek_hunt_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct seek_hunt *h = arg;
	struct seek_gap gap;

	seek_gap(&h->seek, start, end, each, &gap);
	h->out->unknown += gap.unknown;
	return gap.yes ? seek_hit(h, h->back ? gap.last : gap.first) : 0;
}

/* Searches [lo, hi) of region i. 1: stopped; the match, if any, is in h->out. */
static int
seek_hunt_region(struct target *t, const struct vma_list *l, size_t i, uint64_t lo, uint64_t hi,
                 struct seek_hunt *h, struct err *err)
{
	const struct filter *f = h->seek.f;
	const struct vma *v = &l->v[i];
	struct walk_options o = {.needs = filter_needs(f) & PAGE_NEED_ALL};
	struct walk_fns fns = {.pages = seek_hunt_pages,
	                       .run = seek_is_of_runs(f, t) ? seek_hunt_gap : NULL};
	int r;

	seek_narrow(f, t, &o);
	seek_begin(&h->seek, f, t, v);
	if (lo >= hi)
		return 0;
	if (filter_most(f, &h->seek.x) == TRUTH_NO) {
		progress_add(t->progress, hi - lo);
		return 0;
	}
	if (!source_readable(t->source, v) || filter_of_gaps(f, &h->seek.x))
		fns.gap = seek_hunt_gap;
	r = walk_pages(t, v, lo, hi, &o, &fns, h, err);
	return r == 1 && !h->out->any ? 1 : r < 0 ? -1 : 0;
}

int
seek_next(struct target *t, const struct vma_list *l, const struct filter *f, uint64_t from,
          bool back, struct seek_found *out, struct err *err)
{
	struct seek_hunt h = {.seek = {.f = f}, .back = back, .out = out};
	uint64_t after = from + t->page_size;
	size_t n = l->n, at = vma_lower_bound(l, from);

	*out = (struct seek_found){0};
	progress_begin(t->progress, vma_mapped(l, 0, UINT64_MAX));
	if (at == n) /* after the last region */
		at = n ? n - 1 : 0;
	/* the region of `from` comes first and last, split at `from` */
	for (size_t k = 0; k <= n && n; k++) {
		size_t i = back ? (at + n - k % n) % n : (at + k) % n;
		const struct vma *v = &l->v[i];
		uint64_t lo = v->start, hi = v->end;
		int r;

		if (k == 0 && back)
			hi = u64_max(lo, u64_min(hi, from));
		else if (k == 0)
			lo = u64_min(hi, u64_max(lo, after));
		else if (k == n && back)
			lo = u64_max(lo, u64_min(hi, from));
		else if (k == n)
			hi = u64_min(hi, u64_max(lo, after));
		r = seek_hunt_region(t, l, i, lo, hi, &h, err);
		if (r != 0)
			return r;
		if (out->any) {
			out->wrapped = k == n || (back ? i > at : i < at);
			return 0;
		}
	}
	return 0;
}
