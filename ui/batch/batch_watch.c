/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --watch: clear, wait, report what was written; repeatedly. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "batch/batch_by.h"
#include "batch/batch_state.h"
#include "batch/batch_wait.h"
#include "demo/launch.h"
#include "query/answer_query.h"
#include "target/region.h"
#include "target/writes.h"

static const uint64_t LEAST_NS = 10000000; /* between scans */
enum {
	EXECS = 16,  /* limit on successive programs in one interval */
	SCANS = 100, /* while watching before another answer, at most */
	SHARE = 50,  /* a scan that took t is repeated after SHARE * t at the earliest */
};

struct watch {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	int signals;
	size_t unwatched;  /* regions not watched by userfaultfd, at the last scan */
	uint64_t pages;    /* written in the last interval */
	uint64_t least_ns; /* minimum length of the next one; 0: any */
	uint64_t lead_ns;  /* how long before its end its scan should start */
	uint64_t clear_ns; /* the duration of the clear that began it */
	uint64_t watch_ns; /* the cost of watching its faults */
	bool said;         /* that intervals are longer, or cost more, than they should */
	unsigned execs;    /* in this interval */
	struct batch_by *by; /* reports by what wrote; NULL: by region */
};

static void
batch_put_row(const struct watch *w, const struct watch_row *row)
{
	struct value v[ROW_MOST];

	for (size_t c = 0; c < w->n; c++)
		v[c] = watch_value(w->ids[c], row);
	out_row(w->out, v);
}

static int
batch_by_pages(const void *pa, const void *pb)
{
	const struct watch_row *a = pa, *b = pb;

	if (a->pages != b->pages)
		return a->pages < b->pages ? 1 : -1;
	return (a->v->start > b->v->start) - (a->v->start < b->v->start);
}

/* What was written in a region in this interval, and of how much it is not known. */
struct watch_count {
	uint64_t pages, unknown;
	bool known; /* anything */
	bool row;
};

/*
 * Prints the sum, then the regions written to, and those mapped since the clear, of which it is not
 * known. Unwatched regions are only reported once, at the end. -1: output failed.
 */
static int
batch_put_interval(struct watch *w, const struct vma_list *vmas, const struct watch_count *counts,
                   unsigned interval, uint64_t ms, struct err *err)
{
	struct watch_row row = {
	    .interval = interval, .ms = ms, .known = true, .page_size = w->b->t.page_size};
	struct watch_row *rows = mem_alloc(vmas->n * sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < vmas->n; i++) {
		row.pages += counts[i].pages;
		row.unknown += counts[i].unknown;
	}
	w->pages = row.pages;
	row.cost_ns = writes_paid_ns(w->clear_ns, row.pages);
	batch_put_row(w, &row);
	for (size_t i = 0; i < vmas->n; i++) {
		if (!counts[i].row)
			continue;
		row.v = &vmas->v[i];
		row.pages = counts[i].pages;
		row.unknown = counts[i].unknown;
		row.known = counts[i].known;
		row.cost_ns = writes_paid_ns(0, row.pages);
		rows[n++] = row;
	}
	vec_sort(rows, n, sizeof(*rows), batch_by_pages);
	for (size_t i = 0; i < n; i++)
		batch_put_row(w, &rows[i]);
	free(rows);
	return batch_flush(err);
}

static int
batch_put_writers(struct watch *w, const struct vma_list *vmas, const struct watch_count *counts,
                  unsigned interval, uint32_t epoch, uint64_t ms, struct err *err)
{
	struct batch_by_interval is = {interval, epoch, ms, 0};

	w->pages = 0;
	for (size_t i = 0; i < vmas->n; i++)
		w->pages += counts[i].pages;
	is.cost_ns = writes_paid_ns(w->clear_ns, w->pages);
	batch_by_report(w->by, vmas, &is);
	w->watch_ns = w->by->faults_ns;
	return batch_flush(err);
}

/* The region cannot be written through this mapping, or is out of scope. */
static bool
batch_is_beside(const struct vma *v, const struct region *r)
{
	return r->doubt == DOUBT_OUTSIDE || r->doubt == DOUBT_READONLY || vma_hides_pages(v);
}

static void
batch_count_region(struct watch *w, const struct vma *v, const struct region *r, uint32_t epoch,
                   struct watch_count *c)
{
	const struct track *t = &w->b->t.track;

