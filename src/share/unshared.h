/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_UNSHARED_H
#define PM_UNSHARED_H

#include "share/share.h"

/*
 * What a family of forks shares and no longer does. After a fork both have the same anonymous
 * frames at the same addresses; a write by either gives it a frame of its own.
 */
struct unshared_pages {
	uint64_t shared;   /* both have the same frame, or place in swap */
	uint64_t unshared; /* both have a page, but not the same: one of them wrote */
	uint64_t ours;     /* only the target has an anonymous page there */
	uint64_t theirs;   /* only the other */
};

/* A private region, against one relative. */
struct unshared_row {
	size_t of;              /* the relative */
	const struct vma *v;    /* of the target's regions */
	struct unshared_pages n;
	bool compared;          /* with the last time: */
	uint64_t lost;          /* pages that were shared, less those that still are */
};

struct unshared_run;

struct unshared_relative {
	pid_t pid;
	bool parent;   /* else a child */
	char comm[64]; /* not safe to print raw */
	struct unshared_pages n; /* of all its rows */
	bool compared;           /* with the last time: */
	uint64_t lost;           /* as in its rows, those included of which nothing is left */
	uint64_t turned;         /* pages that were shared the last time and are unshared now */
};

/*
 * What unshared the pages that were still shared the last time: of the two the first to fault on
 * such a page wrote to it, or else it would be shared.
 */
struct unshared_writer {
	size_t of;         /* the relative */
	pid_t pid;         /* who wrote: the target or the relative; 0: not known */
	uint32_t chain;    /* of t->family */
	bool several;      /* several instructions of it faulted there: one of them */
	bool reads;        /* only code that reads faulted there: it is not known who wrote */
	uint64_t pages;
	uint64_t first_ns; /* the first of these faults */
};

struct unshared {
	size_t page_size;
	struct unshared_writer *writer;
	size_t writers, writers_cap;
	struct unshared_run *run; /* what is shared with whom: for the next time */
	size_t runs, runs_cap;
	struct unshared_relative *relative; /* in the order of PIDs */
	size_t relatives, relatives_cap;
	struct unshared_row *row; /* by relative, then by address; only where there is any page */
	size_t rows, rows_cap;
	bool sampled;       /* not every fault since the last time was watched: none is certain */
	unsigned strangers; /* relatives without a common page: they run another program */
	uint64_t ns;        /* since the last time; 0: this is the first */
	uint64_t changed;   /* pages left out, because they changed meanwhile */
	struct share_reach reach;
};

/*
 * The regions in [start, end), against the parent and each child, and what has changed since the
 * target was last asked about the same range. `vmas` must outlive the result. NULL with err: frames
 * are hidden, or the source's `stop` ended it.
 *
 * `watch`: from now on, if there are relatives, the page faults of the family are watched, in
 * t->family, which says why if that cannot be.
 */
struct unshared *unshared_find(struct target *t, const struct vma_list *vmas, uint64_t start,
                               uint64_t end, bool watch, struct err *err);
void unshared_free(struct unshared *u);

#endif
