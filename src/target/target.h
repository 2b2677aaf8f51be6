/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TARGET_H
#define PM_TARGET_H

#include "kernel/frame.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"
#include "kernel/swap.h"
#include "kernel/thread.h"
#include "kernel/vma.h"
#include "symbol/helper.h"
#include "target/kinds.h"
#include "track/track.h"

/*
 * An open target: everything that is read from. One thread owns it. Opening may block for as long
 * as the kernel does, which is why the screen leaves it to the sampler.
 */
struct target {
	struct proc proc;
	int maps;              /* kept open: it reads as empty once the address space is gone */
	int mem;               /* the target's memory; -1 until bytes.c is told to read some */
	struct pagemap pm;
	struct frames frames;
	struct track track;
	struct swaps swaps;
	struct threads threads;
	struct helper *helper; /* who touches its files; NULL: nobody has asked yet */
	struct kinds kinds;
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

/* Whether the address space that was opened is still there. Costs one word of pagemap. */
bool target_is_alive(const struct target *t);

/* After exec: the old descriptors show the old, dead address space. */
int target_reopen(struct target *t, struct err *err);

/*
 * The regions now; none: the address space is gone (exec, exit). The end of a thread they were read
 * through is neither: they are read through another.
 */
int target_regions(struct target *t, struct vma_list *out, struct err *err);

#endif
