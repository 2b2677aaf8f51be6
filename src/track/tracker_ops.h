/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACKER_OPS_H
#define PM_TRACKER_OPS_H

/*
 * The interface of a tracker: its words, its capabilities, its operations. Each tracker is a file
 * tracker_NAME.c that defines its ops, and a row of trackers.def; tracker.c calls the ops. Below
 * them are the parts that trackers share.
 */
#include "track/track.h"

struct tracker_ops {
	struct tracker_words words;
	unsigned caps; /* of enum tracker_can */

	/* The categories (PM_CAT_*) to request in a scan; 0: it has no marks in the page table. */
	uint64_t cats;
	/*
	 * Of those, the ones that a mapping newer than the clear has everywhere, even without
	 * pages.
	 */
	uint64_t everywhere;

	/*
	 * Whether it works here, for this process: tested, not guessed. false: *s says why not and
	 * what helps. Undoes everything it tried.
	 */
	bool (*probe)(struct track_status *s, struct track *t, const struct proc *p,
	              const struct pagemap *pm);

	/* The only op that may change the target. -1: it failed and nothing changed. */
	int (*clear)(struct track *t, const struct proc *p, const struct pagemap *pm,
	             const struct vma_list *vmas, struct err *err);

	/*
	 * Called before each scan of all regions. false: the target was released, and all stamps
	 * must be forgotten. NULL: nothing to do.
	 */
	bool (*follow)(struct track *t, const struct proc *p, const struct pagemap *pm,
	               const struct vma_list *vmas);

	/* Whether these categories mean that a page was written. NULL if cats is 0. */
	bool (*written)(uint64_t cats);

	/* Judges the scan of a region. May drop stamps that have become meaningless. */
	struct track_verdict (*doubt)(struct track *t, const struct proc *p,
	                              const struct track_scan *scan);

	/* Whether a write to the page at addr would be seen. NULL: anywhere in scope. */
	bool (*reaches)(const struct track *t, uint64_t addr);

	/*
	 * For trackers that compare scans: sets the signatures of the pages whose entries are
	 * known: an odd number; 0: not known; or SEEN_AS_BEFORE. NULL: it does not compare.
	 */
	void (*sign)(const struct track_pages *pages, uint64_t *out);

	/* Copies t->own for `reaches` in another thread. NULL: `reaches` does not use it. */
	void *(*copy)(const void *own);

	/* Releases the target and frees t->own, which is not NULL. NULL: it has no state. */
	void (*release)(void *own);

	/* Who in the target would be harmed by a clear. NULL: nobody can be. */
	bool (*hazard)(const struct proc *p, const struct vma_list *vmas, struct buf *out);

	/*
	 * The question for the user, and the costs, if something must first be done in the target.
	 * Has no effect on it. NULL: no consent needed.
	 */
	void (*costs)(const struct proc *p, struct buf *question, track_cost_fn *fn, void *arg);

	/*
	 * Removes from the target what blocked its probe (t->stray); only with consent to that very
	 * thing. NULL: there is nothing it could remove.
	 */
	int (*unblock)(const struct proc *p, struct track *t, struct err *err);
};

#define T(id, ops) extern const struct tracker_ops ops;
#include "track/trackers.def"
#undef T

/* --- probes ----------------------------------------------------------------------------------- */

/* Fills *s and returns false. */
bool track_cannot(struct track_status *s, const char *why, const char *how);
bool track_cannot_try(struct track_status *s);
bool track_cannot_open(struct track_status *s);

/*
 * Runs a round trip in a child, so that none of our own memory gets write-protected. Returns its
 * status; 2: it could not be run; TRY_SHORTAGE: nor opened, for want of descriptors; TRY_NO_CHILD:
 * fork failed.
 */
enum { TRY_SHORTAGE = 3, TRY_NO_CHILD = 4 };
int track_try(int (*round_trip)(void));

/* --- mapped since the clear ------------------------------------------------------------------- */

/*
 * Follow what is mapped after a clear: begin after each clear, follow at each scan, with the ranges
 * in which one mapping replaced another.
 */
void newer_begin(struct track *t, const struct proc *p, const struct pagemap *pm);
void newer_follow(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
                 const struct track_ranges *replaced);

/*
 * Notes the page frames of `memory`, as far as they are visible and not too many, unless that was
 * done a moment ago; with `anew` the older notes then become invalid.
 */
struct moved;
enum { MOVED_MOST = 1 << 16, MOVED_SOME = 1 << 12 }; /* frames; of a region that has more */
void moved_note(struct moved **m, const struct pagemap *pm, const struct track_ranges *memory,
                bool anew);
void moved_free(struct moved *m);

/* Another mapping has replaced what was noted at [start, end). */
void moved_forget(struct moved *m, uint64_t start, uint64_t end);

/*
 * Whether all frames of [start, end) were noted; and whether none of its present frames was, so
 * that no page was moved there.
 */
bool moved_is_empty(const struct moved *m); /* no frame was noted */
bool moved_knows(const struct moved *m, uint64_t start, uint64_t end);
bool moved_none(struct moved *m, const struct pagemap *pm, uint64_t start, uint64_t end);

/* --- for trackers with marks in the page table ------------------------------------------------ */

/* The kernel hides the region's pages from us. */
static inline bool
tracker_is_hidden(const struct track_scan *scan)
{
	return vma_hides_pages(scan->vma) && !scan->rss;
}

/* Whether a region was exactly [start, end) at the clear. */
bool track_knew(const struct track *t, uint64_t start, uint64_t end);

/* --- for trackers that compare scans ---------------------------------------------------------- */

/*
 * The signatures of the pages on screen, and what differs now: contents of pages in RAM, or page
 * table entries. The t->own of a tracker that compares.
 */
struct seen;
enum { SEEN_AS_BEFORE = 2 }; /* a signature: the same as in the previous scan */

/*
 * Mixes the bits of a number: inputs that differ in one bit give results that differ in half of
 * theirs.
 */
uint64_t seen_mix(uint64_t h);

int seen_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
               const struct vma_list *vmas, struct err *err);
struct track_verdict seen_doubt(struct track *t, const struct proc *p,
                                const struct track_scan *scan);
bool seen_reaches(const struct track *t, uint64_t addr);
void *seen_copy(const void *own);
void seen_release(void *own);

#endif
