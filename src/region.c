/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "region.h"

#include <stdlib.h>
#include <string.h>

#include "kabi.h"
#include "util.h"
#include "walk.h"

/* A walk over one region's runs. */
struct walk {
	const struct pagemap *pm;
	const struct vma *v;
	size_t page_size;
	unsigned devices; /* for swap */
	struct region *out;
	uint64_t by_state[STATE_COUNT];
	struct strip *strip;
	/* runs whose soft-dirty bit is set on pages that exist */
	struct pm_run *dirty;
	size_t dirty_n, dirty_cap;
	bool clean_seen, born_seen, watched;
	const struct track *track;
};

static void
dirty_add(struct walk *w, const struct pm_run *run)
{
	struct pm_run *last = w->dirty_n ? &w->dirty[w->dirty_n - 1] : NULL;

	if (last && last->end == run->start) {
		last->end = run->end;
		return;
	}
	w->dirty = vec_room(w->dirty, w->dirty_n, &w->dirty_cap, sizeof(*w->dirty));
	w->dirty[w->dirty_n++] = *run;
}

/*
 * "Swapped" is said of guards, markers and pages on the move too: only the word itself tells, so
 * the few runs that are not present are read.
 */
static void
add_swapped(struct walk *w, const struct pm_run *run)
{
	uint64_t words[512], first = (run->start - w->v->start) / w->page_size;
	uint64_t pages = (run->end - run->start) / w->page_size;
	struct err ignored;

	for (uint64_t done = 0; done < pages; done += ARRAY_LEN(words)) {
		ssize_t n = pagemap_words(w->pm, run->start + done * w->page_size, words,
		                          u64_min(pages - done, ARRAY_LEN(words)), &ignored);

		for (ssize_t i = 0; i < n; i++) {
			struct page pg = {.word = words[i], .known = PAGE_WORD};
			enum state s = state_of_page(&pg, w->v, w->devices);
			uint64_t at = first + done + (uint64_t)i;

			w->by_state[s]++;
			w->out->swap += s == STATE_SWAPPED;
			strip_add(w->strip, at, at + 1, s);
		}
	}
}

static void
add_present(struct walk *w, const struct pm_run *run)
{
	uint64_t pages = (run->end - run->start) / w->page_size;
	uint64_t first = (run->start - w->v->start) / w->page_size;
	enum state s = state_of_cats(run->cats, w->v);
	struct region *out = w->out;

	w->by_state[s] += pages;
	strip_add(w->strip, first, first + pages, s);
	if (s == STATE_HUGETLB)
		out->hugetlb += pages;
	if (s == STATE_ZERO || s == STATE_HUGETLB)
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
walk_run(void *arg, const struct pm_run *run)
{
	struct walk *w = arg;

	if (!(run->cats & (PM_CAT_PRESENT | PM_CAT_SWAPPED))) {
		w->born_seen = true; /* soft-dirty where no page is: the whole mapping is new */
		return 0;
	}
	if (run->cats & PM_CAT_PRESENT)
		add_present(w, run);
	else
		add_swapped(w, run);
	if (track_is_written(w->track, run->cats))
		dirty_add(w, run);
	else
		w->clean_seen = true;
	w->watched |= (run->cats & PM_CAT_WPALLOWED) != 0;
	return 0;
}

static void
add_heat(const struct walk *w, const struct track *t, uint64_t now, struct strip_cell *strip, unsigned width)
{
	for (unsigned i = 0; t->gen && i < width; i++) {
		unsigned k = strip_share(w->strip, i, width);

		strip[i].heat = (uint8_t)track_newest_heat(t, w->v->start + strip_start(w->strip, k) * w->page_size,
		                                           w->v->start + strip_start(w->strip, k + 1) * w->page_size,
		                                           now);
	}
}

/* Tell the track, unless the region is new since the mark: then nothing is known about its pages. */
static void
note_written(struct walk *w, struct track *t, uint64_t now)
{
	const struct vma *v = w->v;

	w->out->newborn = w->born_seen || (w->dirty_n && !w->clean_seen &&
	                                   !track_knew(t, v->start, v->end));
	if (t->way == TRACK_UFFD)
		w->out->newborn = !w->watched && (w->out->rss || w->out->swap); /* nobody watches it */
	if (w->out->newborn)
		w->dirty_n = 0;
	track_update(t, v->start, v->end, w->dirty, w->dirty_n, now);
	for (size_t i = 0; i < w->dirty_n; i++)
		w->out->written += (w->dirty[i].end - w->dirty[i].start) / w->page_size;
	if (w->dirty_n)
		w->out->newest_ns = track_newest(t, v->start, v->end);
}

static int
measure(struct target *target, const struct vma *v, uint64_t now, struct region *out,
        uint64_t by_state[STATE_COUNT], struct strip_cell *strip, unsigned width, struct err *err)
{
	const struct pagemap *pm = &target->pm;
	struct track *t = &target->track;
	struct strip shares;
	uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	uint64_t cats = any | PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD;
	struct walk w = {.pm = pm, .v = v, .page_size = pm->page_size, .devices = target->swaps.n,
	                 .out = out, .strip = &shares, .track = t};
	int r;

	memset(out, 0, sizeof(*out));
	memset(strip, 0, width * sizeof(*strip));
	if (v->type == VMA_KERNEL && !pagemap_readable(pm, v))
		return 0; /* not known */
	strip_begin(&shares, vma_size(v) / pm->page_size, width);
	if (state_copies(v) || !pm->scan)
		cats |= PM_CAT_FILE; /* which pages are private copies; else it is not worth the scan's price */
	if (t->gen) {
		any |= track_cats(t) & PM_CAT_SOFT_DIRTY;
		cats |= track_cats(t);
	}
	r = pagemap_runs(pm, v->start, v->end, any, cats, walk_run, &w, err);
	if (r) { /* half a walk must not tell the track what is written: the rest would be forgotten */
		free(w.dirty);
		return r;
	}
	if (t->gen)
		note_written(&w, t, now);
	strip_finish(&shares, strip, width);
	add_heat(&w, t, now, strip, width);
	out->known = out->rss || out->swap || !vma_hides_pages(v);
	if (by_state)
		for (unsigned s = 0; s < STATE_COUNT; s++)
			by_state[s] += w.by_state[s];
	free(w.dirty);
	return 0;
}

int
region_measure(struct target *t, const struct vma *v, uint64_t now, struct region *out,
               struct strip_cell *strip, unsigned width, struct err *err)
{
	return measure(t, v, now, out, NULL, strip, width, err);
}

struct look {
	struct lens_look lens;
	const struct vma *v;
	size_t page_size;
	struct strip shares;
};

static int
look_at_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct look *k = arg;

	for (size_t i = 0; i < n; i++) {
		uint64_t at = addr + i * k->page_size, p = (at - k->v->start) / k->page_size;

		strip_add(&k->shares, p, p + 1, lens_page(&k->lens, at, &pages[i], k->page_size));
	}
	return 0;
}

