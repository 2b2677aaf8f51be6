/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAST_H
#define PM_PAST_H

#include "page/extents.h"
#include "target/heatmap.h"
#include "target/target.h"

/*
 * The scans of a process so far, as changes of runs of pages, in bounded memory: once it is full,
 * one of the older half is dropped, where they lie closest together, and what it says becomes part
 * of the next one, as in a recording (thin.h). So the oldest stays, and hours are kept. A scan of a
 * process in too many runs is left out. Copies share what they have.
 */
enum { PAST_BYTES = 16 << 20, PAST_SCANS = 1000, PAST_RUNS = 1 << 17 };

struct past {
	struct past_scan **v; /* ascending by time */
	size_t n, cap, bytes;
	struct extents now;   /* as of the last one */
	/* of the scan that runs: */
	struct extents next;
	struct target *t;     /* NULL: none does */
	pagemap_run_fn *then; /* who else hears of its runs */
	void *then_arg;
	unsigned clears;      /* by the last one */
};
void past_free(struct past *p);

/* Hears of the pages of a scan of all regions, and passes them on to who heard of them before. */
void past_listen(struct past *p, struct target *t);
/* The scan is over; it was begun at that time. false: it was given up. */
void past_unlisten(struct past *p, uint64_t time_ns, bool whole);

/* A copy for another thread. */
void past_copy(struct past *to, const struct past *from);

/* NULL with err: there is no scan yet. */
struct heatmap *past_heatmap(const struct past *p, size_t page_size, struct progress *progress,
                             const struct vma_list *vmas, const struct heatmap_of *of,
                             struct err *err);

#endif
