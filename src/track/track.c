/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "track/track_ways.h"

static const uint64_t COOL_NS =
    UINT64_C(30000000000); /* after which a write no longer glows in a pulse */

const char *
track_doubt_words(enum track_doubt d)
{
	static const char *const words[] = {
	    [DOUBT_NONE] = "",
	    [DOUBT_NEW] = "mapped since the clear: what was written in it is not known",
	    [DOUBT_REMAPPED] = "unknown since remap: it grew into, or merged with, a new mapping; "
	                       "clear again to know",
	    [DOUBT_UNWATCHED] =
		"not watched: mapped since the clear, or the kernel does not let it be",
	    [DOUBT_READONLY] = "not watched: read-only, but a debugger or mprotect() can still "
			       "write; --scope watches it",
	    [DOUBT_OUTSIDE] = "not watched: another part of the process is",
	    [DOUBT_HUGETLB] = "not trackable: the kernel does not mark hugetlb pages again",
	};

	return words[d];
}

/* --- stamps
 * ------------------------------------------------------------------------------------------ */

/* What a look of ours does not renew stays: in a pulse, and where only a part is looked at. */
static bool
track_keeps(const struct track *t)
{
	return t->pulse || t->others || track_way_caps(t->way) & TRACK_LOCAL;
}

size_t
track_first(const struct track *t, uint64_t addr)
{
	return vec_above(t->v, t->n, sizeof(*t->v), offsetof(struct track_stamp, end), addr);
}

const struct track_stamp *
track_at(const struct track *t, uint64_t addr)
{
	size_t i = track_first(t, addr);

	return i < t->n && t->v[i].start <= addr ? &t->v[i] : NULL;
}

uint64_t
track_time(const struct track *t, uint64_t addr)
{
	const struct track_stamp *s = track_at(t, addr);

	return s ? s->time_ns : 0;
}

/* A clear begins a generation, of which nothing is known before a look; of a local way each look is
 * one. */
static uint32_t
track_last_era(const struct track *t)
{
	return track_way_caps(t->way) & TRACK_LOCAL || t->looked_ns >= t->mark_ns ? t->era
	                                                                          : t->era - 1;
}

static uint32_t
track_recent_until(const struct track_stamp *s, uint32_t era)
{
	return era - s->gen < 32 ? s->recent << (era - s->gen) : 0;
}

uint32_t
track_gens(const struct track *t)
{
	return t->gen ? track_last_era(t) + 1 - t->first_era : 0;
}

uint32_t
track_recent(const struct track *t, const struct track_stamp *s)
{
	return track_recent_until(s, track_last_era(t));
}

/* Index of the first region that was looked at and starts after this. */
static size_t
track_looked_above(const struct track *t, uint64_t region)
{
	return vec_above(t->looked, t->looked_n, sizeof(*t->looked),
	                 offsetof(struct track_region, start), region);
}

enum track_doubt
track_doubt(const struct track *t, uint64_t region)
{
	size_t i = track_looked_above(t, region);

	return i && t->looked[i - 1].start == region ? t->looked[i - 1].doubt : DOUBT_NEW;
}

bool
track_reaches(const struct track *t, uint64_t addr)
{
	uint64_t end = addr + 1;

	return track_way_caps(t->way) & TRACK_LOCAL ? seen_has(t->seen, addr)
	                                            : track_in_scope(t, &addr, &end);
}

