/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TOUCHED_H
#define PM_TOUCHED_H

#include "target/source.h"

/*
 * The working set: what a process has touched, read or written, since a clear of its referenced
 * bits, by region: Referenced in smaps after a write of 1 to clear_refs
 * (Documentation/filesystems/proc.rst). Of a page the kernel does not show it.
 *
 * What it means: the clear does not flush the TLB, so a page whose translation the processor still
 * holds is used without a mark: a sum is the least that was touched. Of pages of files it also has
 * what other processes used, and what the kernel mapped around a page that faulted. A large folio
 * counts whole.
 *
 * What it changes: reclaim goes by the same bits, and takes pages for unused until they are touched
 * again; so do other processes' pages of the same files, which lose their referenced flag. Writes
 * that are tracked are not touched: soft-dirty and userfaultfd have bits of their own.
 */
struct touched {
	unsigned clears;   /* of this program, by us; 0: nothing is known */
	uint64_t clear_ns; /* when the last one was over, on the clock of the source */
	uint64_t cost_ns;  /* how long it took */
};

/* Clears the bits: changes the target. -1 with err. */
int touched_clear(struct touched *t, struct source *s, struct err *err);

/* What a clear takes, estimated: so long nothing can be mapped there. 0: not known. */
uint64_t touched_estimate_ns(const struct source *s);

/* Whether a reading shows what was touched since the clear. */
bool touched_is_in(const struct touched *t, const struct smaps_reading *l);

/*
 * Whether smaps counts what is touched in a region: not in huge pages of the pool, nor where frames
 * have no struct page.
 */
bool touched_counts(const struct vma *v, const struct smaps_entry *e);

/* Sums of a reading, in bytes. */
struct touched_sum {
	uint64_t touched, rss; /* rss: of regions of which it is known */
	size_t unknown;        /* regions with memory of which it is not */
};
void touched_add(struct touched_sum *sum, const struct vma *v, const struct smaps_entry *e);
struct touched_sum touched_sum(const struct vma_list *vmas, const struct smaps *s);

#endif
