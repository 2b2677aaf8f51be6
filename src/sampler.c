/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sampler.h"

#include <errno.h>
#include <poll.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "flags.h"
#include "hazard.h"
#include "util.h"

static const uint64_t MS = 1000000;
enum {
	HEARTBEAT_MS = 100, /* how soon an exec is noticed */
	PARTIAL_MS = 150,   /* how often an unfinished window is shown */
	COST_SHARE = 10,    /* a look that took t is not repeated before COST_SHARE * t has passed */
	STALE_S = 5,        /* a quiet target is read in full this often all the same: reclaim, KSM and
	                     * migration change pages without a fault of the target's */
	STOP_WAIT_MS = 250,
	RELEASE_WAIT_MS = 5000, /* the same while a watch is let go, VMA by VMA, so that it holds nobody up */
	SYMBOLS_MS = 20,    /* of each look go to names of what pointers point to */
	LENS_MS = 150,      /* of each look go to strips that need every page */
	SMALL_NS = 5000000, /* a window that took less is read again at every look */
};

struct sampler {
	pthread_t thread;
	int event;
	char *root;
	pid_t pid;
	enum track_owner owner;

	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	pthread_cond_t wake;
	struct want want;
	struct sample *out;
	bool stop, ended_thread, open_failed, holds; /* holds: the target is watched */
	struct err open_err;
	int pidfd;

	/* the thread's own */
	struct target t;
	struct want now;      /* the want being served */
	struct sample draft;  /* what the next sample will say */
	uint64_t next_look, last_full, last_partial;
	struct proc_pulse pulse;
	struct writes_log writes;
	bool stale;           /* the last look was given up for a newer want, and is owed */
	size_t lens_next;     /* the region whose strip is to be made next */
	bool lens_owed;       /* some strips are not of the lens yet */
};

/* --- mailboxes -------------------------------------------------------------------------------------- */

static void
publish(struct sampler *s, bool complete)
{
	struct sample *copy = mem_alloc(sizeof(*copy)), *old;

	s->draft.serial++;
	s->draft.complete = complete;
	s->draft.time_ns = time_ns();
	if (complete)
		s->draft.want_serial = s->now.serial;
	*copy = s->draft;
	regions_ref(copy->regions);
	window_ref(copy->window);
	answer_ref(copy->answer);
	answer_ref(copy->card);
	bytes_ref(copy->bytes);
	smaps_look_ref(copy->smaps);
	pthread_mutex_lock(&s->lock);
	old = s->out;
	s->out = copy;
	s->holds = s->t.track.uffd != NULL;
	pthread_mutex_unlock(&s->lock);
	sample_free(old);
	eventfd_write(s->event, 1);
}

struct sample *
sampler_take(struct sampler *s)
{
	struct sample *got;
	eventfd_t ignored;

	eventfd_read(s->event, &ignored);
	pthread_mutex_lock(&s->lock);
	got = s->out;
	s->out = NULL;
	pthread_mutex_unlock(&s->lock);
	return got;
}

