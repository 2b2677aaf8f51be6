/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What scans do to the stamps. */
#include "track/stamps_parts.h"

#include <stdlib.h>
#include <string.h>

/* --- scans and epochs ------------------------------------------------------------------------- */

/* Forgets the scans that no page has a stamp of. */
static void
stamps_forget_scans(struct stamps *s)
{
	bool *used = mem_alloc(s->scans_n * sizeof(*used));
	struct stamps_at at = stamps_begin(s, 0, UINT64_MAX);
	struct track_stamp ignored;
	size_t n = 0;

	used[s->scans_n - 1] = true;
	while (stamps_next(&at, &ignored))
		used[at.which] = true;
	for (size_t i = 0; i < s->scans_n; i++)
		if (used[i])
			s->scans[n++] = s->scans[i];
	s->scans_n = n;
	s->scans_most = u64_max(SCANS_LEAST, 2 * n);
	free(used);
}

/* The number of a scan. */
static uint64_t
stamps_scan(struct stamps *s, uint32_t epoch, uint64_t now)
{
	struct stamps_scan *last = s->scans_n ? &s->scans[s->scans_n - 1] : NULL;

	if (last && last->epoch == epoch && last->time_ns == now)
		return last->id;
	if (s->scans_n >= u64_max(s->scans_most, SCANS_LEAST)) {
		stamps_forget_scans(s);
		last = &s->scans[s->scans_n - 1];
	}
	s->scans = vec_room(s->scans, s->scans_n, &s->scans_cap, sizeof(*s->scans));
	s->scans[s->scans_n] = (struct stamps_scan){
	    .id = last ? s->scans[s->scans_n - 1].id + 1 : 1, .time_ns = now, .epoch = epoch};
	return s->scans[s->scans_n++].id;
}

/* Forgets whether the page was written in an epoch that is too long ago. */
static void
stamps_forget_epoch(struct stamps_part *p, uint32_t epoch)
{
	unsigned b = epoch % EPOCHS;
	uint32_t bit = UINT32_C(1) << b;

	p->all[PAST] &= ~bit;
	if (p->stored[PAST] & bit) {
		size_t k = stamps_index(p, PAST, b), n = stamps_planes(p);

		memmove(p->planes[k], p->planes[k + 1], (n - k - 1) * sizeof(stamps_plane));
		p->stored[PAST] &= ~bit;
	}
}

static void
stamps_reach_epoch(struct stamps *s, uint32_t epoch)
{
	uint32_t steps = epoch - s->epoch;

	if (epoch <= s->epoch)
		return;
	for (size_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < steps && k < EPOCHS; k++)
			stamps_forget_epoch(&s->v[i], epoch - k);
	s->epoch = epoch;
}

/* --- changing --------------------------------------------------------------------------------- */

static void
stamps_part_free(struct stamps_part *p)
{
	free(p->planes);
	p->planes = NULL;
}

/* What to do with the pages of a range. */
struct stamps_edit {
	const struct pm_run *runs;
	size_t n;
	bool keep;                     /* what is not in the runs */
	const struct track_stamp *put; /* instead of an update */
	uint32_t epoch;
	uint64_t scan;
	uint64_t from, to; /* pages of the range */
	uint64_t fresh;    /* pages stamped */
};

struct stamps_list {
	struct stamps_part *v;
	size_t n, cap;
};

static bool
stamps_continues(const struct stamps_part *a, const struct stamps_part *b)
{
	return !a->planes && !b->planes && stamps_end(a) == b->page && a->page % LEAF == 0 &&
	       a->n % LEAF == 0 && b->n % LEAF == 0 &&
	       !memcmp(a->all, b->all, sizeof(a->all));
}

static void
stamps_append(struct stamps_list *out, const struct stamps_part *p)
{
	struct stamps_part *last = out->n ? &out->v[out->n - 1] : NULL;

	if (last && stamps_continues(last, p)) {
		last->n += p->n;
		return;
	}
	out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
	out->v[out->n++] = *p;
}

/* Of a run of leaves, those from `from` to before `to`. */
static void
stamps_append_some(struct stamps_list *out, const struct stamps_part *p, uint64_t from, uint64_t to)
{
	struct stamps_part some = *p;

	some.page = u64_max(p->page, from);
	some.n = u64_min(stamps_end(p), to) - some.page;
	stamps_append(out, &some);
}

/* The written pages of a leaf in the range, and the runs from *r on. */
static void
stamps_runs_of(const struct stamps_edit *e, uint64_t leaf, size_t *r, stamps_plane out)
{
	uint64_t lo = u64_max(e->from, leaf * LEAF), hi = u64_min(e->to, (leaf + 1) * LEAF);

	memset(out, 0, sizeof(stamps_plane));
	while (*r < e->n && e->runs[*r].end / PAGE <= lo)
		++*r;
	for (size_t i = *r; i < e->n && e->runs[i].start / PAGE < hi; i++) {
		uint64_t from = u64_max(e->runs[i].start / PAGE, lo),
			 to = u64_min(e->runs[i].end / PAGE, hi);

		for (uint64_t w = from / WORD; w * WORD < to; w++)
			out[w - leaf * WORDS] |= stamps_mask(w, from, to);
	}
}

