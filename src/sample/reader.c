/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "filter/filter.h"
#include "kernel/flags.h"
#include "query/answer_query.h"
#include "sample/lens_strips.h"
#include "target/growth.h"
#include "target/page_read.h"
#include "target/pointers.h"
#include "target/symbol.h"

enum {
	PARTIAL_MS = 150, /* how often an unfinished window is published; */
	FIRST_MS = 15,    /* the first time, with estimates, after this, or ... */
	SOON_MS = 6,      /* after this, if FIRST_PART of it is not counted by then */
	FIRST_PART = 4,
	STALE_S = 5,     /* how often a quiet target is read in full: reclaim, KSM and migration
	                  * change pages without a fault in the target */
	SYMBOLS_MS = 20, /* per scan for the symbols that pointers point to */
	LENS_MS = 150,   /* per scan for strips that need every page */
	QUIET_SHARE = 400, /* of the time, one part is for reading a window of a quiet target */
	STRIPS_MS = 60,  /* for all of them at first, with estimates; ROWS_MS for those of rows */
	SMALL_NS = 5000000, /* a window that took less is read even if the target is quiet */
	FRESH_MS = 100,  /* the first list of regions need not be read again this soon */
	MAPS_LONG = 2000, /* a list of as many regions is, in a quiet target, ... */
	MAPS_SHARE = 100, /* ... read for one part in so many of the time */
	MAPS_QUIET_MS = 500, /* and any list no more often than this: only mprotect changes it */
	SWEEP_SHARE = 50, /* the same of counting all regions, if it is not what is on screen; */
	SHOWN_SHARE = 10, /* ... and if it is */
	OLDER_MS = 1000, /* counts of this age say so, and then those on screen are ... */
	ROWS_MS = 10,    /* ... counted for themselves, for so long, ... */
	ROW_PAGES = 1 << 16, /* ... if they have no more pages: about a millisecond */
};

/* --- the regions ------------------------------------------------------------------------------ */

static void
reader_set_regions(struct reader *l, struct regions *rs)
{
	regions_unref(l->draft.regions);
	l->draft.regions = rs;
}

/* Why who writes cannot even be asked for; NULL: it can. */
static const char *
reader_unattributed(const struct reader *l)
{
	if (!l->now.attribution)
		return "attribution is switched off";
	if (!l->t.source->meta.faults)
		return l->draft.timeline ? "page faults were not recorded"
		                         : "only a running process has page faults";
	return tracker_caps(l->t.track.tracker) & TRACKER_CHANGES
	           ? "this tracker compares, which makes no page faults"
	           : NULL;
}

void
reader_watch_faults(struct reader *l, bool again)
{
	struct causes_totals is;
	struct err kept; /* by the causes */

	if (reader_unattributed(l))
		return;
	if (l->t.causes) {
		causes_totals(l->t.causes, &is);
		if (is.watch.on || !again)
			return;
	}
	l->t.budget = l->now.budget;
	target_watch_faults(&l->t, &kept);
}

/* Whether what it is of is still counted. */
static bool
reader_has_causes(const struct reader *l, const struct attribution *a)
{
	const struct growth *g = l->t.growth;

	if (a->of.grown)
		return growth_known(g) && g->base->time_ns == a->since_ns;
	return l->t.causes != NULL;
}

/* Without a clear there is nothing to attribute. */
static void
reader_copy_causes(struct reader *l)
{
	const char *why = reader_unattributed(l);

	if (!l->t.track.clears || why)
		target_unwatch_faults(&l->t);
	l->draft.unattributed = why;
	if (l->draft.attribution && !reader_has_causes(l, l->draft.attribution)) {
		attribution_unref(l->draft.attribution);
		l->draft.attribution = NULL;
	}
	l->draft.causes = (struct causes_totals){0};
	if (l->t.causes)
		causes_totals(l->t.causes, &l->draft.causes);
}

