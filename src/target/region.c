/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/region.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"
#include "target/region_parts.h"
#include "target/walk.h"

/*
 * Guards, markers and migrating pages are in the swapped category, too. Only the words distinguish
 * them, so the few runs that are not present are read.
 */
static void
region_add_swapped(struct region_walk *w, const struct pm_run *run)
{
	uint64_t words[512], first = (run->start - w->v->start) / w->page_size;
	uint64_t pages = (run->end - run->start) / w->page_size;
	struct err ignored;

	for (uint64_t done = 0; done < pages; done += ARRAY_LEN(words)) {
		ssize_t n = source_words(w->source, run->start + done * w->page_size, words,
		                          u64_min(pages - done, ARRAY_LEN(words)), &ignored);

		for (ssize_t i = 0; i < n; i++) {
			struct page pg = {.word = words[i], .known = PAGE_WORD};
			enum state s = state_of_page(&pg, w->v, w->devices);
			uint64_t at = first + done + (uint64_t)i;

			w->by_state[s]++;
			if (w->growth && s == STATE_SWAPPED)
				growth_add(w->growth, w->v->start + at * w->page_size,
				           w->v->start + (at + 1) * w->page_size, false);
			w->out->swap += s == STATE_SWAPPED;
			if (!state_is_mark(s))
				strip_add(&w->strip, at, at + 1, s);
		}
	}
}

static void
region_add_present(struct region_walk *w, const struct pm_run *run, uint64_t pages)
{
	uint64_t first = (run->start - w->v->start) >> w->page_shift;
	enum state s = region_state_of(w, run->cats);
	struct region *out = w->out;

	w->by_state[s] += pages;
	strip_add(&w->strip, first, first + pages, s);
	if (w->growth && s != STATE_ZERO)
		growth_add(w->growth, run->start, run->end, run->cats & PM_CAT_HUGE);
	if (s == STATE_HUGETLB)
		out->hugetlb += pages;
	if (!region_is_rss(s))
		return;
	out->rss += pages;
	if (run->cats & PM_CAT_HUGE)
		out->thp += pages;
	if (s == STATE_COPIED)
		out->copied += pages;
	if (s == STATE_ANON || s == STATE_THP_HEAD || s == STATE_COPIED)
		out->anon += pages;
}

bool
region_leaves_writes(const struct target *t, const struct vma *v)
{
	return t->clear_follows && track_reports(&t->track, v->start, v->end);
}

struct region_cats
region_cats_of(const struct target *t, const struct vma *v)
{
	uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	struct region_cats c = {any, any | PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD};

	if (state_copies(v) || !t->source->meta.scan)
		c.cats |= PM_CAT_FILE; /* to find private copies; makes the scan slow */
	if (t->track.clears) {
		c.any |= track_cats_everywhere(&t->track);
		c.cats |= track_cats(&t->track);
	}
	if (region_leaves_writes(t, v))
		c.cats &= ~(uint64_t)PM_CAT_WRITTEN;
	return c;
}

/* Without what was asked for its neighbours alone. */
static void
region_pass_run(const struct region_walk *w, const struct pm_run *run)
{
	struct pm_run is = *run;

	is.cats &= w->keep;
	w->target->each_run(w->target->each_run_arg, &is);
}

/* Counts the runs that are held back. Not in the frame of region_walk_run: there are far more. */
__attribute__((noinline)) static void
region_add_alike(struct region_walk *w)
{
	struct pm_run run = w->alike;
	uint64_t pages = (run.end - run.start - w->holes) >> w->page_shift;

	w->alike = (struct pm_run){0};
	w->holes = 0;
	if (!pages)
		return;
	w->entries += pages;
	if (w->target->each_run)
		region_pass_run(w, &run);
	if (run.cats & PM_CAT_PRESENT)
		region_add_present(w, &run, pages);
	else
		region_add_swapped(w, &run);
}

/* The end of the strip's share that the page before `end` is in. */
static uint64_t
region_share_end(const struct region_walk *w, uint64_t end)
{
	const struct strip *s = &w->strip;
	uint64_t page = (end - 1 - w->v->start) >> w->page_shift;

	return s->width ? w->v->start + (strip_start(s, strip_share_of(s, page) + 1)
	                                 << w->page_shift)
	                : w->v->end;
}

