/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "region.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kabi.h"
#include "smaps.h"
#include "track_ways.h"
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
	uint64_t lost; /* bytes that were seen written in this generation and are not any more */
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

/* A mark in the page table, and nothing behind it; it may be our own. */
static bool
is_mark(enum state s)
{
	return s == STATE_UFFD || s == STATE_GUARD || s == STATE_POISONED;
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
			if (!is_mark(s))
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

static void
note_dirty(struct walk *w, const struct pm_run *run)
{
	if (track_is_written(w->track, run->cats)) {
		dirty_add(w, run);
		return;
	}
	w->clean_seen = true;
	if (w->track->gen && run->cats & PM_CAT_PRESENT) {
		uint64_t seen = track_bytes(w->track, run->start, run->end);

		w->lost += seen;
		w->out->never += (run->end - run->start - seen) / w->page_size;
	}
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
	note_dirty(w, run);
	w->watched |= (run->cats & PM_CAT_WPALLOWED) != 0;
	return 0;
}

static void
add_heat(const struct walk *w, const struct track *t, uint64_t now, struct strip_cell *strip, unsigned width)
{
	for (unsigned i = 0; t->gen && i < width; i++) {
		unsigned k = strip_share(w->strip, i, width);
		uint64_t lo = w->v->start + strip_start(w->strip, k) * w->page_size;
		uint64_t hi = w->v->start + strip_start(w->strip, k + 1) * w->page_size;

		strip[i].heat = (uint8_t)track_newest_heat(t, lo, hi, now);
		strip[i].often = (uint8_t)track_count_heat(track_most(t, lo, hi));
	}
}

/* --- what is written ------------------------------------------------------------------------------- */

static uint64_t
dirty_bytes(const struct walk *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->dirty_n; i++)
		sum += w->dirty[i].end - w->dirty[i].start;
	return sum;
}

/* VmFlags of the region, read at most once a look, and then not before 20 times as long has passed. */
static const struct smaps_entry *
vm_flags(struct target *target, const struct vma *v)
{
	enum { SHARE = 20 };
	struct track *t = &target->track;
	uint64_t begin = time_ns();
	struct err ignored;

	if (!t->flags_read && begin - t->flags_ns >= SHARE * t->flags_cost_ns) {
		smaps_free(&t->flags);
		t->flags_read = smaps_read_process(&target->proc, &t->flags, &ignored) == 0;
		t->flags_ns = time_ns();
		t->flags_cost_ns = t->flags_ns - begin;
	}
	return t->flags_read ? smaps_find(&t->flags, v->start) : NULL;
}

/*
 * All pages of the region have become dirty at once: whether because it is new since the clear. What
 * cannot be asked now is taken for new until it can, unless it was there at the clear.
 */
static bool
is_born(const struct walk *w, struct target *target)
{
	struct track *t = &target->track;
	const struct vma *v = w->v;
	const struct smaps_entry *e;
	bool born;

	for (size_t i = 0; i < t->born.n; i++)
		if (t->born.v[i].start == v->start && t->born.v[i].end == v->end)
			return true;
	e = vm_flags(target, v);
	born = e && e->known & SMAPS_FLAGS ? smaps_newborn(e) : !track_knew(t, v->start, v->end);
	if (e && born)
		track_ranges_add(&t->born, v->start, v->end);
	return born;
}

static enum track_doubt
doubt_soft_dirty(struct walk *w, struct target *target)
{
	const struct track *t = &target->track;
	const struct vma *v = w->v;
	bool born = w->born_seen;

	if (v->type == VMA_HUGETLB)
		return DOUBT_HUGETLB;
	if (!track_met(t, v->start, v->end))
		return DOUBT_NEW;
	if (!born && w->dirty_n && !w->clean_seen && track_bytes(t, v->start, v->end) < dirty_bytes(w))
		born = is_born(w, target);
	if (!born)
		return DOUBT_NONE;
	return track_knew(t, v->start, v->end) || track_bytes(t, v->start, v->end) ? DOUBT_REMAPPED : DOUBT_NEW;
}

