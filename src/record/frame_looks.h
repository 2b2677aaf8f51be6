/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FRAME_LOOKS_H
#define PM_FRAME_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/block.h"

/*
 * The frames of blocks, by number. Several blocks may know a frame: one because it is mapped
 * there, another because it lies beside one that is, and of that only the flags were read. Of each
 * fact the newest is found.
 */
struct frame_looks {
	struct frame_look {
		const struct block_frame *frame; /* NULL: free; of a block that outlives this */
		uint64_t time_ns;
	} * v;
	size_t n, cap;
};
void frame_looks_free(struct frame_looks *f);

void frame_looks_add(struct frame_looks *f, const struct block *b);

/* false: no block knows it. */
bool frame_looks_find(const struct frame_looks *f, uint64_t pfn, enum frame_file file,
                      uint64_t *out);

#endif
