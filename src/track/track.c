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

/* Makes stamps of what is noted. That changes nothing of what is known: for const tracks, too. */
static void
track_catch_up(const struct track *t)
{
	struct track *own = (struct track *)(uintptr_t)t;

	if (t->notes.n)
		stamps_update_many(&own->stamps, t->notes.v, t->notes.n);
	stamps_reach_epoch(&own->stamps, t->notes.epoch);
	notes_clear(&own->notes);
}

/* The same, if a page of [start, end) is noted. */
static void
track_catch_up_with(const struct track *t, uint64_t start, uint64_t end)
{
	if (notes_newest(&t->notes, start, end))
		track_catch_up(t);
}

bool
track_has_stamps(const struct track *t)
{
	return t->stamps.n || t->notes.n;
}

void
track_since(const struct track *t, uint64_t time_ns, struct extents *out)
{
	const struct notes *k = &t->notes;

	if (k->n && k->v[k->n - 1].time_ns > time_ns && stamps_last(&t->stamps) <= time_ns &&
	    (k->n == 1 || k->v[k->n - 2].time_ns <= time_ns)) {
		notes_last(k, out);
		return;
	}
	track_catch_up(t);
	stamps_since(&t->stamps, time_ns, out);
}

void
track_copy_stamps(struct stamps *to, const struct track *of, uint64_t start, uint64_t end)
{
	track_catch_up(of);
	stamps_copy(to, &of->stamps, start, end);
}

struct stamps_at
track_stamps(const struct track *t, uint64_t start, uint64_t end)
{
	track_catch_up(t);
	return stamps_begin(&t->stamps, start, end);
}

bool
track_at(const struct track *t, uint64_t addr, struct track_stamp *out)
{
	struct stamps_at at = track_stamps(t, addr, addr + STAMPS_PAGE);

	return stamps_next(&at, out);
}

bool
track_was_written(const struct track *t, uint64_t addr, uint32_t epoch)
{
	if (epoch > t->stamps.epoch)
		return notes_has(&t->notes, addr, epoch);
	track_catch_up(t);
	return stamps_has(&t->stamps, addr, epoch);
}

uint64_t
track_time(const struct track *t, uint64_t addr)
{
	return track_newest(t, addr, addr + STAMPS_PAGE);
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

static void
track_put_runs(struct track *t, uint64_t start, uint64_t end, const struct pm_run *runs, size_t n,
               uint64_t now, bool keep)
{
	if (!n && keep) {
		notes_add(&t->notes, NULL, 0, t->epoch, now);
		return;
	}
	track_catch_up(t);
	t->fresh += stamps_update(&t->stamps, start, end, runs, n, keep, t->epoch, now);
}

void
track_update(struct track *t, uint64_t region, uint64_t start, uint64_t end,
             const struct pm_run *runs, size_t n, uint64_t now)
{
	uint64_t before = t->fresh;

	track_put_runs(t, start, end, runs, n, now, track_keeps(t));
	track_count_fresh(t, region, before);
}

void
track_add(struct track *t, uint64_t start, const struct pm_run *runs, size_t n, uint64_t now)
{
	uint64_t before = t->fresh;

	if (n)
		track_put_runs(t, runs[0].start, runs[n - 1].end, runs, n, now, true);
	track_count_fresh(t, start, before);
}

/* Whether it is noted: what this epoch has stamps of already is not. */
static bool
track_note(struct track *t, const struct pm_run *runs, size_t n, uint64_t now)
{
	return t->stamps.epoch < t->epoch && notes_add(&t->notes, runs, n, t->epoch, now);
}

void
track_harvest(struct track *t, uint64_t start, const struct pm_run *runs, size_t n, uint64_t now)
{
	uint64_t before = t->fresh;
	bool noted = track_note(t, runs, n, now);

	if (!noted) {
		track_catch_up(t);
		noted = track_note(t, runs, n, now);
	}
	if (!noted) {
		track_add(t, start, runs, n, now);
		return;
	}
	for (size_t i = 0; i < n; i++)
		t->fresh += runs[i].end - runs[i].start;
	track_count_fresh(t, start, before);
}

void
track_drop(struct track *t, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	track_catch_up_with(t, start, end);
	stamps_drop(&t->stamps, start, end);
}

uint64_t
track_newest(const struct track *t, uint64_t start, uint64_t end)
{
	uint64_t noted = notes_newest(&t->notes, start, end);

	return noted ? noted : stamps_newest(&t->stamps, start, end);
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
	track_catch_up_with(t, start, end);
	return stamps_most(&t->stamps, start, end);
}

uint64_t
track_bytes(const struct track *t, uint64_t start, uint64_t end)
{
	track_catch_up_with(t, start, end);
	return stamps_bytes(&t->stamps, start, end);
}

uint64_t
track_bytes_in(const struct track *t, uint64_t start, uint64_t end, uint32_t epoch)
{
	if (epoch > t->stamps.epoch)
		return notes_bytes(&t->notes, start, end, epoch);
	track_catch_up(t);
	return stamps_bytes_in(&t->stamps, start, end, epoch);
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
		track_update(t, t->lost.v[i].start, t->lost.v[i].start, t->lost.v[i].end, NULL, 0,
		             0);
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
