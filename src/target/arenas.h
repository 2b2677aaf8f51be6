/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ARENAS_H
#define PM_ARENAS_H

#include "kernel/arena.h"
#include "target/target.h"

/*
 * The heaps of glibc's malloc in a process, and how they are occupied. Which memory is in RAM is in
 * the page tables; what of it is free, only malloc knows, in the memory of the process.
 */
enum arenas_hole { ARENAS_HOLE_64K, ARENAS_HOLE_1M, ARENAS_HOLE_ABOVE, ARENAS_HOLES };

/* How the heap of an arena was judged after its memory was read. */
enum arenas_is {
	ARENAS_UNREAD,
	ARENAS_UNKNOWN, /* its first bytes are not in RAM, or keep changing */
	ARENAS_NOT,     /* they are not glibc's */
	ARENAS_HEAP,
};

struct arenas_heap {
	uint64_t start, end; /* what can be written of it */
	uint64_t limit;      /* where its address space ends */
	enum arena_by by;
	bool brk;            /* [heap]: where the main arena has its memory, if it is glibc's */
	/* pages, from the page tables */
	uint64_t rss, swap;
	/* between pages in RAM or in swap: those that are neither, in runs, by length */
	uint64_t holes, hole[ARENAS_HOLES];

	/* from its memory */
	enum arenas_is is;
	uint64_t arena;      /* of an ARENAS_HEAP: its malloc_state; of the main arena its `top` */
	uint64_t top, top_end; /* top 0: the arena's is in another heap */
	/* pages in RAM that malloc could give back: of the top, and of free chunks */
	uint64_t tail;
	bool free_known;
	uint64_t free, chunks; /* chunks: how many free ones have such pages */
};

struct arenas {
	struct arenas_heap *v; /* ascending; owned */
	size_t n, cap;
	bool more;  /* address space has room for others that were not looked at */
	size_t refuted; /* of those that look like heaps: their memory says otherwise */
	/* bytes of private huge pages, where malloc has its heaps if glibc.malloc.hugetlb is 2 or a
	 * size: these are not found */
	uint64_t hugetlb;
	const struct vma *libc; /* glibc's file, where the process maps it; NULL: it does not */
};

/* From the page tables. Returns as walk_pages; `out` is to be freed in any case. */
int arenas_find(struct target *t, const struct vma_list *vmas, struct arenas *out, struct err *err);

/*
 * The same, and from the memory of the heaps, and of files' data where the state of the main arena
 * may be: reads pages that are in RAM, as bytes.h does. -1: memory cannot be read at all.
 */
int arenas_read(struct target *t, const struct vma_list *vmas, struct arenas *out, struct err *err);
void arenas_free(struct arenas *a);

#endif
