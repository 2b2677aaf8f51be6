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
			w->out->swap += s == STATE_SWAPPED;
			if (!region_is_mark(s))
				strip_add(w->strip, at, at + 1, s);
		}
	}
}

static void
region_add_present(struct region_walk *w, const struct pm_run *run)
{
	uint64_t pages = (run->end - run->start) / w->page_size;
	uint64_t first = (run->start - w->v->start) / w->page_size;
	enum state s = state_of_cats(run->cats, w->v);
	struct region *out = w->out;

	w->by_state[s] += pages;
	strip_add(w->strip, first, first + pages, s);
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

static int
region_walk_run(void *arg, const struct pm_run *run)
{
	struct region_walk *w = arg;

	if (!(run->cats & (PM_CAT_PRESENT | PM_CAT_SWAPPED))) {
		w->born_seen = true; /* soft-dirty where no page is: the whole mapping is new */
		return 0;
	}
	w->entries += (run->end - run->start) / w->page_size;
	if (run->cats & PM_CAT_PRESENT)
		region_add_present(w, run);
	else
		region_add_swapped(w, run);
	region_note_dirty(w, run);
	w->watched |= (run->cats & PM_CAT_WPALLOWED) != 0;
	return 0;
}

static void
region_add_heat(const struct region_walk *w, const struct track *t, uint64_t now,
                 struct strip_cell *strip, unsigned width)
{
	for (unsigned i = 0; t->clears && i < width; i++) {
		unsigned k = strip_share(w->strip, i, width);
		uint64_t lo = w->v->start + strip_start(w->strip, k) * w->page_size;
		uint64_t hi = w->v->start + strip_start(w->strip, k + 1) * w->page_size;

		strip[i].heat = (uint8_t)track_newest_heat(t, lo, hi, now);
		strip[i].often = (uint8_t)heat_of_count(track_most(t, lo, hi));
	}
}

static void
region_finish(struct region_walk *w, struct target *target, uint64_t now, struct strip_cell *strip,
               unsigned width, uint64_t by_state[STATE_COUNT])
{
	struct region *out = w->out;

	if (target->track.clears)
		region_note_written(w, target, now);
	strip_finish(w->strip, strip, width);
	region_add_heat(w, &target->track, now, strip, width);
	out->known = out->rss || out->swap || !vma_hides_pages(w->v);
	if (by_state)
		for (unsigned s = 0; s < STATE_COUNT; s++)
			by_state[s] += w->by_state[s];
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
region_count_unseen(struct region_walk *w, struct target *t)
{
	static const struct walk_fns fns = {.pages = region_pass_pages, .gap = region_add_unseen};
	static const struct walk_options o = {.needs = PAGE_NEED_CACHE};
	enum { PAGES_MAX = 1 << 20 };
	struct region *out = w->out;
	uint64_t empty = vma_size(w->v) / w->page_size - w->entries;
	struct err ignored;

	if (!vma_swaps_unseen(w->v) || !empty || !t->source->meta.swaps.in_use)
		return;
	out->swap_unsure =
	    empty > PAGES_MAX ||
	    walk_pages(t, w->v, w->v->start, w->v->end, &o, &fns, w, &ignored) != 0 ||
	    out->swap_unsure;
	out->swap += out->unseen;
}

int
region_count(struct target *target, const struct vma *v, uint64_t now, struct region *out,
                   uint64_t by_state[STATE_COUNT], struct strip_cell *strip, unsigned width,
                   struct err *err)
{
	const struct source *source = target->source;
	size_t size = target->page_size;
	struct track *t = &target->track;
	struct strip shares;
	uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	uint64_t cats = any | PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD;
	uint64_t lo = v->start, hi = v->end;
	struct region_walk w = {.source = source,
	                        .v = v,
	                        .page_size = size,
	                        .devices = source->meta.swaps.n,
	                        .out = out,
	                        .strip = &shares,
	                        .track = t,
	                        .blank = t->clears && track_cats(t) &&
	                                 track_in_scope(t, &lo, &hi) &&
	                                 ranges_meet(&t->blank, lo, hi)};
	int r;

	memset(out, 0, sizeof(*out));
	out->rate = RATE_UNKNOWN;
	if (width)
		memset(strip, 0, width * sizeof(*strip));
	if (v->type == VMA_KERNEL && !source_readable(source, v))
		return 0; /* not known */
	strip_begin(&shares, vma_size(v) / size, width);
	if (state_copies(v) || !source->meta.scan)
		cats |= PM_CAT_FILE; /* to find private copies; makes the scan slow */
	if (t->clears) {
		any |= track_cats_everywhere(t);
		cats |= track_cats(t);
	}
	r = source_runs(source, v->start, v->end, any, cats, region_walk_run, &w, err);
	/* after half a walk the track would forget the other half */
	if (r == 0)
		region_finish(&w, target, now, strip, width, by_state);
	if (r == 0)
		region_count_unseen(&w, target);
	strip_free(&shares);
	free(w.dirty.v);
	free(w.sure.v);
	return r;
}

int
region_measure(struct target *t, const struct vma *v, uint64_t now, struct region *out,
               struct strip_cell *strip, unsigned width, struct err *err)
{
	return region_count(t, v, now, out, NULL, strip, width, err);
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

		if (!region_is_mark(pages[i].state))
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
	struct region_strip k = {.lens = {.lens = l}, .v = v, .page_size = t->page_size};
	int r;

	strip_begin(&k.shares, vma_size(v) / k.page_size, width);
	r = walk_pages(t, v, v->start, v->end, &o, &fns, &k, err);
	if (r == 0)
		strip_finish(&k.shares, strip, width);
	strip_free(&k.shares);
	return r;
}
