/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scans: which of them are due, within a share of the time, and what each reads. */
#include "sample/reader_parts.h"

#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "sample/lens_strips.h"
#include "target/growth.h"

enum {
	LENS_MS = 150,   /* per scan for strips that need every page */
	QUIET_SHARE = 400, /* reading the window of a quiet target takes 1/400 of the time */
	STRIPS_MS = 60,  /* for all of them at first, with estimates; ROWS_MS for those of rows */
	SMALL_NS = 5000000, /* a window that took less is read even if the target is quiet */
	MAPS_SHARE = 200, /* rereading a long list of regions takes at most 1/200 of the time; */
	SWEEP_SHARE = 100, /* counting all of them 1/100, with the ticks in between; */
	SHOWN_SHARE = 10, /* ... or 1/10 without them, if the counts are on screen */
	ROWS_MS = 10,    /* rows on screen are counted for themselves, for so long, ... */
	ROW_PAGES = 1 << 16, /* ... if they have no more pages: about a millisecond */
};

/*
 * What all regions are counted for: their rows, a clear, a strip by a lens, or for later. What
 * ticks take, of a large window, makes that half as often at most.
 */
static uint64_t
reader_sweep_every(const struct reader *l)
{
	bool shown = l->lens_owed || l->now.auto_clear_ns ||
	             (!l->now.screen.grid_on && l->t.track.clears);

	if (shown)
		return SHOWN_SHARE * l->sweep_cost_ns;
	return SWEEP_SHARE * (l->sweep_cost_ns + u64_min(l->ticks_cost_ns, l->sweep_cost_ns));
}

/* Whether all regions are to be counted again, though the target is quiet. */
static bool
reader_is_stale(const struct reader *l)
{
	return source_now(l->t.source) - l->last_full >=
	       u64_max(STALE_S * TIME_SECOND, reader_sweep_every(l));
}

bool
reader_is_quiet(struct reader *l)
{
	struct proc_activity p;
	bool same;

	if (l->accesses_due)
		return false;
	if (l->draft.timeline && !l->lens_owed)
		return true; /* what was stays as it was */
	if (l->t.track.clears && tracker_caps(l->t.track.tracker) & TRACKER_LOCAL)
		return false; /* a write to a present page causes no fault */
	if (l->lens_owed || l->now.auto_clear_ns || l->keeper ||
	    (track_has_stamps(&l->t.track) && !reader_is_stale(l)))
		return false;
	if (!l->t.source->ops->counters(l->t.source, &p))
		return false;
	same = !memcmp(&p, &l->activity, sizeof(p));
	l->activity = p;
	return same && !reader_is_stale(l);
}

/*
 * Counts the strips of a lens that needs every page, for as many regions as the time allows, from
 * where the last scan stopped. The others keep theirs if these are of the same lens.
 */
static void
reader_read_strips(struct reader *l, struct regions *rs)
{
	uint64_t end =
	    l->now.interval_ns ? source_now(l->t.source) + LENS_MS * TIME_MS : UINT64_MAX;
	const struct regions *old = l->draft.regions;
	enum lens lens = l->now.screen.lens;

	if (old && lens == LENS_GROWTH &&
	    (l->compares_anew || old->totals.grown.since_ns != rs->totals.grown.since_ns))
		old = NULL; /* compared with another baseline */
	if (old && l->draft.timeline && old->time_ns != rs->time_ns)
		old = NULL; /* of another sample */
	l->compares_anew = false;
	lens_strips_keep(rs, old, lens);
	lens_strips_count(rs, &l->t, lens, &l->lens_next, end);
	l->lens_owed = !lens_strips_counted(rs, lens);
}

/* By a newer request; without an interval no later scan completes the strips. */
static bool
reader_is_cut_short(const struct reader *l)
{
	return l->lens_owed && !l->now.interval_ns && l->host.superseded(l->host.arg);
}

/* With a grid on screen, the hottest pages are those of its region. */
static void
reader_sum_writes(struct reader *l, struct regions *rs)
{
	const struct track *t = &l->t.track;
	struct track_range range = {0};
	struct proc_activity p;

	if (l->now.screen.grid_on)
		range = (struct track_range){l->now.screen.grid.start, l->now.screen.grid.end};
	if (l->t.source->ops->counters(l->t.source, &p))
		writes_faults(&l->writes, rs->time_ns, p.minflt, t->clears > 0);
	if (l->t.causes)
		writes_watched(&l->writes, rs->time_ns, l->draft.causes.faults);
	if (l->draft.timeline)
		writes_recall(&l->writes, t, l->t.source, l->draft.timeline, rs);
	else
		writes_record(&l->writes, t, rs, l->t.page_size);
	writes_make(&l->writes, t, rs, l->t.page_size, range, &l->draft.writes);
}

