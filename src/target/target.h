/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TARGET_H
#define PM_TARGET_H

#include "base/progress.h"
#include "target/source.h"
#include "track/track.h"

/*
 * An open target: its source, and what was found out from it. One thread owns it. Opening may block
 * for as long as the kernel does, which is why the screen leaves it to the sampler.
 */
struct target {
	struct source *source; /* all that is read comes from it; NULL: it could not be opened */
	size_t page_size;      /* the source's */
	struct track track;
	struct progress *progress; /* of a long answer; NULL: nobody asks for it */
	struct threads threads;
	struct cap *caps;      /* what was probed of it (probe.h); NULL: not yet */
	size_t caps_n;
	size_t regions;        /* at the last look: a change makes the threads worth another one */
};

/*
 * Opens all but the page tables: enough for the regions. target_close also after failure. The page
 * tables are a step of their own because opening them may block.
 */
int target_open(struct target *t, const char *root, pid_t pid, struct err *err);
int target_open_pages(struct target *t, struct err *err);
void target_close(struct target *t);

/* The same with a source that is open, which is taken over. */
void target_take(struct target *t, struct source *s);

/* Whether the address space that was opened is still there. */
bool target_is_alive(const struct target *t);

/* After exec: the old address space is dead. */
int target_reopen(struct target *t, struct err *err);

/*
 * The regions now, the stacks among them named; none: the address space is gone (exec, exit).
 */
int target_regions(struct target *t, struct vma_list *out, struct err *err);

/* What the source's trackers do with its track: see struct source_writes. */
void target_probe_trackers(struct target *t);
int target_clear(struct target *t, const struct vma_list *vmas, struct err *err);
void target_follow(struct target *t, const struct vma_list *vmas);
bool target_hazard(const struct target *t, const struct vma_list *vmas, struct buf *out);

/* smaps of all regions; NULL with err. It makes the kernel walk every page table. */
struct smaps_look *target_smaps(const struct target *t, struct err *err);

#endif