/* Of a local way it depends on the page; else on its region, if that is watched there. */
static enum track_doubt
track_page_doubt(const struct track *t, uint64_t region, uint64_t addr)
{
	if (!track_reaches(t, addr))
		return DOUBT_OUTSIDE;
	return track_way_caps(t->way) & TRACK_LOCAL ? DOUBT_NONE : track_doubt(t, region);
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

const char *
track_past_why(const struct track_past *p)
{
	if (!p->gens)
		return "nobody has looked since the clear";
	return p->doubt ? track_doubt_words(p->doubt) : NULL;
}

uint64_t
track_rest(const struct track *t, uint64_t region)
{
	size_t i = track_looked_above(t, region);

	return i && t->looked[i - 1].start == region ? t->looked[i - 1].rest : UINT64_MAX;
}

void
track_tell(struct track *t, uint64_t region, enum track_doubt d, uint64_t rest)
{
	size_t i = track_looked_above(t, region);

	if (!i || t->looked[i - 1].start != region) {
		t->looked = vec_room(t->looked, t->looked_n, &t->looked_cap, sizeof(*t->looked));
		memmove(t->looked + i + 1, t->looked + i, (t->looked_n++ - i) * sizeof(*t->looked));
		t->looked[i++].start = region;
	}
	t->looked[i - 1].doubt = d;
	t->looked[i - 1].rest = rest;
}

struct stamps {
	struct track_stamp *v;
	size_t n, cap;
};

/* [start, end) with the rest of `as`. */
static void
track_stamp_add(struct stamps *s, uint64_t start, uint64_t end, struct track_stamp as)
{
	struct track_stamp *last = s->n ? &s->v[s->n - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->end == start && last->time_ns == as.time_ns && last->gen == as.gen &&
	    last->count == as.count && last->recent == as.recent) {
		last->end = end;
		return;
	}
	as.start = start;
	as.end = end;
	s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = as;
}

static struct track_stamp
track_stamp_again(const struct track *t, const struct track_stamp *old, uint64_t now)
{
	uint32_t steps = t->era - old->gen;

	return (struct track_stamp){.time_ns = now, .gen = t->era, .count = old->count + 1,
	                            .recent = (steps < 32 ? old->recent << steps : 0) | 1};
}

/* A written stretch: stamped in this generation it stays so, else it is now, once more. */
static void
track_add_written(struct stamps *out, struct track *t, uint64_t start, uint64_t end, uint64_t now)
{
	const struct track_stamp fresh = {.time_ns = now, .gen = t->era, .count = 1, .recent = 1};
	uint64_t at = start;

	for (size_t k = track_first(t, start); k < t->n && t->v[k].start < end; k++) {
		const struct track_stamp *old = &t->v[k];
		uint64_t from = u64_max(old->start, at), to = u64_min(old->end, end);

		track_stamp_add(out, at, from, fresh);
		track_stamp_add(out, from, to,
		                old->gen == t->era ? *old : track_stamp_again(t, old, now));
		t->fresh += from - at + (old->gen == t->era ? 0 : to - from);
		at = to;
	}
	track_stamp_add(out, at, end, fresh);
	t->fresh += end - at;
}

/* A stretch that is not written now, but may have been. */
static void
track_add_kept(struct stamps *out, const struct track *t, uint64_t start, uint64_t end)
{
	for (size_t k = track_first(t, start); k < t->n && t->v[k].start < end; k++)
		track_stamp_add(out, u64_max(t->v[k].start, start), u64_min(t->v[k].end, end),
		                t->v[k]);
}

/* Puts `mid`, and what juts out of [start, end) at both ends, in the place of all that lies there.
 */
static void
track_splice(struct track *t, uint64_t start, uint64_t end, const struct stamps *mid)
{
	size_t lo = track_first(t, start), hi = lo, n;
	struct stamps out = {0};

	while (hi < t->n && t->v[hi].start < end)
		hi++;
	if (lo == hi && !mid->n)
		return;
	if (lo < hi)
		track_stamp_add(&out, t->v[lo].start, u64_min(t->v[lo].end, start), t->v[lo]);
	for (size_t i = 0; i < mid->n; i++)
		track_stamp_add(&out, mid->v[i].start, mid->v[i].end, mid->v[i]);
	if (lo < hi)
		track_stamp_add(&out, u64_max(t->v[hi - 1].start, end), t->v[hi - 1].end,
		                t->v[hi - 1]);
	n = t->n - (hi - lo) + out.n;
	while (t->cap < n)
		t->v = vec_room(t->v, t->cap, &t->cap, sizeof(*t->v));
	if (t->n > hi)
		memmove(t->v + lo + out.n, t->v + hi, (t->n - hi) * sizeof(*t->v));
	if (out.n)
		memcpy(t->v + lo, out.v, out.n * sizeof(*t->v));
	t->n = n;
	free(out.v);
}

static void
track_put_runs(struct track *t, uint64_t start, uint64_t end, const struct pm_run *runs, size_t n,
               uint64_t now, bool keep)
{
	struct stamps mid = {0};
	uint64_t at = start;

	for (size_t r = 0; r < n; r++) {
		if (keep)
			track_add_kept(&mid, t, at, runs[r].start);
		track_add_written(&mid, t, runs[r].start, runs[r].end, now);
		at = runs[r].end;
	}
	if (keep)
		track_add_kept(&mid, t, at, end);
	track_splice(t, start, end, &mid);
	free(mid.v);
}

/* Counts for the region at `start` what has been stamped anew since `before`. */
static void
track_count_fresh(struct track *t, uint64_t start, uint64_t before)
{
	size_t i = vec_above(t->tally, t->tally_n, sizeof(*t->tally),
	                     offsetof(struct track_tally, start), start);

	if (t->fresh == before)
		return;
	if (!i || t->tally[i - 1].start != start) {
		t->tally = vec_room(t->tally, t->tally_n, &t->tally_cap, sizeof(*t->tally));
		memmove(t->tally + i + 1, t->tally + i, (t->tally_n++ - i) * sizeof(*t->tally));
		t->tally[i++] = (struct track_tally){.start = start};
	}
	t->tally[i - 1].bytes += t->fresh - before;
}

uint64_t
track_tally(const struct track *t, uint64_t start)
{
	size_t i = vec_above(t->tally, t->tally_n, sizeof(*t->tally),
	                     offsetof(struct track_tally, start), start);

	return i && t->tally[i - 1].start == start ? t->tally[i - 1].bytes : 0;
}

void
track_update(struct track *t, uint64_t start, uint64_t end, const struct pm_run *runs, size_t n,
             uint64_t now)
{
	size_t i = track_first(t, start);
	uint64_t before = t->fresh;

	if (n || (!track_keeps(t) && i < t->n && t->v[i].start < end))
		track_put_runs(t, start, end, runs, n, now, track_keeps(t));
	track_count_fresh(t, start, before);
}

void
track_add(struct track *t, uint64_t start, const struct pm_run *runs, size_t n, uint64_t now)
{
	uint64_t before = t->fresh;

	if (n)
		track_put_runs(t, runs[0].start, runs[n - 1].end, runs, n, now, true);
	track_count_fresh(t, start, before);
}

void
track_drop(struct track *t, uint64_t start, uint64_t end)
{
	track_splice(t, start, end, &(struct stamps){0});
}

uint64_t
track_newest(const struct track *t, uint64_t start, uint64_t end)
{
	uint64_t newest = 0;

	for (size_t i = track_first(t, start); i < t->n && t->v[i].start < end; i++)
		newest = u64_max(newest, t->v[i].time_ns);
	return newest;
}

enum heat
track_newest_heat(const struct track *t, uint64_t start, uint64_t end, uint64_t now)
{
	uint64_t newest = track_newest(t, start, end), age = now > newest ? now - newest : 0;

	return newest && (!t->pulse || age < COOL_NS) ? heat_of_age(age) : HEAT_NONE;
}

uint32_t
track_most(const struct track *t, uint64_t start, uint64_t end)
{
	uint32_t most = 0;

	for (size_t i = track_first(t, start); i < t->n && t->v[i].start < end; i++)
		most = t->v[i].count > most ? t->v[i].count : most;
	return most;
}

uint64_t
track_bytes(const struct track *t, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = track_first(t, start); i < t->n && t->v[i].start < end; i++)
		sum += u64_min(t->v[i].end, end) - u64_max(t->v[i].start, start);
	return sum;
}

