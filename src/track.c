/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "track_ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kabi.h"
#include "util.h"

static const uint64_t COOL_NS = UINT64_C(30000000000); /* after which a write is no longer shown in a pulse */

enum heat
track_heat(uint64_t age_ns)
{
	static const struct {
		uint64_t ms;
		enum heat heat;
	} steps[] = {{500, HEAT_NOW}, {2000, HEAT_2S}, {5000, HEAT_5S}, {12000, HEAT_12S}};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (age_ns <= steps[i].ms * 1000000)
			return steps[i].heat;
	return HEAT_30S;
}

/* --- which way ----------------------------------------------------------------------------------------- */

bool
track_cannot(struct track *t, const char *why, const char *how)
{
	snprintf(t->why, sizeof(t->why), "%s", why);
	snprintf(t->how, sizeof(t->how), "%s", how);
	return false;
}

void
track_probe(struct track *t, const struct proc *p, const struct pagemap *pm)
{
	t->way = TRACK_SOFT_DIRTY;
	t->can = soft_dirty_probe(t, p) ? TRACK_YES : TRACK_NO;
	if (t->can == TRACK_YES || !t->ours)
		return;
	t->way = TRACK_UFFD;
	t->can = uffd_probe(t, pm) ? TRACK_YES : TRACK_NO;
}

const char *
track_way_name(enum track_way way)
{
	return way == TRACK_UFFD ? "userfaultfd" : "soft-dirty";
}

uint64_t
track_cats(const struct track *t)
{
	return t->way == TRACK_UFFD ? PM_CAT_WRITTEN | PM_CAT_WPALLOWED : PM_CAT_SOFT_DIRTY;
}

/* The zero page of an armed region was read, not written. */
bool
track_is_written(const struct track *t, uint64_t cats)
{
	uint64_t need = track_cats(t);

	return (cats & need) == need && !(t->way == TRACK_UFFD && cats & PM_CAT_PFNZERO);
}

/* --- the mark ---------------------------------------------------------------------------------------- */

static void
remember_regions(struct track *t, const struct vma_list *vmas)
{
	free(t->mark);
	t->mark = mem_alloc(vmas->n * sizeof(*t->mark));
	t->mark_n = vmas->n;
	for (size_t i = 0; i < vmas->n; i++)
		t->mark[i] = (struct track_stamp){.start = vmas->v[i].start, .end = vmas->v[i].end};
}

int
track_clear(struct track *t, const struct proc *p, const struct pagemap *pm, const struct vma_list *vmas,
            struct err *err)
{
	uint64_t start = time_ns();

	if (t->can == TRACK_UNKNOWN)
		track_probe(t, p, pm);
	if (t->can != TRACK_YES)
		return err_set(err, ERR_TARGET, t->why, t->how, "cannot track writes");
	if ((t->way == TRACK_UFFD ? uffd_clear(pm, vmas, err) : soft_dirty_clear(p, err)) < 0)
		return -1;
	t->mark_ns = time_ns();
	t->cost_ns = t->mark_ns - start;
	t->gen++;
	if (!t->pulse)
		t->n = 0;
	remember_regions(t, vmas);
	return 0;
}

void
track_forget(struct track *t)
{
	free(t->mark);
	t->mark = NULL;
	t->mark_n = 0;
	t->n = 0;
	t->gen = 0;
}

void
track_free(struct track *t)
{
	track_forget(t);
	free(t->v);
	*t = (struct track){.ours = t->ours};
}

bool
track_knew(const struct track *t, uint64_t start, uint64_t end)
{
	size_t i = vec_above(t->mark, t->mark_n, sizeof(*t->mark), offsetof(struct track_stamp, start), start);

	return i > 0 && t->mark[i - 1].start == start && t->mark[i - 1].end == end;
}

/* --- stamps ------------------------------------------------------------------------------------------ */

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

struct stamps {
	struct track_stamp *v;
	size_t n, cap;
};

/* [start, end) with the rest of `as`. */
static void
stamp_add(struct stamps *s, uint64_t start, uint64_t end, struct track_stamp as)
{
	struct track_stamp *last = s->n ? &s->v[s->n - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->end == start && last->time_ns == as.time_ns && last->gen == as.gen &&
	    last->count == as.count) {
		last->end = end;
		return;
	}
	as.start = start;
	as.end = end;
	s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = as;
}

/* A written stretch: stamped in this generation it stays so, else it is now, once more. */
static void
add_written(struct stamps *out, const struct track *t, uint64_t start, uint64_t end, uint64_t now)
{
	uint64_t at = start;

	for (size_t k = track_first(t, start); k < t->n && t->v[k].start < end; k++) {
		const struct track_stamp *old = &t->v[k];
		uint64_t from = u64_max(old->start, at), to = u64_min(old->end, end);

		stamp_add(out, at, from, (struct track_stamp){.time_ns = now, .gen = t->gen, .count = 1});
		if (old->gen == t->gen)
			stamp_add(out, from, to, *old);
		else
			stamp_add(out, from, to,
			          (struct track_stamp){.time_ns = now, .gen = t->gen, .count = old->count + 1});
		at = to;
	}
	stamp_add(out, at, end, (struct track_stamp){.time_ns = now, .gen = t->gen, .count = 1});
}

/* A stretch that is not written now: in a pulse what was written before is still cooling. */
static void
add_cooling(struct stamps *out, const struct track *t, uint64_t start, uint64_t end, uint64_t now)
{
	for (size_t k = track_first(t, start); t->pulse && k < t->n && t->v[k].start < end; k++)
		if (t->v[k].gen != t->gen && now - u64_min(now, t->v[k].time_ns) < COOL_NS)
			stamp_add(out, u64_max(t->v[k].start, start), u64_min(t->v[k].end, end), t->v[k]);
}

void
track_update(struct track *t, uint64_t start, uint64_t end, const struct pm_run *runs, size_t n,
             uint64_t now)
{
	struct stamps out = {0};
	uint64_t at = start;
	size_t i = 0;

	for (; i < t->n && t->v[i].start < start; i++)
		stamp_add(&out, t->v[i].start, u64_min(t->v[i].end, start), t->v[i]);
	for (size_t r = 0; r < n; r++) {
		add_cooling(&out, t, at, runs[r].start, now);
		add_written(&out, t, runs[r].start, runs[r].end, now);
		at = runs[r].end;
	}
	add_cooling(&out, t, at, end, now);
	for (i = track_first(t, end); i < t->n; i++)
		stamp_add(&out, u64_max(t->v[i].start, end), t->v[i].end, t->v[i]);
	free(t->v);
	t->v = out.v;
	t->n = out.n;
	t->cap = out.cap;
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
	uint64_t newest = track_newest(t, start, end);

	return newest ? track_heat(now > newest ? now - newest : 0) : HEAT_NONE;
}
