/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PACK_H
#define PM_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "page/extents.h"
#include "track/stamps.h"

/*
 * Numbers as bytes, seven bits each and the lowest first (LEB128), and bytes packed by zstd: what
 * is in the blobs of a recording. What is unpacked may have been made by anybody.
 */
void pack_number(struct buf *b, uint64_t v);

/* As the difference to the one before it: small either way. */
void pack_step(struct buf *b, uint64_t v, uint64_t before);

/* Appends `raw`, packed, to out; a thread that packs keeps some memory for that until pack_end. */
void pack_close(const struct buf *raw, struct buf *out);
void pack_end(void);

struct unpack {
	unsigned char *raw; /* owned */
	size_t n, at;
	bool bad; /* it ended early; numbers read as 0 from then on */
};

/* false: it is not packed data, or more than a blob may hold. Free it in any case. */
bool unpack_open(struct unpack *u, const void *data, size_t n);
void unpack_free(struct unpack *u);
uint64_t unpack_number(struct unpack *u);
uint64_t unpack_step(struct unpack *u, uint64_t before);

/* Runs of pages of one state: how far each is from the one before, and how long. */
void pack_runs(const struct extents *e, size_t page_size, struct buf *out);
bool unpack_runs(const void *data, size_t n, size_t page_size, uint32_t state, struct extents *out);

/* The same as a part of what is packed. */
void pack_add_runs(const struct extents *e, size_t page_size, struct buf *raw);
bool unpack_take_runs(struct unpack *u, size_t page_size, uint32_t state, struct extents *out);

/* When pages were written; unpacked, all times are so much later. */
void pack_stamps(const struct stamps *s, struct buf *out);
bool unpack_stamps(const void *data, size_t n, uint64_t later_ns, struct stamps *out);

#endif
