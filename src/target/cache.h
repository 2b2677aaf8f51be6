/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CACHE_H
#define PM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/helper.h"
#include "target/target.h"

/*
 * Facts about the pages of a region's file, mapped or not: which are in the page cache (mincore),
 * have data (SEEK_DATA) or are in swap (cachestat), and the length of the file. The helper finds
 * them, for regular files and shared memory only, and not on file systems with a server (FUSE,
 * NFS, ...). Nothing is read, faulted in or marked as used.
 */
enum cache_fact {
	CACHE_ASKED = 1,      /* CACHE_RESIDENT is known: */
	CACHE_RESIDENT = 2,   /* in the page cache */
	CACHE_DATA_ASKED = 4, /* CACHE_DATA is known: */
	CACHE_DATA = 8,       /* the file has data there */
	CACHE_SWAPPED_ASKED = 16, /* CACHE_SWAPPED is known: */
	CACHE_SWAPPED = 32,       /* shared memory in swap */
};

struct cache {
	struct target *t;
	const struct vma *v;
	uint64_t end;
	unsigned needs;          /* enum file_ask */
	struct file_pages *got; /* NULL: nothing is known */
};

/* Announces that regions in [start, end) will be opened: the helper starts meanwhile. */
void cache_expect(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end);

/*
 * For [start, end) of region v; `needs` is enum file_ask. false: nothing is known, and nothing is
 * open.
 */
bool cache_open(struct cache *c, struct target *t, const struct vma *v, uint64_t start,
                uint64_t end, unsigned needs);
void cache_close(struct cache *c);

/* The file's length in bytes. false: not known. */
bool cache_size(const struct cache *c, uint64_t *size);

/*
 * The end, at most `end`, of the pages from `at` on that share the same *facts (enum cache_fact). c
 * must have been opened for them.
 */
uint64_t cache_run(struct cache *c, uint64_t at, uint64_t end, unsigned *facts);

#endif
