/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The planes of a leaf as they are stored: the bits of the written pages, side by side. */
#include "track/stamps_parts.h"

#include <endian.h>
#include <string.h>

enum { STEPS = 6 }; /* a bit moves by up to 63 */

static size_t
stamps_stride(unsigned n)
{
	return (n + 7) / 8;
}

static const uint8_t *
stamps_take(const uint8_t *from, size_t bytes, stamps_plane out)
{
	memset(out, 0, sizeof(stamps_plane));
	memcpy(out, from, bytes);
	for (unsigned w = 0; w < WORDS; w++)
		out[w] = le64toh(out[w]);
	return from + bytes;
}

static uint8_t *
stamps_store(uint8_t *to, size_t bytes, const stamps_plane is)
{
	stamps_plane le;

	for (unsigned w = 0; w < WORDS; w++)
		le[w] = htole64(is[w]);
	memcpy(to, le, bytes);
	return to + bytes;
}

/* --- sets, of n pages at most ---------------------------------------------------------------- */

/*
 * A byte, which is the number of pages and followed by two bytes for each; or ALL, and nothing; or
 * MANY, and a bit for each of the n, where that is less.
 */
enum { ALL = 0, MANY = 255 };

static uint8_t
stamps_set_is(unsigned in, unsigned n)
{
	return in == n ? ALL : 2 * in < stamps_stride(n) ? (uint8_t)in : MANY;
}

static size_t
stamps_set_size(const stamps_plane is, unsigned n)
{
	uint8_t how = stamps_set_is(stamps_size(is), n);

	return 1 + (how == MANY ? stamps_stride(n) : 2 * (size_t)how);
}

static uint8_t *
stamps_store_set(uint8_t *to, const stamps_plane is, unsigned n)
{
	uint8_t how = stamps_set_is(stamps_size(is), n);

	*to++ = how;
	if (how == MANY)
		return stamps_store(to, stamps_stride(n), is);
	for (unsigned w = 0; how != ALL && w < WORDS; w++)
		for (uint64_t left = is[w]; left; left &= left - 1) {
			unsigned page = w * WORD + (unsigned)__builtin_ctzll(left);

			*to++ = page & 255;
			*to++ = page >> 8;
		}
	return to;
}

static const uint8_t *
stamps_take_set(const uint8_t *from, unsigned n, stamps_plane out)
{
	unsigned in = *from++;

	if (in == MANY)
		return stamps_take(from, stamps_stride(n), out);
	stamps_mask_leaf(out, 0, 0, in == ALL ? n : 0);
	for (unsigned i = 0; i < in; i++, from += 2) {
		unsigned page = from[0] | (unsigned)from[1] << 8;

		out[page / WORD] |= UINT64_C(1) << page % WORD;
	}
	return from;
}

/* --- a view ---------------------------------------------------------------------------------- */

struct stamps_view
stamps_look(const struct stamps_part *p)
{
	struct stamps_view v = {.p = p};

	v.planes = stamps_take_set(p->planes, LEAF, v.written);
	for (unsigned w = 0; w < WORDS; w++) {
		v.before[w] = v.n;
		v.n += (unsigned)__builtin_popcountll(v.written[w]);
	}
	return v;
}

/* How many of the written pages are before a page. */
static unsigned
stamps_rank(const struct stamps_view *v, uint64_t page)
{
	uint64_t bit = page > v->p->page ? page - v->p->page : 0;

	if (bit >= LEAF)
		return v->n;
	return v->before[bit / WORD] +
	       (unsigned)__builtin_popcountll(v->written[bit / WORD] &
	                                      ((UINT64_C(1) << bit % WORD) - 1));
}

struct stamps_stretch
stamps_stretch(const struct stamps_view *v, uint64_t from, uint64_t to)
{
	return (struct stamps_stretch){stamps_rank(v, from), stamps_rank(v, to)};
}

/* --- to and fro ------------------------------------------------------------------------------ */

/*
 * Within a word each bit moves to the right by the number of pages below it that are not written:
 * by 1, 2, 4 ... for each digit of that number (H. S. Warren, Hacker's Delight, 7-4). All words at
 * once.
 */
static void
stamps_way_by_words(struct stamps_way *way)
{
	stamps_plane left, gaps, odd;

	memcpy(left, way->written, sizeof(left));
	for (unsigned w = 0; w < WORDS; w++)
		gaps[w] = ~left[w] << 1;
	for (unsigned i = 0; i < STEPS; i++) {
		memcpy(odd, gaps, sizeof(odd));
		for (unsigned k = 1; k < WORD; k *= 2)
			for (unsigned w = 0; w < WORDS; w++)
				odd[w] ^= odd[w] << k;
		for (unsigned w = 0; w < WORDS; w++) {
			way->by[i][w] = odd[w] & left[w];
			left[w] = (left[w] ^ way->by[i][w]) | way->by[i][w] >> (1u << i);
			gaps[w] &= ~odd[w];
		}
	}
}