void
sampler_want(struct sampler *s, struct want *want)
{
	pthread_mutex_lock(&s->lock);
	want->serial = s->want.serial + 1;
	s->want = *want;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static bool
superseded(void *arg)
{
	struct sampler *s = arg;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->stop || s->want.serial != s->now.serial;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/* An answer is not given up for a newer want: half of one would be a wrong one. */
static bool
stopping(void *arg)
{
	struct sampler *s = arg;
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->stop;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

/* --- looking ------------------------------------------------------------------------------------------ */

static void
set_regions(struct sampler *s, struct regions *rs)
{
	regions_unref(s->draft.regions);
	s->draft.regions = rs;
}

static void
copy_track(struct sampler *s)
{
	const struct track *t = &s->t.track;

	s->draft.can_track = t->can;
	s->draft.track_way = t->way;
	snprintf(s->draft.track_why, sizeof(s->draft.track_why), "%s", t->why);
	snprintf(s->draft.track_how, sizeof(s->draft.track_how), "%s", t->how);
	s->draft.gen = t->gen;
	s->draft.mark_ns = t->mark_ns;
	s->draft.mark_cost_ns = t->cost_ns;
	s->draft.stopped_ns = t->injected.stopped_ns;
	s->draft.others = t->others;
	s->draft.scope = t->scope;
}

/*
 * The address space read as empty, or not at all. Another program was executed: open it anew. The
 * process is gone: say so. In between (exiting, exec into something we may not read): the next
 * heartbeat tries again. true: there is nothing to look at now.
 */
static bool
address_space_gone(struct sampler *s, struct vma_list *vmas)
{
	bool moved;

	if (proc_check(&s->t.proc, &moved) == PROC_ENDED) {
		s->draft.trouble.what[0] = '\0';
		s->draft.ended = true;
		s->draft.ended_ns = time_ns();
		return true;
	}
	if (target_reopen(&s->t, &s->draft.trouble) < 0 ||
	    target_regions(&s->t, vmas, &s->draft.trouble) < 0 || !vmas->n)
		return true;
	s->draft.trouble.what[0] = '\0';
	if (moved)
		return false;
	s->draft.execs++;
	smaps_look_unref(s->draft.smaps);
	s->draft.smaps = NULL;
	s->draft.smaps_err.what[0] = '\0';
	s->t.track.can = TRACK_UNKNOWN; /* the new program may be another matter */
	s->now.pulse_ns = 0;
	bytes_unref(s->draft.bytes); /* of another address space: nothing to compare with */
	s->draft.bytes = NULL;
	snprintf(s->draft.comm, sizeof(s->draft.comm), "%s", s->t.proc.comm);
	copy_track(s);
	return false;
}

/* Reads maps into a list nobody else holds yet; NULL: nothing is there to read now. */
static struct regions *
read_maps(struct sampler *s)
{
	struct vma_list vmas;

	if (target_regions(&s->t, &vmas, &s->draft.trouble) < 0 || !vmas.n) {
		vma_free(&vmas);
		if (address_space_gone(s, &vmas)) {
			vma_free(&vmas);
			return NULL;
		}
	}
	swaps_read(&s->t.swaps, &s->t.proc);
	s->draft.swap_devices = s->t.swaps.n;
	return regions_new(vmas);
}

/* The figures of regions that are still there, until they are counted anew. */
static void
carry_over(struct regions *rs, const struct regions *old)
{
	size_t k = 0;

	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct vma *v = &rs->vmas.v[i];

		while (k < old->vmas.n && old->vmas.v[k].start < v->start)
			k++;
		if (k < old->vmas.n && old->vmas.v[k].start == v->start)
			rs->r[i] = old->r[k];
	}
	rs->totals.rss = old->totals.rss;
	rs->totals.swap = old->totals.swap;
	rs->totals.written = old->totals.written;
	memcpy(rs->totals.rss_by_state, old->totals.rss_by_state, sizeof(rs->totals.rss_by_state));
	rs->counted = old->counted;
	rs->time_ns = old->time_ns;
	rs->cost_ns = old->cost_ns;
}

static bool
window_progress(void *arg, const struct window *w)
{
	struct sampler *s = arg;

	if (superseded(s))
		return true;
	if (time_ns() - s->last_partial > PARTIAL_MS * MS) {
		s->last_partial = time_ns();
		window_unref(s->draft.window);
		s->draft.window = window_copy(w);
		publish(s, false);
	}
	return false;
}

/* false: given up, because something newer is wanted. */
static bool
look_at_grid(struct sampler *s, const struct vma_list *vmas)
{
	const struct vma *v = vma_at(vmas, s->now.grid.start);
	const struct filter *f = NULL;
	struct filter filter;
	struct err ignored;
	struct window *w;

	s->last_partial = time_ns();
	if (s->now.filter[0] && filter_parse(s->now.filter, FILTER_PAGE, s->t.pm.page_size, &filter, &ignored) == 0)
		f = &filter; /* who asks for it has read it as well: it cannot be wrong */
	w = window_read_filtered(&s->t, v, &s->now.grid, s->now.lens, f, window_progress, s, &s->draft.trouble);
	if (!w)
		return s->draft.trouble.status != 0;
	window_unref(s->draft.window);
	s->draft.window = w;
	return true;
}

/* The pages of the range that is chosen; given up for a newer want, it is counted by that one. */
static void
look_at_range(struct sampler *s, const struct vma_list *vmas)
{
	const struct want *w = &s->now;
	const struct vma *v = vma_at(vmas, w->range_lo);
	struct sample_range r = {.lo = w->range_lo, .hi = w->range_hi, .lens = w->lens};

	if (!v || w->range_hi > v->end)
		s->draft.range = (struct sample_range){0};
	else if (window_sum(&s->t, v, r.lo, r.hi, r.lens, &r.cell, &s->draft.trouble) == 0)
		s->draft.range = r;
}

static bool
range_is_counted(const struct sampler *s)
{
	const struct sample_range *r = &s->draft.range;

	return r->lo == s->now.range_lo && r->hi == s->now.range_hi && r->lens == s->now.lens;
}

static void
look_at_card(struct sampler *s, const struct vma_list *vmas)
{
	answer_unref(s->draft.card);
	s->draft.card_err.what[0] = '\0';
	if (s->now.card_on == CARD_REGION)
		s->draft.card = answer_region(&s->t, vmas, s->now.card, &s->draft.card_err);
	else if (s->now.card_on == CARD_CAPABILITIES)
		s->draft.card = answer_capabilities(&s->t);
	else
		s->draft.card = answer_page(&s->t, vmas, s->now.card, &s->draft.card_err);
	s->draft.card_kind = s->now.card_on;
}

/* Dear: the kernel walks every page table of the target for it. Never read but when asked. */
static void
look_at_smaps(struct sampler *s)
{
	int fd = proc_file(&s->t.proc, "smaps", O_RDONLY);

	smaps_look_unref(s->draft.smaps);
	s->draft.smaps_err.what[0] = '\0';
	s->draft.smaps = smaps_look(fd, &s->draft.smaps_err);
	if (fd >= 0)
		close(fd);
}

static void
look_at_bytes(struct sampler *s, const struct vma_list *vmas)
{
	const struct want *w = &s->now;
	const struct vma *v = vma_at(vmas, w->hex_at);
	uint64_t room = v ? v->end - w->hex_at : 0, len = u64_min(room, (uint64_t)w->hex_rows * BYTES_ROW);
	struct bytes *b;

	s->draft.bytes_err.what[0] = '\0';
	b = bytes_read(&s->t, vmas, w->hex_at, w->hex_at + len, s->draft.bytes, &s->draft.bytes_err);
	if (b)
		bytes_find_symbols(b, &s->t, vmas, s->draft.bytes, w->interval_ns ? SYMBOLS_MS * MS : UINT64_MAX);
	bytes_unref(s->draft.bytes);
	s->draft.bytes = b;
}

/* Nothing faulted since the last look, and nothing is fading: it would show the same again. */
static bool
is_quiet(struct sampler *s)
{
	struct proc_pulse p;
	bool same;

	if (s->t.track.gen && track_way_caps(s->t.track.way) & TRACK_LOCAL)
		return false; /* a write to what is there is no fault */
	if (s->lens_owed || s->now.pulse_ns || (s->t.track.n && time_ns() - s->last_full < STALE_S * 1000 * MS))
		return false;
	if (!proc_pulse_read(&s->t.proc, &p))
		return false;
	same = !memcmp(&p, &s->pulse, sizeof(p));
	s->pulse = p;
	return same && time_ns() - s->last_full < STALE_S * 1000 * MS;
}

/*
 * The strips through a lens that needs every page: so many regions as fit into the time a look may
 * take, from where the last look stopped. The others show what they showed, if it was this lens.
 */
static void
look_through_lens(struct sampler *s, struct regions *rs, const struct regions *old)
{
	uint64_t end = s->now.interval_ns ? time_ns() + LENS_MS * MS : UINT64_MAX;
	enum lens l = s->now.lens;
	size_t n = rs->vmas.n, done = 0, k = 0;
	struct err ignored;

	s->lens_owed = false;

	for (size_t i = 0; i < n; i++) {
		struct region *r = &rs->r[i];

		r->lens = LENS_COUNT;
		while (old && k < old->vmas.n && old->vmas.v[k].start < rs->vmas.v[i].start)
			k++;
		if (!old || k >= old->vmas.n || old->vmas.v[k].start != rs->vmas.v[i].start || old->r[k].lens != l)
			continue;
		r->lens = (uint8_t)l;
		memcpy(r->strip, old->r[k].strip, sizeof(r->strip));
	}
	for (; done < n && time_ns() < end; done++) {
		size_t i = (s->lens_next + done) % n;
		struct region *r = &rs->r[i];

		if (!r->known || region_look(&s->t, &rs->vmas.v[i], l, r->strip, LIST_STRIP, &ignored) != 0)
			continue;
		r->lens = (uint8_t)l;
	}
	s->lens_next = n ? (s->lens_next + done) % n : 0;
	for (size_t i = 0; i < n; i++)
		s->lens_owed |= rs->r[i].known && rs->r[i].lens != l;
}

/* The hottest pages are those of the region in the grid, where one is on screen. */
static void
sum_writes(struct sampler *s, struct regions *rs)
{
	const struct track *t = &s->t.track;
	struct track_range range = {0};
	struct proc_pulse p;

	if (s->now.grid_on)
		range = (struct track_range){s->now.grid.start, s->now.grid.end};
	if (proc_pulse_read(&s->t.proc, &p))
		writes_faults(&s->writes, rs->time_ns, p.minflt, t->gen > 0);
	writes_look(&s->writes, t, rs, s->t.pm.page_size);
	writes_make(&s->writes, t, rs, s->t.pm.page_size, range, &s->draft.writes);
}

/* maps, the grid, then all the rest. false: given up for something newer. */
static bool
look(struct sampler *s)
{
	struct regions *rs = read_maps(s);
	int r;

	if (!rs)
		return true;
	if (s->now.grid_on) {
		if (!look_at_grid(s, &rs->vmas)) {
			regions_unref(rs);
			return false;
		}
		publish(s, false);
	}
	track_follow(&s->t.track, &s->t.proc, &s->t.pm, &rs->vmas);
	r = regions_measure(rs, &s->t, &s->draft.trouble);
	copy_track(s);
	if (r != 0 && s->draft.regions)
		carry_over(rs, s->draft.regions);
	if (r == 0) {
		s->last_full = time_ns();
		sum_writes(s, rs);
	}
	if (r == 0 && lens_needs_pages(s->now.lens) && !s->now.grid_on)
		look_through_lens(s, rs, s->draft.regions);
	set_regions(s, rs);
	return r != 1;
}

static bool
same_regions(const struct vma_list *a, const struct vma_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].start != b->v[i].start || a->v[i].end != b->v[i].end ||
		    a->v[i].perm != b->v[i].perm || strcmp(a->v[i].name, b->v[i].name))
			return false;
	return true;
}

