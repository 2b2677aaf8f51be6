/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROGRESS_H
#define PM_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The progress of a long piece of work: one thread does it and updates this, any other may read it.
 * The unit is up to the work, mostly bytes of address space. NULL: no progress is kept.
 */
struct progress {
	uint64_t done, total; /* total 0: not known */
};

/* Starts a piece of work of this size. */
static inline void
progress_begin(struct progress *p, uint64_t total)
{
	if (!p)
		return;
	__atomic_store_n(&p->done, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&p->total, total, __ATOMIC_RELAXED);
}

static inline void
progress_add(struct progress *p, uint64_t n)
{
	if (p)
		__atomic_add_fetch(&p->done, n, __ATOMIC_RELAXED);
}

/* From 0 to 1; negative: not known. */
static inline double
progress_part(const struct progress *p)
{
	uint64_t total = __atomic_load_n(&p->total, __ATOMIC_RELAXED);
	uint64_t done = __atomic_load_n(&p->done, __ATOMIC_RELAXED);

	if (!total)
		return -1;
	return done < total ? (double)done / (double)total : 1;
}

#endif