int
region_look(struct target *t, const struct vma *v, enum lens l, struct strip_cell *strip,
            unsigned width, struct err *err)
{
	static const struct walk_fns fns = {.pages = look_at_pages};
	struct walk_options o = {.want = lens_row(l)->want & ~(unsigned)PAGE_WANT_CACHE};
	struct look k = {.lens = {.lens = l}, .v = v, .page_size = t->pm.page_size};
	int r;

	strip_begin(&k.shares, vma_size(v) / k.page_size, width);
	r = walk_pages(t, v, v->start, v->end, &o, &fns, &k, err);
	if (r == 0)
		strip_finish(&k.shares, strip, width);
	return r;
}

struct regions *
regions_new(struct vma_list vmas)
{
	struct regions *rs = mem_alloc(sizeof(*rs));

	rs->refs = 1;
	rs->vmas = vmas;
	rs->r = mem_alloc(vmas.n * sizeof(*rs->r));
	rs->time_ns = time_ns();
	for (size_t i = 0; i < vmas.n; i++) {
		rs->r[i].lens = LENS_COUNT;
		rs->totals.size += vma_size(&vmas.v[i]);
		rs->totals.size_by_type[vmas.v[i].type] += vma_size(&vmas.v[i]);
	}
	return rs;
}

struct regions *
regions_ref(struct regions *rs)
{
	if (rs)
		__atomic_add_fetch(&rs->refs, 1, __ATOMIC_RELAXED);
	return rs;
}

void
regions_unref(struct regions *rs)
{
	if (!rs || __atomic_sub_fetch(&rs->refs, 1, __ATOMIC_ACQ_REL))
		return;
	vma_free(&rs->vmas);
	free(rs->r);
	free(rs);
}

static void
totals_add(struct totals *sum, const struct region *r)
{
	sum->rss += r->rss;
	sum->swap += r->swap;
	sum->written += r->written;
}

int
regions_measure(struct regions *rs, struct target *t, struct err *err)
{
	uint64_t begin = time_ns();

	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region *r = &rs->r[i];

		int ended = measure(t, &rs->vmas.v[i], begin, r, rs->totals.rss_by_state, r->strip, LIST_STRIP,
		                    err);

		if (ended)
			return ended;
		if (pagemap_stopped(&t->pm))
			return 1;
		r->lens = r->known ? LENS_STATE : LENS_COUNT;
		totals_add(&rs->totals, r);
	}
	rs->counted = true;
	rs->time_ns = begin;
	rs->cost_ns = time_ns() - begin;
	return 0;
}
