/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses the tracker, keeps the reasons against the others, and calls the ops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "track/tracker_ops.h"

#define T(id, ops) [TRACKER_##id] = &(ops),
static const struct tracker_ops *const tracker_rows[TRACKERS] = {
#include "track/trackers.def"
};
#undef T

static const struct tracker_ops *
tracker_of(const struct track *t)
{
	return tracker_rows[t->tracker];
}

/* --- words and capabilities ------------------------------------------------------------------- */

const struct tracker_words *
tracker_words(enum tracker tracker)
{
	return &tracker_rows[tracker]->words;
}

const char *
tracker_why_unknown(const struct track *t)
{
	return t->clears ? tracker_words(t->tracker)->why_unknown : "no writes tracked yet";
}

unsigned
tracker_caps(enum tracker tracker)
{
	return tracker_rows[tracker]->caps;
}

bool
tracker_find(const char *name, unsigned *tracker)
{
	for (*tracker = 0; *tracker < TRACKERS; ++*tracker)
		if (!strcmp(name, tracker_rows[*tracker]->words.name))
			return true;
	return !strcmp(name, "auto");
}

static enum tracker
tracker_first_of(unsigned caps)
{
	unsigned i = 0;

	while (i < TRACKERS - 1 && !(tracker_rows[i]->caps & caps))
		i++;
	return (enum tracker)i;
}

enum tracker
tracker_lasting(void)
{
	return tracker_first_of(TRACKER_LASTING);
}

enum tracker
tracker_reading(void)
{
	return tracker_first_of(TRACKER_CHANGES);
}

static bool
tracker_takes_consent(unsigned tracker)
{
	return tracker_rows[tracker]->costs != NULL;
}

/* --- judging a scan --------------------------------------------------------------------------- */

uint64_t
track_cats(const struct track *t)
{
	return tracker_of(t)->cats;
}

uint64_t
track_cats_everywhere(const struct track *t)
{
	return tracker_of(t)->everywhere;
}

bool
track_is_written(const struct track *t, uint64_t cats)
{
	return tracker_of(t)->written && tracker_of(t)->written(cats);
}

struct track_verdict
track_judge(struct track *t, const struct proc *p, const struct track_scan *scan)
{
	return tracker_of(t)->doubt(t, p, scan);
}

void
track_sign(const struct track *t, const struct track_pages *pages, uint64_t *out)
{
	for (size_t i = pages->words_n; i < pages->n; i++)
		out[i] = SEEN_AS_BEFORE;
	tracker_of(t)->sign(pages, out);
}

bool
track_reaches(const struct track *t, uint64_t addr)
{
	const struct tracker_ops *ops = tracker_of(t);
	uint64_t end = addr + 1;

	return ops->reaches ? ops->reaches(t, addr) : track_in_scope(t, &addr, &end);
}

/*
 * A tracker with `reaches` decides by page; for the others it depends on the region, where it is
 * watched at all.
 */
static enum track_doubt
tracker_page_doubt(const struct track *t, uint64_t region, uint64_t addr)
{
	if (!track_reaches(t, addr))
		return DOUBT_OUTSIDE;
	return tracker_of(t)->reaches ? DOUBT_NONE : track_doubt(t, region);
}

struct track_past
track_past(const struct track *t, uint64_t region, uint64_t addr)
{
	struct track_stamp s;
	struct track_past p = {.epochs = track_epochs(t),
	                       .doubt = tracker_page_doubt(t, region, addr)};

	if (!t->clears || !track_at(t, addr, &s))
		return p;
	/* a window is scanned before everything else */
	p.epochs = s.epoch == t->epoch ? t->epoch + 1 - t->first_epoch : p.epochs;
	p.written = s.count;
	p.recent = s.epoch == t->epoch ? s.recent : track_recent(t, &s);
	return p;
}

/* --- the clear -------------------------------------------------------------------------------- */

/* The error of a tracker that needs consent. */
static int
tracker_ask_first(const struct track *t, struct err *err)
{
	const struct tracker_words *own = tracker_words(t->tracker),
				   *other = tracker_words(tracker_reading());
	char how[sizeof(err->how)];

	snprintf(how, sizeof(how), "--tracker %s --allow-inject %s; --tracker %s compares %s",
	         own->name, own->consent, other->name, other->compares);
	return err_set(err, ERR_TARGET, track_why_ask(t), how, "cannot track writes");
}

bool
track_adds(const struct track *t)
{
	return t->auto_clear && t->clears && !t->others;
}