void
reader_copy_tracker(struct reader *l)
{
	const struct track *t = &l->t.track;

	reader_copy_causes(l);
	l->draft.can_track = t->can;
	l->draft.tracker = t->tracker;
	snprintf(l->draft.track_why, sizeof(l->draft.track_why), "%s", t->why);
	snprintf(l->draft.track_how, sizeof(l->draft.track_how), "%s", t->how);
	l->draft.clears = t->clears;
	l->draft.clear_ns = t->clear_ns;
	l->draft.clear_cost_ns = t->cost_ns;
	l->draft.stopped_ns = t->injected.stopped_ns;
	l->draft.others = t->others;
	l->draft.scope = t->scope;
}

/* Drops the card: the next one is another. */
static void
reader_drop_card(struct reader *l)
{
	answer_unref(l->draft.card);
	l->draft.card = NULL;
	l->draft.card_whole = false;
	l->draft.card_err.what[0] = '\0';
}

/* Drops what commands have read of the previous program. */
static void
reader_forget_once(struct reader *l)
{
	struct sample *d = &l->draft;

	past_free(&l->past);
	heatmap_unref(d->heat);
	d->heat = NULL;
	d->heat_err.what[0] = '\0';
	reader_drop_card(l);
	answer_unref(l->symbol);
	l->symbol = NULL;
	smaps_reading_unref(d->smaps);
	d->smaps = NULL;
	d->smaps_err.what[0] = '\0';
	d->touched = (struct touched){0};
	d->range = (struct range_sum){0};
	d->range_err.what[0] = '\0';
}

/* --- recording -------------------------------------------------------------------------------- */

static void
reader_stop_keeping(struct reader *l)
{
	if (l->keeper)
		keeper_stop(l->keeper, KEEPER_SHORTLY, NULL, &l->draft.recorded_err);
	l->keeper = NULL;
	l->draft.recorded = (struct sample_recorded){0};
}

int
reader_record(struct reader *l, const char *path, bool overwrite, struct err *err)
{
	struct recorder_options o = {.path = path,
	                             .how = overwrite ? SCHEMA_OVERWRITE : SCHEMA_NEW};

	l->draft.recorded_err.what[0] = '\0';
	reader_stop_keeping(l);
	if (!path[0] && l->draft.recorded_err.what[0]) {
		*err = l->draft.recorded_err;
		return -1;
	}
	l->draft.recorded_err.what[0] = '\0';
	if (!path[0])
		return 0;
	l->keeper = keeper_start(&o, &l->t, KEEPER_SHORTLY, err);
	if (!l->keeper)
		return -1;
	l->draft.recorded =
	    (struct sample_recorded){.on = true, .since_ns = source_now(l->t.source)};
	return 0;
}

/* What cannot be recorded ends the recording: the sample says so. */
static void
reader_keep(struct reader *l, struct regions *rs)
{
	uint64_t interval = l->now.interval_ns ? l->now.interval_ns : TIME_SECOND;

	if (keeper_end(l->keeper, rs, interval, &l->draft.recorded_err) < 0)
		reader_stop_keeping(l);
	else
		l->draft.recorded.bytes = keeper_bytes(l->keeper);
}

/* --- snapshots -------------------------------------------------------------------------------- */

static struct snapshot **
reader_find_snapshot(struct reader *l, const char *name)
{
	for (size_t i = 0; i < l->snapshots_n; i++)
		if (!strcmp(snapshot_name(l->snapshots[i]), name))
			return &l->snapshots[i];
	return NULL;
}

static void
reader_drop_snapshots(struct reader *l)
{
	while (l->snapshots_n)
		snapshot_unref(l->snapshots[--l->snapshots_n]);
	l->draft.since[0] = '\0';
}

/* What the others leave of the memory for all. */
static size_t
reader_room(const struct reader *l, struct snapshot *const *but)
{
	size_t room = READER_ROOM;

	for (size_t i = 0; i < l->snapshots_n; i++)
		if (&l->snapshots[i] != but)
			room -= u64_min(room, snapshot_bytes(l->snapshots[i]));
	return room;
}

