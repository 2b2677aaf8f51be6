/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACKER_OPS_H
#define PM_TRACKER_OPS_H

/*
 * What a tracker is to the rest of pmtop: its words, what it can, and what it does. Each is a file,
 * tracker_NAME.c, which ends in its ops, and a row of trackers.def; tracker.c calls them. Below are
 * the parts that trackers share.
 */
#include "track/track.h"

struct tracker_ops {
	struct tracker_words words;
	unsigned caps; /* enum tracker_can */

	/* The categories (PM_CAT_*) that a scan is to ask for; 0: the page table holds no marks. */
	uint64_t cats;
	/* Of them, those that a mapping newer than the clear has all over, pages or not. */
	uint64_t everywhere;

	/*
	 * Whether it works here, in this process: tried, not guessed. false: s says why not, and
	 * what helps. What is tried is undone.
	 */
	bool (*probe)(struct track_status *s, struct track *t, const struct proc *p,
	              const struct pagemap *pm);

	/* The only one that may change the target. -1: it would not, and nothing changed. */
	int (*clear)(struct track *t, const struct proc *p, const struct pagemap *pm,
	             const struct vma_list *vmas, struct err *err);

	/*
	 * Before each look at all regions. false: the target has been let go, and all that was seen
	 * is to be forgotten. NULL: there is nothing to follow.
	 */
	bool (*follow)(struct track *t, const struct proc *p, const struct pagemap *pm,
	               const struct vma_list *vmas);

	/* Whether these categories say that a page was written. NULL: cats is 0. */
	bool (*written)(uint64_t cats);

	/* What follows from a look at a region. It may drop stamps that mean nothing any more. */
	struct track_verdict (*doubt)(struct track *t, const struct proc *p,
	                              const struct track_look *l);

	/* Whether a write to the page at addr would be seen. NULL: to all of the scope. */
	bool (*reaches)(const struct track *t, uint64_t addr);

	/*
	 * For those that compare looks: the signatures of the pages whose words are known, odd
	 * numbers; 0: not known; SEEN_AS_BEFORE. NULL: it does not compare.
	 */
	void (*sign)(const struct track_pages *pages, uint64_t *out);

	/* Lets go of the target, and frees t->own, which is not NULL. NULL: it has none. */
	void (*release)(void *own);

	/* Who in the target would be harmed by a clear. NULL: nobody can be. */
	bool (*hazard)(const struct proc *p, const struct vma_list *vmas, struct buf *out);

	/*
	 * What it would take, if something must be done in the target first: the question to a
	 * person, and the facts. Nothing is done by asking. NULL: it needs no consent.
	 */
	void (*costs)(const struct proc *p, struct buf *question, track_cost_fn *fn, void *arg);
};

#define T(id, ops) extern const struct tracker_ops ops;
#include "track/trackers.def"
#undef T

/* --- probes ----------------------------------------------------------------------------------- */

/* Returns false. */
bool track_cannot(struct track_status *s, const char *why, const char *how);
bool track_cannot_try(struct track_status *s);

/*
 * Runs a round trip in a child, so that nothing of ours is write-protected. 2: it could not be run;
 * TRY_NO_CHILD: there could be no child.
 */
enum { TRY_NO_CHILD = 4 };
int track_try(int (*round_trip)(void));

/* --- what has come since the clear -------------------------------------------------------------
 */

/*
 * What has come since the clear: after a clear; and at each look, with what has come in the place
 * of others.
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

/* --- by marks in the page table --------------------------------------------------------------- */

/* Nothing of it shows in the page table, as far as pmtop may see. */
static inline bool
track_is_hidden(const struct track_look *l)
{
	return vma_hides_pages(l->vma) && !l->rss;
}

/*
 * Stretches to register with a userfaultfd: whole runs of what is mapped between regions that never
 * change, or that do not but are in the scope (pure).
 */
void uffd_plan(const struct vma_list *vmas, const struct track *scope,
               const struct track_ranges *barred, struct track_ranges *out);

/* What a watch by userfaultfd costs: in general; the question and the facts, of one process. */
extern const struct track_cost uffd_prices[];
void uffd_costs(const struct proc *p, struct buf *question, track_cost_fn *fn, void *arg);

/* Whether [start, end) existed as it is at the clear. */
bool track_knew(const struct track *t, uint64_t start, uint64_t end);

/* --- by looks --------------------------------------------------------------------------------- */

/*
 * What was seen of the pages on screen, and what differs now: contents of pages in RAM, or entries
 * of the page table. It is t->own of a tracker that compares.
 */
struct seen;
enum { SEEN_AS_BEFORE = 2 }; /* a signature: that of the look before, whatever it was */

/* Spreads the bits of a number: of what differs a little the results do in half of theirs. */
uint64_t seen_mix(uint64_t h);

int seen_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
               const struct vma_list *vmas, struct err *err);
struct track_verdict seen_doubt(struct track *t, const struct proc *p, const struct track_look *l);
bool seen_reaches(const struct track *t, uint64_t addr);
void seen_release(void *own);

#endif