uint64_t
track_bytes_in(const struct track *t, uint64_t start, uint64_t end, uint32_t era)
{
	uint64_t sum = 0;

	for (size_t i = track_first(t, start); i < t->n && t->v[i].start < end; i++) {
		const struct track_stamp *s = &t->v[i];

		if (s->gen - era < 32 && s->recent >> (s->gen - era) & 1)
			sum += u64_min(s->end, end) - u64_max(s->start, start);
	}
	return sum;
}

bool
track_is_warm(const struct track *t, const struct track_stamp *s, uint64_t now)
{
	return !t->pulse || now < s->time_ns + COOL_NS;
}

/* --- the mark
 * ---------------------------------------------------------------------------------------- */

void
track_ranges_add(struct track_ranges *r, uint64_t start, uint64_t end)
{
	r->v = vec_room(r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n++] = (struct track_range){start, end};
}

static void
track_remember_regions(struct track *t, const struct vma_list *vmas)
{
	t->mark.n = 0;
	for (size_t i = 0; i < vmas->n; i++)
		track_ranges_add(&t->mark, vmas->v[i].start, vmas->v[i].end);
}

static int
track_do_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
               const struct vma_list *vmas, struct err *err)
{
	switch (t->way) {
	case TRACK_SOFT_DIRTY:
		if (soft_dirty_clear(p, err) < 0)
			return -1;
		track_remember_regions(t, vmas);
		return 0;
	case TRACK_UFFD:
		return uffd_clear(t, p, pm, vmas, err);
	case TRACK_HASH:
	case TRACK_NONE:
		seen_forget(t->seen);
		return 0;
	case TRACK_WAYS:
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
		return err_set(err, ERR_TARGET, t->status[TRACK_SOFT_DIRTY].why,
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
		t->first_era = t->era + (track_way_caps(t->way) & TRACK_LOCAL ? 1 : 0);
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
				track_ranges_add(&left, start, end);
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
	if (t->way == TRACK_UFFD)
		uffd_lost(t, pm, vmas, &replaced);
	for (size_t i = 0; i < replaced.n; i++)
		track_drop(t, replaced.v[i].start, replaced.v[i].end);
	if (track_cats(t))
		came_follow(t, pm, vmas, &replaced);
	if (t->way == TRACK_SOFT_DIRTY)
		track_trim_mark(t, vmas);
	if (t->way == TRACK_UFFD)
		uffd_follow(t, p, pm, vmas);
	free(replaced.v);
}

/*
 * One region may have lost its writes because its pages were dropped; all regions at once have
 * because somebody else cleared.
 */
void
track_settle(struct track *t)
{
	if (t->lost.n && !t->kept)
		t->others = true;
	for (size_t i = 0; i < t->lost.n; i++)
		track_update(t, t->lost.v[i].start, t->lost.v[i].end, NULL, 0, 0);
	t->lost.n = 0;
}

bool
track_in_scope(const struct track *t, uint64_t *start, uint64_t *end)
{
	if (t->scope.start < t->scope.end) {
		*start = u64_max(*start, t->scope.start);
		*end = u64_min(*end, t->scope.end);
	}
	return *start < *end;
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

bool
track_met(const struct track *t, uint64_t start, uint64_t end)
{
	size_t i = vec_above(t->mark.v, t->mark.n, sizeof(*t->mark.v),
	                     offsetof(struct track_range, end), start);

	return !t->mark.n || (i < t->mark.n && t->mark.v[i].start < end);
}

bool
track_knew(const struct track *t, uint64_t start, uint64_t end)
{
	size_t i = vec_above(t->mark.v, t->mark.n, sizeof(*t->mark.v),
	                     offsetof(struct track_range, start), start);

	return i > 0 && t->mark.v[i - 1].start == start && t->mark.v[i - 1].end == end;
}

bool
ranges_cover(const struct track_ranges *r, uint64_t start, uint64_t end)
{
	size_t i = vec_above(r->v, r->n, sizeof(*r->v), offsetof(struct track_range, end), start);

	for (; start < end && i < r->n && r->v[i].start <= start; i++)
		start = r->v[i].end;
	return start >= end;
}
