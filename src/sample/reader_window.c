/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window: the cells of the grid, and a strip of the whole region. */
#include "sample/reader_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "filter/filter.h"

enum {
	PARTIAL_MS = 150, /* how often an unfinished window is published; */
	FIRST_MS = 15,    /* the first time, with estimates, after this, or ... */
	SOON_MS = 6,      /* after this, if FIRST_PART of it is not counted by then */
	FIRST_PART = 4,
};

/* Whether the draft has the whole requested window: then no partial one replaces it. */
static bool
reader_has_window(const struct reader *l)
{
	const struct window *w = l->draft.window;
	const struct screen_request *now = &l->now.screen;

	return w && w->complete && !w->gone && grid_same(&w->grid, &now->grid) &&
	       w->lens == now->lens && !strcmp(l->window_filter, now->filter);
}

/* Whether to show an unfinished window: the first time as soon as it seems to be slow. */
static bool
reader_shows_now(const struct reader *l, const struct window *w)
{
	uint64_t waited = source_now(l->t.source) - l->last_partial, lo, hi;

	if (!w->grid.zoom || window_has_estimates(w))
		return waited > PARTIAL_MS * TIME_MS;
	grid_visible(&w->grid, &lo, &hi);
	return waited > FIRST_MS * TIME_MS ||
	       (waited > SOON_MS * TIME_MS && w->counted < (hi - lo) / FIRST_PART);
}

static enum window_next
reader_window_next(void *arg, const struct window *w)
{
	struct reader *l = arg;

	if (l->host.superseded(l->host.arg))
		return WINDOW_GIVE_UP;
	return !reader_has_window(l) && reader_shows_now(l, w) ? WINDOW_SHOW : WINDOW_GO_ON;
}

static void
reader_set_window(struct reader *l, struct window *w)
{
	window_unref(l->draft.window);
	l->draft.window = w;
	snprintf(l->window_filter, sizeof(l->window_filter), "%s", l->now.screen.filter);
	if (window_is_whole(w))
		l->draft.whole_serial = l->now.serial;
}

static void
reader_window_show(void *arg, struct window *part)
{
	struct reader *l = arg;

	reader_set_window(l, part);
	l->host.publish(l->host.arg, false);
	l->last_partial = source_now(l->t.source);
}

/*
 * Whether nothing has faulted since the strip of the window was counted, and it is not old. Then no
 * page is new or written; but pages may have been reclaimed, merged or moved, hence its age.
 */
static bool
reader_strip_stays(struct reader *l, const struct window *w, const struct proc_activity *now)
{
	return w->mapped && source_now(l->t.source) - l->strip_ns < STALE_S * 1000 * TIME_MS &&
	       !(l->t.track.clears && tracker_caps(l->t.track.tracker) & TRACKER_LOCAL) &&
	       l->strip_clears == l->t.track.clears &&
	       !memcmp(now, &l->strip_activity, sizeof(*now));
}

bool
reader_fill_window(struct reader *l, const struct vma_list *vmas, enum reader_strip strip)
{
	const struct screen_request *now = &l->now.screen;
	const struct vma *v = vma_at(vmas, now->grid.start);
	const struct window_host host = {reader_window_next, reader_window_show, l};
	const struct window *old = l->draft.window;
	struct window_of of = {.grid = now->grid, .lens = now->lens};
	struct proc_activity activity = {0};
	struct filter filter;
	struct err ignored;
	struct window *w;
	bool known = l->t.source->ops->counters(l->t.source, &activity), kept;

	l->accesses_due = false;
	l->last_partial = source_now(l->t.source);
	if (now->filter[0] &&
	    filter_parse(now->filter, FILTER_PAGE, l->t.page_size, &filter, &ignored) == 0)
		of.filter = &filter; /* parsed before it was requested, so it is valid */
	if (old && !old->gone && old->grid.start == now->grid.start &&
	    old->grid.end == now->grid.end && old->grid.row_cells == now->grid.row_cells) {
		of.before = old;
		of.quiet = strip == STRIP_OLD ? !l->t.track.clears
		                              : strip == STRIP_IF_QUIET && known &&
		                                    reader_strip_stays(l, old, &activity);
	}
	kept = of.quiet && of.before->mapped;
	w = window_fill(&l->t, v, &of, &host, &l->draft.trouble);
	if (!w)
		return l->draft.trouble.status != 0;
	if (!kept) {
		l->strip_activity = known ? activity : (struct proc_activity){0};
		l->strip_clears = l->t.track.clears;
		l->strip_ns = w->mapped_ns;
	}
	old = l->draft.window; /* an unfinished one may have replaced it */
	if (old && window_is_same(w, old) && !strcmp(l->window_filter, now->filter)) {
		window_unref(w); /* what earlier samples have need not be kept twice */
		w = window_ref(l->draft.window);
	} else if (old) {
		window_share(w, old);
	}
	reader_set_window(l, w);
	return true;
}

bool
reader_read_grid(struct reader *l, const struct vma_list *vmas)
{
	return reader_fill_window(l, vmas, STRIP_IF_QUIET);
}