/*
 * A quiet target faults nothing in, but may still map and protect, and others move its pages: maps
 * and a small window are read all the same. false: more than that has changed.
 */
static bool
look_lightly(struct sampler *s)
{
	struct vma_list vmas;
	struct err ignored;
	bool same;

	if (target_regions(&s->t, &vmas, &ignored) < 0)
		return false;
	same = same_regions(&vmas, &s->draft.regions->vmas);
	vma_free(&vmas);
	if (same && s->now.grid_on && s->draft.window && s->draft.window->cost_ns < SMALL_NS) {
		look_at_grid(s, &s->draft.regions->vmas);
		publish(s, s->draft.want_serial == s->now.serial);
	}
	if (same && s->now.hex_on) { /* a page that is there is written without a fault */
		look_at_bytes(s, &s->draft.regions->vmas);
		publish(s, s->draft.want_serial == s->now.serial);
	}
	return same;
}

/* --- steps -------------------------------------------------------------------------------------------- */

/* What the person said of how writes are to be told. */
static void
apply_choice(struct sampler *s)
{
	struct track *t = &s->t.track;

	t->allow = s->now.allow == s->draft.execs + 1;
	t->scope = s->now.scope;
	track_choose(t, s->now.tracker);
	if (t->can == TRACK_UNKNOWN)
		track_probe(t, &s->t.proc, &s->t.pm);
}

