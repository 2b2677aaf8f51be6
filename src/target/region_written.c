/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pages of a region were written since the clear, and which may have been. */
#include "base/util.h"
#include "kernel/kabi.h"
#include "page/folio.h"
#include "target/page_read.h"
#include "target/region_parts.h"

/* --- the runs of a walk ----------------------------------------------------------------------- */

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
			w->blank_pages += n; /* present, and not known to be written */
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

void
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

/* --- what that says of the region ------------------------------------------------------------- */

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

void
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
