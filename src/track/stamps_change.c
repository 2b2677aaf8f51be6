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

static uint64_t
stamps_scan_id(struct stamps *s, uint32_t epoch, uint64_t now)
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

/*
 * Forgets that some pages of a leaf were written in the epoch of this bit, the oldest: it is
 * counted then, and the scan of those that were not written again is noted.
 */
static void
stamps_forget_plane(struct stamps_leaf *l, unsigned b, uint32_t first)
{
	stamps_plane was, last;

	memcpy(was, l->bit[PAST][b], sizeof(was));
	memset(l->bit[PAST][b], 0, sizeof(stamps_plane));
	memcpy(last, was, sizeof(last));
	for (unsigned f = 0; f < FIELDS; f++)
		for (uint32_t left = f == OLDER ? 0 : l->used[f]; left; left &= left - 1)
			for (unsigned w = 0; w < WORDS; w++)
				last[w] &= ~l->bit[f][__builtin_ctz(left)][w];
	stamps_leaf_count(l, was);
	if (!stamps_is_empty(last))
		stamps_leaf_set(l, SCAN, last, first);
}

/* The same of a run. */
static void
stamps_forget_run(struct stamps_part *p, unsigned b, uint32_t first)
{
	p->all[PAST] &= ~(UINT32_C(1) << b);
	p->all[OLDER]++;
	if (!p->all[PAST] && !p->all[SCAN])
		p->all[SCAN] = first;
}

void
stamps_forget_planes(struct stamps_leaf *l, const struct stamps_forgets *f)
{
	for (unsigned i = 0; i < f->n; i++)
		if (l->used[PAST] >> f->bit[i] & 1)
			stamps_forget_plane(l, f->bit[i], f->first[i]);
}

void
stamps_forget(struct stamps_part *p, const struct stamps_forgets *f, size_t n)
{
	struct stamps_leaf l;
	struct stamps_part new;
	bool any = false;

	for (size_t k = 0; k < n; k++)
		for (unsigned i = 0; i < f[k].n; i++) {
			if (!((p->all[PAST] | p->stored[PAST]) >> f[k].bit[i] & 1))
				continue;
			any = true;
			if (!p->planes)
				stamps_forget_run(p, f[k].bit[i], f[k].first[i]);
		}
	if (!any || !p->planes)
		return;
	stamps_leaf_read_packed(&l, p);
	for (size_t k = 0; k < n; k++)
		stamps_forget_planes(&l, &f[k]);
	new = stamps_leaf_part(&l, p->page / LEAF, 1, p);
	free(p->planes);
	*p = new;
}

void
stamps_step(struct stamps *s, uint32_t epoch, struct stamps_forgets *out)
{
	unsigned n = 0;

	for (; epoch > s->epoch && n < EPOCHS && n < epoch - s->epoch; n++) {
		uint32_t back = EPOCHS - 1 - n; /* the oldest first */
		size_t at = stamps_first_scan(s, s->epoch > back ? s->epoch - back : 0);

		out->first[n] = at < s->scans_n ? (uint32_t)s->scans[at].id : 0;
		out->bit[n] = (s->epoch - back) % EPOCHS;
	}
	out->n = n;
	s->epoch = (uint32_t)u64_max(s->epoch, epoch);
}

void
stamps_reach_epoch(struct stamps *s, uint32_t epoch)
{
	struct stamps_forgets f;

	stamps_step(s, epoch, &f);
	for (size_t i = 0; f.n && i < s->n; i++)
		stamps_forget(&s->v[i], &f, 1);
}

bool
stamps_has_room(const struct stamps *s, size_t scans)
{
	return s->scans_n + scans <= u64_max(s->scans_most, SCANS_LEAST);
}

uint64_t
stamps_scan(struct stamps *s, uint32_t epoch, uint64_t now)
{
	uint64_t id = stamps_scan_id(s, epoch, now);

	return s->scans[stamps_first_scan(s, epoch)].id == id ? 0 : id;
}

/* --- changing --------------------------------------------------------------------------------- */

static void
stamps_part_free(struct stamps_part *p)
{
	free(p->planes);
	p->planes = NULL;
}

static bool
stamps_continues(const struct stamps_part *a, const struct stamps_part *b)
{
	return !a->planes && !b->planes && stamps_end(a) == b->page && a->page % LEAF == 0 &&
	       a->n % LEAF == 0 && b->n % LEAF == 0 &&
	       !memcmp(a->all, b->all, sizeof(a->all));
}

void
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

void
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

/* The pages of a leaf that are written, and those that were in the epoch of this bit. */
static void
stamps_written(const struct stamps_part *p, uint64_t leaf, unsigned b, stamps_plane is,
               stamps_plane now)
{
	struct stamps_view v;
	struct stamps_way way;
	stamps_plane packed;

	memset(now, 0, sizeof(stamps_plane));
	if (!p->planes) {
		stamps_mask_leaf(is, leaf, p->page, stamps_end(p));
	} else {
		v = stamps_look(p);
		memcpy(is, v.written, sizeof(v.written));
	}
	if (p->stored[PAST] >> b & 1) {
		way = stamps_way(is);
		stamps_packed_past(&v, b, packed);
		stamps_spread(&way, packed, now);
	} else if (p->all[PAST] >> b & 1) {
		memcpy(now, is, sizeof(stamps_plane));
	}
}

