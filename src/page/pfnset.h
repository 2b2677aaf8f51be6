/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PFNSET_H
#define PM_PFNSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of page frame numbers: one bit each, in blocks of 512 that exist only when needed. So its
 * size is bounded by the machine's memory: about 16 MiB per TiB if every 4 KiB page is in it, less
 * with larger folios, and about 80 bytes for an isolated frame.
 */
enum { PFNSET_WORDS = 8 };
struct pfnset_block {
	uint64_t key; /* frame number / 512 + 1; 0: a free slot */
	uint64_t bits[PFNSET_WORDS];
};
struct pfnset {
	struct pfnset_block *slot; /* open addressing, a power of two */
	size_t slots, used;
};

/* true: it was not in the set yet. */
bool pfnset_add(struct pfnset *s, uint64_t pfn);
void pfnset_free(struct pfnset *s);

#endif