int
reader_snap(struct reader *l, const char *name, char *said, size_t size, struct err *err)
{
	struct snapshot **old = reader_find_snapshot(l, name), *s;
	char pages[8];

	if (!old && l->snapshots_n == ARRAY_LEN(l->snapshots))
		return err_set(err, ERR_USAGE, "there are as many as can be kept",
		               "take one of their names again", "cannot keep snapshot %.40s", name);
	l->t.source->stop = l->host.stopping;
	s = snapshot_take(&l->t, name, reader_room(l, old), err);
	l->t.source->stop = l->host.superseded;
	if (!s)
		return -1;
	if (old)
		snapshot_unref(*old);
	else
		old = &l->snapshots[l->snapshots_n++];
	*old = s;
	snprintf(said, size, "snapshot %.60s: %s in RAM and swap; `diff %.60s` compares", name,
	         size_text(pages, snapshot_pages(s) * l->t.page_size), name);
	return 0;
}

int
reader_compare(struct reader *l, const char *name, unsigned baseline, struct err *err)
{
	struct snapshot **s = reader_find_snapshot(l, name);

	if (!s)
		return err_set(err, ERR_USAGE, "there is no snapshot of that name",
		               "`snap NAME` takes one", "cannot compare with %.40s", name);
	target_grow_from(&l->t, snapshot_baseline(*s));
	l->compared = baseline;
	snprintf(l->draft.since, sizeof(l->draft.since), "%s", name);
	return 0;
}

/*
 * The address space read as empty, or not at all. After an exec, opens the new one; after the end
 * of the process, records it. In between (exiting, or exec of a program we may not read) the next
 * heartbeat tries again. true: there is nothing to read now.
 */
static bool
reader_address_space_gone(struct reader *l, struct vma_list *vmas)
{
	enum proc_life life = l->t.source->ops->life(l->t.source);

	if (life != PROC_RUNNING) {
		l->draft.trouble.what[0] = '\0';
		l->draft.ended = life == PROC_ENDED;
		l->draft.ended_ns = life == PROC_ENDED ? source_now(l->t.source) : 0;
		return true;
	}
	if (target_reopen(&l->t, &l->draft.trouble) < 0 ||
	    target_regions(&l->t, vmas, &l->draft.trouble) < 0 || !vmas->n)
		return true;
	l->draft.trouble.what[0] = '\0';
	l->draft.execs++;
	reader_forget_once(l);
	reader_drop_snapshots(l);
	l->t.track.can = TRACK_UNKNOWN; /* probe again for the new program */
	l->now.auto_clear_ns = 0;
	bytes_unref(l->draft.bytes); /* of another address space: nothing to compare with */
	l->draft.bytes = NULL;
	snprintf(l->draft.comm, sizeof(l->draft.comm), "%s", l->t.source->meta.comm);
	reader_copy_tracker(l);
	if (l->keeper)
		keeper_exec(l->keeper);
	return false;
}

static bool
reader_same_region(const struct vma *a, const struct vma *b)
{
	return a->start == b->start && a->end == b->end && a->perm == b->perm &&
	       a->offset == b->offset && a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->type == b->type && a->behind == b->behind &&
	       !strcmp(a->name, b->name);
}

static bool
reader_same_regions(const struct vma_list *a, const struct vma_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!reader_same_region(&a->v[i], &b->v[i]))
			return false;
	return true;
}

/* The regions now; a long list takes long to read, and holds the target up. */
static int
reader_regions_now(struct reader *l, struct vma_list *out, struct err *err)
{
	uint64_t began = source_now(l->t.source);
	int r = target_regions(&l->t, out, err);

	l->maps_ns = source_now(l->t.source);
	l->maps_cost_ns = out->n < MAPS_LONG ? 0 : l->maps_ns - began;
	return r;
}

/* A list that is as before is kept only once. */
static struct regions *
reader_make_regions(struct reader *l, struct vma_list *vmas)
{
	struct regions *old = l->draft.regions;
	uint64_t now = source_now(l->t.source);

	if (!old || !reader_same_regions(vmas, &old->vmas))
		return regions_new(*vmas, now);
	vma_free(vmas);
	return regions_again(old, now);
}

