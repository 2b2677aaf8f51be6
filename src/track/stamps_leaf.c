/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A leaf with all its planes: 512 pages at once. */
#include "track/stamps_parts.h"

#include <stdlib.h>
#include <string.h>

/* The planes of a field. */
static void
stamps_leaf_read_field(struct stamps_leaf *l, const struct stamps_view *v,
                       const struct stamps_way *way, enum stamps_field f)
{
	stamps_plane packed[BITS];

	stamps_packed(v, f, packed);
	for (uint32_t left = v->p->stored[f]; left; left &= left - 1)
		stamps_spread(way, packed[__builtin_ctz(left)], l->bit[f][__builtin_ctz(left)]);
}

static void
stamps_leaf_read_fields(struct stamps_leaf *l, const struct stamps_part *p,
                        const struct stamps_view *v, const struct stamps_way *way)
{
	for (unsigned f = 0; f < FIELDS; f++) {
		l->used[f] = p->stored[f] | p->all[f];
		if (p->stored[f])
			stamps_leaf_read_field(l, v, way, f);
		for (uint32_t left = p->all[f]; left; left &= left - 1)
			memcpy(l->bit[f][__builtin_ctz(left)], l->written, sizeof(stamps_plane));
	}
}

void
stamps_leaf_read(struct stamps_leaf *l, const struct stamps_part *p, uint64_t leaf)
{
	struct stamps_view v;
	struct stamps_way way;

	l->is_packed = false;
	memset(l->written, 0, sizeof(l->written));
	memset(l->used, 0, sizeof(l->used));
	if (!p)
		return;
	if (p->planes) {
		v = stamps_look(p);
		way = stamps_way(v.written);
		memcpy(l->written, v.written, sizeof(l->written));
	} else {
		stamps_mask_leaf(l->written, leaf, p->page, stamps_end(p));
	}
	stamps_leaf_read_fields(l, p, &v, &way);
}

void
stamps_leaf_read_packed(struct stamps_leaf *l, const struct stamps_part *p)
{
	struct stamps_view v = stamps_look(p);
	struct stamps_way way = stamps_way_straight();

	l->is_packed = true;
	memcpy(l->pages, v.written, sizeof(l->pages));
	stamps_mask_leaf(l->written, 0, 0, v.n);
	stamps_leaf_read_fields(l, p, &v, &way);
}

/* Moves the bits from the k-th on by one, which is none then. */
static void
stamps_leaf_shift(stamps_plane is, unsigned k)
{
	uint64_t below = (UINT64_C(1) << k % WORD) - 1;

	for (unsigned w = WORDS - 1; w > k / WORD; w--)
		is[w] = is[w] << 1 | is[w - 1] >> (WORD - 1);
	is[k / WORD] = (is[k / WORD] & below) | (is[k / WORD] & ~below) << 1;
}

void
stamps_leaf_insert(struct stamps_leaf *l, unsigned page)
{
	uint64_t below = (UINT64_C(1) << page % WORD) - 1;
	unsigned k = (unsigned)__builtin_popcountll(l->pages[page / WORD] & below);

	for (unsigned w = 0; w < page / WORD; w++)
		k += (unsigned)__builtin_popcountll(l->pages[w]);
	for (unsigned f = 0; f < FIELDS; f++)
		for (uint32_t left = l->used[f]; left; left &= left - 1)
			stamps_leaf_shift(l->bit[f][__builtin_ctz(left)], k);
	l->pages[page / WORD] |= UINT64_C(1) << page % WORD;
	stamps_mask_leaf(l->written, 0, 0, stamps_size(l->pages));
}

void
stamps_leaf_drop(struct stamps_leaf *l, const stamps_plane which)
{
	if (stamps_is_empty(which))
		return;
	for (unsigned w = 0; w < WORDS; w++)
		l->written[w] &= ~which[w];
	for (unsigned f = 0; f < FIELDS; f++)
		for (uint32_t left = l->used[f]; left; left &= left - 1)
			for (unsigned w = 0; w < WORDS; w++)
				l->bit[f][__builtin_ctz(left)][w] &= ~which[w];
}

void
stamps_leaf_set(struct stamps_leaf *l, enum stamps_field f, const stamps_plane which,
                uint64_t value)
{
	for (uint32_t left = l->used[f] | (uint32_t)value; left; left &= left - 1) {
		uint64_t *is = stamps_leaf_plane(l, f, (unsigned)__builtin_ctz(left));
		uint64_t set = value >> __builtin_ctz(left) & 1 ? UINT64_MAX : 0;

		for (unsigned w = 0; w < WORDS; w++)
			is[w] = (is[w] & ~which[w]) | (which[w] & set);
	}
}

void
stamps_leaf_count(struct stamps_leaf *l, const stamps_plane which)
{
	for (unsigned w = 0; w < WORDS; w++) {
		uint64_t carry = which[w];

		for (unsigned b = 0; carry && b < BITS; b++) {
			uint64_t *is = stamps_leaf_plane(l, OLDER, b), was = is[w];

			is[w] ^= carry;
			carry &= was;
		}
	}
}

/* Whether these pages are a single run; the first and how many. */
static bool
stamps_leaf_is_run(const stamps_plane pages, unsigned *first, unsigned *n)
{
	unsigned at = 0, lo, hi;

	*n = stamps_size(pages);
	while (at < WORDS && !pages[at])
		at++;
	if (at == WORDS)
		return false;
	*first = at * WORD + (unsigned)__builtin_ctzll(pages[at]);
	lo = *first;
	hi = lo + *n;
	for (unsigned w = 0; w < WORDS; w++)
		if (pages[w] != (hi > LEAF ? 0 : stamps_mask(w, lo, hi)))
			return false;
	return true;
}

/* Which bits all have, and which some: returns whether there are any of these. */
static bool
stamps_leaf_sort(const struct stamps_leaf *l, struct stamps_part *p)
{
	bool any = false;

	for (unsigned f = 0; f < FIELDS; f++) {
		for (uint32_t left = l->used[f]; left; left &= left - 1) {
			const uint64_t *is = l->bit[f][__builtin_ctz(left)];

			if (stamps_is_equal(is, l->written))
				p->all[f] |= left & -left;
			else if (!stamps_is_empty(is))
				p->stored[f] |= left & -left;
		}
		any |= p->stored[f];
	}
	return any;
}

struct stamps_part
stamps_leaf_part(const struct stamps_leaf *l, uint64_t leaf, uint64_t leaves,
                 struct stamps_part *was)
{
	struct stamps_part p = {.page = leaf * LEAF, .n = LEAF};
	unsigned first, n;

	if (!stamps_leaf_sort(l, &p) &&
	    stamps_leaf_is_run(l->is_packed ? l->pages : l->written, &first, &n)) {
		p.page += first;
		p.n = n == LEAF ? leaves * LEAF : n;
		return p;
	}
	stamps_planes_make(&p, l, was ? was->planes : NULL);
	if (was)
		was->planes = NULL;
	return p;
}
