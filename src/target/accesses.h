/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ACCESSES_H
#define PM_ACCESSES_H

#include "target/source.h"

/*
 * Which memory was accessed, as DAMON's samples say (damon.h): one reading of them. Shared and
 * immutable.
 */
struct accesses {
	int refs;
	struct damon_regions is;
	uint64_t time_ns; /* when it was read, on the clock of the source */
	uint64_t cost_ns; /* how long that took */
};

/*
 * Begins to sample, if that has not begun, and reads what was seen: at first little is. It disturbs
 * the target: see answer_damon. NULL with err.
 */
struct accesses *accesses_read(struct source *s, struct err *err);

struct accesses *accesses_ref(struct accesses *a);
void accesses_unref(struct accesses *a); /* NULL: nothing */

/* Whether they can be sampled: as source_sampling.probe. */
int accesses_probe(struct source *s, bool *left, struct err *err);

/* What the lens goes by; NULL: nothing was sampled. */
static inline const struct damon_regions *
accesses_regions(const struct accesses *a)
{
	return a ? &a->is : NULL;
}

/* Of [start, end) the bytes in which accesses were seen, about. false: nothing was sampled. */
bool accesses_of(const struct accesses *a, uint64_t start, uint64_t end, uint64_t *seen);

#endif
