/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARED_H
#define PM_SHARED_H

#include <stddef.h>

/*
 * Memory that several own, in any thread: it is not changed once a second one does. NULL is no
 * memory, and may be given to each of these.
 */

/* All 0; shared_drop frees it with its last owner. */
void *shared_alloc(size_t size);
void shared_drop(void *p);

/* Of the caller alone: a copy of p[0..size). */
void *shared_copy(const void *p, size_t size);

/*
 * Drops `mine` for `other` if both have the same bytes, and then is an owner of that. Returns the
 * one that the caller has now.
 */
void *shared_merge(void *mine, void *other, size_t size);

#endif