static void
stamps_way_by_places(struct stamps_way *way)
{
	unsigned n = 0;

	for (unsigned w = 0; w < WORDS; w++)
		for (uint64_t left = way->written[w]; left; left &= left - 1)
			way->few[n++] = (uint16_t)(w * WORD + (unsigned)__builtin_ctzll(left));
}

struct stamps_way
stamps_way(const stamps_plane written)
{
	struct stamps_way way;

	memcpy(way.written, written, sizeof(way.written));
	way.n = 0;
	for (unsigned w = 0; w < WORDS; w++) {
		way.at[w] = way.n;
		way.n += (unsigned)__builtin_popcountll(written[w]);
	}
	if (way.n <= STAMPS_FEW)
		stamps_way_by_places(&way);
	else if (way.n < LEAF)
		stamps_way_by_words(&way);
	return way;
}

struct stamps_way
stamps_way_straight(void)
{
	return (struct stamps_way){.n = LEAF};
}

static void
stamps_pack_words(const struct stamps_way *way, const stamps_plane pages, stamps_plane packed)
{
	stamps_plane is;

	for (unsigned w = 0; w < WORDS; w++)
		is[w] = pages[w] & way->written[w];
	for (unsigned i = 0; i < STEPS; i++)
		for (unsigned w = 0; w < WORDS; w++) {
			uint64_t moves = is[w] & way->by[i][w];

			is[w] = (is[w] ^ moves) | moves >> (1u << i);
		}
	for (unsigned w = 0; w < WORDS; w++) {
		unsigned at = way->at[w] / WORD, by = way->at[w] % WORD;

		if (at == WORDS)
			break;
		packed[at] |= is[w] << by;
		if (by && at + 1 < WORDS)
			packed[at + 1] |= is[w] >> (WORD - by);
	}
}

void
stamps_pack(const struct stamps_way *way, const stamps_plane pages, stamps_plane packed)
{
	if (way->n == LEAF) {
		memcpy(packed, pages, sizeof(stamps_plane));
		return;
	}
	memset(packed, 0, sizeof(stamps_plane));
	if (way->n > STAMPS_FEW) {
		stamps_pack_words(way, pages, packed);
		return;
	}
	for (unsigned i = 0; i < way->n; i++)
		packed[0] |= (pages[way->few[i] / WORD] >> way->few[i] % WORD & 1) << i;
}

static void
stamps_spread_words(const struct stamps_way *way, const stamps_plane packed, stamps_plane pages)
{
	stamps_plane is = {0};

	for (unsigned w = 0; w < WORDS; w++) {
		unsigned at = way->at[w] / WORD, by = way->at[w] % WORD;

		if (at == WORDS)
			break;
		is[w] = packed[at] >> by;
		if (by && at + 1 < WORDS)
			is[w] |= packed[at + 1] << (WORD - by);
	}
	for (unsigned i = STEPS; i-- > 0;)
		for (unsigned w = 0; w < WORDS; w++)
			is[w] = (is[w] & ~way->by[i][w]) | (is[w] << (1u << i) & way->by[i][w]);
	for (unsigned w = 0; w < WORDS; w++)
		pages[w] = is[w] & way->written[w];
}

void
stamps_spread(const struct stamps_way *way, const stamps_plane packed, stamps_plane pages)
{
	if (way->n == LEAF) {
		memcpy(pages, packed, sizeof(stamps_plane));
		return;
	}
	if (way->n > STAMPS_FEW) {
		stamps_spread_words(way, packed, pages);
		return;
	}
	memset(pages, 0, sizeof(stamps_plane));
	for (uint64_t left = packed[0] & stamps_mask(0, 0, way->n); left; left &= left - 1) {
		unsigned page = way->few[__builtin_ctzll(left)];

		pages[page / WORD] |= UINT64_C(1) << page % WORD;
	}
}

/* --- as they are stored ---------------------------------------------------------------------- */

/*
 * The set of the written pages; planes of PAST and OLDER; then, if there are any of SCAN, the set
 * of pages that have a SCAN, which mostly are few, and planes of theirs alone.
 */
static size_t
stamps_planes_of(const struct stamps_part *p, enum stamps_field f)
{
	return (size_t)__builtin_popcount(p->stored[f]);
}

/* Where SCAN begins. */
static const uint8_t *
stamps_scans(const struct stamps_view *v)
{
	size_t k = stamps_planes_of(v->p, PAST) + stamps_planes_of(v->p, OLDER);

	return v->planes + k * stamps_stride(v->n);
}