/* The lens that the strips are to show: states serve for those that need no more. */
static enum lens
reader_strips_lens(const struct reader *l)
{
	return lens_needs_pages(l->now.screen.lens) ? l->now.screen.lens : LENS_STATE;
}

bool
reader_owes_strips(const struct reader *l)
{
	const struct regions *rs = l->draft.regions;
	const struct screen_rows *rows = &l->now.screen.rows;
	enum lens lens = reader_strips_lens(l);

	return !l->now.screen.grid_on &&
	       (rs->totals.lens != lens || (rows->n && !lens_strips_shown(rs, lens, rows)));
}

/* What the header says of counts that are not as new as the window. */
static void
reader_tell_sweeps(struct reader *l)
{
	uint64_t every = reader_sweep_every(l);

	every = every > u64_max(l->now.interval_ns, REGIONS_OLDER_NS) ? every : 0;
	l->draft.counts_every_ns = every;
}

/* Whether the grid shows what the scan of all regions finds out. */
static bool
reader_compares_first(const struct reader *l)
{
	return (l->t.growth && l->t.growth->due) || (l->draft.timeline && l->comparison.baseline);
}

bool
reader_read_all(struct reader *l)
{
	struct regions *rs = reader_take_maps(l);
	bool grid = l->now.screen.grid_on, later = reader_compares_first(l);
	const struct window *before = l->draft.window;
	uint64_t spent;
	enum lens shown;
	int r;

	if (!rs)
		return true;
	l->accesses_due = false;
	l->sweep_cost_ns = l->maps_cost_ns;
	l->draft.regions_every_ns = MAPS_SHARE * l->maps_cost_ns;
	if (grid && !later) {
		if (!reader_fill_window(l, &rs->vmas, STRIP_NEW)) {
			regions_unref(rs);
			return false;
		}
		l->sweep_cost_ns += l->draft.window->mapped_cost_ns;
		if (l->draft.window != before)
			l->host.publish(l->host.arg, false);
	}
	if (l->draft.timeline)
		reader_watch_faults(l, false);
	spent = source_spent(l->t.source);
	target_follow(&l->t, &rs->vmas);
	r = reader_measure(l, rs);
	reader_copy_tracker(l);
	if (r != 0 && l->draft.regions)
		regions_carry_over(rs, l->draft.regions);
	if (r == 0) {
		l->last_full = source_now(l->t.source);
		reader_sum_writes(l, rs);
	}
	shown = r == 0 && !grid ? reader_strips_lens(l) : LENS_STATE;
	if (shown != LENS_STATE)
		reader_read_strips(l, rs);
	regions_sum_up(rs, r && l->draft.regions ? l->draft.regions->totals.lens : shown);
	if (l->draft.regions)
		regions_keep(rs, l->draft.regions);
	reader_set_regions(l, rs);
	l->sweep_cost_ns += source_spent(l->t.source) - spent;
	l->sweeps += r == 0;
	l->sweeps_ns += l->sweep_cost_ns;
	l->ticks_cost_ns = l->ticks_ns;
	l->ticks_ns = 0;
	reader_tell_sweeps(l);
	if (grid && later && r == 0) /* after the baseline that it is compared with */
		return reader_fill_window(l, &rs->vmas, STRIP_NEW);
	return r != 1 && !(shown != LENS_STATE && reader_is_cut_short(l));
}

/* Those that are new, until the time is over. */
static void
reader_count_new(struct reader *l, struct regions *rs, uint64_t now, uint64_t until)
{
	for (size_t i = 0; i < rs->vmas.n; i++) {
		if (regions_at(rs, i)->known)
			continue;
		if (source_now(l->t.source) >= until)
			return;
		regions_count_again(rs, &l->t, i, now);
	}
	rs->none_new = true;
}

/* Of the rows on screen, those that are quickly counted; and regions that are new. */
static void
reader_count_rows(struct reader *l, struct regions *rs, uint64_t now)
{
	const struct screen_rows *rows = &l->now.screen.rows;
	uint64_t until = source_now(l->t.source) + ROWS_MS * TIME_MS;

	for (unsigned k = 0; k < rows->n && source_now(l->t.source) < until; k++) {
		const struct vma *v = vma_at(&rs->vmas, rows->at[k]);
		const struct region *r = v ? regions_at(rs, (size_t)(v - rs->vmas.v)) : NULL;

		if (r && r->rss + r->swap <= ROW_PAGES)
			regions_count_again(rs, &l->t, (size_t)(v - rs->vmas.v), now);
	}
	if (!rs->none_new)
		reader_count_new(l, rs, now, until);
}

