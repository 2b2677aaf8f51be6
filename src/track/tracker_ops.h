/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACKER_OPS_H
#define PM_TRACKER_OPS_H

/* The ways to tell writes, behind track.h. A probe says why not through track_cannot. */
#include "track/track.h"

/* Returns false. */
bool track_cannot(struct track_status *s, const char *why, const char *how);
bool track_cannot_try(struct track_status *s);

/*
 * Runs a round trip in a child, so that nothing of ours is write-protected. 2: it could not be run;
 * TRY_NO_CHILD: there could be no child.
 */
enum { TRY_NO_CHILD = 4 };
int track_try(int (*round_trip)(void));

/*
 * 0: a page of our own is told clean and written as it should; 1: it is not; more: could not be
 * tried.
 */
int soft_dirty_round_trip(void);
bool soft_dirty_probe(struct track_status *s, const struct proc *p);
int soft_dirty_clear(const struct proc *p, struct err *err);

/*
 * Asynchronous write protection (Linux 6.7) of regions that are registered with a userfaultfd of
 * the target's: one that it made for us, or one that was taken out of it (inject.h). The scan
 * re-arms a page and tells of it in one step, so nothing is lost.
 */
struct uffd;
bool uffd_probe(struct track_status *s, struct track *t, const struct proc *p,
                const struct pagemap *pm);
int uffd_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
               const struct vma_list *vmas, struct err *err);
/* false: the target has begun to use userfaultfd itself; all that was seen is to be forgotten. */
bool uffd_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
                 const struct vma_list *vmas);
/* Lets the target go as it was, in steps that do not hold it up. */
void uffd_release(struct uffd *u);

/*
 * What was armed and is not any more: another mapping has come there. It is no part of the mark
 * from then on.
 */
void uffd_lost(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
               struct track_ranges *out);

/*
 * A region that has come, or was moved, since the first clear: of what lies in it it is not known
 * whether it was written before it was armed. Unsure: it was armed since the last clear.
 */
bool uffd_came_late(const struct track *t, const struct vma *v);
bool uffd_is_unsure(const struct track *t, const struct vma *v);

/*
 * Stretches to register: whole runs of what is mapped between regions that never change, or that do
 * not but are in the scope (pure).
 */
void uffd_plan(const struct vma_list *vmas, const struct track *scope,
               const struct track_ranges *barred, struct track_ranges *out);

/*
 * What has come since the mark: after a clear; and at each look, with what has come in the place of
 * others.
 */
void came_begin(struct track *t, const struct proc *p, const struct pagemap *pm);
void came_follow(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
                 const struct track_ranges *replaced);

/*
 * The frames of the pages in memory, as far as they may be seen and are not too many: noted now,
 * unless that was a moment ago; `anew`: then what was noted does not count any more.
 */
struct moved;
void moved_note(struct moved **m, const struct pagemap *pm, const struct track_ranges *memory,
                bool anew);
void moved_free(struct moved *m);

/* Something else has come there than what was noted. */
void moved_forget(struct moved *m, uint64_t start, uint64_t end);

/*
 * All frames of [start, end) were noted; none of those it has now was, so that no page was moved
 * there.
 */
bool moved_is_empty(const struct moved *m); /* no frame was noted */
bool moved_knows(const struct moved *m, uint64_t start, uint64_t end);
bool moved_none(struct moved *m, const struct pagemap *pm, uint64_t start, uint64_t end);

/*
 * What was seen of the pages on screen, and what differs now: contents of pages in RAM (a hash), or
 * entries of the page table.
 */
struct seen;
enum { SEEN_AS_BEFORE = 2 };

/*
 * The signatures, odd numbers, of n pages now; 0: not known; SEEN_AS_BEFORE: of the look before,
 * whatever that was.
 */
void seen_take(struct track *t, const struct vma *v, uint64_t start, size_t page_size,
               const uint64_t *is, size_t n, uint64_t now);
bool seen_has(const struct seen *s,
              uint64_t addr); /* whether a change of the page there would be seen */
void seen_forget(struct seen *s);
void seen_free(struct seen *s);
bool seen_probe(struct track_status *s, const struct proc *p);

#endif
