/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BLOCK_H
#define PM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/frame.h"
#include "target/source.h"

/*
 * A block of an address space: its page-table words, and all that was looked up by frame to know
 * its pages, so that the same code can look it up once more. Blocks lie at multiples of their size.
 */
enum { BLOCK_PAGES = 512, BLOCK_FILES = FRAME_CGROUP + 1 };

/* What the kernel's files say of a frame. */
struct block_frame {
	uint64_t pfn;
	uint64_t value[BLOCK_FILES]; /* by enum frame_file, ... */
	uint8_t known;               /* ... if its bit 1 << enum frame_file is set */
};

struct block {
	uint64_t start, time_ns; /* time_ns: when it was read, by then; */
	uint64_t again_ns;       /* in a recording: when it was the same, later; 0: not known */
	uint64_t words[BLOCK_PAGES]; /* 0: there is no page */
	int16_t nodes[BLOCK_PAGES];  /* NUMA nodes; -1: not known */
	struct block_frame *v;       /* ascending by pfn; owned */
	size_t n, cap;
};
void block_free(struct block *b);

/* Empties it, and makes it the block that has addr. */
void block_begin(struct block *b, uint64_t addr, size_t page_size);

/* Adds what is in [start, end), a part of it that one region has. -1 with err. */
int block_read(struct block *b, const struct source *s, uint64_t start, uint64_t end,
               struct err *err);

/* Call once all of it is read. */
void block_end(struct block *b);

/*
 * Of its contents: blocks that differ have another, as good as always. Without the idle flag, which
 * the kernel turns in memory that nobody changes.
 */
uint64_t block_hash(const struct block *b);

/* As a blob. Unpack a block that has begun; false: it is no block's. */
void block_pack(const struct block *b, struct buf *out);
bool block_unpack(struct block *b, const void *data, size_t n);

#endif