/* What must be asked before a clear is done. */
static enum clear_question
find_question(struct sampler *s)
{
	const struct track *t = &s->t.track;
	struct buf text = {0};
	bool hazard;

	if (t->can == TRACK_ASK)
		return CLEAR_CONSENT;
	if (t->can != TRACK_YES || t->way != TRACK_SOFT_DIRTY || s->now.sure == s->draft.execs + 1)
		return CLEAR_NO_QUESTION;
	hazard = hazard_of_clear(&s->t.proc, &s->draft.regions->vmas, &text);
	if (hazard)
		snprintf(s->draft.question_text, sizeof(s->draft.question_text), "%s", text.s);
	buf_free(&text);
	return hazard ? CLEAR_HAZARD : CLEAR_NO_QUESTION;
}

static void
do_clear(struct sampler *s)
{
	struct err *err = &s->draft.clear_err;

	err->what[0] = '\0';
	s->draft.question = CLEAR_NO_QUESTION;
	if (s->draft.ended) {
		err_set(err, ERR_TARGET, "the process has ended", NULL, "cannot track writes");
	} else if (s->draft.regions) {
		apply_choice(s);
		s->draft.question = find_question(s);
		s->draft.questions += s->draft.question != CLEAR_NO_QUESTION;
		if (!s->draft.question)
			track_clear(&s->t.track, &s->t.proc, &s->t.pm, &s->draft.regions->vmas, err);
	}
	s->draft.cleared = s->now.clear;
	copy_track(s);
}

