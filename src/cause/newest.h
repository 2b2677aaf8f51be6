/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_NEWEST_H
#define PM_NEWEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page/pageset.h"

/*
 * The newest page fault of each page: who brought it in. A page may be dropped and touched again,
 * so a fault replaces the one before. Only pages that were not there at the baseline are kept;
 * those that a scan no longer finds are forgotten.
 *
 * While writes are tracked, a page also faults when it is written after a clear. A fault of a page
 * that was there at the last scan is then not known to have brought it in: if another chain did
 * before, both are candidates; if none did, it is passed over.
 */
struct newest_fault {
	uint64_t addr, time_us;
	uint32_t chain, thread; /* as in causes.h */
	bool several;           /* another one may have brought it in */
};

struct newest {
	struct newest_fault *v; /* open addressing by page, a power of two; addr 0: free */
	size_t size, used;
	struct pageset base, seen; /* what was there at the baseline, and at the last scan */
	bool armed;                /* writes are tracked */
	bool sampled;              /* not all faults were watched: a newer one may be missing */
	uint64_t dropped;          /* faults for which there was no room */
};

void newest_init(struct newest *n, size_t page_size);
void newest_free(struct newest *n);

void newest_put(struct newest *n, const struct newest_fault *f);

/* The pages at a baseline: what was kept of them before is forgotten. */
void newest_set_base(struct newest *n, const struct pageset *base);

/*
 * The pages at a scan that began at time_us. Forgets older faults of those that are no longer
 * there.
 */
void newest_scanned(struct newest *n, const struct pageset *now, uint64_t time_us, bool armed);

#endif
