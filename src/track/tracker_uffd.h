/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACKER_UFFD_H
#define PM_TRACKER_UFFD_H

/* Shared by the files of the userfaultfd tracker: what is registered, and what of that is armed. */
#include "kernel/pagemap.h"
#include "track/inject.h"
#include "track/ranges.h"
#include "track/tracker_ops.h"

enum { UFFD_CHUNK = 256 << 20 }; /* bytes per call: bounds time under mmap_lock */
#define UFFD_CATS (PM_CAT_WRITTEN | PM_CAT_WPALLOWED)

/*
 * A process of ours that has the userfaultfd open as long as pmtop has. The last close of one waits
 * for the mmap_lock whatever happens; if a thread of the target never lets go of that, pmtop could
 * not end: so the last close is that process's.
 */
struct uffd_held {
	int line;     /* a byte in it: pmtop has closed its own */
	int pagemap;  /* of the same address space, for pagemap_await */
	pid_t holder; /* 0: none */
};

/* The t->own of the tracker; the demo, which watches itself, has none. */
struct uffd {
	int fd;
	struct uffd_held held;
	struct track_ranges barred; /* regions that cannot be registered */
	struct track_ranges areas;  /* regions that are registered */
	/* mapped after the first clear: writes before they were armed are not known */
	struct track_ranges late;
	size_t vmas_before;
	uint64_t followed_ns;
	struct track_range scope; /* at the last clear */
};

static inline struct uffd *
uffd_of(const struct track *t)
{
	return t->own;
}

/* --- who holds it ----------------------------------------------------------------------------- */

/* -1 with errno. Both descriptors are -1 before; uffd_let_go also takes what has failed. */
int uffd_hold(struct uffd_held *h, int fd, const struct proc *p);

/* After pmtop has closed its own: returns once the holder has, too. */
void uffd_let_go(struct uffd_held *h);

/* --- what is registered ----------------------------------------------------------------------- */

/* Takes a userfaultfd out of the process and sets t->own. -1: it cannot, or the kernel refuses. */
int uffd_open(struct track *t, const struct proc *p, const struct vma_list *vmas, struct err *err);

/* Releases the target as it was, in steps that do not stall it; frees the struct uffd. */
void uffd_release(void *own);

/* Whether exactly this region is one of those that cannot be registered. */
bool uffd_is_barred(const struct vma *v, const struct track_ranges *barred);

/* It never moves, and the scope does not name it. */
bool uffd_is_stable(const struct track *t, const struct vma *v);

/* Clips the region to what can be watched. false: nothing. */
bool uffd_in_scope(const struct track *t, const struct vma *v, uint64_t *start, uint64_t *end);

/*
 * The ranges to register with a userfaultfd: whole runs of mappings between regions that never
 * change; stable regions only if the scope names them (pure).
 */
void uffd_plan(const struct vma_list *vmas, const struct track *scope,
               const struct track_ranges *barred, struct track_ranges *out);

/* Registers all that can be and should be. */
void uffd_register_all(struct uffd *u, const struct track *t, const struct vma_list *vmas);

/* Whether that was a moment ago; and whether the target has room for more regions. */
bool uffd_is_recent(const struct uffd *u);
bool uffd_has_room(const struct uffd *u, const struct vma_list *vmas);

/* --- what is armed ---------------------------------------------------------------------------- */

/* The tracker's op `written`. */
bool uffd_written(uint64_t cats);

/*
 * A clear. In auto-clear the writes since the last one are reported, and memory armed for the first
 * time in between is reported from now on.
 */
int uffd_arm_all(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
                 struct err *err);

/* Registers and arms what was mapped since, if something was. */
void uffd_arm_more(struct track *t, const struct pagemap *pm, const struct vma_list *vmas);

/*
 * Collects what was armed and no longer is, because another mapping has replaced it; removes it
 * from the clear.
 */
void uffd_lost(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
               struct track_ranges *out);

/* --- what it costs ---------------------------------------------------------------------------- */

/* The costs of a userfaultfd watch: in general; and for one process, with the question. */
extern const struct track_cost uffd_prices[];
void uffd_costs(const struct proc *p, struct buf *question, track_cost_fn *fn, void *arg);

#endif
