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

	memset(l, 0, sizeof(*l));
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

	memset(l, 0, sizeof(*l));
	l->is_packed = true;
	memcpy(l->pages, v.written, sizeof(l->pages));
	stamps_mask_leaf(l->written, 0, 0, v.n);
	stamps_leaf_read_fields(l, p, &v, &way);
}

void
stamps_leaf_drop(struct stamps_leaf *l, const stamps_plane which)
{
	if (stamps_is_empty(which))
		return;
	for (unsigned w = 0; w < WORDS; w++) {
		l->written[w] &= ~which[w];
		for (unsigned f = 0; f < FIELDS; f++)
			for (unsigned b = 0; b < BITS; b++)
				l->bit[f][b][w] &= ~which[w];
	}
}

void
stamps_leaf_set(struct stamps_leaf *l, enum stamps_field f, const stamps_plane which,
                uint64_t value)
{
	for (unsigned b = 0; b < BITS; b++)
		for (unsigned w = 0; w < WORDS; w++)
			l->bit[f][b][w] = (l->bit[f][b][w] & ~which[w]) |
			                  (value >> b & 1 ? which[w] : 0);
}

void
stamps_leaf_count(struct stamps_leaf *l, const stamps_plane which)
{
	for (unsigned w = 0; w < WORDS; w++) {
		uint64_t carry = which[w];

		for (unsigned b = 0; carry && b < BITS; b++) {
			uint64_t was = l->bit[OLDER][b][w];

			l->bit[OLDER][b][w] ^= carry;
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

	for (unsigned f = 0; f < FIELDS; f++)
		for (unsigned b = 0; b < BITS; b++) {
			const uint64_t *is = l->bit[f][b];

			if (stamps_is_equal(is, l->written))
				p->all[f] |= UINT32_C(1) << b;
			else if (!stamps_is_empty(is))
				p->stored[f] |= UINT32_C(1) << b;
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