	*c = (struct watch_count){.unknown = r->unknown};
	if (r->doubt != DOUBT_OUTSIDE)
		c->pages = track_bytes_in(t, v->start, v->end, epoch) / w->b->t.page_size;
	c->known = r->doubt == DOUBT_NONE || c->pages;
	c->row = c->pages || (!c->known && !batch_is_beside(v, r));
	w->unwatched += r->doubt == DOUBT_UNWATCHED && !batch_is_beside(v, r);
}

static int
batch_report(struct watch *w, const struct regions *rs, unsigned interval, uint32_t epoch,
             uint64_t ms, struct err *err)
{
	struct watch_count *counts = mem_alloc(rs->vmas.n * sizeof(*counts));
	int r;

	w->unwatched = 0;
	for (size_t i = 0; i < rs->vmas.n; i++)
		batch_count_region(w, &rs->vmas.v[i], regions_at(rs, i), epoch, &counts[i]);
	r = w->by ? batch_put_writers(w, &rs->vmas, counts, interval, epoch, ms, err)
	          : batch_put_interval(w, &rs->vmas, counts, interval, ms, err);
	free(counts);
	return r;
}

/* 1: the address space is gone, which is why the clear failed. */
static int
batch_clear_these(struct target *t, const struct vma_list *vmas, struct err *err)
{
	int r = target_clear(t, vmas, err);

	return r < 0 && !target_is_alive(t) ? 1 : r;
}

static int
batch_clear(struct target *t, struct err *err)
{
	struct vma_list vmas;
	int r = batch_read_regions(t, &vmas, err);

	if (r == 0)
		r = batch_clear_these(t, &vmas, err);
	vma_free(&vmas);
	return r;
}

/* As soon as an interval is to be longer than it is by default. */
static void
batch_warn_longer(struct watch *w, uint64_t asked)
{
	struct buf text = {0};

	if (w->said || w->least_ns <= asked)
		return;
	w->said = true;
	buf_fmt(&text,
	        "intervals are longer than %.3g s, to cost the process at most %u %% of its time: "
	        "the next one takes %.2g s; give --watch=SECONDS to insist",
	        (double)asked / TIME_SECOND, w->b->o->budget, (double)w->least_ns / TIME_SECOND);
	w->b->report(text.s);
	buf_free(&text);
}

/* An interval that was given holds, but what it costs is said once. `ms`: as its row says. */
static void
batch_warn_cost(struct watch *w, unsigned i, uint64_t ms)
{
	uint64_t cost = writes_paid_ns(w->clear_ns + w->watch_ns, w->pages);
	unsigned budget = w->b->o->budget;
	struct buf text = {0};
	char share[8];

	if (w->said || !w->b->o->watch_given ||
	    percent(cost, ms * TIME_MS) < 0.5 + (budget ? budget : TARGET_BUDGET))
		return;
	w->said = true;
	percent_text(share, cost, ms * TIME_MS);
	buf_fmt(&text,
	        "interval %u cost the process about %s %% of its time; longer ones cost less", i,
	        share);
	if (budget)
		buf_fmt(&text, ", and --watch without SECONDS keeps within %u %%", budget);
	w->b->report(text.s);
	buf_free(&text);
}

/* From how long a scan and its clear took: the next may be faster, but no interval is too short. */
static uint64_t
batch_lead(uint64_t took, uint64_t asked)
{
	return u64_min(took / 4 * 3, asked / 2);
}

/*
 * One interval, begun by a clear. With a lossless tracker the clear that begins the next interval
 * also ends this one, and nothing is lost in between.
 */