/* Whether a part of the leaf stays as it is. */
static bool
stamps_stays(const struct stamps_edit *e, const struct stamps_part *p, uint64_t leaf,
             const stamps_plane runs)
{
	unsigned b = e->epoch % EPOCHS;
	stamps_plane is, now = {0}, range;

	if (e->put || !p)
		return false;
	if (p->planes)
		memcpy(is, p->planes[0], sizeof(is));
	else
		stamps_mask_leaf(is, leaf, p->page, stamps_end(p));
	if (p->stored[PAST] >> b & 1)
		memcpy(now, p->planes[stamps_index(p, PAST, b)], sizeof(now));
	else if (p->all[PAST] >> b & 1)
		memcpy(now, is, sizeof(now));
	stamps_mask_leaf(range, leaf, e->from, e->to);
	for (unsigned w = 0; w < WORDS; w++)
		if (runs[w] & ~now[w] || (!e->keep && is[w] & range[w] & ~runs[w]))
			return false;
	return true;
}

static uint32_t
stamps_past_of(const struct stamps *s, const struct track_stamp *put)
{
	uint32_t past = 0;

	for (uint32_t k = 0; k < EPOCHS && k <= put->epoch; k++)
		if (put->recent >> k & 1 && stamps_remembers(s, put->epoch - k))
			past |= UINT32_C(1) << (put->epoch - k) % EPOCHS;
	return past;
}

/* Returns how many pages got a stamp. */
static unsigned
stamps_edit_leaf(struct stamps_leaf *l, const struct stamps *s, const struct stamps_edit *e,
                 uint64_t leaf, const stamps_plane runs)
{
	uint64_t *now = l->bit[PAST][e->epoch % EPOCHS];
	stamps_plane fresh, gone;
	unsigned n = 0;

	stamps_mask_leaf(gone, leaf, e->from, e->to);
	for (unsigned w = 0; w < WORDS; w++)
		gone[w] = e->keep ? 0 : gone[w] & l->written[w] & ~runs[w];
	stamps_leaf_drop(l, gone);
	for (unsigned w = 0; w < WORDS; w++) {
		fresh[w] = runs[w] & ~(e->put ? 0 : now[w]);
		l->written[w] |= fresh[w];
		n += (unsigned)__builtin_popcountll(fresh[w]);
	}
	stamps_leaf_set(l, SCAN, fresh, e->scan);
	if (e->put) {
		stamps_leaf_set(l, PAST, fresh, stamps_past_of(s, e->put));
		stamps_leaf_set(l, COUNT, fresh, e->put->count);
		return n;
	}
	for (unsigned w = 0; w < WORDS; w++)
		now[w] |= fresh[w];
	stamps_leaf_count(l, fresh);
	return n;
}

/*
 * How many leaves are alike from this one on: all of each is in the range, in the same run or in
 * none, and in the same part or in none.
 */
static uint64_t
stamps_alike(const struct stamps_edit *e, const struct stamps_part *p,
             const struct stamps_part *end, uint64_t leaf, size_t r)
{
	uint64_t at = leaf * LEAF, to = e->to;

	if (e->from > at || (p < end && p->page <= at && (p->planes || p->n < LEAF)))
		return 1;
	if (p < end)
		to = u64_min(to, p->page > at ? p->page : stamps_end(p));
	if (r < e->n && e->runs[r].start / PAGE > at)
		to = u64_min(to, e->runs[r].start / PAGE);
	else if (r < e->n)
		to = u64_min(to, e->runs[r].end / PAGE);
	return to >= at + 2 * LEAF ? (to - at) / LEAF : 1;
}

/* The parts of the leaves that the range touches, as they are to be. */
static void
stamps_remake(struct stamps *s, struct stamps_edit *e, struct stamps_part *p,
              struct stamps_part *end, struct stamps_list *out)
{
	size_t r = 0;

	for (uint64_t leaf = e->from / LEAF, n; leaf * LEAF < e->to; leaf += n) {
		struct stamps_part *is = NULL, new;
		uint64_t next = UINT64_MAX;
		stamps_plane runs;
		struct stamps_leaf l;

		while (p < end && stamps_end(p) <= leaf * LEAF)
			p++;
		stamps_runs_of(e, leaf, &r, runs);
		if (p < end)
			next = p->page;
		if (r < e->n)
			next = u64_min(next, e->runs[r].start / PAGE);
		if (next / LEAF > leaf) { /* nothing is here */
			n = u64_min(next / LEAF, (e->to + LEAF - 1) / LEAF) - leaf;
			continue;
		}
		n = stamps_alike(e, p, end, leaf, r);
		if (p < end && p->page < (leaf + 1) * LEAF)
			is = p;
		if (stamps_stays(e, is, leaf, runs)) {
			stamps_append_some(out, is, leaf * LEAF, (leaf + n) * LEAF);
			if (is->planes)
				*is = (struct stamps_part){.page = is->page, .n = is->n};
			continue;
		}
		stamps_leaf_read(&l, is, leaf);
		e->fresh += n * stamps_edit_leaf(&l, s, e, leaf, runs);
		if (stamps_is_empty(l.written))
			continue;
		new = stamps_leaf_part(&l, leaf, n, is);
		stamps_append(out, &new);
	}
}

