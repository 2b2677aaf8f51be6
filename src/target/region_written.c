/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which pages of a region were written since the clear, and which may have been. */
#include "base/util.h"
#include "kernel/kabi.h"
#include "page/folio.h"
#include "target/page_read.h"
#include "target/region_parts.h"

/* --- the runs of a walk ----------------------------------------------------------------------- */

static void
region_note_plain(struct region_walk *w, const struct pm_run *run)
{
	if (run->start >= run->end)
		return;
	if (track_is_written(w->track, run->cats)) {
		pageset_add(&w->dirty, run->start, run->end);
		return;
	}
	w->clean_seen = true;
	/* what was lost is asked without auto-clear, what was never written by a screen */
	if (w->track->auto_clear && w->target->no_screen)
		return;
	if (w->track->clears && run->cats & PM_CAT_PRESENT) {
		uint64_t seen = track_bytes(w->track, run->start, run->end);

		w->lost += seen;
		if (region_is_rss(region_state_of(w, run->cats)))
			w->out->never += (run->end - run->start - seen) / w->page_size;
	}
}

static void
region_blank_add(struct region_walk *w, uint64_t start, uint64_t end)
{
	pageset_add(&w->dirty, start, end);
	pageset_add(&w->sure, start, end);
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

			if (s == STATE_ZERO || s == STATE_NONE || state_is_mark(s))
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
	struct stamps_at stamps;
	struct track_stamp s;

	if (cats & PM_CAT_PFNZERO || (cats & everywhere) != everywhere)
		return; /* not marked although new mappings are: not written */
	if (cats & PM_CAT_HUGE) {
		w->blank_pages += (end - start) / w->page_size;
		return;
	}
	stamps = track_stamps(t, start, end);
	while (stamps_next(&stamps, &s)) {
		if (s.epoch != t->epoch)
			continue;
		region_read_blank(w, start, s.start);
		w->blank_pages += (s.end - s.start) / w->page_size;
		region_blank_add(w, s.start, s.end);
		start = s.end;
	}
	region_read_blank(w, start, end);
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
	    .written = w->dirty.pages * w->page_size,
	    .lost = w->lost,
	    .rss = r->rss,
	    .there = r->rss || r->swap || r->hugetlb,
	    .clean = w->clean_seen,
	    .everywhere = w->born_seen,
	    .watched = w->watched,
	};

	return target->source->ops->writes->judge(target->source, &target->track, &scan);
}

/* Hands over the pages of [start, end), and that no others there are written, in batches. */
static void
region_update_stamps(struct track *t, const struct region_walk *w, const struct pageset *written,
                     uint64_t start, uint64_t end, uint64_t now)
{
	enum { BATCH = 256 };
	struct pm_run runs[BATCH];
	uint64_t at = start, next = start;
	size_t n;

	do {
		n = pageset_runs(written, &next, end, runs, BATCH);
		track_update(t, w->v->start, at, n < BATCH ? end : next, runs, n, now);
		at = next;
	} while (n == BATCH);
}

static void
region_add_stamps(struct track *t, const struct region_walk *w, uint64_t start, uint64_t end,
                  uint64_t now)
{
	enum { BATCH = 256 };
	struct pm_run runs[BATCH];
	size_t n;

	while ((n = pageset_runs(&w->sure, &start, end, runs, BATCH)))
		track_add(t, w->v->start, runs, n, now);
}

/* Updates the stamps; of a region mapped since the clear, only what is certain. */
static void
region_update_track(struct region_walk *w, struct track *t, const struct track_verdict *is,
                    uint64_t start, uint64_t end, uint64_t now)
{
	bool known = !is->doubt || (is->exact && is->doubt == DOUBT_NEW);
	uint64_t dirty;

	if (!track_cats(t))
		return;
	dirty = pageset_minus(&w->dirty, NULL, NULL, start, end);
	if (known && is->cleared && !dirty) {
		ranges_add(&t->lost, start, end);
	} else if (known) {
		t->kept += dirty * w->page_size;
		region_update_stamps(t, w, &w->dirty, start, end, now);
	} else if (ranges_cover(&t->blank, start, end)) {
		region_update_stamps(t, w, &w->sure, start, end, now);
	} else {
		region_add_stamps(t, w, start, end, now);
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

/* Only why it would not be known. */
static void
region_leave_written(struct region_walk *w, struct target *target)
{
	struct region *out = w->out;

	out->doubt = region_judge(w, target, true).doubt;
	track_set_doubt(&target->track, w->v->start, out->doubt, out->rss + out->swap);
}

static void
region_count_written(struct region_walk *w, struct target *target, uint64_t now)
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
	out->fresh = track_tally(t, w->v->start) / w->page_size;
	out->part = is.part || (in_scope && (start > w->v->start || end < w->v->end));
	out->never = is.late || out->part ? 0 : out->never;
	if (out->written && !target->no_screen)
		out->newest_ns = track_newest(t, w->v->start, w->v->end);
}

void
region_note_written(struct region_walk *w, struct target *target, uint64_t now)
{
	if (w->leaves)
		region_leave_written(w, target);
	else
		region_count_written(w, target, now);
}
