/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REFS_H
#define PM_REFS_H

#include <stdbool.h>

/*
 * A reference count, safe in any thread; the creator starts it at 1. What is shared this way is
 * immutable or has a lock of its own.
 */
static inline void
refs_take(int *refs)
{
	__atomic_add_fetch(refs, 1, __ATOMIC_RELAXED);
}

/* true: that was the last reference, and the caller frees the object. */
static inline bool
refs_drop(int *refs)
{
	return __atomic_sub_fetch(refs, 1, __ATOMIC_ACQ_REL) == 0;
}

/* Whether the caller's is the only one; what it refers to may then be changed. */
static inline bool
refs_is_last(const int *refs)
{
	return __atomic_load_n(refs, __ATOMIC_ACQUIRE) == 1;
}

#endif