static int
batch_interval(struct watch *w, unsigned i, bool *whole, struct err *err)
{
	struct target *t = &w->b->t;
	bool lossless = tracker_caps(t->track.tracker) & TRACKER_LOSSLESS;
	uint64_t begin = t->track.clear_ns, asked = w->b->o->watch_ns, scan;
	uint32_t epoch = t->track.epoch;
	struct regions *rs;
	uint64_t ms;
	int r;

	batch_warn_longer(w, asked);
	w->clear_ns = t->track.cost_ns;
	*whole = batch_wait_until(w->b, w->signals,
	                          begin + u64_max(asked, w->least_ns) - w->lead_ns);
	scan = time_ns();
	/* who wrote is known better if a scan saw it before the clear */
	t->clear_follows = t->writes_only = lossless && !w->by;
	rs = batch_measure(t, &r, err);
	t->clear_follows = t->writes_only = false;
	if (!rs)
		return r;
	if (lossless) {
		r = batch_clear_these(t, &rs->vmas, err);
		w->lead_ns = batch_lead(t->track.clear_ns - scan, asked);
	}
	ms = ((lossless ? t->track.clear_ns : rs->time_ns) - begin) / TIME_MS;
	if (r == 0)
		r = batch_report(w, rs, i, epoch, ms, err);
	regions_unref(rs);
	if (r == 0 && !lossless && *whole)
		r = batch_clear(t, err);
	if (r == 0)
		batch_warn_cost(w, i, ms);
	w->least_ns = w->b->o->watch_given
	                  ? 0
	                  : writes_least_auto_clear(t->track.cost_ns + w->watch_ns, w->pages,
	                                            w->b->o->budget);
	return r;
}

/* --- consent ---------------------------------------------------------------------------------- */

static int
batch_refuse_hazard(struct batch *b, struct err *err)
{
	struct buf why = {0};
	int r = 0;

	if (!b->o->force && target_hazard(&b->t, &b->vmas, &why))
		r = err_set(err, ERR_TARGET, why.s, "add --force to clear anyway",
		            "clearing soft-dirty may harm it");
	buf_free(&why);
	return r;
}

int
batch_tracker(struct batch *b, struct err *err)
{
	struct track *t = &b->t.track;

	if (t->can == TRACK_UNKNOWN)
		target_probe_trackers(&b->t);
	if (t->can == TRACK_ASK && t->choice != TRACKER_AUTO)
		return err_set(err, ERR_TARGET, "it must run one system call in the process",
		               "add --allow-inject to allow it",
		               "cannot track writes by --tracker %s",
		               tracker_words(t->tracker)->name);
	if (t->can == TRACK_ASK)
		return err_set(err, ERR_TARGET, track_why_ask(t),
		               "add --tracker uffd --allow-inject: one system call is run in "
		               "the process, and writes are detected exactly",
		               "cannot track writes");
	if (t->can == TRACK_NO)
		return err_set(err, ERR_TARGET, t->why, t->how, "cannot track writes");
	return batch_refuse_hazard(b, err);
}

static int
batch_prepare_living(struct batch *b, struct err *err)
{
	struct track *t = &b->t.track;
	unsigned caps;

	if (b->o->read_only)
		return err_set(err, ERR_USAGE, options_read_only, "leave one out",
		               "cannot watch writes");
	if ((b->o->scope && batch_range(b, b->o->scope, &t->scope.start, &t->scope.end, err) < 0) ||
	    batch_tracker(b, err) < 0)
		return -1;
	caps = tracker_caps(t->tracker);
	/* the reason why nothing better is used */
	if (caps & TRACKER_LOCAL && t->choice == TRACKER_AUTO)
		return err_set(err, ERR_TARGET, t->why, t->how, "cannot watch writes");
	if (caps & TRACKER_LOCAL)
		return err_set(err, ERR_TARGET, "it does not detect writes to all memory",
		               b->o->mode == MODE_RECORD
		                   ? "use uffd or soft-dirty, or leave it out to record no writes"
		                   : "use uffd or soft-dirty",
		               "cannot watch by --tracker %s",
		               tracker_words(t->tracker)->name);
	t->auto_clear = (b->o->mode == MODE_WATCH || b->o->mode == MODE_RECORD ||
	                 b->o->mode == MODE_METRICS) &&
	                caps & TRACKER_LOSSLESS;
	return 0;
}

int
batch_prepare(struct batch *b, struct err *err)
{
	int r = batch_prepare_living(b, err);

	if (r < 0 && err->status == ERR_TARGET && !target_is_alive(&b->t))
		err->sys = ESRCH;
	return r;
}

/* --- the end of a process --------------------------------------------------------------------- */

static int
batch_refuse_ended(const struct watch *w, unsigned i, struct err *err)
{
	const struct source_meta *m = &w->b->t.source->meta;
	char how[64] = "", why[96];

	if (w->b->o->command)
		launch_how_it_ends(m->pid, how, sizeof(how));
	snprintf(why, sizeof(why), "the process has ended%s", how);
	return err_set(err, ERR_TARGET, why, NULL, "interval %u could not be measured", i);
}

