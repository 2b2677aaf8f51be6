/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PTMALLOC_H
#define PM_PTMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What glibc's malloc says of itself, by words of its memory (malloc/malloc.c, malloc/arena.c).
 * Pure: the words come from the caller. A process may write there what it likes, and writes while
 * we read: each value is checked, each loop ends, and what does not fit together is not taken.
 *
 * A heap begins with heap_info: its arena's malloc_state, the heap before it, its size, and how
 * much can be written. The first heap of an arena has the malloc_state right behind that. Where
 * `top` and the bins are in it differs by version (fast bins before them came and went), so they
 * are found by what they are: 127 pairs of pointers, each to itself or into the arena's heaps,
 * behind a pointer to a place for a chunk in them.
 */
struct ptmalloc_memory {
	/* The aligned word at addr. false: it is not in RAM, or cannot be read. */
	bool (*word)(void *arg, uint64_t addr, uint64_t *out);
	/* What was read is to be read again, as it has changed. */
	void (*again)(void *arg);
	void *arg;
	unsigned size; /* bytes of a word: 4 or 8 */
	size_t page_size;
};

enum ptmalloc_is {
	PTMALLOC_UNKNOWN, /* its first bytes cannot be read */
	PTMALLOC_NOT,     /* they are not what glibc writes there */
	PTMALLOC_HEAP,
};

struct ptmalloc_heap {
	/* from the caller: where it would be; how much of it can be written, changes */
	uint64_t start, end;
	enum ptmalloc_is is;
	/* of a PTMALLOC_HEAP: */
	uint64_t state;  /* its arena's malloc_state, by which arenas are known */
	uint64_t before; /* the heap before it in its arena; 0: it is the first */
	uint64_t size;   /* bytes from start that malloc uses; it may be able to write more */
	uint64_t top;    /* the arena's top, if it is in this heap; 0: in another */
	uint64_t bins;   /* the arena's bins, if this is its first heap */
	bool linked;     /* the arena's top leads to it */
};

/*
 * Judges n heaps, ascending by start, of the same greatest size: sets all but what is from the
 * caller.
 */
void ptmalloc_heaps(const struct ptmalloc_memory *m, struct ptmalloc_heap *h, size_t n);

/*
 * The main arena, whose state is in [lo, hi), the writable data of some file, and whose heap is
 * [start, end), which brk made. false: it is not there.
 */
struct ptmalloc_main {
	uint64_t at; /* where in its state `top` is */
	uint64_t top, top_end;
};
bool ptmalloc_main(const struct ptmalloc_memory *m, uint64_t lo, uint64_t hi, uint64_t start,
                   uint64_t end, struct ptmalloc_main *out);

/* A free chunk [start, end), with its header. */
typedef void ptmalloc_chunk_fn(void *arg, uint64_t start, uint64_t end);

/*
 * Calls fn for each free chunk below the top of a heap, ascending, except those that threads and
 * fast bins keep for themselves: they count as used. false: the chunks do not fit together, or not
 * all of their headers can be read; what fn was called with is void.
 */
bool ptmalloc_chunks(const struct ptmalloc_memory *m, const struct ptmalloc_heap *h,
                     ptmalloc_chunk_fn *fn, void *arg);

/* The same of the main arena, whose heap is [start, top). */
bool ptmalloc_chunks_main(const struct ptmalloc_memory *m, uint64_t start, uint64_t top,
                          ptmalloc_chunk_fn *fn, void *arg);

/*
 * Of a free chunk, and of the top chunk, the whole pages that malloc can give back: malloc_trim
 * those of free chunks (mtrim), free and malloc_trim those of the top (heap_trim, systrim).
 * start == end: none.
 */
struct ptmalloc_pages {
	uint64_t start, end;
};
struct ptmalloc_pages ptmalloc_pages_of(const struct ptmalloc_memory *m, uint64_t start,
                                        uint64_t end);
struct ptmalloc_pages ptmalloc_pages_of_top(const struct ptmalloc_memory *m, uint64_t start,
                                            uint64_t end);

#endif
