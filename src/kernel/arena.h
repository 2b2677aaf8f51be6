/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ARENA_H
#define PM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/vma.h"

/*
 * Heaps of malloc, as the regions show them. glibc (malloc/arena.c) reserves each at a multiple of
 * its greatest size, 64 MiB (1 MiB in a 32-bit process), and makes the beginning writable as it
 * grows. The main arena's is not among them: that is [heap]. glibc names them only on request
 * (glibc.mem.decorate_maps), and Go's arenas have the same shape, so this is a judgement, and
 * `by` says what it rests on.
 */
enum arena_by {
	ARENA_BY_NOTHING, /* there may be one, as memory that can be written begins there */
	ARENA_BY_SIZE,    /* aligned, as large as one, all of it writable */
	ARENA_BY_SHAPE,   /* aligned, and the rest of its size is reserved */
	ARENA_BY_NAME,    /* glibc named it */
};

struct arena_slot {
	uint64_t start, used, end; /* [start, used) can be written, [used, end) not */
	enum arena_by by;
};

struct arena_slots {
	struct arena_slot *v; /* ascending; owned */
	size_t n, cap;
	bool more; /* there are others: ARENA_SLOTS_MAX is reached */
};
enum { ARENA_SLOTS_MAX = 1 << 16 };

/* All of them; `any`: those by nothing, too. */
void arena_find(const struct vma_list *list, bool any, struct arena_slots *out);
void arena_free(struct arena_slots *s);

/*
 * The same for one region: which part of heaps it is. USED: heaps begin there, *heaps of them;
 * MORE: what has been added to one that has a name.
 */
enum arena_part { ARENA_NONE, ARENA_USED, ARENA_MORE, ARENA_REST };
enum arena_part arena_part(const struct vma_list *list, size_t i, size_t *heaps);

#endif
