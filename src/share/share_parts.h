/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARE_PARTS_H
#define PM_SHARE_PARTS_H

/*
 * What the parts of share_sum have in common: gathers the frames of the range that others may map
 * (not those with bit 56), and searches for them in the page tables of all processes: first where
 * they are likely, then everywhere, as long as the kernel's counts are not explained. The frames
 * that a process shares are a bit each, so that frames that changed by the end can be left out.
 */
#include "share/frameset.h"
#include "share/share.h"

/* A frame (or place in swap, or page of a file) of the range. */
struct share_frame {
	uint64_t key;
	uint32_t count; /* mappings by the kernel's count; 0: not known */
	uint32_t own;   /* times found in the target */
	uint32_t found; /* in other processes */
	uint32_t here;  /* in the visited process */
	uint8_t kind;   /* SHARE_KINDS: it is not shared memory */
	bool huge;
	bool seen;      /* still in the target at the end */
};

/* A page of the range, before it has an index. */
struct share_page {
	uint64_t key;
	uint8_t kind;
};

/* Where such pages are, with gaps that cost less to read than to skip. */
struct share_run {
	uint64_t start, end;
	const struct vma *v;
};
enum { SHARE_GAP = 32 }; /* pages */

/* The frames of 64 that a process has; `both`: those that only it and the target have. */
struct share_hit {
	size_t at; /* the index of the first, divided by 64 */
	uint64_t bits, both;
};
struct share_hits {
	struct share_hit *v;
	size_t n, cap;
};

struct share_work {
	struct target *t;
	const struct vma_list *vmas;
	uint64_t start, end;
	struct share *sh;
	struct share_files files;

	struct share_page *page; /* gathered; freed once they have indexes */
	size_t pages, pages_cap;
	struct share_run *run;   /* ascending */
	size_t runs, runs_cap;
	const struct vma *v;     /* the region that is read */
	size_t file;             /* its file, for SHARE_BY_FILE */

	struct frameset set;
	struct share_frame *frame;
	struct share_hits *hits; /* beside sh->v */
	size_t hits_cap;
	int64_t missing;         /* mappings not found in any process */
	size_t uncounted;        /* frames without a count, or places in swap; of these, ... */
	size_t open;             /* ... those that may be anywhere */
	bool device;             /* a device's memory may be among those without bit 61 */
	bool plain;              /* flags are not needed where bit 61 says anonymous */
	bool huge;               /* bit 56 is not trusted: huge pages are among them */
	bool anon;               /* anonymous frames among what is missing */
	bool rest;               /* reads the rest, too, where nothing is likely */
	uint64_t *now;           /* a bit for each frame that the visited process has */
	bool any;                /* one is set */
};

static inline uint64_t
share_key_at(const struct share_work *w, uint64_t addr, uint64_t word)
{
	if (w->sh->reach.method == SHARE_BY_FRAME)
		return share_key(word);
	return share_file_key(w->file, w->v, addr, word, w->t->page_size);
}

static inline size_t
share_now_size(const struct share_work *w)
{
	return w->set.n / 64 + 1;
}

/* share_gather.c: the frames of the range, with counts and kinds. 1: stop ended it. */
int share_gather(struct share_work *w);

/* share_search.c: fills in what other processes have of them. -1 with err; 1: stop ended it. */
int share_search(struct share_work *w, struct err *err);

#endif
