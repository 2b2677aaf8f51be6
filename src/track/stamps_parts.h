/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STAMPS_PARTS_H
#define PM_STAMPS_PARTS_H

/*
 * What the files of the stamps share. A part is a run of pages with equal stamps, or a leaf of 512
 * neighbours. The bits of a stamp are planes: bit b of all pages of a leaf is one set of pages. A
 * plane in which no written page is, or every one, is not stored; of one that is, only the bits of
 * written pages are.
 *
 * Mostly the epochs in which a page was written say the rest: how many they are, but for those that
 * are forgotten (OLDER), and when it was, but for pages that were not seen in the first scan of
 * their last epoch (SCAN).
 */
#include "base/util.h"
#include "track/stamps.h"

enum { PAGE = STAMPS_PAGE, WORD = 64, WORDS = 8, LEAF = WORD * WORDS, BITS = 32, EPOCHS = 32 };
enum stamps_field {
	PAST,  /* bit epoch % EPOCHS: written in that epoch, if it is one of the last */
	OLDER, /* the number of epochs before them in which it was written */
	SCAN,  /* the number of the scan; 0: the first one of the newest epoch of PAST */
	FIELDS
};
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
	uint8_t *planes;         /* stored bits (stamps_planes.c); NULL: a run */
};

/*
 * A leaf, with all its planes. If it is packed they are as they are stored: bit n is that of the
 * n-th written page, and `written` has the first of them set, as many as there are.
 */
struct stamps_leaf {
	stamps_plane written, bit[FIELDS][BITS];
	uint32_t used[FIELDS]; /* all other planes are empty, and not set */
	stamps_plane pages; /* if it is packed: which they are */
	bool is_packed;
};

static inline uint64_t
stamps_end(const struct stamps_part *p)
{
	return p->page + p->n;
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
	uint64_t any = 0;

	for (unsigned w = 0; w < WORDS; w++)
		any |= is[w];
	return !any;
}

static inline bool
stamps_is_equal(const stamps_plane a, const stamps_plane b)
{
	uint64_t differ = 0;

	for (unsigned w = 0; w < WORDS; w++)
		differ |= a[w] ^ b[w];
	return !differ;
}

static inline unsigned
stamps_size(const stamps_plane is)
{
	unsigned n = 0;

	for (unsigned w = 0; w < WORDS; w++)
		n += (unsigned)__builtin_popcountll(is[w]);
	return n;
}

static inline bool
stamps_remembers(const struct stamps *s, uint32_t epoch)
{
	return epoch <= s->epoch && s->epoch - epoch < EPOCHS;
}

/* The first part that ends above a page. */
size_t stamps_find(const struct stamps *s, uint64_t page);

/* The place of the first scan of an epoch, or of a later one; scans_n: there is none. */
size_t stamps_first_scan(const struct stamps *s, uint32_t epoch);

/* What a part says of the pages of one leaf; NULL: nothing. */
void stamps_leaf_read(struct stamps_leaf *l, const struct stamps_part *p, uint64_t leaf);

/* The same of a part with planes, packed: if no page is going to be dropped. */
void stamps_leaf_read_packed(struct stamps_leaf *l, const struct stamps_part *p);

/* Adds a page to a packed leaf, the page-th of it. */
void stamps_leaf_insert(struct stamps_leaf *l, unsigned page);

/* A plane, to be changed. */
static inline uint64_t *
stamps_leaf_plane(struct stamps_leaf *l, enum stamps_field f, unsigned b)
{
	uint64_t *is = l->bit[f][b];

	for (unsigned w = 0; !(l->used[f] >> b & 1) && w < WORDS; w++)
		is[w] = 0;
	l->used[f] |= UINT32_C(1) << b;
	return is;
}

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

/* Epochs to forget, the oldest first: the bit of PAST, and the SCAN of the first scan, of each. */
struct stamps_forgets {
	unsigned n, bit[EPOCHS];
	uint32_t first[EPOCHS];
};

/* Goes on to an epoch, which may be that of the last scan: what is to be forgotten for that. */
void stamps_step(struct stamps *s, uint32_t epoch, struct stamps_forgets *out);
void stamps_forget(struct stamps_part *p, const struct stamps_forgets *f, size_t n);
void stamps_forget_planes(struct stamps_leaf *l, const struct stamps_forgets *f);

/*
 * The SCAN of pages that a scan of the newest epoch saw: 0 if it was the first. Unless there is
 * room for it, all stamps are read: they must have forgotten what they are to forget.
 */
uint64_t stamps_scan(struct stamps *s, uint32_t epoch, uint64_t now);
bool stamps_has_room(const struct stamps *s, size_t scans);

/* What to do with the pages of a range. */
struct stamps_edit {
	const struct pm_run *runs;
	size_t n;
	bool keep;                     /* what is not in the runs */
	const struct track_stamp *put; /* instead of an update */
	uint32_t epoch;
	uint64_t scan;     /* as SCAN of its pages */
	uint64_t from, to; /* pages of the range */
	uint64_t fresh;    /* pages stamped */
};

/* Stamps these pages of a leaf. Returns how many got a stamp. */
unsigned stamps_edit_leaf(struct stamps_leaf *l, const struct stamps *s,
                          const struct stamps_edit *e, uint64_t leaf, const stamps_plane runs);

/* Parts, in order; of a run of leaves, those from `from` to before `to`. */
struct stamps_list {
	struct stamps_part *v;
	size_t n, cap;
};
void stamps_append(struct stamps_list *out, const struct stamps_part *p);
void stamps_append_some(struct stamps_list *out, const struct stamps_part *p, uint64_t from,
                        uint64_t to);

/* Adds the pages of a word, with state 1. */
void stamps_add_bits(uint64_t word, uint64_t bits, struct extents *out);

/*
 * The planes of a part that has them, as they are stored: bit n of a packed one is that of the n-th
 * written page.
 */
struct stamps_view {
	const struct stamps_part *p;
	const uint8_t *planes;
	stamps_plane written;
	unsigned n, before[WORDS]; /* how many are written; before each word */
};
struct stamps_view stamps_look(const struct stamps_part *p);

/* Bit b of PAST, which is stored. */
void stamps_packed_past(const struct stamps_view *v, unsigned b, stamps_plane out);

/* All bits of a field, empty where they are not stored: returns how many there may be. */
unsigned stamps_packed(const struct stamps_view *v, enum stamps_field f, stamps_plane out[BITS]);

/* The written pages in [from, to), as a stretch of a packed plane. */
struct stamps_stretch {
	unsigned from, to;
};
struct stamps_stretch stamps_stretch(const struct stamps_view *v, uint64_t from, uint64_t to);

/* How a set of pages is packed, by the set of the written ones; and back. */
enum { STAMPS_FEW = 50 };
struct stamps_way {
	uint64_t written[WORDS], by[6][WORDS];
	unsigned at[WORDS];     /* where each word begins */
	unsigned n;             /* written; up to STAMPS_FEW not by words, but by ... */
	uint16_t few[STAMPS_FEW]; /* ... their places */
};
struct stamps_way stamps_way(const stamps_plane written);
struct stamps_way stamps_way_straight(void); /* packed as it is */
void stamps_pack(const struct stamps_way *way, const stamps_plane pages, stamps_plane packed);
void stamps_spread(const struct stamps_way *way, const stamps_plane packed, stamps_plane pages);

/* The planes of a part whose `all` and `stored` are known, in the memory of `was`, or NULL. */
void stamps_planes_make(struct stamps_part *p, const struct stamps_leaf *l, uint8_t *was);
uint8_t *stamps_planes_copy(const struct stamps_part *p);

#endif
