/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REFS_H
#define PM_REFS_H

#include <stdbool.h>

/*
 * A count of who holds something, in any thread: 1 for the one who made it. What is shared this way
 * is immutable, or has a lock of its own.
 */
static inline void
refs_take(int *refs)
{
	__atomic_add_fetch(refs, 1, __ATOMIC_RELAXED);
}

/* true: nobody holds it any more, and the caller frees it. */
static inline bool
refs_drop(int *refs)
{
	return __atomic_sub_fetch(refs, 1, __ATOMIC_ACQ_REL) == 0;
}

#endif
