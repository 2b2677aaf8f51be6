/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A leaf with all its planes: 256 pages at once. */
#include "track/stamps_parts.h"

#include <stdlib.h>
#include <string.h>

void
stamps_leaf_read(struct stamps_leaf *l, const struct stamps_part *p, uint64_t leaf)
{
	size_t k = 1;

	memset(l, 0, sizeof(*l));
	if (!p)
		return;
	if (p->planes)
		memcpy(l->written, p->planes[0], sizeof(l->written));
	else
		stamps_mask_leaf(l->written, leaf, p->page, stamps_end(p));
	for (unsigned f = 0; f < FIELDS; f++)
		for (unsigned b = 0; b < BITS; b++) {
			if (p->stored[f] >> b & 1)
				memcpy(l->bit[f][b], p->planes[k++], sizeof(stamps_plane));
			else if (p->all[f] >> b & 1)
				memcpy(l->bit[f][b], l->written, sizeof(stamps_plane));
		}
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
			uint64_t was = l->bit[COUNT][b][w];

			l->bit[COUNT][b][w] ^= carry;
			carry &= was;
		}
	}
}

/* Whether its pages are a single run; the first and how many. */
static bool
stamps_leaf_is_run(const struct stamps_leaf *l, unsigned *first, unsigned *n)
{
	unsigned at = 0, lo, hi;

	*n = 0;
	for (unsigned w = 0; w < WORDS; w++)
		*n += (unsigned)__builtin_popcountll(l->written[w]);
	while (at < WORDS && !l->written[at])
		at++;
	if (at == WORDS)
		return false;
	*first = at * WORD + (unsigned)__builtin_ctzll(l->written[at]);
	lo = *first;
	hi = lo + *n;
	for (unsigned w = 0; w < WORDS; w++)
		if (l->written[w] != (hi > LEAF ? 0 : stamps_mask(w, lo, hi)))
			return false;
	return true;
}

struct stamps_part
stamps_leaf_part(const struct stamps_leaf *l, uint64_t leaf, uint64_t leaves,
                 struct stamps_part *was)
{
	struct stamps_part p = {.page = leaf * LEAF, .n = LEAF};
	unsigned first, n;
	size_t k = 1;

	for (unsigned f = 0; f < FIELDS; f++)
		for (unsigned b = 0; b < BITS; b++) {
			const uint64_t *is = l->bit[f][b];

			if (stamps_is_equal(is, l->written))
				p.all[f] |= UINT32_C(1) << b;
			else if (!stamps_is_empty(is))
				p.stored[f] |= UINT32_C(1) << b;
		}
	if (stamps_planes(&p) == 1 && stamps_leaf_is_run(l, &first, &n)) {
		p.page += first;
		p.n = n == LEAF ? leaves * LEAF : n;
		return p;
	}
	p.planes = mem_resize(was ? was->planes : NULL, stamps_planes(&p) * sizeof(stamps_plane));
	if (was)
		was->planes = NULL;
	memcpy(p.planes[0], l->written, sizeof(stamps_plane));
	for (unsigned f = 0; f < FIELDS; f++)
		for (unsigned b = 0; b < BITS; b++)
			if (p.stored[f] >> b & 1)
				memcpy(p.planes[k++], l->bit[f][b], sizeof(stamps_plane));
	return p;
}