/* Consent ended with the program it was given for. */
static int
batch_refuse_exec(const struct watch *w, unsigned i, struct err *err)
{
	const struct source_meta *m = &w->b->t.source->meta;
	char why[160], how[96];

	snprintf(why, sizeof(why),
	         "the process executed a new program, now %s; the watch covered the old one",
	         m->comm);
	snprintf(how, sizeof(how), "watch process %d with the same command", (int)m->pid);
	return err_set(err, ERR_TARGET, why, how, "interval %u could not be measured", i);
}

/* Opens the new program once it exists. 1: the process has ended, or is about to. */
static int
batch_reopen(struct watch *w, struct err *err)
{
	struct target *t = &w->b->t;
	uint64_t until = time_ns() + UINT64_C(20) * BATCH_BEAT_NS;
	struct pollfd end = {t->source->meta.end_fd, POLLIN, 0};
	int r;

	for (;;) {
		enum proc_life life = t->source->ops->life(t->source);
		bool late = time_ns() > until;

		if (life == PROC_ENDED || (life == PROC_ENDING && late))
			return 1;
		vma_free(&w->b->vmas);
		r = target_reopen(t, err);
		if (r == 0)
			r = batch_read_regions(t, &w->b->vmas, err);
		if (life == PROC_RUNNING &&
		    (r == 0 || (r < 0 && err->sys != ESRCH && err->sys != ENOENT)))
			return r;
		if (life == PROC_RUNNING && late)
			return r < 0 ? r : err_set(err, ERR_TARGET, "it shows no memory", NULL,
			                           "cannot watch the program it executed");
		poll(&end, 1, (int)(LEAST_NS / 1000000));
	}
}

/* Page faults, if what wrote is asked. If it cannot be done, the answer says why. */
static void
batch_watch_faults(const struct watch *w)
{
	const struct options *o = w->b->o;
	bool asked = w->by || (o->mode == MODE_LIST && batch_list_needs_writers(o));
	struct err ignored;

	for (size_t i = 0; i < o->queries_n; i++)
		asked = asked || answer_needs_writers(o->queries[i], w->b->t.page_size);
	if (asked && !o->no_attribution)
		target_watch_faults(&w->b->t, &ignored);
}

/*
 * The address space is gone. A command that we started is still watched, from a new clear: it may
 * legitimately execute another program (as a script's interpreter does). 1: repeat the interval.
 */
static int
batch_follow_exec(struct watch *w, unsigned i, struct err *err)
{
	struct batch *b = w->b;
	struct buf text = {0};
	int r;

	r = batch_reopen(w, err);
	if (r > 0)
		return batch_refuse_ended(w, i, err);
	if (b->t.track.owner == TRACK_FOREIGN)
		return batch_refuse_exec(w, i, err);
	if (r < 0)
		return -1;
	b->t.track.can = TRACK_UNKNOWN;
	if (batch_prepare(b, err) < 0)
		return target_is_alive(&b->t) ? -1 : 1;
	batch_watch_faults(w);
	r = batch_clear(&b->t, err);
	if (r)
		return r;
	buf_fmt(&text, "process %d executed a new program, now %s: interval %u starts over with it",
	        (int)b->t.source->meta.pid, b->t.source->meta.comm, i);
	b->report(text.s);
	buf_free(&text);
	return 0;
}

/* Repeats while programs follow one another; gives up, with an error, if that does not end. */
static int
batch_go_on(struct watch *w, unsigned i, struct err *err)
{
	int r = 1;

	while (r > 0 && w->execs++ < EXECS)
		r = batch_follow_exec(w, i, err);
	if (r <= 0)
		return r;
	return err_set(err, ERR_TARGET, "it executes one program after another",
	               "use a shorter interval", "interval %u could not be measured", i);
}

static int
batch_watch_watch(struct watch *w, struct err *err)
{
	const struct options *o = w->b->o;
	bool whole = true;
	int r = 0;

	for (unsigned i = 1; r == 0 && whole && (!o->count || i <= o->count); i++) {
		w->execs = 0;
		while ((r = batch_interval(w, i, &whole, err)) > 0 &&
		       (r = batch_go_on(w, i, err)) == 0)
			;
	}
	return r;
}

