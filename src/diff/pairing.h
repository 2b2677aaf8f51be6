/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAIRING_H
#define PM_PAIRING_H

#include "diff/compare.h"

/*
 * Which regions of two moments are the same memory: those that lie at the same address and are of
 * the same file, or of none; those that were moved, where that is certain. A row for each region of
 * `is`, and for each of `was` of which nothing is left; and the stretches that each consists of.
 */
#define R(id, name, help) REGION_DIFF_##id,
enum region_diff {
#include "diff/diff.def"
	REGION_DIFF_KINDS
};
#undef R

const char *region_diff_name(enum region_diff kind);
const char *region_diff_help(enum region_diff kind);

struct paired { /* points into the regions of the moments */
	const struct vma *was, *is; /* NULL: it was not mapped then */
	uint64_t was_size, is_size; /* bytes; of what was split or joined, its part of it */
	enum region_diff kind;
};

struct pairing {
	struct paired *v; /* owned; those that are gone last */
	size_t n, cap;
	struct span *spans; /* owned; ascending by where they are, or were */
	size_t spans_n, spans_cap;
};

/* Free it with pairing_free. */
void pairing_make(struct pairing *p, struct compare *c);
void pairing_free(struct pairing *p);

#endif
