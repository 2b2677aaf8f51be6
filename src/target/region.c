/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/region.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/refs.h"
#include "base/util.h"
#include "kernel/kabi.h"
#include "page/folio.h"
#include "target/page_read.h"
#include "target/walk.h"

/* A walk over one region's runs. */
struct region_walk {
	const struct source *source;
	const struct vma *v;
	size_t page_size;
	unsigned devices; /* for swap */
	struct region *out;
	uint64_t by_state[STATE_COUNT];
	struct strip *strip;
	/* runs of existing pages that are marked as written */
	struct region_dirty {
		struct pm_run *v;
		size_t n, cap;
	} dirty;
	struct region_dirty sure; /* of these, those in memory that was blank when it was mapped */
	bool blank; /* there is such memory, with existing pages: */
	uint64_t blank_pages;
	enum folio_sizes sizes;
	bool clean_seen, born_seen, watched;
	uint64_t entries; /* pages that have one */
	uint64_t lost; /* bytes that were seen written in this epoch, and are no longer */
	const struct track *track;
};

static void
region_dirty_add(struct region_dirty *d, uint64_t start, uint64_t end)
{
	struct pm_run *last = d->n ? &d->v[d->n - 1] : NULL;

	if (last && last->end == start) {
		last->end = end;
		return;
	}
	d->v = vec_room(d->v, d->n, &d->cap, sizeof(*d->v));
	d->v[d->n++] = (struct pm_run){start, end, 0};
}

/* A marker in the page table without a page; it may be our own. */
static bool
region_is_mark(enum state s)
{
	return s == STATE_UFFD || s == STATE_GUARD || s == STATE_POISONED;
}

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

/* The kernel counts neither the zero page nor hugetlb in RSS. */
static bool
region_is_rss(enum state s)
{
	return s != STATE_ZERO && s != STATE_HUGETLB;
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

static void
region_note_plain(struct region_walk *w, const struct pm_run *run)
{
	if (run->start >= run->end)
		return;
	if (track_is_written(w->track, run->cats)) {
		region_dirty_add(&w->dirty, run->start, run->end);
		return;
	}
	w->clean_seen = true;
	if (w->track->clears && run->cats & PM_CAT_PRESENT) {
		uint64_t seen = track_bytes(w->track, run->start, run->end);

		w->lost += seen;
		if (region_is_rss(state_of_cats(run->cats, w->v)))
			w->out->never += (run->end - run->start - seen) / w->page_size;
	}
}

static void
region_blank_add(struct region_walk *w, uint64_t start, uint64_t end)
{
	region_dirty_add(&w->dirty, start, end);
	region_dirty_add(&w->sure, start, end);
}

/* Reads the settings on first use. */
static bool
region_is_small(struct region_walk *w, const struct page *pg, uint64_t addr)
{
	if (w->sizes == FOLIOS_UNREAD && !folio_is_known(pg))
		w->sizes = w->source->ops->folio_sizes(w->source);
	return folio_is_small(pg, w->v, addr, w->page_size,
	                      w->source->meta.scan & PM_CAT_PFNZERO, w->sizes);
}

/*
 * Memory that was blank when it was mapped: existing pages were written, but in a large folio it is
 * not known which.
 */
static void
region_read_blank(struct region_walk *w, uint64_t start, uint64_t end)
{
	enum { BATCH = 128 };
	struct page pages[BATCH];
	struct err ignored;

	for (uint64_t at = start; at < end; at += BATCH * w->page_size) {
		size_t n = u64_min((end - at) / w->page_size, BATCH);

		if (page_read(w->source, at, pages, n, PAGE_NEED_FLAGS,
		              &ignored) < 0) {
			w->blank_pages += n; /* there, and not known to be written */
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			uint64_t page = at + i * w->page_size;
			enum state s = state_of_page(&pages[i], w->v, w->devices);

			if (s == STATE_ZERO || s == STATE_NONE || region_is_mark(s))
				continue;
			w->blank_pages++;
			if (region_is_small(w, &pages[i], page))
				region_blank_add(w, page, page + w->page_size);
		}
	}
}

/* Pages with a stamp of this epoch are not read again. */
static void
region_note_blank(struct region_walk *w, uint64_t start, uint64_t end, uint64_t cats)
{
	const struct track *t = w->track;
	uint64_t everywhere = track_cats_everywhere(t);

	if (cats & PM_CAT_PFNZERO || (cats & everywhere) != everywhere)
		return; /* not marked although new mappings are: not written */
	if (cats & PM_CAT_HUGE) {
		w->blank_pages += (end - start) / w->page_size;
		return;
	}
	for (size_t k = track_first(t, start); start < end; k++) {
		bool more = k < t->n && t->v[k].start < end;
		uint64_t from = more ? u64_max(t->v[k].start, start) : end;
		uint64_t to = more ? u64_min(t->v[k].end, end) : end;

		if (more && t->v[k].epoch != t->epoch)
			from = to;
		region_read_blank(w, start, from);
		w->blank_pages += (to - from) / w->page_size;
		if (from < to)
			region_blank_add(w, from, to);
		start = to;
	}
}

static void
region_note_dirty(struct region_walk *w, const struct pm_run *run)
{
	uint64_t at = run->start;

	while (w->blank && at < run->end) {
		struct track_range r = ranges_next(&w->track->blank, at, run->end);

		region_note_plain(w, &(struct pm_run){at, r.start, run->cats});
		if (r.start < r.end)
			region_note_blank(w, r.start, r.end, run->cats);
		at = r.end;
	}
	region_note_plain(w, &(struct pm_run){at, run->end, run->cats});
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

/* --- what is written -------------------------------------------------------------------------- */

static uint64_t
region_dirty_bytes(const struct region_walk *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->dirty.n; i++)
		sum += w->dirty.v[i].end - w->dirty.v[i].start;
	return sum;
}

/*
 * Pages that may have been written: not those a private mapping shares with its file, and none of
 * the kernel's.
 */
static uint64_t
region_writable_pages(const struct vma *v, const struct region *r)
{
	if (v->type == VMA_KERNEL)
		return 0;
	return (state_copies(v) ? r->copied : r->rss) + r->swap + r->hugetlb;
}

static struct track_verdict
region_judge(const struct region_walk *w, struct target *target, bool in_scope)
{
	const struct region *r = w->out;
	const struct track_scan scan = {
	    .vma = w->v,
	    .in_scope = in_scope,
	    .written = region_dirty_bytes(w),
	    .lost = w->lost,
	    .rss = r->rss,
	    .there = r->rss || r->swap || r->hugetlb,
	    .clean = w->clean_seen,
	    .everywhere = w->born_seen,
	    .watched = w->watched,
	};

	return target->source->ops->writes->judge(target->source, &target->track, &scan);
}

static void
region_clip_dirty(struct region_dirty *d, uint64_t start, uint64_t end)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct pm_run r = d->v[i];

		r.start = u64_max(r.start, start);
		r.end = u64_min(r.end, end);
		if (r.start < r.end)
			d->v[n++] = r;
	}
	d->n = n;
}