/* The regions as they are now, and the counts of those on screen. */
static void
reader_read_rows(struct reader *l, struct regions *rs)
{
	const struct regions *old = l->draft.regions;
	bool same = rs->list == old->list;
	uint64_t now = rs->time_ns;

	if (!same)
		target_follow(&l->t, &rs->vmas);
	regions_carry_over(rs, old);
	rs->time_ns = now;
	reader_count_rows(l, rs, now);
	if (!same)
		regions_sum_up(rs, old->totals.lens);
	reader_set_regions(l, rs);
}

bool
reader_read_shown(struct reader *l)
{
	struct regions *old = l->draft.regions, *rs;
	uint64_t now = source_now(l->t.source);

	if (l->host.superseded(l->host.arg))
		return false;
	rs = reader_list_serves(l, l->draft.regions_every_ns) ? regions_again(old, now)
	                                                      : reader_read_maps(l);
	if (!rs)
		return true;
	if (l->now.screen.grid_on && !reader_fill_window(l, &rs->vmas, STRIP_OLD)) {
		regions_unref(rs);
		return false;
	}
	if (rs->list == l->draft.regions->list && !l->now.screen.rows.n)
		regions_unref(rs); /* nothing of it is on screen */
	else
		reader_read_rows(l, rs);
	return true;
}

bool
reader_read_tick(struct reader *l)
{
	uint64_t spent = source_spent(l->t.source);
	bool done;

	if (source_now(l->t.source) - l->last_full >= reader_sweep_every(l))
		return reader_read_all(l);
	done = reader_read_shown(l);
	l->ticks_ns += source_spent(l->t.source) - spent;
	return done;
}

/* The counts of the last scan, with the strips by another lens. */
static struct regions *
reader_strips_first(struct reader *l)
{
	const struct regions *old = l->draft.regions;
	struct regions *rs = regions_again(old, old->time_ns);
	const struct screen_rows *rows = &l->now.screen.rows;
	enum lens lens = l->now.screen.lens;

	regions_carry_over(rs, old);
	lens_strips_begin(rs, &l->t, lens, rows,
	                  source_now(l->t.source) + (rows->n ? ROWS_MS : STRIPS_MS) * TIME_MS);
	regions_sum_up(rs, lens);
	return rs;
}

bool
reader_read_lens(struct reader *l)
{
	enum lens lens = l->now.screen.lens;

	if (!lens_needs_pages(lens) || !l->draft.regions->counted)
		return reader_read_all(l);
	reader_set_regions(l, reader_strips_first(l));
	l->lens_owed = !lens_strips_counted(l->draft.regions, lens);
	if (l->host.superseded(l->host.arg))
		return false;
	if (!l->lens_owed)
		return true;
	if (lens_strips_shown(l->draft.regions, lens, &l->now.screen.rows))
		l->draft.whole_serial = l->now.serial;
	l->host.publish(l->host.arg, false);
	return reader_read_all(l);
}

/*
 * The window of a quiet target, within a small share of the time: what may change there changes
 * without a fault. A sample that shows the same is not published, so nothing is drawn either.
 */
static void
reader_read_grid_again(struct reader *l)
{
	bool answered = l->draft.request_serial == l->now.serial;
	struct window *before = l->draft.window;

	if (before->cost_ns >= SMALL_NS ||
	    source_now(l->t.source) - l->last_partial < QUIET_SHARE * before->cost_ns)
		return;
	reader_read_grid(l, &l->draft.regions->vmas);
	if (!answered || l->draft.window != before)
		l->host.publish(l->host.arg, answered);
}

bool
reader_read_lightly(struct reader *l)
{
	const struct screen_request *w = &l->now.screen;
	bool same = reader_regions_stay(l);

	if (same && w->grid_on && l->draft.window)
		reader_read_grid_again(l);
	if (same && w->hex_on) { /* writing a present page causes no fault */
		reader_read_bytes(l, &l->draft.regions->vmas);
		l->host.publish(l->host.arg, l->draft.request_serial == l->now.serial);
	}
	return same;
}

void
reader_read_extras(struct reader *l)
{
	const struct screen_request *w = &l->now.screen;
	const struct vma_list *vmas;

	if (!l->draft.regions || l->draft.ended)
		return;
	vmas = &l->draft.regions->vmas;
	reader_read_card(l, vmas);
	if (w->hex_on)
		reader_read_bytes(l, vmas);
}