static enum track_doubt
doubt_uffd(const struct walk *w, const struct target *target)
{
	if (!w->watched && (w->out->rss || w->out->swap) && !uffd_needs_no_watch(w->v))
		return DOUBT_UNWATCHED;
	return uffd_is_unsure(&target->track, w->v) ? DOUBT_NEW : DOUBT_NONE;
}

static enum track_doubt
doubt(struct walk *w, struct target *target, bool in_scope)
{
	switch (target->track.way) {
	case TRACK_SOFT_DIRTY: return doubt_soft_dirty(w, target);
	case TRACK_UFFD:
		if (!in_scope)
			return DOUBT_OUTSIDE;
		return doubt_uffd(w, target);
	case TRACK_HASH:
	case TRACK_NONE:
	case TRACK_WAYS: break;
	}
	return track_bytes(&target->track, w->v->start, w->v->end) ? DOUBT_NONE : DOUBT_OUTSIDE;
}

static void
clip_dirty(struct walk *w, uint64_t start, uint64_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < w->dirty_n; i++) {
		struct pm_run r = w->dirty[i];

		r.start = u64_max(r.start, start);
		r.end = u64_min(r.end, end);
		if (r.start < r.end)
			w->dirty[n++] = r;
	}
	w->dirty_n = n;
}

/* Tells the track, if it can be told: of a region that is new since the mark nothing is known. */
static void
tell_track(struct walk *w, struct track *t, uint64_t start, uint64_t end, uint64_t now)
{
	bool armed = t->way == TRACK_UFFD && w->out->doubt == DOUBT_NEW; /* and exact since */

	if (!track_cats(t) || (w->out->doubt && !armed))
		return;
	if (w->lost && !w->dirty_n && !t->pulse && !t->others && t->way == TRACK_SOFT_DIRTY) {
		track_ranges_add(&t->lost, start, end);
		return;
	}
	t->kept += w->dirty_n ? w->dirty[0].end - w->dirty[0].start : 0;
	clip_dirty(w, start, end);
	track_update(t, start, end, w->dirty, w->dirty_n, now);
}

static void
note_written(struct walk *w, struct target *target, uint64_t now)
{
	struct track *t = &target->track;
	uint64_t start = w->v->start, end = w->v->end;
	bool in_scope = track_in_scope(t, &start, &end);

	w->out->doubt = doubt(w, target, in_scope);
	if (w->out->doubt == DOUBT_UNWATCHED && t->uffd) /* what is ours stays so until something else is mapped there */
		track_drop(t, w->v->start, w->v->end);
	track_tell(t, w->v->start, w->out->doubt);
	if (in_scope)
		tell_track(w, t, start, end, now);
	w->out->written = track_bytes(t, w->v->start, w->v->end) / w->page_size;
	w->out->fresh = track_tally(t, start) / w->page_size;
	w->out->never = uffd_came_late(t, w->v) ? 0 : w->out->never;
	if (w->out->written)
		w->out->newest_ns = track_newest(t, w->v->start, w->v->end);
}

static void
finish(struct walk *w, struct target *target, uint64_t now, struct strip_cell *strip, unsigned width,
       uint64_t by_state[STATE_COUNT])
{
	struct region *out = w->out;

	if (target->track.gen)
		note_written(w, target, now);
	strip_finish(w->strip, strip, width);
	add_heat(w, &target->track, now, strip, width);
	out->known = out->rss || out->swap || !vma_hides_pages(w->v);
	if (by_state)
		for (unsigned s = 0; s < STATE_COUNT; s++)
			by_state[s] += w->by_state[s];
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
	out->rate = RATE_UNKNOWN;
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
	if (r == 0) /* half a walk must not tell the track what is written: the rest would be forgotten */
		finish(&w, target, now, strip, width, by_state);
	strip_free(&shares);
	free(w.dirty);
	return r;
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

		if (!is_mark(pages[i].state))
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
	strip_free(&k.shares);
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
		rs->r[i].rate = RATE_UNKNOWN;
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
	if (!r->doubt)
		sum->never += r->never;
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
	track_settle(&t->track);
	t->track.looked_ns = begin;
	rs->counted = true;
	rs->time_ns = begin;
	rs->cost_ns = time_ns() - begin;
	return 0;
}