/*
 * Whether a run is counted together with those that are held back: a neighbour, and where nobody
 * asks which pages they are, any in the same share.
 */
static bool
region_goes_on(const struct region_walk *w, const struct pm_run *run, uint64_t cats)
{
	if (w->alike.cats != cats)
		return false;
	if (run->end <= w->share_end && cats & PM_CAT_PRESENT && !w->growth &&
	    !w->target->each_run)
		return true;
	return w->alike.end == run->start && !w->holes;
}

/* Written pages and others, and pages here and there, are many runs, which are counted as one. */
int
region_walk_run(void *arg, const struct pm_run *run)
{
	struct region_walk *w = arg;
	uint64_t cats = run->cats & ~w->marks;

	if (!(run->cats & (PM_CAT_PRESENT | PM_CAT_SWAPPED))) {
		w->born_seen = true; /* soft-dirty where no page is: the whole mapping is new */
		return 0;
	}
	if (!region_goes_on(w, run, cats)) {
		region_add_alike(w);
		w->alike = (struct pm_run){run->start, run->start, cats};
	}
	w->holes += run->start - w->alike.end;
	w->alike.end = run->end;
	if (run->end > w->share_end)
		w->share_end = region_share_end(w, run->end);
	if (w->track->clears && !w->leaves)
		region_note_dirty(w, run);
	w->watched |= (run->cats & PM_CAT_WPALLOWED) != 0;
	return 0;
}

static void
region_add_heat(const struct region_walk *w, uint64_t now)
{
	const struct track *t = w->track;

	for (unsigned i = 0; t->clears && i < w->width; i++) {
		unsigned k = strip_share(&w->strip, i, w->width);
		uint64_t lo = w->v->start + strip_start(&w->strip, k) * w->page_size;
		uint64_t hi = w->v->start + strip_start(&w->strip, k + 1) * w->page_size;

		w->cells[i].heat = track_newest_heat(t, lo, hi, now) & 7;
		w->cells[i].often = heat_of_count(track_most(t, lo, hi)) & 7;
	}
}

/* --- shared memory in swap -------------------------------------------------------------------- */

static int
region_pass_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	(void)arg, (void)addr, (void)pages, (void)n;
	return 0;
}

static int
region_add_unseen(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct region_walk *w = arg;

	if (each->state == STATE_SWAPPED)
		w->out->unseen += (end - start) / w->page_size;
	w->out->swap_unsure |= page_may_be_out(each, w->v);
	return 0;
}

/*
 * Shared memory without an entry in the page table may be in swap: asks its file, if it is not too
 * large to be asked about in each scan.
 */
static void
region_count_unseen(struct region_walk *w)
{
	static const struct walk_fns fns = {.pages = region_pass_pages, .gap = region_add_unseen};
	static const struct walk_options o = {.needs = PAGE_NEED_CACHE};
	enum { PAGES_MAX = 1 << 20 };
	struct target *t = w->target;
	struct region *out = w->out;
	uint64_t empty = (w->end - w->start) / w->page_size - w->entries;
	struct err ignored;

	if (!vma_swaps_unseen(w->v) || !empty || !t->source->meta.swaps.in_use)
		return;
	out->swap_unsure =
	    empty > PAGES_MAX ||
	    walk_pages(t, w->v, w->start, w->end, &o, &fns, w, &ignored) != 0 ||
	    out->swap_unsure;
	out->swap += out->unseen;
}

/* --- one region ------------------------------------------------------------------------------- */

bool
region_walk_begin(struct region_walk *w, struct target *t, const struct vma *v,
                  struct region *out, struct strip_cell *cells, unsigned width)
{
	const struct track *track = &t->track;
	uint64_t lo = v->start, hi = v->end;

