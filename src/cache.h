/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CACHE_H
#define PM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc.h"
#include "vma.h"

/*
 * Which pages of a mapped file are in the page cache, whether the process maps them or not: by
 * mincore(2) on a mapping of our own that is never touched, so nothing is read, faulted in or
 * counted as used. Only plain files and shared memory are opened, none on a file system whose
 * server might keep us waiting (FUSE, NFS, ...), and only files of which the kernel tells us the
 * truth: of others' files it calls every page resident.
 */
struct cache {
	unsigned char *at;  /* our mapping, MAP_FAILED or NULL: not known */
	uint64_t start;     /* address in the process of its first byte */
	size_t size;        /* bytes */
};

/* For [start, end) of region v. false: cannot be known; cache_close all the same. */
bool cache_open(struct cache *c, const struct proc *p, const struct vma *v, uint64_t start,
                uint64_t end, size_t page_size);
void cache_close(struct cache *c);

/* in[i] is odd for each of the n pages from addr that is in the cache. false: not known. */
bool cache_pages(const struct cache *c, uint64_t addr, unsigned char *in, size_t n, size_t page_size);

#endif