static void
do_fault(struct sampler *s)
{
	struct err *err = &s->draft.fault_err;

	err->what[0] = '\0';
	s->draft.fault_idle = false;
	if (s->draft.ended)
		err_set(err, ERR_TARGET, "the process has ended", NULL, "cannot read");
	else if (s->draft.regions)
		s->draft.fault_idle = bytes_fault(&s->t, &s->draft.regions->vmas, s->now.fault_at, err) == 1;
	s->draft.faulted = s->now.fault;
}

/* Bytes are many, and nobody waits for them who has gone elsewhere: it is given up for a newer want. */
static void
find_bytes(struct sampler *s)
{
	struct pattern p;

	if (pattern_parse(s->now.find_what, &p, &s->draft.find_err) == 0 &&
	    seek_bytes(&s->t, &s->draft.regions->vmas, &p, s->now.find_from, s->now.find_back, &s->draft.found,
	               &s->draft.find_err) == 1)
		s->draft.found.stopped = true;
}

/* As an answer it is not given up: who asked waits for it. */
static void
find_page(struct sampler *s)
{
	struct filter f;

	s->t.pm.stop = stopping;
	if (filter_parse(s->now.find_what, FILTER_PAGE, s->t.pm.page_size, &f, &s->draft.find_err) == 0)
		seek_next(&s->t, s->draft.regions, &f, s->now.find_from, s->now.find_back, &s->draft.found,
		          &s->draft.find_err);
	s->t.pm.stop = superseded;
}

static void
do_find(struct sampler *s)
{
	s->draft.find_err.what[0] = '\0';
	s->draft.found = (struct seek_found){0};
	if (!s->draft.ended && s->draft.regions && s->now.find_bytes)
		find_bytes(s);
	else if (!s->draft.ended && s->draft.regions)
		find_page(s);
	s->draft.find = s->now.find;
}