/* --- over and over ---------------------------------------------------------------------------- */

static void
batch_note_limits(struct watch *w)
{
	const struct track *t = &w->b->t.track;
	struct buf *note = w->b->note;

	if (w->unwatched)
		buf_fmt(note, "%zu region%s not watched by %s: writes there are not known",
		        w->unwatched, w->unwatched == 1 ? " is" : "s are",
		        tracker_words(t->tracker)->label);
	else if (!(tracker_caps(t->tracker) & TRACKER_LOSSLESS) && w->b->o->count != 1)
		buf_str(
		    note,
		    "sampled: writes between a sample and the next clear are in no interval");
}

/* The clear that begins the first interval. */
static int
batch_first_clear(struct watch *w, struct err *err)
{
	int r = batch_clear(&w->b->t, err);

	return r > 0 ? batch_go_on(w, 1, err) : r;
}

int
batch_watch(struct batch *b, struct err *err)
{
	const struct options *o = b->o;
	bool by = o->folded || o->by != WRITERS_BY_REGION;
	enum column_id ids[ROW_MOST];
	struct out_shape shape = batch_shape(o, "watch", false);
	struct batch_by writers = {.b = b, .ids = ids};
	struct watch w = {.b = b, .ids = ids, .by = by ? &writers : NULL};
	int r;

	if (batch_columns(o, by ? SET_CAUSE : SET_WATCH, ids, &w.n, err) < 0 ||
	    batch_prepare(b, err) < 0 || (by && batch_by_begin(&writers, err) < 0))
		return -1;
	b->t.no_screen = true;
	w.signals = batch_signals_open();
	r = batch_first_clear(&w, err);
	if (r == 0 && !o->folded)
		writers.out = w.out = out_begin(&shape, ids, NULL, w.n);
	writers.n = w.n;
	if (r == 0)
		r = batch_watch_watch(&w, err);
	batch_signals_close(w.signals);
	batch_note_limits(&w);
	if (by)
		batch_by_end(&writers);
	if (w.out && out_end(w.out, r < 0 ? &(struct err){0} : err) < 0)
		return -1;
	return r < 0 ? -1 : 0;
}

/* --- once, before another answer -------------------------------------------------------------- */

/* Scans now and then, to learn when pages were first written. */
static int
batch_keep_scanning(struct watch *w, struct err *err)
{
	struct target *t = &w->b->t;
	uint64_t now = time_ns(), end = now + w->b->o->watch_ns,
		 step = u64_max(w->b->o->watch_ns / SCANS, LEAST_NS);
	struct regions *rs = NULL;
	bool whole = true;
	int r = 0;

	while (whole && r == 0 &&
	       (!rs || rs->time_ns < end)) { /* the last scan starts when all the time has passed */
		uint64_t cost = rs ? rs->cost_ns : 0;

		regions_unref(rs);
		whole = batch_wait_until(w->b, w->signals,
		                         u64_min(end, now + u64_max(step, SHARE * cost)));
		rs = batch_measure(t, &r, err);
		now = time_ns();
		if (r > 0) {
			r = batch_go_on(w, 1, err);
			end = time_ns() + w->b->o->watch_ns;
		}
	}
	if (r < 0)
		return -1;
	vma_free(&w->b->vmas);
	w->b->watched = true;
	regions_unref(rs);
	return target_regions(t, &w->b->vmas, err);
}

int
batch_watch_once(struct batch *b, struct err *err)
{
	struct watch w = {.b = b};
	int r;

	if (batch_prepare(b, err) < 0)
		return -1;
	batch_watch_faults(&w);
	w.signals = batch_signals_open();
	r = batch_first_clear(&w, err);
	if (r == 0)
		r = batch_keep_scanning(&w, err);
	batch_signals_close(w.signals);
	return r;
}

int
batch_watch_wait(struct batch *b, struct err *err)
{
	struct watch w = {.b = b, .signals = batch_signals_open()};

	batch_wait_until(b, w.signals, time_ns() + b->o->watch_ns);
	batch_signals_close(w.signals);
	vma_free(&b->vmas);
	return target_regions(&b->t, &b->vmas, err);
}
