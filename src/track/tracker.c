/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tracker is used, and why not another; what it is told to do; what it has seen. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "track/tracker_ops.h"

bool
track_reaches(const struct track *t, uint64_t addr)
{
	uint64_t end = addr + 1;

	return tracker_caps(t->tracker) & TRACKER_LOCAL ? seen_has(t->seen, addr)
	                                            : track_in_scope(t, &addr, &end);
}

/* Of a local way it depends on the page; else on its region, if that is watched there. */
static enum track_doubt
track_page_doubt(const struct track *t, uint64_t region, uint64_t addr)
{
	if (!track_reaches(t, addr))
		return DOUBT_OUTSIDE;
	return tracker_caps(t->tracker) & TRACKER_LOCAL ? DOUBT_NONE : track_doubt(t, region);
}

struct track_past
track_past(const struct track *t, uint64_t region, uint64_t addr)
{
	const struct track_stamp *s = track_at(t, addr);
	struct track_past p = {.gens = track_gens(t), .doubt = track_page_doubt(t, region, addr)};

	if (!s || !t->gen)
		return p;
	/* a window is looked at before all the rest */
	p.gens = s->gen == t->era ? t->era + 1 - t->first_era : p.gens;
	p.written = s->count;
	p.recent = s->gen == t->era ? s->recent : track_recent(t, s);
	return p;
}

static void
track_remember_regions(struct track *t, const struct vma_list *vmas)
{
	t->mark.n = 0;
	for (size_t i = 0; i < vmas->n; i++)
		ranges_add(&t->mark, vmas->v[i].start, vmas->v[i].end);
}

static int
track_do_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
               const struct vma_list *vmas, struct err *err)
{
	switch (t->tracker) {
	case TRACKER_SOFT_DIRTY:
		if (soft_dirty_clear(p, err) < 0)
			return -1;
		track_remember_regions(t, vmas);
		return 0;
	case TRACKER_UFFD:
		return uffd_clear(t, p, pm, vmas, err);
	case TRACKER_HASH:
	case TRACKER_NONE:
		seen_forget(t->seen);
		return 0;
	case TRACKERS:
		break;
	}
	return 0;
}

int
track_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
            const struct vma_list *vmas, struct err *err)
{
	uint64_t start = time_ns();
	uint64_t fresh = t->fresh;
	bool anew = !t->pulse || !t->gen || t->others;

	if (t->can == TRACK_UNKNOWN)
		track_probe(t, p, pm);
	if (t->can == TRACK_ASK)
		return err_set(err, ERR_TARGET, t->status[TRACKER_SOFT_DIRTY].why,
		               "--tracker uffd --allow-inject runs one system call in it; "
		               "--tracker hash compares contents",
		               "cannot track writes");
	if (t->can != TRACK_YES)
		return err_set(err, ERR_TARGET, t->why, t->how, "cannot track writes");
	if (track_do_clear(t, p, pm, vmas, err) < 0)
		return -1;
	t->mark_ns = time_ns();
	t->cost_ns = t->mark_ns - start;
	if (track_cats(t))
		came_begin(t, p, pm);
	t->gen++;
	t->era++;
	t->began[t->era % TRACK_ERAS] = t->began[(t->era + 1) % TRACK_ERAS] = t->mark_ns;
	t->others = false;
	t->born.n = 0;
	t->fresh_before = fresh;
	if (anew) {
		t->fresh_before = 0;
		t->n = 0;
		t->fresh = t->tally_n = 0;
		t->first_ns = t->mark_ns;
		t->first_era = t->era + (tracker_caps(t->tracker) & TRACKER_LOCAL ? 1 : 0);
	}
	return 0;
}

/* What is no longer mapped was never written by what may come to lie there. */
static void
track_drop_unmapped(struct track *t, const struct vma_list *vmas)
{
	size_t i = 0, n = 0;

	while (n < t->n && i < vmas->n)
		if (vmas->v[i].end <= t->v[n].start)
			i++;
		else if (vmas->v[i].start <= t->v[n].start && vmas->v[i].end >= t->v[n].end)
			n++;
		else
			break;
	for (i = 0; n < t->n && i <= vmas->n; i++)
		track_drop(t, i ? vmas->v[i - 1].end : 0,
		           i < vmas->n ? vmas->v[i].start : UINT64_MAX);
}

/* Of what comes to lie there nothing is known before it is looked at. */
static void
track_drop_unlooked(struct track *t, const struct vma_list *vmas)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < t->looked_n; i++) {
		while (k < vmas->n && vmas->v[k].start < t->looked[i].start)
			k++;
		if (k < vmas->n && vmas->v[k].start == t->looked[i].start)
			t->looked[n++] = t->looked[i];
	}
	t->looked_n = n;
}

/* Of what comes to lie where nothing is mapped now it is not the writes since the mark that are
 * told. */
static void
track_trim_mark(struct track *t, const struct vma_list *vmas)
{
	struct track_ranges left = {0};

	for (size_t i = 0, k = 0; i < t->mark.n; i++) {
		struct track_range m = t->mark.v[i];
		size_t first = left.n;

		while (k < vmas->n && vmas->v[k].end <= m.start)
			k++;
		for (size_t j = k; j < vmas->n && vmas->v[j].start < m.end; j++) {
			uint64_t start = u64_max(vmas->v[j].start, m.start),
				 end = u64_min(vmas->v[j].end, m.end);

			if (left.n > first && left.v[left.n - 1].end == start)
				left.v[left.n - 1].end = end;
			else
				ranges_add(&left, start, end);
		}
	}
	free(t->mark.v);
	t->mark = left;
}

