/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACK_WAYS_H
#define PM_TRACK_WAYS_H

/* The kernel's ways to tell writes, behind track.h. A probe says why not through track_cannot. */
#include "track.h"

/* Returns false. */
bool track_cannot(struct track *t, const char *why, const char *how);

/* 0: a page of our own is told clean and written as it should; 1: it is not; 2: could not be tried. */
int soft_dirty_round_trip(void);
bool soft_dirty_probe(struct track *t, const struct proc *p);
int soft_dirty_clear(const struct proc *p, struct err *err);

/*
 * Asynchronous write protection (Linux 6.7), of regions that the target has had registered with a
 * userfaultfd of its own for us: the scan re-arms a page and tells of it in one step, so nothing is
 * lost. Whoever registered them for purposes of his own would lose what he has not seen yet, so
 * this is for targets of ours alone.
 */
bool uffd_probe(struct track *t, const struct pagemap *pm);
int uffd_clear(const struct pagemap *pm, const struct vma_list *vmas, struct err *err);

#endif
