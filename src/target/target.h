/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TARGET_H
#define PM_TARGET_H

#include "base/progress.h"
#include "cause/causes.h"
#include "target/accesses.h"
#include "target/source.h"
#include "target/touched.h"
#include "target/watchpoint.h"
#include "track/track.h"

/*
 * An open target: its source, and what it has reported. One thread owns it. Opening may block as
 * long as the kernel does, so the screen leaves it to the sampler.
 */
/* What pmtop may cost a process unless its user says otherwise: percent of its time. */
enum { TARGET_BUDGET = 5 };

struct growth_scan;

struct target {
	struct source *source; /* NULL: it could not be opened */
	size_t page_size;      /* of the source */
	struct track track;
	unsigned budget;           /* percent of its time that watching faults may cost; 0: any */
	struct watchpoints watchpoints;
	struct causes *causes;     /* who writes, in any thread; NULL: not watched */
	bool no_faults;            /* they are not to be watched */
	struct causes *family;     /* who writes in the family of forks; NULL: not watched */
	struct touched touched;    /* what was used since a clear of the referenced bits */
	struct accesses *accesses; /* what DAMON saw last; NULL: nothing */
	struct growth *growth;     /* growth.h; NULL: there is no baseline, and none is due */
	struct causes *brought;    /* who brings memory in; NULL: not watched. Both: the same */
	bool no_screen;        /* regions are counted without what only a screen shows */
	bool clear_follows;    /* so are they without the writes that the next clear reports */
	bool writes_only;      /* then those of which it reports all are not counted at all */
	bool bits_only;        /* no stamps: a page's own bit says whether it was written */
	struct progress *progress; /* of a long answer; NULL: not reported */
	struct threads threads;
	struct cap *caps;      /* the probed capabilities (probe.h); NULL: not probed yet */
	size_t caps_n;
	struct unshared_past *unshared; /* what `unshared` found last (share/unshared.h); owned */
	size_t regions;        /* at the last scan: if it changes, threads are read again */
	/* gets the runs of pages that exist in a scan of regions, ascending; NULL: nobody asks */
	pagemap_run_fn *each_run;
	void *each_run_arg;
};

/*
 * Opens all but the page tables: enough for the regions. Opening the page tables may block, so it
 * is a separate step. Call target_close even after a failure.
 */
int target_open(struct target *t, const char *root, pid_t pid, struct err *err);
int target_open_pages(struct target *t, struct err *err);
void target_close(struct target *t);

/* The same with an open source, which it takes over. */
void target_take(struct target *t, struct source *s);

/* Whether the address space that was opened is still there. */
bool target_is_alive(const struct target *t);

/* After exec: the old address space is dead. */
int target_reopen(struct target *t, struct err *err);

/*
 * The regions now, the stacks among them named; none: the address space is gone (exec, exit).
 */
int target_regions(struct target *t, struct vma_list *out, struct err *err);

/* The error for that. */
int target_no_memory(const struct target *t, struct err *err);

/*
 * Watches the page faults of the process from now on, so that its writes have writers: see
 * causes.h. -1 with err: they are not, and t->causes says why.
 */
int target_watch_faults(struct target *t, struct err *err);

/* What that costs the process for one fault of each of these pages; 0: it is not watched. */
uint64_t target_watch_ns(const struct target *t, uint64_t pages);

/* Ends it for good: t->causes stays, and what was lost is known exactly. */
void target_stop_faults(struct target *t);

/* Ends that, and forgets who wrote. */
void target_unwatch_faults(struct target *t);

/*
 * The same of a family, the target with n other processes, in t->family; once, until an exec.
 */
int target_watch_family(struct target *t, const pid_t *pids, size_t n, struct err *err);

/*
 * Begins to count growth: the next scan of all regions is the baseline. `explain`: watches page
 * faults from now on, too, if it can; if not, t->brought says why.
 */
void target_grow(struct target *t, bool explain);

/* The same with a baseline of another time, which it takes over; nothing explains what came in. */
void target_grow_from(struct target *t, struct growth_scan *base);

/* Ends that: there is no baseline. */
void target_stop_growing(struct target *t);

/* The ops of struct source_writes on its track. */
void target_probe_trackers(struct target *t);
int target_clear(struct target *t, const struct vma_list *vmas, struct err *err);

/* Takes in the page faults up to now, if they are watched, where their causes are counted. */
void target_take_faults(struct target *t);
void target_follow(struct target *t, const struct vma_list *vmas);
bool target_hazard(const struct target *t, const struct vma_list *vmas, struct buf *out);

/*
 * smaps of all regions, for which the kernel walks every page table. NULL with err, or without if
 * the source's `stop` ended it early.
 */
struct smaps_reading *target_smaps(const struct target *t, struct err *err);

#endif