/* Reads maps into a new list; NULL: there is nothing to read now. */
static struct regions *
reader_read_maps(struct reader *l)
{
	struct vma_list vmas;

	/* without page tables: a program that could not be opened when it was executed */
	if (reader_regions_now(l, &vmas, &l->draft.trouble) < 0 || !vmas.n ||
	    (l->draft.regions && !l->t.source->meta.open)) {
		vma_free(&vmas);
		if (reader_address_space_gone(l, &vmas)) {
			vma_free(&vmas);
			return NULL;
		}
	}
	l->draft.swap_devices = l->t.source->meta.swaps.n;
	return reader_make_regions(l, &vmas);
}

/* The list that was read for the first picture serves the first scan as well. */
static struct regions *
reader_take_maps(struct reader *l)
{
	struct regions *old = l->draft.regions;
	uint64_t now = source_now(l->t.source);

	if (old && !old->counted && now - l->maps_ns < FRESH_MS * TIME_MS && reader_is_alive(l))
		return regions_again(old, now);
	return reader_read_maps(l);
}

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

/* Counts the strip again; keeps the previous one if nothing has changed; or if it can. */
enum reader_strip { STRIP_NEW, STRIP_IF_QUIET, STRIP_OLD };

static bool
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
	}
	reader_set_window(l, w);
	return true;
}

bool
reader_read_grid(struct reader *l, const struct vma_list *vmas)
{
	return reader_fill_window(l, vmas, STRIP_IF_QUIET);
}

/*
 * Whether what was looked up is of the page, and of the file that is mapped there now. from NULL:
 * no file with symbols; the page may have writers all the same.
 */
static bool
reader_has_symbol(const struct reader *l, uint64_t at, const struct vma *from)
{
	static const struct vma none;
	const struct vma *was = &l->symbol_from;

	if (!from)
		from = &none;
	return l->symbol && l->symbol->place == at && from->start == was->start &&
	       from->offset == was->offset && from->inode == was->inode &&
	       from->dev_major == was->dev_major && from->dev_minor == was->dev_minor;
}

/* The symbol comes by a command (reader_adopt), if it is a page that may have one. */
static void
reader_read_page(struct reader *l, const struct vma_list *vmas)
{
	uint64_t at = l->now.screen.card;
	const struct vma *from = symbol_source(vmas, at);
	bool has = reader_has_symbol(l, at, from);

	reader_drop_card(l);
	l->draft.card =
	    answer_page_with(&l->t, vmas, at, has ? l->symbol : NULL, &l->draft.card_err);
	l->draft.card_whole = has || (!from && !l->draft.causes.watch.on);
}

/*
 * The facts that need no command; the cards of a region and of the capabilities need one for the
 * rest.
 */
static void
reader_read_card(struct reader *l, const struct vma_list *vmas)
{
	struct sample *d = &l->draft;

	if (d->card_kind == CARD_PAGE)
		reader_read_page(l, vmas);
	else if (d->card_kind == CARD_REGION && !d->card && !d->card_err.what[0])
		d->card =
		    answer_region_maps(&l->t, vmas, l->now.screen.card, &d->card_err);
}

void
reader_serve(struct reader *l, const struct request *before)
{
	const struct screen_request *w = &l->now.screen, *was = &before->screen;

	l->draft.trouble.what[0] = '\0';
	if (l->now.baseline != before->baseline && l->now.baseline != l->compared)
		l->draft.since[0] = '\0';
	if (l->now.baseline != before->baseline && l->now.baseline == l->compared && l->compared)
		; /* reader_compare has set it */
	else if (l->now.baseline != before->baseline && l->now.baseline)
		target_grow(&l->t, l->now.attribution); /* by the next scan */
	else if (l->now.baseline != before->baseline)
		target_stop_growing(&l->t);
	if (was->card_on != w->card_on || was->card != w->card)
		reader_drop_card(l);
	l->draft.card_kind = w->card_on;
}

