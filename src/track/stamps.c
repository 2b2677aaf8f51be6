/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "track/stamps_parts.h"

#include <string.h>

size_t
stamps_find(const struct stamps *s, uint64_t page)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (stamps_end(&s->v[mid]) > page)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static size_t
stamps_scan_at(const struct stamps *s, uint64_t id)
{
	return vec_above(s->scans, s->scans_n, sizeof(*s->scans), offsetof(struct stamps_scan, id),
	                 id) - 1;
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool
stamps_meets(const struct stamps *s, size_t i, uint64_t to)
{
	return i < s->n && s->v[i].page < to;
}

static uint64_t
stamps_count_plane(const struct stamps_part *p, size_t plane, uint64_t from, uint64_t to)
{
	uint64_t n = 0, end = u64_min(stamps_end(p), to);

	for (uint64_t w = u64_max(p->page, from) / WORD; w * WORD < end; w++)
		n += (uint64_t)__builtin_popcountll(p->planes[plane][w % WORDS] &
		                                    stamps_mask(w, from, to));
	return n;
}

/* The written pages of a part in [from, to). */
static uint64_t
stamps_count(const struct stamps_part *p, uint64_t from, uint64_t to)
{
	if (p->planes)
		return stamps_count_plane(p, 0, from, to);
	return u64_min(stamps_end(p), to) - u64_max(p->page, from);
}

static uint64_t
stamps_count_in(const struct stamps_part *p, unsigned b, uint64_t from, uint64_t to)
{
	if (p->stored[PAST] >> b & 1)
		return stamps_count_plane(p, stamps_index(p, PAST, b), from, to);
	return p->all[PAST] >> b & 1 ? stamps_count(p, from, to) : 0;
}

uint64_t
stamps_bytes(const struct stamps *s, uint64_t start, uint64_t end)
{
	uint64_t from = start / PAGE, to = end / PAGE, n = 0;

	for (size_t i = stamps_find(s, from); stamps_meets(s, i, to); i++)
		n += stamps_count(&s->v[i], from, to);
	return n * PAGE;
}

uint64_t
stamps_bytes_in(const struct stamps *s, uint64_t start, uint64_t end, uint32_t epoch)
{
	uint64_t from = start / PAGE, to = end / PAGE, n = 0;

	if (!stamps_remembers(s, epoch))
		return 0;
	for (size_t i = stamps_find(s, from); stamps_meets(s, i, to); i++)
		n += stamps_count_in(&s->v[i], epoch % EPOCHS, from, to);
	return n * PAGE;
}

bool
stamps_has(const struct stamps *s, uint64_t addr, uint32_t epoch)
{
	uint64_t page = addr / PAGE;
	size_t i = stamps_find(s, page);
	const struct stamps_part *p = &s->v[i];
	unsigned b = epoch % EPOCHS;
	size_t plane = 0;

	if (!stamps_remembers(s, epoch) || i == s->n || p->page > page)
		return false;
	if (p->stored[PAST] >> b & 1)
		plane = stamps_index(p, PAST, b);
	else if (!(p->all[PAST] >> b & 1))
		return false;
	return !p->planes || p->planes[plane][page / WORD % WORDS] >> page % WORD & 1;
}

/* The largest value of a field among the written pages in [from, to); 0: there are none. */
static uint64_t
stamps_most_of(const struct stamps_part *p, enum stamps_field f, uint64_t from, uint64_t to)
{
	uint32_t most = p->all[f];
	stamps_plane among;

	if (!stamps_count(p, from, to))
		return 0;
	for (unsigned w = 0; p->planes && w < WORDS; w++)
		among[w] = p->planes[0][w] & stamps_mask(p->page / WORD + w, from, to);
	for (unsigned b = BITS; b-- > 0;) {
		const uint64_t *is;
		uint64_t any = 0;

		if (!(p->stored[f] >> b & 1))
			continue;
		is = p->planes[stamps_index(p, f, b)];
		for (unsigned w = 0; w < WORDS; w++)
			any |= among[w] & is[w];
		for (unsigned w = 0; any && w < WORDS; w++)
			among[w] &= is[w];
		most |= any ? UINT32_C(1) << b : 0;
	}
	return most;
}

static uint64_t
stamps_most_in(const struct stamps *s, enum stamps_field f, uint64_t start, uint64_t end)
{
	uint64_t from = start / PAGE, to = end / PAGE, most = 0;

	for (size_t i = stamps_find(s, from); stamps_meets(s, i, to); i++)
		most = u64_max(most, stamps_most_of(&s->v[i], f, from, to));
	return most;
}

uint64_t
stamps_newest(const struct stamps *s, uint64_t start, uint64_t end)
{
	uint64_t id = stamps_most_in(s, SCAN, start, end);

	return id ? s->scans[stamps_scan_at(s, id)].time_ns : 0;
}

uint32_t
stamps_most(const struct stamps *s, uint64_t start, uint64_t end)
{
	return (uint32_t)stamps_most_in(s, COUNT, start, end);
}

/* --- one after the other ---------------------------------------------------------------------- */

/* Swaps bit i of word j with bit j of word i. */
static void
stamps_transpose(uint64_t v[WORD])
{
	uint64_t mask = UINT64_C(0x00000000ffffffff);

	for (unsigned j = WORD / 2; j; j >>= 1, mask ^= mask << j)
		for (unsigned k = 0; k < WORD; k = (k + j + 1) & ~j) {
			uint64_t t = (v[k] >> j ^ v[k | j]) & mask;

			v[k] ^= t << j;
			v[k | j] ^= t;
		}
}

static void
stamps_decode(const struct stamps_part *p, enum stamps_field f, unsigned w, uint64_t out[BITS])
{
	for (unsigned b = 0; b < BITS; b++)
		if (p->stored[f] >> b & 1)
			out[b] = p->planes[stamps_index(p, f, b)][w];
		else
			out[b] = p->all[f] >> b & 1 ? p->planes[0][w] : 0;
}

/* By page what is there by bit. */
static void
stamps_load(struct stamps_at *at, const struct stamps_part *p)
{
	unsigned w = at->page / WORD % WORDS;

	at->word = at->page / WORD;
	at->written = p->planes[0][w];
	if (!at->written)
		return;
	stamps_decode(p, PAST, w, at->past);
	stamps_decode(p, COUNT, w, at->past + BITS);
	stamps_decode(p, SCAN, w, at->scan);
	memset(at->scan + BITS, 0, BITS * sizeof(*at->scan));
	stamps_transpose(at->past);
	stamps_transpose(at->scan);
}

static uint32_t
stamps_reversed(uint32_t v)
{
	uint32_t out = 0;

	for (unsigned b = 0; b < BITS; b++)
		out |= (v >> b & 1) << (BITS - 1 - b);
	return out;
}

/* Back from an epoch what is kept by its number. */
static uint32_t
stamps_recent(uint32_t past, uint32_t epoch)
{
	unsigned by = EPOCHS - 1 - epoch % EPOCHS;

	return stamps_reversed(past << by | (by ? past >> (BITS - by) : 0));
}

static bool
stamps_give(struct stamps_at *at, uint64_t end, uint64_t past, uint64_t scan,
            struct track_stamp *out)
{
	const struct stamps_scan *is;

	at->which = stamps_scan_at(at->s, scan);
	is = &at->s->scans[at->which];
	*out = (struct track_stamp){
	    .start = at->page * PAGE,
	    .end = end * PAGE,
	    .time_ns = is->time_ns,
	    .epoch = is->epoch,
	    .count = (uint32_t)(past >> BITS),
	    .recent = stamps_recent((uint32_t)past, is->epoch),
	};
	at->page = end;
	return true;
}

struct stamps_at
stamps_begin(const struct stamps *s, uint64_t start, uint64_t end)
{
	return (struct stamps_at){.s = s,
	                          .i = stamps_find(s, start / PAGE),
	                          .page = start / PAGE,
	                          .end = end / PAGE,
	                          .word = UINT64_MAX};
}

/* The next pages of a leaf that are alike, within a word; false: it has no more. */
static bool
stamps_next_of(struct stamps_at *at, const struct stamps_part *p, struct track_stamp *out)
{
	while (at->page < u64_min(stamps_end(p), at->end)) {
		uint64_t first = at->page % WORD, end, left;

		if (at->word != at->page / WORD)
			stamps_load(at, p);
		left = at->written >> first;
		if (!left) {
			at->page = (at->word + 1) * WORD;
			continue;
		}
		first += (uint64_t)__builtin_ctzll(left);
		at->page = at->word * WORD + first;
		if (at->page >= at->end)
			break;
		end = first + 1;
		while (end < WORD && at->written >> end & 1 && at->past[end] == at->past[first] &&
		       at->scan[end] == at->scan[first])
			end++;
		return stamps_give(at, u64_min(at->word * WORD + end, at->end), at->past[first],
		                   at->scan[first], out);
	}
	return false;
}

bool
stamps_next(struct stamps_at *at, struct track_stamp *out)
{
	for (; stamps_meets(at->s, at->i, at->end); at->i++) {
		const struct stamps_part *p = &at->s->v[at->i];

		at->page = u64_max(at->page, p->page);
		if (at->page >= at->end)
			break;
		if (at->page >= stamps_end(p))
			continue;
		if (!p->planes)
			return stamps_give(at, u64_min(stamps_end(p), at->end),
			                   (uint64_t)p->all[COUNT] << BITS | p->all[PAST],
			                   p->all[SCAN], out);
		if (stamps_next_of(at, p, out))
			return true;
	}
	return false;
}
