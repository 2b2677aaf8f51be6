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

size_t
stamps_first_scan(const struct stamps *s, uint32_t epoch)
{
	size_t lo = 0, hi = s->scans_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->scans[mid].epoch >= epoch)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

uint64_t
stamps_last(const struct stamps *s)
{
	return s->scans_n ? s->scans[s->scans_n - 1].time_ns : 0;
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool
stamps_meets(const struct stamps *s, size_t i, uint64_t to)
{
	return i < s->n && s->v[i].page < to;
}

/* The written pages of a part in [from, to). */
static uint64_t
stamps_count(const struct stamps_part *p, uint64_t from, uint64_t to)
{
	uint64_t n = 0, end = u64_min(stamps_end(p), to);
	struct stamps_view v;

	if (!p->planes)
		return end - u64_max(p->page, from);
	v = stamps_look(p);
	for (uint64_t w = u64_max(p->page, from) / WORD; w * WORD < end; w++)
		n += (uint64_t)__builtin_popcountll(v.written[w % WORDS] &
		                                    stamps_mask(w, from, to));
	return n;
}

static uint64_t
stamps_count_in(const struct stamps_part *p, unsigned b, uint64_t from, uint64_t to)
{
	struct stamps_stretch in;
	struct stamps_view v;
	stamps_plane is;
	uint64_t n = 0;

	if (!(p->stored[PAST] >> b & 1))
		return p->all[PAST] >> b & 1 ? stamps_count(p, from, to) : 0;
	v = stamps_look(p);
	in = stamps_stretch(&v, from, to);
	stamps_packed_past(&v, b, is);
	for (unsigned w = 0; w < WORDS; w++)
		n += (uint64_t)__builtin_popcountll(is[w] & stamps_mask(w, in.from, in.to));
	return n;
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
	uint32_t bit = UINT32_C(1) << epoch % EPOCHS;

	return stamps_remembers(s, epoch) && stamps_meets(s, i, page + 1) &&
	       (s->v[i].all[PAST] | s->v[i].stored[PAST]) & bit &&
	       stamps_count_in(&s->v[i], epoch % EPOCHS, page, page + 1);
}

/* The largest number of some planes among the pages of `among`, which then has those with it. */
static uint32_t
stamps_largest(const stamps_plane planes[BITS], unsigned n, stamps_plane among)
{
	uint32_t most = 0;

	while (n-- > 0) {
		uint64_t any = 0;

		for (unsigned w = 0; w < WORDS; w++)
			any |= among[w] & planes[n][w];
		for (unsigned w = 0; any && w < WORDS; w++)
			among[w] &= planes[n][w];
		most |= any ? UINT32_C(1) << n : 0;
	}
	return most;
}

/* Adds one to the numbers of these pages: returns how many planes there are. */
static unsigned
stamps_add_one(stamps_plane sum[BITS], unsigned n, const stamps_plane which)
{
	stamps_plane carry;

	memcpy(carry, which, sizeof(carry));
	for (unsigned b = 0; b < BITS && !stamps_is_empty(carry); b++) {
		if (b == n)
			memset(sum[n++], 0, sizeof(stamps_plane));
		for (unsigned w = 0; w < WORDS; w++) {
			uint64_t was = sum[b][w];

			sum[b][w] ^= carry[w];
			carry[w] &= was;
		}
	}
	return n;
}

/* The largest number of the newest scan, or of epochs, in [from, to), which meets the part. */
static uint32_t
stamps_most_of(const struct stamps_part *p, bool epochs, uint64_t from, uint64_t to)
{
	uint32_t same = epochs ? p->all[OLDER] + (uint32_t)__builtin_popcount(p->all[PAST])
	                       : p->all[SCAN];
	stamps_plane sum[BITS], among, is;
	struct stamps_stretch in;
	struct stamps_view v;
	unsigned n;

	if (!p->planes)
		return same;
	v = stamps_look(p);
	in = stamps_stretch(&v, from, to);
	if (in.from == in.to)
		return 0;
	n = stamps_packed(&v, epochs ? OLDER : SCAN, sum);
	for (uint32_t past = epochs ? p->stored[PAST] : 0; past; past &= past - 1) {
		stamps_packed_past(&v, (unsigned)__builtin_ctz(past), is);
		n = stamps_add_one(sum, n, is);
	}
	stamps_mask_leaf(among, 0, in.from, in.to);
	return same + stamps_largest(sum, n, among);
}

/* Whether a page of [from, to) was written in the epoch of this bit. */
static bool
stamps_was_in(const struct stamps_part *p, unsigned b, uint64_t from, uint64_t to)
{
	return (p->all[PAST] | p->stored[PAST]) >> b & 1 && stamps_count_in(p, b, from, to);
}

/*
 * Pages that were not seen in the first scan of their last epoch have a number that is higher, and
 * those that were seen in it were written in no later epoch.
 */
uint64_t
stamps_newest(const struct stamps *s, uint64_t start, uint64_t end)
{
	uint64_t from = start / PAGE, to = end / PAGE, id = 0;
	uint32_t back = EPOCHS; /* of the last epoch in which a page was written */

	for (size_t i = stamps_find(s, from); stamps_meets(s, i, to); i++) {
		id = u64_max(id, stamps_most_of(&s->v[i], false, from, to));
		for (uint32_t k = 0; k < back; k++)
			if (stamps_was_in(&s->v[i], (s->epoch - k) % EPOCHS, from, to))
				back = k;
	}
	if (back < EPOCHS)
		id = u64_max(id, s->scans[stamps_first_scan(s, s->epoch - back)].id);
	return id ? s->scans[stamps_scan_at(s, id)].time_ns : 0;
}

uint32_t
stamps_most(const struct stamps *s, uint64_t start, uint64_t end)
{
	uint64_t from = start / PAGE, to = end / PAGE;
	uint32_t most = 0;

	for (size_t i = stamps_find(s, from); stamps_meets(s, i, to); i++)
		most = (uint32_t)u64_max(most, stamps_most_of(&s->v[i], true, from, to));
	return most;
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

/* The bits of the pages of a word, side by side. */
static void
stamps_decode(const struct stamps_view *v, enum stamps_field f, unsigned w, uint64_t out[BITS])
{
	unsigned at = v->before[w] / WORD, by = v->before[w] % WORD, n;
	stamps_plane is[BITS];

	n = stamps_packed(v, f, is);
	for (unsigned b = 0; b < BITS; b++) {
		out[b] = v->p->all[f] >> b & 1 ? UINT64_MAX : 0;
		if (b >= n)
			continue;
		out[b] |= is[b][at] >> by;
		if (by && at + 1 < WORDS)
			out[b] |= is[b][at + 1] << (WORD - by);
	}
}

/* By written page what is there by bit. */
static void
stamps_load(struct stamps_at *at, const struct stamps_part *p)
{
	struct stamps_view v = stamps_look(p);
	unsigned w = at->page / WORD % WORDS;

	at->word = at->page / WORD;
	at->written = v.written[w];
	if (!at->written)
		return;
	stamps_decode(&v, PAST, w, at->past);
	stamps_decode(&v, OLDER, w, at->past + BITS);
	stamps_decode(&v, SCAN, w, at->scan);
	memset(at->scan + BITS, 0, BITS * sizeof(*at->scan));
	stamps_transpose(at->past);
	stamps_transpose(at->scan);
}

static uint32_t
stamps_reversed(uint32_t v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

/* With the bit of an epoch as the highest, then the one before it. */
static uint32_t
stamps_rotated(uint32_t past, uint32_t epoch)
{
	unsigned by = EPOCHS - 1 - epoch % EPOCHS;

	return past << by | (by ? past >> (BITS - by) : 0);
}

/* Back from an epoch what is kept by its number. */
static uint32_t
stamps_recent(uint32_t past, uint32_t epoch)
{
	return stamps_reversed(stamps_rotated(past, epoch));
}

/* The place of the scan that has seen a page first in its last epoch. */
static size_t
stamps_which(struct stamps_at *at, uint32_t past, uint64_t scan)
{
	const struct stamps *s = at->s;
	uint32_t rotated = stamps_rotated(past, s->epoch), *first;

	if (scan || !rotated)
		return stamps_scan_at(s, scan);
	first = &at->first[__builtin_clz(rotated)];
	if (!*first)
		*first = 1 + (uint32_t)stamps_first_scan(
				 s, s->epoch - (uint32_t)__builtin_clz(rotated));
	return *first - 1;
}

static bool
stamps_give(struct stamps_at *at, uint64_t end, uint64_t past, uint64_t scan,
            struct track_stamp *out)
{
	const struct stamps_scan *is;

	at->which = stamps_which(at, (uint32_t)past, scan);
	is = &at->s->scans[at->which];
	*out = (struct track_stamp){
	    .start = at->page * PAGE,
	    .end = end * PAGE,
	    .time_ns = is->time_ns,
	    .epoch = is->epoch,
	    .count = (uint32_t)(past >> BITS) + (uint32_t)__builtin_popcount((uint32_t)past),
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
		uint64_t first = at->page % WORD, n = 1, left;
		unsigned k;

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
		k = (unsigned)__builtin_popcountll(at->written & ((UINT64_C(1) << first) - 1));
		while (first + n < WORD && at->written >> (first + n) & 1 &&
		       at->past[k + n] == at->past[k] && at->scan[k + n] == at->scan[k])
			n++;
		return stamps_give(at, u64_min(at->page + n, at->end), at->past[k], at->scan[k],
		                   out);
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
			                   (uint64_t)p->all[OLDER] << BITS | p->all[PAST],
			                   p->all[SCAN], out);
		if (stamps_next_of(at, p, out))
			return true;
	}
	return false;
}