int
track_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
            const struct vma_list *vmas, struct err *err)
{
	uint64_t start = time_ns();
	uint64_t fresh = t->fresh;
	bool anew = !track_adds(t);

	if (t->can == TRACK_UNKNOWN)
		track_probe(t, p, pm);
	if (t->can == TRACK_ASK)
		return tracker_ask_first(t, err);
	if (t->can != TRACK_YES)
		return err_set(err, ERR_TARGET, t->why, t->how, "cannot track writes");
	if (tracker_of(t)->clear(t, p, pm, vmas, err) < 0)
		return -1;
	t->clear_ns = time_ns();
	t->cost_ns = t->clear_ns - start;
	if (track_cats(t))
		newer_begin(t, p, pm);
	t->clears++;
	t->epoch++;
	t->began[t->epoch % TRACK_EPOCHS] = t->began[(t->epoch + 1) % TRACK_EPOCHS] = t->clear_ns;
	t->others = false;
	t->fresh_before = fresh;
	if (anew) {
		t->fresh_before = 0;
		stamps_clear(&t->stamps);
		notes_clear(&t->notes);
		t->fresh = t->tally_n = 0;
		t->first_ns = t->clear_ns;
		t->first_epoch = t->epoch + (t->by_scans ? 1 : 0);
	}
	return 0;
}

bool
track_reports(const struct track *t, uint64_t start, uint64_t end)
{
	return track_adds(t) && tracker_of(t)->caps & TRACKER_LOSSLESS &&
	       track_in_scope(t, &start, &end) && ranges_cover(&t->cleared, start, end) &&
	       !ranges_meet(&t->newer, start, end) && !ranges_meet(&t->blank, start, end) &&
	       !ranges_meet(&t->unsure, start, end);
}

/* --- before a scan ---------------------------------------------------------------------------- */

/* Drops the stamps of what is no longer mapped: they say nothing about later mappings there. */
static void
tracker_drop_unmapped(struct track *t, const struct vma_list *vmas)
{
	for (size_t i = 0; i <= vmas->n; i++)
		track_drop(t, i ? vmas->v[i - 1].end : 0,
		           i < vmas->n ? vmas->v[i].start : UINT64_MAX);
}

/* Forgets regions that are gone: a later mapping at the same address has not been scanned. */
static void
tracker_drop_unscanned(struct track *t, const struct vma_list *vmas)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < t->scanned_n; i++) {
		while (k < vmas->n && vmas->v[k].start < t->scanned[i].start)
			k++;
		if (k < vmas->n && vmas->v[k].start == t->scanned[i].start)
			t->scanned[n++] = t->scanned[i];
	}
	t->scanned_n = n;
}

void
track_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
             const struct vma_list *vmas)
{
	const struct tracker_ops *ops = tracker_of(t);

	if (!t->clears)
		return;
	t->lost.n = 0;
	t->kept = 0;
	tracker_drop_unmapped(t, vmas);
	tracker_drop_unscanned(t, vmas);
	if (ops->follow && !ops->follow(t, p, pm, vmas))
		track_forget(t);
}

void
track_forget(struct track *t)
{
	if (t->own)
		tracker_of(t)->release(t->own);
	t->own = NULL;
	t->cleared.n = t->unsure.n = t->lost.n = 0;
	t->maps.n = t->memory.n = t->newer.n = t->blank.n = 0;
	moved_free(t->moved);
	t->moved = NULL;
	stamps_clear(&t->stamps);
	notes_clear(&t->notes);
	t->tally_n = t->scanned_n = 0;
	t->clears = t->epoch = t->first_epoch = 0;
	t->fresh = 0;
	t->allow = false; /* consent was given for another program */
	t->others = false;
}

void
track_free(struct track *t)
{
	track_forget(t);
	free(t->cleared.v);
	free(t->unsure.v);
	free(t->lost.v);
	free(t->maps.v);
	free(t->memory.v);
	free(t->newer.v);
	free(t->blank.v);
	free(t->tally);
	free(t->scanned);
	stamps_free(&t->stamps);
	*t = (struct track){.owner = t->owner, .choice = t->choice};
}

/* Leaves out what only scans use. */
static void
tracker_copy(struct track *to, const struct track *of, const struct track *stamped, uint64_t start,
             uint64_t end)
{
	const struct tracker_ops *ops = tracker_of(of);

	*to = *of;
	to->own = of->own && ops->copy ? ops->copy(of->own) : NULL;
	to->moved = NULL;
	to->cleared = to->unsure = to->lost = to->maps = to->memory = to->newer = to->blank =
	    (struct track_ranges){0};
	to->notes = (struct notes){0};
	to->stamps = (struct stamps){0};
	track_copy_stamps(&to->stamps, stamped, start, end);
	to->tally = mem_copy(of->tally, of->tally_n * sizeof(*of->tally));
	to->scanned = mem_copy(of->scanned, of->scanned_n * sizeof(*of->scanned));
	to->tally_cap = of->tally_n;
	to->scanned_cap = of->scanned_n;
}