static void
do_ask(struct sampler *s)
{
	answer_unref(s->draft.answer);
	s->draft.answer = NULL;
	s->draft.answer_err.what[0] = '\0';
	if (s->draft.ended)
		err_set(&s->draft.answer_err, ERR_TARGET, "the process has ended", NULL, "cannot answer");
	s->t.pm.stop = stopping;
	if (!s->draft.ended && s->draft.regions)
		s->draft.answer = answer_query(&s->t, &s->draft.regions->vmas, s->now.question,
		                               &s->draft.answer_err);
	s->t.pm.stop = superseded;
	s->draft.asked = s->now.ask;
	copy_track(s);
}

/*
 * In a pulse each clear is followed by a look, and then by the next clear: what is written between
 * the two is seen in no generation, unless the way to clear tells of it. The target pays for a clear
 * while it lasts, and for the first write to each page after it: a 20th of its time at most.
 */
static uint64_t
pulse_least(const struct track *t, size_t page_size)
{
	enum { SHARE = 20, FAULT_NS = 1000 };
	uint64_t faults = (t->fresh - t->fresh_before) / page_size;

	return SHARE * (t->cost_ns + faults * FAULT_NS);
}

static void
pulse(struct sampler *s)
{
	struct track *t = &s->t.track;

	t->pulse = s->now.pulse_ns > 0;
	s->draft.pulse_ns = t->pulse ? u64_max(s->now.pulse_ns, pulse_least(t, s->t.pm.page_size)) : 0;
	if (t->pulse && !s->draft.ended && (!t->gen || time_ns() - t->mark_ns >= s->draft.pulse_ns)) {
		do_clear(s);
		if (s->draft.clear_err.what[0] || s->draft.question)
			s->now.pulse_ns = 0;
	}
}

/* A page's card is read at every look; the others once, unless they were given up for a newer want. */
static bool
card_is_due(const struct sampler *s, const struct want *before)
{
	const struct want *w = &s->now;

	return w->card_on == CARD_PAGE || before->card_on != w->card_on || before->card != w->card ||
	       (!s->draft.card && !s->draft.card_err.what[0]);
}

/* What the new want asks beyond the one served before. */
static void
serve(struct sampler *s, const struct want *before, bool due)
{
	const struct want *w = &s->now;
	bool cleared = w->clear != s->draft.cleared, faulted = w->fault != s->draft.faulted;
	bool again = w->refresh != before->refresh || w->pulse_ns != before->pulse_ns;
	bool grid = w->grid_on && (!before->grid_on || !grid_same(&w->grid, &before->grid) || w->lens != before->lens ||
	                          strcmp(w->filter, before->filter) != 0);
	bool looked = false;
	uint64_t begin = time_ns();

	s->draft.trouble.what[0] = '\0';
	if (cleared)
		do_clear(s);
	if (faulted)
		do_fault(s);
	if (s->draft.ended)
		s->stale = false;
	else if (!s->draft.regions || !s->draft.regions->counted || cleared || faulted || again || due || s->stale) {
		s->stale = !look(s);
		looked = true;
		s->next_look = time_ns() + u64_max(w->interval_ns, COST_SHARE * (time_ns() - begin));
		if (!s->stale)
			pulse(s);
	} else if (!w->grid_on && w->lens != before->lens) {
		s->stale = !look(s);
	} else if (grid) {
		s->stale = !look_at_grid(s, &s->draft.regions->vmas);
	}
	if (s->draft.regions && !s->draft.ended && (looked || !range_is_counted(s)))
		look_at_range(s, &s->draft.regions->vmas);
	if (w->card_on && s->draft.regions && !s->draft.ended && (again || card_is_due(s, before)))
		look_at_card(s, &s->draft.regions->vmas);
	if (w->smaps_on && s->draft.regions && !s->draft.ended &&
	    (w->refresh != before->refresh || (!s->draft.smaps && !s->draft.smaps_err.what[0])))
		look_at_smaps(s);
	if (w->hex_on && s->draft.regions && !s->draft.ended)
		look_at_bytes(s, &s->draft.regions->vmas);
	if (w->ask != s->draft.asked)
		do_ask(s);
	if (w->find != s->draft.find)
		do_find(s);
	publish(s, !s->stale);
}

