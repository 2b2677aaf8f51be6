/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "track/track.h"

static const uint64_t COOL_NS =
    UINT64_C(30000000000); /* after which a write has faded in auto-clear */

const char *
track_doubt_words(enum track_doubt d)
{
	static const char *const words[] = {
	    [DOUBT_NONE] = "",
	    [DOUBT_NEW] = "mapped since the clear: its writes are not known",
	    [DOUBT_REMAPPED] = "unknown since remap: it grew into, or merged with, a new mapping; "
	                       "clear again to know",
	    [DOUBT_UNWATCHED] =
		"not watched: mapped since the clear, or the kernel does not allow it",
	    [DOUBT_READONLY] = "not watched: read-only, but a debugger or mprotect() can still "
			       "write; --scope watches it",
	    [DOUBT_OUTSIDE] = "not watched: another part of the process is",
	    [DOUBT_HUGETLB] = "not trackable: the kernel does not mark hugetlb pages again",
	};

	return words[d];
}

/* --- stamps ----------------------------------------------------------------------------------- */

/*
 * Stamps that a scan does not renew stay: in auto-clear, after a clear by somebody else, and for
 * local trackers.
 */
static bool
track_keeps(const struct track *t)
{
	return t->auto_clear || t->others || t->by_scans;
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

bool
track_was_written(const struct track *t, uint64_t addr, uint32_t epoch)
{
	const struct track_stamp *s = track_at(t, addr);

	return s && s->epoch - epoch < 32 && s->recent >> (s->epoch - epoch) & 1;
}

uint64_t
track_time(const struct track *t, uint64_t addr)
{
	const struct track_stamp *s = track_at(t, addr);

	return s ? s->time_ns : 0;
}

/*
 * A clear begins an epoch, but nothing is known about it before the next scan; for local trackers
 * each scan is an epoch.
 */
static uint32_t
track_last_epoch(const struct track *t)
{
	return t->by_scans || t->scanned_ns >= t->clear_ns ? t->epoch : t->epoch - 1;
}

static uint32_t
track_recent_until(const struct track_stamp *s, uint32_t epoch)
{
	return epoch - s->epoch < 32 ? s->recent << (epoch - s->epoch) : 0;
}

uint32_t
track_epochs(const struct track *t)
{
	return t->clears ? track_last_epoch(t) + 1 - t->first_epoch : 0;
}

uint32_t
track_recent(const struct track *t, const struct track_stamp *s)
{
	return track_recent_until(s, track_last_epoch(t));
}

/* The index of the first scanned region that starts above `region`. */
static size_t
track_scanned_above(const struct track *t, uint64_t region)
{
	return vec_above(t->scanned, t->scanned_n, sizeof(*t->scanned),
	                 offsetof(struct track_region, start), region);
}

enum track_doubt
track_doubt(const struct track *t, uint64_t region)
{
	size_t i = track_scanned_above(t, region);

	return i && t->scanned[i - 1].start == region ? t->scanned[i - 1].doubt : DOUBT_NEW;
}

const char *
track_past_why(const struct track_past *p)
{
	if (!p->epochs)
		return "no sample since the clear";
	return p->doubt ? track_doubt_words(p->doubt) : NULL;
}

uint64_t
track_rest(const struct track *t, uint64_t region)
{
	size_t i = track_scanned_above(t, region);

	return i && t->scanned[i - 1].start == region ? t->scanned[i - 1].rest : UINT64_MAX;
}

void
track_set_doubt(struct track *t, uint64_t region, enum track_doubt d, uint64_t rest)
{
	size_t i = track_scanned_above(t, region);

	if (!i || t->scanned[i - 1].start != region) {
		t->scanned =
		    vec_room(t->scanned, t->scanned_n, &t->scanned_cap, sizeof(*t->scanned));
		memmove(t->scanned + i + 1, t->scanned + i,
		        (t->scanned_n++ - i) * sizeof(*t->scanned));
		t->scanned[i++].start = region;
	}
	t->scanned[i - 1].doubt = d;
	t->scanned[i - 1].rest = rest;
}

struct stamps {
	struct track_stamp *v;
	size_t n, cap;
};

/* Appends the stamp `as` for [start, end). */
static void
track_stamp_add(struct stamps *s, uint64_t start, uint64_t end, struct track_stamp as)
{
	struct track_stamp *last = s->n ? &s->v[s->n - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->end == start && last->time_ns == as.time_ns && last->epoch == as.epoch &&
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
	uint32_t steps = t->epoch - old->epoch;

	return (struct track_stamp){.time_ns = now, .epoch = t->epoch, .count = old->count + 1,
	                            .recent = (steps < 32 ? old->recent << steps : 0) | 1};
}

/* A written range: stamps of this epoch stay, all else is stamped now. */
static void
track_add_written(struct stamps *out, struct track *t, uint64_t start, uint64_t end, uint64_t now)
{
	const struct track_stamp fresh = {
	    .time_ns = now, .epoch = t->epoch, .count = 1, .recent = 1};
	uint64_t at = start;

	for (size_t k = track_first(t, start); k < t->n && t->v[k].start < end; k++) {
		const struct track_stamp *old = &t->v[k];
		uint64_t from = u64_max(old->start, at), to = u64_min(old->end, end);

		track_stamp_add(out, at, from, fresh);
		track_stamp_add(out, from, to,
		                old->epoch == t->epoch ? *old : track_stamp_again(t, old, now));
		t->fresh += from - at + (old->epoch == t->epoch ? 0 : to - from);
		at = to;
	}
	track_stamp_add(out, at, end, fresh);
	t->fresh += end - at;
}

/* A range not written now: its old stamps stay. */
static void
track_add_kept(struct stamps *out, const struct track *t, uint64_t start, uint64_t end)
{
	for (size_t k = track_first(t, start); k < t->n && t->v[k].start < end; k++)
		track_stamp_add(out, u64_max(t->v[k].start, start), u64_min(t->v[k].end, end),
		                t->v[k]);
}

/* Replaces the stamps of [start, end) by `mid`; stamps that straddle an end are split. */
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

/* Credits the region at `start` with what was newly stamped since `before`. */
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

	return newest && (!t->auto_clear || age < COOL_NS) ? heat_of_age(age) : HEAT_NONE;
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
track_bytes_in(const struct track *t, uint64_t start, uint64_t end, uint32_t epoch)
{
	uint64_t sum = 0;

	for (size_t i = track_first(t, start); i < t->n && t->v[i].start < end; i++) {
		const struct track_stamp *s = &t->v[i];

		if (s->epoch - epoch < 32 && s->recent >> (s->epoch - epoch) & 1)
			sum += u64_min(s->end, end) - u64_max(s->start, start);
	}
	return sum;
}

bool
track_is_warm(const struct track *t, const struct track_stamp *s, uint64_t now)
{
	return !t->auto_clear || now < s->time_ns + COOL_NS;
}

/* --- the clear -------------------------------------------------------------------------------- */

/*
 * A single region may have lost its marks because its pages were dropped; if all regions lost them
 * at once, somebody else has cleared.
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