/* The card of the page itself is read again. */
static void
reader_adopt_symbol(struct reader *l, const struct result *r)
{
	const struct vma *from = symbol_source(&l->draft.regions->vmas, r->command.at);

	answer_unref(l->symbol);
	l->symbol = answer_ref(r->answer);
	l->symbol_from = from ? *from : (struct vma){0};
	l->symbol_from.name = NULL;
}

static void
reader_adopt_card(struct reader *l, const struct result *r)
{
	const struct command *c = &r->command;

	if (c->card != l->now.screen.card_on || c->at != l->now.screen.card)
		return;
	if (c->card == CARD_PAGE) {
		reader_adopt_symbol(l, r);
		return;
	}
	if (r->err.what[0]) {
		l->draft.card_err = r->err;
		return;
	}
	reader_drop_card(l);
	l->draft.card = answer_ref(r->answer);
	l->draft.card_whole = true;
}

static void
reader_adopt_sum(struct reader *l, const struct result *r)
{
	const struct command *c = &r->command;

	l->draft.range = r->sum;
	l->draft.range_err = r->err;
	if (r->err.what[0])
		l->draft.range = (struct range_sum){.lo = c->at, .hi = c->end, .lens = c->lens};
}

static void
reader_adopt_smaps(struct reader *l, const struct result *r)
{
	smaps_reading_unref(l->draft.smaps);
	l->draft.smaps = smaps_reading_ref(r->smaps);
	l->draft.smaps_err = r->err;
	if (touched_is_in(&l->draft.touched, r->smaps))
		l->draft.touched_sum = touched_sum(&l->draft.regions->vmas, &r->smaps->smaps);
}

static void
reader_adopt_attribution(struct reader *l, const struct result *r)
{
	l->draft.attribution_err = r->err;
	if (r->attribution && !reader_has_causes(l, r->attribution))
		return;
	if (r->attribution && !r->attribution->of.grown &&
	    r->attribution->totals.since_ns != l->t.track.first_ns)
		return; /* of before a clear */
	attribution_unref(l->draft.attribution);
	l->draft.attribution = attribution_ref(r->attribution);
}

static void
reader_adopt_heat(struct reader *l, const struct result *r)
{
	heatmap_unref(l->draft.heat);
	l->draft.heat = heatmap_ref(r->heat);
	l->draft.heat_err = r->err;
}

void
reader_adopt(struct reader *l, const struct result *r)
{
	if (r->execs != l->draft.execs)
		return; /* of a program that no longer runs */
	if (r->err.what[0] && !target_is_alive(&l->t))
		return; /* the last reading belongs to the last sample */
	switch (r->command.kind) {
	case COMMAND_CARD: reader_adopt_card(l, r); break;
	case COMMAND_SUM: reader_adopt_sum(l, r); break;
	case COMMAND_SMAPS: reader_adopt_smaps(l, r); break;
	case COMMAND_BY: reader_adopt_attribution(l, r); break;
	case COMMAND_HEAT: reader_adopt_heat(l, r); break;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_FAULT:
	case COMMAND_FIND:
	case COMMAND_ASK:
	case COMMAND_WORDS:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_RECORD:
	case COMMAND_KINDS: break;
	}
}

static void
reader_read_bytes(struct reader *l, const struct vma_list *vmas)
{
	const struct request *w = &l->now;
	const struct vma *v = vma_at(vmas, w->screen.hex_at);
	uint64_t room = v ? v->end - w->screen.hex_at : 0,
		 len = u64_min(room, (uint64_t)w->screen.hex_rows * BYTES_ROW);
	struct bytes *b;

	l->draft.bytes_err.what[0] = '\0';
	b = bytes_read(&l->t, vmas, w->screen.hex_at, w->screen.hex_at + len, l->draft.bytes,
	               &l->draft.bytes_err);
	if (b)
		pointers_find(b, &l->t, vmas, l->draft.bytes,
		              w->interval_ns ? SYMBOLS_MS * TIME_MS : UINT64_MAX);
	bytes_unref(l->draft.bytes);
	l->draft.bytes = b;
}

