/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PFNSET_H
#define PM_PFNSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of page frame numbers: a bit for each, in blocks of 512 that exist only where there is one.
 * So it is bounded by the memory of the machine: 16 MiB or so for each TiB of it in pages of 4 KiB
 * that are met one and all, less where folios are larger, and 80 bytes or so for a frame that is
 * alone.
 */
enum { PFNSET_WORDS = 8 };
struct pfnset_block {
	uint64_t key; /* of its frames, one more; 0: a free slot */
	uint64_t bits[PFNSET_WORDS];
};
struct pfnset {
	struct pfnset_block *slot; /* open addressing, a power of two of them */
	size_t slots, used;
};

/* true: it was not in the set. */
bool pfnset_add(struct pfnset *s, uint64_t pfn);
void pfnset_free(struct pfnset *s);

#endif