void
track_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
             const struct vma_list *vmas)
{
	struct track_ranges replaced = {0};

	if (!t->gen)
		return;
	t->lost.n = 0;
	t->kept = 0;
	t->flags_read = false;
	track_drop_unmapped(t, vmas);
	track_drop_unlooked(t, vmas);
	if (t->tracker == TRACKER_UFFD)
		uffd_lost(t, pm, vmas, &replaced);
	for (size_t i = 0; i < replaced.n; i++)
		track_drop(t, replaced.v[i].start, replaced.v[i].end);
	if (track_cats(t))
		came_follow(t, pm, vmas, &replaced);
	if (t->tracker == TRACKER_SOFT_DIRTY)
		track_trim_mark(t, vmas);
	if (t->tracker == TRACKER_UFFD && !uffd_follow(t, p, pm, vmas))
		track_forget(t);
	free(replaced.v);
}

void
track_forget(struct track *t)
{
	uffd_release(t->uffd);
	t->uffd = NULL;
	seen_forget(t->seen);
	t->mark.n = t->lost.n = t->born.n = 0;
	t->maps.n = t->memory.n = t->came.n = t->blank.n = 0;
	moved_free(t->moved);
	t->moved = NULL;
	t->n = t->tally_n = t->looked_n = 0;
	t->gen = t->era = t->first_era = 0;
	t->fresh = 0;
	t->allow = false; /* what was agreed to was agreed to of another program */
	t->others = false;
}

void
track_free(struct track *t)
{
	track_forget(t);
	seen_free(t->seen);
	free(t->mark.v);
	smaps_free(&t->flags);
	free(t->lost.v);
	free(t->born.v);
	free(t->maps.v);
	free(t->memory.v);
	free(t->came.v);
	free(t->blank.v);
	free(t->tally);
	free(t->looked);
	free(t->v);
	*t = (struct track){.owner = t->owner, .choice = t->choice};
}

/* The status is asked once; what may be done in the target may change. */
static void
track_settle_status(struct track *t)
{
	struct track_status *u = &t->status[TRACKER_UFFD];

	if (u->can >= TRACK_ASK)
		u->can = t->allow || t->owner != TRACK_FOREIGN || t->uffd ? TRACK_YES : TRACK_ASK;
}

static enum tracker
track_first_that_works(const struct track *t)
{
	for (unsigned w = 0; w < TRACKERS; w++)
		if (t->status[w].can >= TRACK_ASK)
			return (enum tracker)w;
	return TRACKER_SOFT_DIRTY; /* whose reasons are the ones to tell */
}

static void
track_settle_choice(struct track *t)
{
	const struct track_status *s;
	enum tracker tracker;

	track_settle_status(t);
	tracker = t->choice < TRACKERS ? (enum tracker)t->choice : track_first_that_works(t);
	if (t->gen && tracker != t->tracker)
		track_forget(t); /* what one way has seen means nothing to another */
	t->tracker = tracker;
	s = &t->status[t->tracker];
	t->can = s->can;
	if (t->choice == TRACKER_AUTO && tracker_caps(t->tracker) & TRACKER_CHANGES)
		s = &t->status[TRACKER_UFFD]; /* why nothing better */
	memcpy(t->why, s->why, sizeof(t->why));
	memcpy(t->how, s->how, sizeof(t->how));
}

static enum track_can
track_can(bool yes)
{
	return yes ? TRACK_YES : TRACK_NO;
}

void
track_probe(struct track *t, const struct proc *p, const struct pagemap *pm)
{
	memset(t->status, 0, sizeof(t->status));
	t->status[TRACKER_SOFT_DIRTY].can =
	    track_can(soft_dirty_probe(&t->status[TRACKER_SOFT_DIRTY], p));
	t->status[TRACKER_UFFD].can = track_can(uffd_probe(&t->status[TRACKER_UFFD], t, p, pm));
	t->status[TRACKER_HASH].can = track_can(seen_probe(&t->status[TRACKER_HASH], p));
	t->status[TRACKER_NONE].can =
	    track_can(p->live || track_cannot(&t->status[TRACKER_NONE], "a folder does not change",
	                                      "look at a running process"));
	track_settle_choice(t);
}

bool
track_offers_close(const struct track *t)
{
	static const uint64_t MINUTE_NS = UINT64_C(60000000000);
	bool wanted = t->choice == TRACKER_UFFD ||
	              (t->choice == TRACKER_AUTO &&
	               (t->can == TRACK_NO || tracker_caps(t->tracker) & TRACKER_CHANGES));

	return wanted && t->stray.ino && t->stray_seen_ns - t->stray_ns >= MINUTE_NS;
}

void
track_choose(struct track *t, unsigned choice)
{
	if (t->choice != choice)
		track_forget(t);
	t->choice = choice;
	if (t->can != TRACK_UNKNOWN)
		track_settle_choice(t);
}