bool
reader_is_quiet(struct reader *l)
{
	struct proc_activity p;
	bool same;

	if (l->draft.timeline && !l->lens_owed)
		return true; /* what was stays as it was */
	if (l->t.track.clears && tracker_caps(l->t.track.tracker) & TRACKER_LOCAL)
		return false; /* a write to a present page causes no fault */
	if (l->lens_owed || l->now.auto_clear_ns || l->keeper ||
	    (l->t.track.stamps.n &&
	     source_now(l->t.source) - l->last_full < STALE_S * 1000 * TIME_MS))
		return false;
	if (!l->t.source->ops->counters(l->t.source, &p))
		return false;
	same = !memcmp(&p, &l->activity, sizeof(p));
	l->activity = p;
	return same && source_now(l->t.source) - l->last_full < STALE_S * 1000 * TIME_MS;
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
	    old->totals.grown.since_ns != rs->totals.grown.since_ns)
		old = NULL; /* compared with another baseline */
	lens_strips_keep(rs, old, lens);
	lens_strips_count(rs, &l->t, lens, &l->lens_next, end);
	l->lens_owed = !lens_strips_counted(rs, lens);
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

/* What all regions are counted for: their rows, a clear, a strip by a lens, or for later. */
static uint64_t
reader_sweep_every(const struct reader *l)
{
	bool shown = l->lens_owed || l->now.auto_clear_ns ||
	             (!l->now.screen.grid_on && l->t.track.clears);

	return (shown ? SHOWN_SHARE : SWEEP_SHARE) * l->sweep_cost_ns;
}

/* What the header says of counts that are not as new as the window. */
static void
reader_tell_sweeps(struct reader *l)
{
	uint64_t every = reader_sweep_every(l);

	every = every > u64_max(l->now.interval_ns, OLDER_MS * TIME_MS) ? every : 0;
	l->draft.counts_every_ns = every;
}

bool
reader_read_all(struct reader *l)
{
	struct regions *rs = reader_take_maps(l);
	bool grid = l->now.screen.grid_on, later = l->t.growth && l->t.growth->due;
	const struct window *before = l->draft.window;
	uint64_t begin;
	enum lens shown;
	int r;

	if (!rs)
		return true;
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
	begin = source_now(l->t.source);
	target_follow(&l->t, &rs->vmas);
	if (l->keeper)
		keeper_begin(l->keeper);
	if (!l->draft.timeline)
		past_listen(&l->past, &l->t);
	r = regions_measure(rs, &l->t, NULL, &l->draft.trouble);
	if (!l->draft.timeline)
		past_unlisten(&l->past, rs->time_ns, r == 0);
	if (l->keeper)
		reader_keep(l, r == 0 ? rs : NULL);
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
	l->sweep_cost_ns += source_now(l->t.source) - begin;
	l->sweeps += r == 0;
	l->sweeps_ns += l->sweep_cost_ns;
	reader_tell_sweeps(l);
	if (grid && later && r == 0) /* after the baseline that it is compared with */
		return reader_fill_window(l, &rs->vmas, STRIP_NEW);
	return r != 1;
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
	for (size_t i = 0; i < rs->vmas.n; i++) {
		if (regions_at(rs, i)->known)
			continue;
		if (source_now(l->t.source) >= until)
			break;
		regions_count_again(rs, &l->t, i, now);
	}
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
	rs = now - l->maps_ns < l->draft.regions_every_ns ? regions_again(old, now)
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
	uint64_t since = source_now(l->t.source) - l->last_full;

	return since >= reader_sweep_every(l) ? reader_read_all(l) : reader_read_shown(l);
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
	if (l->host.superseded(l->host.arg))
		return false;
	l->lens_owed = !lens_strips_counted(l->draft.regions, lens);
	if (!l->lens_owed)
		return true;
	if (lens_strips_shown(l->draft.regions, lens, &l->now.screen.rows))
		l->draft.whole_serial = l->now.serial;
	l->host.publish(l->host.arg, false);
	return reader_read_all(l);
}

