/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CACHE_H
#define PM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/helper.h"
#include "target/target.h"

/*
 * What the file of a region says of its pages, whether the process maps them or not: which are in
 * the page cache (mincore), which have data at all (SEEK_DATA), which are in swap (cachestat), how
 * long the file is. The helper asks, about plain files and shared memory alone, none of them on a
 * file system whose server would have to be asked (FUSE, NFS, ...). Nothing is read, faulted in or
 * counted as used.
 */
enum cache_fact {
	CACHE_ASKED = 1,      /* whether it is in the page cache is known, and */
	CACHE_RESIDENT = 2,   /* it is */
	CACHE_DATA_ASKED = 4, /* whether the file has data there is known, and */
	CACHE_DATA = 8,       /* it has */
	CACHE_SWAPPED_ASKED = 16, /* whether shared memory is in swap there is known, and */
	CACHE_SWAPPED = 32,       /* it is */
};

struct cache {
	struct target *t;
	const struct vma *v;
	uint64_t end;
	unsigned needs;          /* enum file_ask */
	struct file_pages *got; /* NULL: nothing can be known */
};

/*
 * For [start, end) of region v; `needs` is enum file_ask. false: nothing can be known, and nothing
 * is open.
 */
bool cache_open(struct cache *c, struct target *t, const struct vma *v, uint64_t start,
                uint64_t end, unsigned needs);
void cache_close(struct cache *c);

/* The file's length in bytes. false: not known. */
bool cache_size(const struct cache *c, uint64_t *size);

/*
 * Where the pages from `at` end, before `end`, of which the same is known; *facts (enum cache_fact)
 * is what. c must have been opened for them.
 */
uint64_t cache_run(struct cache *c, uint64_t at, uint64_t end, unsigned *facts);

#endif