/* Updates the stamps; of a region mapped since the clear, only what is certain. */
static void
region_update_track(struct region_walk *w, struct track *t, const struct track_verdict *is,
                    uint64_t start, uint64_t end, uint64_t now)
{
	bool known = !is->doubt || (is->exact && is->doubt == DOUBT_NEW);

	if (!track_cats(t))
		return;
	region_clip_dirty(&w->dirty, start, end);
	region_clip_dirty(&w->sure, start, end);
	if (known && is->cleared && !w->dirty.n) {
		ranges_add(&t->lost, start, end);
	} else if (known) {
		t->kept += w->dirty.n ? w->dirty.v[0].end - w->dirty.v[0].start : 0;
		track_update(t, start, end, w->dirty.v, w->dirty.n, now);
	} else if (ranges_cover(&t->blank, start, end)) {
		track_update(t, start, end, w->sure.v, w->sure.n, now);
	} else {
		track_add(t, w->v->start, w->sure.v, w->sure.n, now);
	}
}

/* Pages of [start, end) that were written since the clear; in an auto-clear, since the last clear.
 */
static uint64_t
region_pages_written(const struct region_walk *w, const struct track *t, uint64_t start,
                     uint64_t end)
{
	return (t->auto_clear ? track_bytes_in(t, start, end, t->epoch)
	                      : track_bytes(t, start, end)) /
	       w->page_size;
}

/*
 * Of memory that was blank when it was mapped, everything is known but which pages of its large
 * folios were written.
 */
static enum track_doubt
region_doubt_of_blank(const struct region_walk *w, const struct track *t, enum track_doubt d)
{
	uint64_t start = w->v->start, end = w->v->end, written = 0;

	if (!w->blank || (d && !ranges_cover(&t->blank, start, end)))
		return d;
	for (uint64_t at = start; at < end;) {
		struct track_range r = ranges_next(&t->blank, at, end);

		written += region_pages_written(w, t, r.start, r.end);
		at = r.end;
	}
	return w->blank_pages > written ? DOUBT_NEW : DOUBT_NONE;
}

static void
region_note_written(struct region_walk *w, struct target *target, uint64_t now)
{
	struct track *t = &target->track;
	struct region *out = w->out;
	uint64_t start = w->v->start, end = w->v->end, there = out->rss + out->swap, may, written;
	bool in_scope = track_in_scope(t, &start, &end);
	struct track_verdict is = region_judge(w, target, in_scope);

	if (in_scope)
		region_update_track(w, t, &is, start, end, now);
	out->doubt = in_scope ? region_doubt_of_blank(w, t, is.doubt) : is.doubt;
	written = region_pages_written(w, t, w->v->start, w->v->end);
	track_set_doubt(t, w->v->start, out->doubt, there - u64_min(there, written));
	may = w->blank && ranges_cover(&t->blank, start, end) ? w->blank_pages
	                                                      : region_writable_pages(w->v, out);
	if (out->doubt && out->doubt != DOUBT_OUTSIDE)
		out->unknown = may - u64_min(may, written);
	out->written = track_bytes(t, w->v->start, w->v->end) / w->page_size;
	out->fresh = track_tally(t, start) / w->page_size;
	out->part = is.part || (in_scope && (start > w->v->start || end < w->v->end));
	out->never = is.late || out->part ? 0 : out->never;
	if (out->written)
		out->newest_ns = track_newest(t, w->v->start, w->v->end);
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
	static const struct walk_fns fns = {region_pass_pages, region_add_unseen};
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

static int
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
regions_measure(struct regions *rs, struct target *t, struct err *err)
{
	uint64_t begin = source_now(t->source);

	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region *r = &rs->r[i];

		int ended = region_count(t, &rs->vmas.v[i], begin, r, rs->totals.rss_by_state,
		                               r->strip, LIST_STRIP, err);

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