/* Whether the regions are as they were; read as often as the sample says. */
static bool
reader_regions_stay(struct reader *l)
{
	uint64_t every = u64_max(l->draft.regions_every_ns, MAPS_QUIET_MS * TIME_MS);
	struct vma_list vmas;
	struct err ignored;
	bool same;

	if (source_now(l->t.source) - l->maps_ns < every)
		return true;
	if (reader_regions_now(l, &vmas, &ignored) < 0)
		return false;
	same = reader_same_regions(&vmas, &l->draft.regions->vmas);
	vma_free(&vmas);
	return same;
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

/* --- the target ------------------------------------------------------------------------------- */

bool
reader_is_alive(struct reader *l)
{
	return target_is_alive(&l->t);
}

/* What a recording may have several of. */
static void
reader_describe_process(struct reader *l)
{
	struct sample *d = &l->draft;

	d->pid = l->t.source->meta.pid;
	snprintf(d->comm, sizeof(d->comm), "%s", l->t.source->meta.comm);
}

void
reader_go(struct reader *l)
{
	const struct timeline *t = l->draft.timeline;
	struct source *s = l->t.source;

	track_forget(&l->t.track);
	writes_log_free(&l->writes);
	l->writes = (struct writes_log){0};
	if (t && s->ops->time->go(s, l->now.at_ns ? l->now.at_ns : t->v[t->n - 1].time_ns,
	                          &l->draft.trouble) == 0)
		reader_describe_process(l);
}

/* Facts that do not change. */
static void
reader_describe_target(struct reader *l)
{
	struct sample *d = &l->draft;

	reader_describe_process(l);
	d->has_nodes = l->t.source->meta.nodes;
	d->page_size = l->t.page_size;
	if (l->t.source->ops->time)
		d->timeline = l->t.source->ops->time->line(l->t.source);
}

/* Whether page frames are hidden from us, by the first page in RAM. */
static bool
reader_frames_are_hidden(struct reader *l)
{
	const struct vma_list *vmas = &l->draft.regions->vmas;
	struct page pg;
	struct err ignored;

	if (!source_has(l->t.source, FRAME_FLAGS))
		return true;
	for (size_t i = 0; i < vmas->n; i++)
		if (page_read(l->t.source, vmas->v[i].start, &pg, 1, 0, &ignored) == 0 &&
		    pg.known & PAGE_WORD && pg.word & PM_PRESENT)
			return page_hidden(&pg);
	return false;
}

void
reader_open(struct reader *l, struct source *s, enum track_owner owner)
{
	target_take(&l->t, s);
	s->stop = l->host.superseded;
	s->stop_arg = l->host.arg;
	l->t.track.owner = owner;
	reader_describe_target(l);
}

int
reader_begin(struct reader *l, struct err *err)
{
	enum { TRIES = 8 }; /* programs that execute one another */

	for (int i = 0; i < TRIES && !l->draft.regions && !l->draft.ended; i++)
		l->draft.regions = reader_read_maps(l);
	if (l->draft.regions)
		l->host.publish(l->host.arg, false);
	if (target_open_pages(&l->t, err) < 0)
		return -1;
	if (!l->draft.regions && !l->draft.ended && !l->draft.trouble.what[0])
		return target_no_memory(&l->t, err);
	l->draft.huge_known = l->t.source->meta.scan & PM_CAT_HUGE;
	if (l->draft.regions)
		l->draft.frames_hidden = reader_frames_are_hidden(l);
	return 0;
}

void
reader_close(struct reader *l)
{
	timeline_unref(l->draft.timeline);
	regions_unref(l->draft.regions);
	window_unref(l->draft.window);
	answer_unref(l->draft.card);
	answer_unref(l->symbol);
	bytes_unref(l->draft.bytes);
	results_free(&l->done);
	smaps_reading_unref(l->draft.smaps);
	attribution_unref(l->draft.attribution);
	heatmap_unref(l->draft.heat);
	past_free(&l->past);
	writes_log_free(&l->writes);
	reader_stop_keeping(l);
	reader_drop_snapshots(l);
	target_close(&l->t);
}
