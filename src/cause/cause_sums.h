/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CAUSE_SUMS_H
#define PM_CAUSE_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cause/chains.h"

/* Who may have written: a candidate. */
struct cause_by {
	uint32_t chain, thread;
};
#define CAUSES_NO_THREAD UINT32_MAX /* one of those no longer kept apart */

/* Pages that were written, by their candidates. */
struct cause_sums {
	struct chains sets; /* of candidates: see cause_sums_set */
	uint64_t *pages;    /* of each set */
	size_t n, cap;      /* sets */
	uint64_t other;     /* faults on pages that were not written: reads, first touches */
	/* pages without a fault in a huge page of which all pages were written, and some faulted */
	uint64_t beside;
};
enum { CAUSES_MOST = 8 }; /* candidates that are kept of a page in an epoch */

/* The candidates of a set, and how many; *all: there are no others. */
size_t cause_sums_set(const struct cause_sums *s, size_t set, struct cause_by out[CAUSES_MOST],
                      bool *all);
void cause_sums_free(struct cause_sums *s);

/*
 * For what makes the sums: begins them; adds pages with a set of n candidates, ascending, each as
 * its chain's number << 32 | its thread's (`more`: there were others); adds those of another.
 * Beyond a bound, new sets are of no thread.
 */
void cause_sums_init(struct cause_sums *s);
void cause_sums_add(struct cause_sums *s, const uint64_t *set, size_t n, bool more,
                    uint64_t pages);
void cause_sums_join(struct cause_sums *s, const struct cause_sums *from);

#endif