/* --- the thread --------------------------------------------------------------------------------------- */

/* The address space we read from is still the process's: one word of a mapped page tells. */
static bool
is_alive(struct sampler *s)
{
	const struct regions *rs = s->draft.regions;
	uint64_t word;
	struct err ignored;

	if (!s->t.proc.live || !rs || !rs->vmas.n)
		return true;
	return pagemap_words(&s->t.pm, rs->vmas.v[0].start, &word, 1, &ignored) == 1;
}

/* Waits for a new want, for the next look, or for a heartbeat. false: stop. */
static bool
wait_for_work(struct sampler *s, bool *news)
{
	struct timespec until;
	bool stop, beat = s->t.proc.live && !s->draft.ended;
	uint64_t now = time_ns(), at = now + HEARTBEAT_MS * MS;
	bool timed = beat || (s->now.interval_ns && !s->now.paused && !s->draft.ended);

	if (timed && !beat)
		at = u64_max(now, s->next_look);
	else if (timed && s->now.interval_ns && !s->now.paused)
		at = u64_min(at, u64_max(now, s->next_look));
	until = (struct timespec){(time_t)(at / 1000000000), (long)(at % 1000000000)};
	pthread_mutex_lock(&s->lock);
	while (!s->stop && s->want.serial == s->now.serial)
		if (!timed)
			pthread_cond_wait(&s->wake, &s->lock);
		else if (pthread_cond_timedwait(&s->wake, &s->lock, &until) == ETIMEDOUT)
			break;
	*news = s->want.serial != s->now.serial;
	stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

static void
turn(struct sampler *s, bool news)
{
	struct want before = s->now;
	bool due = s->now.interval_ns && !s->now.paused && time_ns() >= s->next_look;

	if (news) {
		pthread_mutex_lock(&s->lock);
		s->now = s->want;
		pthread_mutex_unlock(&s->lock);
		due = due && !s->now.paused;
	}
	if (!s->draft.ended && s->draft.regions && !is_alive(s))
		due = true; /* look() finds out what happened */
	else if (!news && due && s->draft.regions && is_quiet(s) && look_lightly(s)) {
		s->next_look = time_ns() + s->now.interval_ns;
		return;
	}
	if (news || due)
		serve(s, &before, due);
}

/* What does not change while the target is watched. */
static void
describe_target(struct sampler *s)
{
	struct sample *d = &s->draft;

	d->pid = s->t.proc.pid;
	d->live = s->t.proc.ours;
	d->page_size = s->t.pm.page_size;
	snprintf(d->comm, sizeof(d->comm), "%s", s->t.proc.comm);
}

/* Whether frames are ours to see: the first page in RAM that is met tells. */
static bool
frames_are_hidden(struct sampler *s)
{
	const struct vma_list *vmas = &s->draft.regions->vmas;
	struct page pg;
	struct err ignored;

	if (s->t.frames.flags < 0)
		return true;
	for (size_t i = 0; i < vmas->n; i++)
		if (page_read(&s->t.pm, &s->t.frames, vmas->v[i].start, &pg, 1, 0, &ignored) == 0 &&
		    pg.known & PAGE_WORD && pg.word & PM_PRESENT)
			return page_hidden(&pg);
	return false;
}

static void
tell_opened(struct sampler *s, bool ok, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	s->open_failed = !ok;
	s->open_err = *err;
	s->pidfd = ok ? s->t.proc.pidfd : -1;
	pthread_mutex_unlock(&s->lock);
	if (!ok)
		eventfd_write(s->event, 1);
}

/* Opens the target and shows its regions before anything that may take longer. */
static bool
open_target(struct sampler *s)
{
	struct err err = {0};
	bool ok = target_open(&s->t, s->root, s->pid, &err) == 0;

	s->t.pm.stop = superseded;
	s->t.pm.stop_arg = s;
	s->t.track.owner = s->owner;
	if (ok) {
		tell_opened(s, true, &err);
		describe_target(s);
		s->draft.regions = read_maps(s);
		if (s->draft.regions)
			publish(s, false);
		ok = target_open_pages(&s->t, &err) == 0;
		s->draft.huge_known = s->t.pm.scan & PM_CAT_HUGE;
	}
	if (!ok)
		tell_opened(s, false, &err);
	else if (s->draft.regions)
		s->draft.frames_hidden = frames_are_hidden(s);
	return ok;
}

static void
close_thread(struct sampler *s)
{
	regions_unref(s->draft.regions);
	window_unref(s->draft.window);
	answer_unref(s->draft.answer);
	answer_unref(s->draft.card);
	bytes_unref(s->draft.bytes);
	smaps_look_unref(s->draft.smaps);
	writes_log_free(&s->writes);
	target_close(&s->t);
}

static void *
thread_main(void *arg)
{
	struct sampler *s = arg;
	bool news, ok = open_target(s);

	while (ok && wait_for_work(s, &news)) {
		turn(s, news);
		if (s->t.track.can == TRACK_UNKNOWN && s->draft.regions && s->draft.regions->counted) {
			apply_choice(s); /* after the first picture: it takes a fork */
			copy_track(s);
			publish(s, s->draft.want_serial == s->now.serial);
		}
	}
	close_thread(s);
	pthread_mutex_lock(&s->lock);
	s->ended_thread = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct sampler *
sampler_start(const char *root, pid_t pid, enum track_owner owner, struct err *err)
{
	struct sampler *s = mem_alloc(sizeof(*s));
	pthread_condattr_t attr;
	sigset_t all, before;
	int failed;

	s->pid = pid;
	s->owner = owner;
	s->pidfd = -1;
	s->root = mem_strdup(root);
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_BLOCK, &all, &before);
	failed = s->event < 0 ? errno : pthread_create(&s->thread, NULL, thread_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		errno = failed;
		err_sys(err, NULL, "cannot start the reading thread");
		free(s);
		return NULL;
	}
	return s;
}

int
sampler_fd(const struct sampler *s)
{
	return s->event;
}

int
sampler_pidfd(struct sampler *s)
{
	int fd;

	pthread_mutex_lock(&s->lock);
	fd = s->pidfd;
	pthread_mutex_unlock(&s->lock);
	return fd;
}

bool
sampler_opened(struct sampler *s, struct err *err)
{
	bool failed;

	pthread_mutex_lock(&s->lock);
	failed = s->open_failed;
	if (failed)
		*err = s->open_err;
	pthread_mutex_unlock(&s->lock);
	return !failed;
}

bool
sampler_stop(struct sampler *s)
{
	struct timespec until;
	bool ended_in_time;
	uint64_t at;

	pthread_mutex_lock(&s->lock);
	at = time_ns() + (s->holds ? RELEASE_WAIT_MS : STOP_WAIT_MS) * MS;
	until = (struct timespec){(time_t)(at / 1000000000), (long)(at % 1000000000)};
	s->stop = true;
	pthread_cond_broadcast(&s->wake);
	while (!s->ended_thread && pthread_cond_timedwait(&s->wake, &s->lock, &until) != ETIMEDOUT)
		;
	ended_in_time = s->ended_thread;
	pthread_mutex_unlock(&s->lock);
	if (!ended_in_time) {
		pthread_detach(s->thread);
		return false;
	}
	pthread_join(s->thread, NULL);
	sample_free(s->out);
	close(s->event);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	free(s->root);
	free(s);
	return true;
}