/* Changes the pages of [start, end). */
static void
stamps_change(struct stamps *s, uint64_t start, uint64_t end, struct stamps_edit *e)
{
	uint64_t from = start / PAGE / LEAF * LEAF, to = (end / PAGE + LEAF - 1) / LEAF * LEAF;
	size_t lo = stamps_find(s, from), hi = lo, n;
	struct stamps_list out = {0};

	e->from = start / PAGE;
	e->to = end / PAGE;
	while (hi < s->n && s->v[hi].page < to)
		hi++;
	if (lo == hi && !e->n)
		return;
	if (lo < hi && s->v[lo].page < from)
		stamps_append_some(&out, &s->v[lo], 0, from);
	stamps_remake(s, e, s->v + lo, s->v + hi, &out);
	if (lo < hi && stamps_end(&s->v[hi - 1]) > to)
		stamps_append_some(&out, &s->v[hi - 1], to, UINT64_MAX);
	for (size_t i = lo; i < hi; i++)
		stamps_part_free(&s->v[i]);
	n = s->n - (hi - lo) + out.n;
	while (s->cap < n)
		s->v = vec_room(s->v, s->cap, &s->cap, sizeof(*s->v));
	if (s->n > hi && hi - lo != out.n)
		memmove(s->v + lo + out.n, s->v + hi, (s->n - hi) * sizeof(*s->v));
	if (out.n)
		memcpy(s->v + lo, out.v, out.n * sizeof(*s->v));
	s->n = n;
	free(out.v);
}

uint64_t
stamps_update(struct stamps *s, uint64_t start, uint64_t end, const struct pm_run *runs, size_t n,
              bool keep, uint32_t epoch, uint64_t now)
{
	struct stamps_edit e = {.runs = runs, .n = n, .keep = keep, .epoch = epoch};

	stamps_reach_epoch(s, epoch);
	if (n)
		e.scan = stamps_scan(s, epoch, now);
	if (n || (!keep && stamps_bytes(s, start, end)))
		stamps_change(s, start, end, &e);
	return e.fresh * PAGE;
}

void
stamps_drop(struct stamps *s, uint64_t start, uint64_t end)
{
	struct stamps_edit e = {.epoch = s->epoch};

	if (start < end && stamps_bytes(s, start, end))
		stamps_change(s, start, end, &e);
}

void
stamps_put(struct stamps *s, const struct track_stamp *stamp)
{
	struct pm_run run = {stamp->start, stamp->end, 0};
	struct stamps_edit e = {.runs = &run, .n = 1, .keep = true, .put = stamp};

	stamps_reach_epoch(s, stamp->epoch);
	e.epoch = stamp->epoch;
	e.scan = stamps_scan(s, stamp->epoch, stamp->time_ns);
	stamps_change(s, stamp->start, stamp->end, &e);
}

void
stamps_clear(struct stamps *s)
{
	for (size_t i = 0; i < s->n; i++)
		stamps_part_free(&s->v[i]);
	s->n = s->scans_n = 0;
	s->epoch = 0;
}

void
stamps_free(struct stamps *s)
{
	stamps_clear(s);
	free(s->v);
	free(s->scans);
	*s = (struct stamps){0};
}

void
stamps_copy(struct stamps *to, const struct stamps *from, uint64_t start, uint64_t end)
{
	size_t lo = stamps_find(from, start / PAGE), hi = lo;

	stamps_free(to);
	while (hi < from->n && from->v[hi].page < end / PAGE)
		hi++;
	*to = (struct stamps){
	    .v = mem_copy(from->v + lo, (hi - lo) * sizeof(*from->v)),
	    .n = hi - lo,
	    .cap = hi - lo,
	    .epoch = from->epoch,
	    .scans = mem_copy(from->scans, from->scans_n * sizeof(*from->scans)),
	    .scans_n = from->scans_n,
	    .scans_cap = from->scans_n,
	    .scans_most = from->scans_most,
	};
	for (size_t i = 0; i < to->n; i++)
		if (to->v[i].planes)
			to->v[i].planes =
			    mem_copy(to->v[i].planes,
			             stamps_planes(&to->v[i]) * sizeof(stamps_plane));
	stamps_drop(to, 0, start);
	stamps_drop(to, end, UINT64_MAX);
}