/* What becomes of a part of the leaf: it stays; no page is gone, and few are `new`; or more. */
enum stamps_fate { STAYS, GROWS, CHANGES };

static enum stamps_fate
stamps_fate(const struct stamps_edit *e, const struct stamps_part *p, uint64_t leaf,
            const stamps_plane runs, stamps_plane new)
{
	enum { FEW = 8 };
	stamps_plane is, now, range;
	uint64_t fresh = 0;

	if (e->put || !p)
		return CHANGES;
	if (e->keep && stamps_is_empty(runs))
		return STAYS;
	stamps_written(p, leaf, e->epoch % EPOCHS, is, now);
	stamps_mask_leaf(range, leaf, e->from, e->to);
	for (unsigned w = 0; w < WORDS; w++) {
		if (!e->keep && is[w] & range[w] & ~runs[w])
			return CHANGES;
		new[w] = runs[w] & ~is[w];
		fresh |= runs[w] & ~now[w];
	}
	if (!fresh)
		return STAYS;
	return p->planes && stamps_size(new) <= FEW ? GROWS : CHANGES;
}

/* The part packed, with the new pages; then the runs are packed as well. */
static void
stamps_grow(struct stamps_leaf *l, const struct stamps_part *p, const stamps_plane new,
            stamps_plane runs)
{
	stamps_plane pages;
	struct stamps_way way;

	stamps_leaf_read_packed(l, p);
	for (unsigned w = 0; w < WORDS; w++)
		for (uint64_t left = new[w]; left; left &= left - 1)
			stamps_leaf_insert(l, w * WORD + (unsigned)__builtin_ctzll(left));
	memcpy(pages, runs, sizeof(pages));
	way = stamps_way(l->pages);
	stamps_pack(&way, pages, runs);
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

unsigned
stamps_edit_leaf(struct stamps_leaf *l, const struct stamps *s, const struct stamps_edit *e,
                 uint64_t leaf, const stamps_plane runs)
{
	uint64_t *now = stamps_leaf_plane(l, PAST, e->epoch % EPOCHS);
	stamps_plane fresh, gone;
	uint32_t past, remembered;
	unsigned n = 0;

	stamps_mask_leaf(gone, leaf, e->from, e->to);
	for (unsigned w = 0; w < WORDS; w++)
		gone[w] = e->keep || l->is_packed ? 0 : gone[w] & l->written[w] & ~runs[w];
	stamps_leaf_drop(l, gone);
	for (unsigned w = 0; w < WORDS; w++) {
		fresh[w] = runs[w] & ~(e->put ? 0 : now[w]);
		l->written[w] |= fresh[w];
		n += (unsigned)__builtin_popcountll(fresh[w]);
	}
	stamps_leaf_set(l, SCAN, fresh, e->scan);
	if (e->put) {
		past = stamps_past_of(s, e->put);
		remembered = (uint32_t)__builtin_popcount(past);
		stamps_leaf_set(l, PAST, fresh, past);
		stamps_leaf_set(l, OLDER, fresh,
		                e->put->count > remembered ? e->put->count - remembered : 0);
		return n;
	}
	for (unsigned w = 0; w < WORDS; w++)
		now[w] |= fresh[w];
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
		enum stamps_fate fate;
		stamps_plane runs, fresh;
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
		fate = stamps_fate(e, is, leaf, runs, fresh);
		if (fate == STAYS) {
			stamps_append_some(out, is, leaf * LEAF, (leaf + n) * LEAF);
			if (is->planes)
				*is = (struct stamps_part){.page = is->page, .n = is->n};
			continue;
		}
		if (fate == GROWS)
			stamps_grow(&l, is, fresh, runs);
		else
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
	if (s->cap < n) { /* there may be millions: not twice as many */
		s->cap = n + n / 8;
		s->v = mem_resize(s->v, s->cap * sizeof(*s->v));
	}
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
	struct stamps_edit e = {.runs = runs, .n = n, .keep = keep};

	stamps_reach_epoch(s, epoch);
	e.epoch = s->epoch; /* it may be less only in a damaged recording */
	if (n)
		e.scan = stamps_scan(s, e.epoch, now);
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
	e.epoch = s->epoch;
	e.scan = stamps_past_of(s, stamp) >> e.epoch % EPOCHS & 1
	             ? stamps_scan(s, e.epoch, stamp->time_ns)
	             : stamps_scan_id(s, e.epoch, stamp->time_ns);
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
			to->v[i].planes = stamps_planes_copy(&to->v[i]);
	stamps_drop(to, 0, start);
	stamps_drop(to, end, UINT64_MAX);
}
