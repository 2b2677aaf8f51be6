/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --watch: clear, wait, tell what was written; over and over. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "batch_state.h"
#include "region.h"
#include "util.h"

struct watch {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	int signals;
	size_t unwatched; /* regions that userfaultfd does not watch, at the last look */
};

/* Waits until `until` (CLOCK_MONOTONIC). false: interrupted, or the target has ended. */
static bool
wait_until(const struct watch *w, uint64_t until)
{
	struct pollfd fds[] = {{w->signals, POLLIN, 0}, {w->b->t.proc.pidfd, POLLIN, 0}};

	for (uint64_t now = time_ns(); now < until; now = time_ns()) {
		uint64_t ms = (until - now + 999999) / 1000000;

		if (poll(fds, ARRAY_LEN(fds), (int)u64_min(ms, 1000000)) > 0)
			return false;
	}
	return true;
}

static void
put_row(const struct watch *w, const struct watch_row *row)
{
	struct value v[COL_COUNT];

	for (size_t c = 0; c < w->n; c++)
		v[c] = watch_value(w->ids[c], row);
	out_row(w->out, v);
}

static int
by_pages(const void *pa, const void *pb)
{
	const struct watch_row *a = pa, *b = pb;

	if (a->pages != b->pages)
		return a->pages < b->pages ? 1 : -1;
	return (a->v->start > b->v->start) - (a->v->start < b->v->start);
}

/*
 * The sum, then the regions that were written to, and those that are new since the clear, of which
 * it is not known. What nobody watches is told once, in the end.
 */
static void
put_interval(struct watch *w, const struct regions *rs, unsigned interval, uint64_t ms)
{
	struct watch_row row = {.interval = interval, .ms = ms, .known = true, .page_size = w->b->t.pm.page_size};
	struct watch_row *rows = mem_alloc(rs->vmas.n * sizeof(*rows));
	bool watched_only = w->b->t.track.way == TRACK_UFFD;
	size_t n = 0;

	w->unwatched = 0;
	row.pages = rs->totals.written;
	put_row(w, &row);
	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct region *r = &rs->r[i];

		w->unwatched += watched_only && r->newborn;
		if (!r->written && (!r->newborn || watched_only))
			continue;
		row.v = &rs->vmas.v[i];
		row.pages = r->written;
		row.known = !r->newborn;
		rows[n++] = row;
	}
	qsort(rows, n, sizeof(*rows), by_pages);
	for (size_t i = 0; i < n; i++)
		put_row(w, &rows[i]);
	free(rows);
	fflush(stdout);
}

/* 1: the address space is gone. */
static int
look(struct watch *w, unsigned interval, uint64_t begin, struct err *err)
{
	struct vma_list vmas;
	struct regions *rs;
	uint64_t ms;
	int r;

	if (target_regions(&w->b->t, &vmas, err) < 0)
		return -1;
	if (!vmas.n)
		return 1;
	rs = regions_new(vmas);
	ms = (time_ns() - begin) / 1000000;
	r = regions_measure(rs, &w->b->t, err);
	if (r == 0)
		put_interval(w, rs, interval, ms);
	regions_unref(rs);
	return r;
}

static int
watch(struct watch *w, struct err *err)
{
	const struct options *o = w->b->o;
	struct target *t = &w->b->t;
	struct vma_list vmas;

	for (unsigned i = 1; !o->count || i <= o->count; i++) {
		uint64_t begin;
		bool whole;
		int r;

		if (target_regions(t, &vmas, err) < 0)
			return -1;
		r = vmas.n ? track_clear(&t->track, &t->proc, &t->pm, &vmas, err) : 1;
		vma_free(&vmas);
		if (r < 0)
			return -1;
		begin = time_ns();
		whole = r == 0 && wait_until(w, begin + o->watch_ns);
		if (r == 0)
			r = look(w, i, begin, err);
		if (r < 0 || ferror(stdout))
			return -1;
		if (r > 0)
			return err_set(err, ERR_TARGET, "it ended, or executed another program", NULL,
			               "interval %u could not be looked at", i);
		if (!whole)
			return 0;
	}
	return 0;
}

int
batch_watch(struct batch *b, struct err *err)
{
	static const enum column_id usual[] = {COL_WATCH_INTERVAL, COL_WATCH_MS,    COL_WATCH_PAGES, COL_WATCH_BYTES,
	                                       COL_WATCH_RATE,     COL_WATCH_START, COL_WATCH_MAPPING};
	enum column_id ids[COL_COUNT];
	struct out_shape shape = batch_shape(b->o, "watch", false);
	struct watch w = {.b = b, .ids = ids};
	sigset_t stop;
	int r;

	if (b->o->read_only)
		return err_set(err, ERR_USAGE, "--read-only refuses what changes the target", "leave one out",
		               "cannot watch writes");
	if (batch_columns(b->o, SET_WATCH, usual, ARRAY_LEN(usual), ids, &w.n, err) < 0)
		return -1;
	track_probe(&b->t.track, &b->t.proc, &b->t.pm);
	if (b->t.track.can != TRACK_YES)
		return err_set(err, ERR_TARGET, b->t.track.why, b->t.track.how, "cannot track writes");
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	w.signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	w.out = out_begin(&shape, ids, NULL, w.n);
	r = watch(&w, err);
	if (w.signals >= 0)
		close(w.signals);
	if (w.unwatched)
		buf_fmt(b->note, "%zu regions are not watched by userfaultfd: what is written in them is not known",
		        w.unwatched);
	if (out_end(w.out, r < 0 ? &(struct err){0} : err) < 0 || r < 0)
		return -1;
	return 0;
}