uint8_t *
stamps_planes_copy(const struct stamps_part *p)
{
	struct stamps_view v = stamps_look(p);
	const uint8_t *end = stamps_scans(&v);
	stamps_plane scanned;

	if (p->stored[SCAN]) {
		end = stamps_take_set(end, v.n, scanned);
		end += stamps_planes_of(p, SCAN) * stamps_stride(stamps_size(scanned));
	}
	return mem_copy(p->planes, (size_t)(end - p->planes));
}

/* The pages of a leaf that have a SCAN, if some have another one, packed. */
static void
stamps_scanned(const struct stamps_part *p, const struct stamps_leaf *l, stamps_plane out)
{
	memset(out, 0, sizeof(stamps_plane));
	for (uint32_t left = p->stored[SCAN] | p->all[SCAN]; left; left &= left - 1)
		for (unsigned w = 0; w < WORDS; w++)
			out[w] |= l->bit[SCAN][__builtin_ctz(left)][w];
}

/* Stores planes of a field, of n pages. */
static uint8_t *
stamps_store_field(uint8_t *to, const struct stamps_part *p, const struct stamps_leaf *l,
                   enum stamps_field f, const struct stamps_way *way, unsigned n)
{
	stamps_plane packed;

	for (uint32_t left = p->stored[f]; left; left &= left - 1) {
		stamps_pack(way, l->bit[f][__builtin_ctz(left)], packed);
		to = stamps_store(to, stamps_stride(n), packed);
	}
	return to;
}

void
stamps_planes_make(struct stamps_part *p, const struct stamps_leaf *l, uint8_t *was)
{
	const uint64_t *pages = l->is_packed ? l->pages : l->written;
	struct stamps_way way = stamps_way_straight();
	unsigned n = stamps_size(pages), scans = 0;
	stamps_plane scanned, packed;
	size_t size = stamps_set_size(pages, LEAF);
	uint8_t *at;

	if (!l->is_packed)
		way = stamps_way(l->written);
	size += (stamps_planes_of(p, PAST) + stamps_planes_of(p, OLDER)) * stamps_stride(n);
	if (p->stored[SCAN]) {
		stamps_scanned(p, l, scanned);
		stamps_pack(&way, scanned, packed);
		scans = stamps_size(scanned);
		size += stamps_set_size(packed, n);
		size += stamps_planes_of(p, SCAN) * stamps_stride(scans);
	}
	p->planes = mem_resize(was, size);
	at = stamps_store_set(p->planes, pages, LEAF);
	at = stamps_store_field(at, p, l, PAST, &way, n);
	at = stamps_store_field(at, p, l, OLDER, &way, n);
	if (!p->stored[SCAN])
		return;
	at = stamps_store_set(at, packed, n);
	way = stamps_way(scanned);
	stamps_store_field(at, p, l, SCAN, &way, scans);
}

void
stamps_packed_past(const struct stamps_view *v, unsigned b, stamps_plane out)
{
	size_t k = (size_t)__builtin_popcount(v->p->stored[PAST] & ((UINT32_C(1) << b) - 1));
	size_t stride = stamps_stride(v->n);

	stamps_take(v->planes + k * stride, stride, out);
}

/* Those of SCAN, from a pack of the pages that have one to that of all. */
static void
stamps_packed_scans(const struct stamps_view *v, stamps_plane out[BITS])
{
	stamps_plane scanned, packed;
	const uint8_t *at = stamps_take_set(stamps_scans(v), v->n, scanned);
	size_t stride = stamps_stride(stamps_size(scanned));
	struct stamps_way way = stamps_way(scanned);

	for (uint32_t left = v->p->stored[SCAN]; left; left &= left - 1) {
		at = stamps_take(at, stride, packed);
		stamps_spread(&way, packed, out[__builtin_ctz(left)]);
	}
}

unsigned
stamps_packed(const struct stamps_view *v, enum stamps_field f, stamps_plane out[BITS])
{
	uint32_t stored = v->p->stored[f];
	unsigned n = stored ? BITS - (unsigned)__builtin_clz(stored) : 0;
	size_t stride = stamps_stride(v->n);
	const uint8_t *at = v->planes;

	memset(out, 0, n * sizeof(stamps_plane));
	if (f == SCAN) {
		if (stored)
			stamps_packed_scans(v, out);
		return n;
	}
	at += f == OLDER ? stamps_planes_of(v->p, PAST) * stride : 0;
	for (; stored; stored &= stored - 1)
		at = stamps_take(at, stride, out[__builtin_ctz(stored)]);
	return n;
}
