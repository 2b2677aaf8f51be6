/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STAMPS_PARTS_H
#define PM_STAMPS_PARTS_H

/*
 * What the files of the stamps share. A part is a run of pages with equal stamps, or a leaf of 256
 * neighbours. The bits of a stamp are planes: bit b of all pages of a leaf is one set of pages. A
 * plane in which no written page is, or every one, is not stored.
 */
#include "base/util.h"
#include "track/stamps.h"

enum { PAGE = STAMPS_PAGE, WORD = 64, WORDS = 4, LEAF = WORD * WORDS, BITS = 32, EPOCHS = 32 };
enum stamps_field { PAST, COUNT, SCAN, FIELDS };
enum { SCANS_LEAST = 1024 };

struct stamps_scan {
	uint64_t id; /* SCAN of its pages */
	uint64_t time_ns;
	uint32_t epoch;
};

typedef uint64_t stamps_plane[WORDS];

struct stamps_part {
	uint64_t page, n;        /* its pages: of one leaf, or all of several */
	uint32_t all[FIELDS];    /* the bits that all written pages have */
	uint32_t stored[FIELDS]; /* the bits that some have */
	stamps_plane *planes;    /* the written pages, then what is stored; NULL: a run */
};

/* A leaf, with all its planes. */
struct stamps_leaf {
	stamps_plane written, bit[FIELDS][BITS];
};

static inline uint64_t
stamps_end(const struct stamps_part *p)
{
	return p->page + p->n;
}

static inline size_t
stamps_planes(const struct stamps_part *p)
{
	size_t n = 1;

	for (unsigned f = 0; f < FIELDS; f++)
		n += (size_t)__builtin_popcount(p->stored[f]);
	return n;
}

/* Where a stored plane is. */
static inline size_t
stamps_index(const struct stamps_part *p, enum stamps_field f, unsigned b)
{
	size_t n = 1 + (size_t)__builtin_popcount(p->stored[f] & ((UINT32_C(1) << b) - 1));

	for (unsigned i = 0; i < f; i++)
		n += (size_t)__builtin_popcount(p->stored[i]);
	return n;
}

/* The bits of a word of pages, from number `word * WORD` on, that are in [from, to). */
static inline uint64_t
stamps_mask(uint64_t word, uint64_t from, uint64_t to)
{
	uint64_t lo = u64_max(from, word * WORD), hi = u64_min(to, (word + 1) * WORD);

	if (lo >= hi)
		return 0;
	return UINT64_MAX << lo % WORD & UINT64_MAX >> (WORD - (hi - word * WORD));
}

static inline void
stamps_mask_leaf(stamps_plane out, uint64_t leaf, uint64_t from, uint64_t to)
{
	for (unsigned w = 0; w < WORDS; w++)
		out[w] = stamps_mask(leaf * WORDS + w, from, to);
}

static inline bool
stamps_is_empty(const stamps_plane is)
{
	return !(is[0] | is[1] | is[2] | is[3]);
}

static inline bool
stamps_is_equal(const stamps_plane a, const stamps_plane b)
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]));
}

static inline bool
stamps_remembers(const struct stamps *s, uint32_t epoch)
{
	return epoch <= s->epoch && s->epoch - epoch < EPOCHS;
}

/* The first part that ends above a page. */
size_t stamps_find(const struct stamps *s, uint64_t page);

/* What a part says of the pages of one leaf; NULL: nothing. */
void stamps_leaf_read(struct stamps_leaf *l, const struct stamps_part *p, uint64_t leaf);

/* Without these pages; a field of theirs set, which are then to be among the written; one more. */
void stamps_leaf_drop(struct stamps_leaf *l, const stamps_plane which);
void stamps_leaf_set(struct stamps_leaf *l, enum stamps_field f, const stamps_plane which,
                     uint64_t value);
void stamps_leaf_count(struct stamps_leaf *l, const stamps_plane which);

/*
 * As a part, which is not empty: `leaves` times, one after the other, if it is a run of all its
 * pages. Free its planes, which may be those of `was` (or NULL), then without them.
 */
struct stamps_part stamps_leaf_part(const struct stamps_leaf *l, uint64_t leaf, uint64_t leaves,
                                    struct stamps_part *was);

#endif