void
track_copy(struct track *to, const struct track *of)
{
	tracker_copy(to, of, of, 0, UINT64_MAX);
}

void
track_copy_page(struct track *to, const struct track *of, uint64_t addr)
{
	struct track part = *of;

	part.tally_n = part.scanned_n = 0;
	tracker_copy(to, &part, of, addr, addr + STAMPS_PAGE);
}

/* --- which is used ---------------------------------------------------------------------------- */

/* The probe runs once, but the permission to inject may change. */
static void
tracker_settle_consent(struct track *t, unsigned tracker)
{
	bool ours = t->own && t->tracker == tracker;
	struct track_status *s = &t->status[tracker];

	if (tracker_takes_consent(tracker) && s->can >= TRACK_ASK)
		s->can = t->allow || t->owner != TRACK_FOREIGN || ours ? TRACK_YES : TRACK_ASK;
}

static enum tracker
tracker_first_that_works(const struct track *t)
{
	for (unsigned i = 0; i < TRACKERS; i++)
		if (t->status[i].can >= TRACK_ASK)
			return (enum tracker)i;
	return (enum tracker)0; /* its reasons are the ones to report */
}

/*
 * The status whose reasons are reported: if `auto` settled for a lesser tracker, that of the better
 * one.
 */
static const struct track_status *
tracker_reported_status(const struct track *t)
{
	unsigned i = t->tracker;

	while (t->choice == TRACKER_AUTO && i && tracker_rows[i]->caps & TRACKER_CHANGES)
		i--;
	return &t->status[i];
}

static void
tracker_settle_choice(struct track *t)
{
	const struct track_status *s;
	enum tracker tracker;

	for (unsigned i = 0; i < TRACKERS; i++)
		tracker_settle_consent(t, i);
	tracker = t->choice < TRACKERS ? (enum tracker)t->choice : tracker_first_that_works(t);
	if (t->clears && tracker != t->tracker)
		track_forget(t); /* one tracker's stamps mean nothing to another */
	t->tracker = tracker;
	t->by_scans = tracker_rows[tracker]->caps & TRACKER_LOCAL;
	t->can = t->status[tracker].can;
	s = tracker_reported_status(t);
	memcpy(t->why, s->why, sizeof(t->why));
	memcpy(t->how, s->how, sizeof(t->how));
}

void
track_probe(struct track *t, const struct proc *p, const struct pagemap *pm)
{
	memset(t->status, 0, sizeof(t->status));
	for (unsigned i = 0; i < TRACKERS; i++) {
		struct track_status *s = &t->status[i];

		s->can = tracker_rows[i]->probe(s, t, p, pm) ? TRACK_YES : TRACK_NO;
	}
	tracker_settle_choice(t);
}

void
track_reconsider(struct track *t)
{
	for (unsigned i = 0; i < TRACKERS && t->can != TRACK_UNKNOWN; i++)
		if (tracker_takes_consent(i) && t->status[i].can == TRACK_NO)
			t->can = TRACK_UNKNOWN;
}

/* --- consent ---------------------------------------------------------------------------------- */

const char *
track_why_ask(const struct track *t)
{
	return t->status[tracker_lasting()].why;
}

bool
track_costs(const struct track *t, const struct proc *p, struct buf *question, track_cost_fn *fn,
            void *arg)
{
	for (unsigned i = 0; i < TRACKERS; i++)
		if (t->status[i].can == TRACK_ASK) {
			tracker_rows[i]->costs(p, question, fn, arg);
			return true;
		}
	return false;
}

bool
track_holds(const struct track *t)
{
	return t->own && tracker_takes_consent(t->tracker);
}

bool
track_hazard(const struct track *t, const struct proc *p, const struct vma_list *vmas,
             struct buf *out)
{
	return tracker_of(t)->hazard && tracker_of(t)->hazard(p, vmas, out);
}

bool
track_offers_close(const struct track *t)
{
	static const uint64_t MINUTE_NS = UINT64_C(60000000000);
	bool wanted = t->choice == TRACKER_AUTO
	                  ? t->can == TRACK_NO || tracker_of(t)->caps & TRACKER_CHANGES
	                  : tracker_takes_consent(t->choice);

	return wanted && t->stray.ino && t->stray_seen_ns - t->stray_ns >= MINUTE_NS;
}

int
track_unblock(struct track *t, const struct proc *p, struct err *err)
{
	for (unsigned i = 0; i < TRACKERS; i++)
		if (tracker_rows[i]->unblock)
			return tracker_rows[i]->unblock(p, t, err);
	return 0;
}

void
track_choose(struct track *t, unsigned choice)
{
	if (t->choice != choice)
		track_forget(t);
	t->choice = choice;
	if (t->can != TRACK_UNKNOWN)
		tracker_settle_choice(t);
}