	*w = (struct region_walk){.target = t,
	                          .source = t->source,
	                          .v = v,
	                          .start = v->start,
	                          .end = v->end,
	                          .page_size = t->page_size,
	                          .page_shift = (unsigned)__builtin_ctzll(t->page_size),
	                          .keep = region_cats_of(t, v).cats,
	                          .marks = track->clears ? track_cats(track) : 0,
	                          .devices = swaps_types(&t->source->meta.swaps),
	                          .out = out,
	                          .cells = cells,
	                          .width = width,
	                          .track = track,
	                          .dirty = {.page_size = t->page_size},
	                          .sure = {.page_size = t->page_size},
	                          .leaves = region_leaves_writes(t, v),
	                          .blank = track->clears && track_cats(track) &&
	                                   track_in_scope(track, &lo, &hi) &&
	                                   ranges_meet(&track->blank, lo, hi)};
	memset(out, 0, sizeof(*out));
	if (width)
		memset(cells, 0, width * sizeof(*cells));
	strip_begin(&w->strip, vma_size(v) / w->page_size, width);
	return v->type != VMA_KERNEL || source_readable(t->source, v);
}

void
region_walk_end(struct region_walk *w, uint64_t now, uint64_t by_state[STATE_COUNT])
{
	struct region *out = w->out;

	region_add_alike(w);
	if (w->track->clears)
		region_note_written(w, w->target, now);
	strip_finish(&w->strip, w->cells, w->width);
	region_add_heat(w, now);
	out->known = out->rss || out->swap || !vma_hides_pages(w->v);
	for (unsigned s = 0; by_state && w->entries && s < STATE_COUNT; s++)
		by_state[s] += w->by_state[s];
	region_count_unseen(w);
}

void
region_walk_free(struct region_walk *w)
{
	strip_free(&w->strip);
	pageset_free(&w->dirty);
	pageset_free(&w->sure);
}

int
region_measure(struct target *t, const struct vma *v, uint64_t now, struct region *out,
               struct strip_cell *strip, unsigned width, struct err *err)
{
	struct region_cats c = region_cats_of(t, v);
	struct region_walk w;
	int r = 0;

	if (region_walk_begin(&w, t, v, out, strip, width)) {
		r = source_runs(t->source, v->start, v->end, c.any, c.cats, region_walk_run, &w,
		                err);
		/* after half a walk the track would forget the other half */
		if (r == 0)
			region_walk_end(&w, now, NULL);
	}
	region_walk_free(&w);
	return r;
}

int
region_measure_part(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
                    struct region *out, struct err *err)
{
	struct region_cats c = region_cats_of(t, v);
	struct region_walk w;
	int r = 0;

	if (region_walk_begin(&w, t, v, out, NULL, 0)) {
		w.start = start;
		w.end = end;
		r = source_runs(t->source, start, end, c.any, c.cats, region_walk_run, &w, err);
		region_add_alike(&w);
		out->known = out->rss || out->swap || !vma_hides_pages(v);
		if (r == 0)
			region_count_unseen(&w);
	}
	region_walk_free(&w);
	return r;
}

struct region_strip {
	struct lens_pass lens;
	const struct vma *v;
	size_t page_size;
	struct strip shares;
};

static int
region_strip_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct region_strip *k = arg;

	for (size_t i = 0; i < n; i++) {
		uint64_t at = addr + i * k->page_size, p = (at - k->v->start) / k->page_size;

		if (!state_is_mark(pages[i].state))
			strip_add(&k->shares, p, p + 1,
			          lens_page(&k->lens, at, &pages[i], k->page_size));
	}
	return 0;
}

int
region_fill_strip(struct target *t, const struct vma *v, enum lens l, struct strip_cell *strip,
            unsigned width, struct err *err)
{
	static const struct walk_fns fns = {.pages = region_strip_pages};
	struct walk_options o = {.needs = lens_row(l)->needs & ~(unsigned)PAGE_NEED_CACHE};
	struct region_strip k = {.lens = {.lens = l,
	                                 .base = growth_baseline(t->growth),
	                                 .kept = growth_kept(t->growth),
	                                 .accesses = accesses_regions(t->accesses),
	                                 .v = v},
	                         .v = v,
	                         .page_size = t->page_size};
	int r;

	strip_begin(&k.shares, vma_size(v) / k.page_size, width);
	k.shares.lit = lens_lit(l);
	r = walk_pages(t, v, v->start, v->end, &o, &fns, &k, err);
	if (r == 0)
		strip_finish(&k.shares, strip, width);
	strip_free(&k.shares);
	return r;
}
