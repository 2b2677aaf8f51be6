/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARE_PARTS_H
#define PM_SHARE_PARTS_H

/*
 * What the parts of share_sum have in common. First the range is read beside the page tables of the
 * relatives: a page that they have at the same address as often as the kernel counts is nobody
 * else's, and is in the sums at once. The pages that are left are noted, a bit each. Their frames
 * are searched for in the page tables of all processes: first where they are likely, then
 * everywhere, as long as the kernel's counts are not explained; some at a time, if there are many.
 * The frames that a process shares are a bit each, too, so that frames that changed by the end can
 * be left out.
 */
#include "kernel/mapmax.h"
#include "share/frameset.h"
#include "share/share.h"
#include "share/share_read.h"

/* A frame (or place in swap, or page of a file) of the range. */
struct share_frame {
	int32_t others; /* mappings by the kernel's count, less those found in the target */
	int32_t left;   /* of these, those not found so far */
	uint8_t kind;   /* SHARE_KINDS: it is not shared memory */
	bool counted : 1;
	bool huge : 1;
	bool found : 1; /* in a process whose visit has ended */
	bool seen : 1;  /* still in the target at the end */
};

/* The pages of 64, from addr, that are left to search for; all are of region v. */
struct share_left {
	uint64_t addr, bits;
	const struct vma *v;
};

/* Where such pages are, with gaps that cost less to read than to skip. */
struct share_span {
	uint64_t start, end;
	const struct vma *v;
};
enum { SHARE_GAP = 32 }; /* pages */

/*
 * The frames of 64 that a process has, and the same of each of the n that follow; `both`: those
 * that only it and the target have.
 */
struct share_hit {
	uint32_t at, n; /* the index of the first, divided by 64 */
	uint64_t bits, both;
};
struct share_hits {
	struct share_hit *v;
	size_t n, cap;
};

/* Some words of the range, and of what kind each page is. SHARE_KINDS: not to be searched for. */
struct share_batch {
	uint64_t addr;
	const uint64_t *words;
	size_t n;
	uint8_t kind[SHARE_BATCH];
};

struct share_kin; /* the relatives: see share_kin.c */

struct share_work {
	struct target *t;
	const struct vma_list *vmas;
	uint64_t start, end;
	struct share *sh;
	struct share_files files; /* of the range; by frame, of what is left */
	size_t most;              /* pages that are searched for at once */

	struct share_batch *batch;
	struct share_kin *kin;
	const struct vma *v;     /* the region that is read */
	size_t file;             /* its file, for SHARE_BY_FILE */
	struct share_left *left; /* ascending */
	size_t lefts, lefts_cap;
	struct share_span *span; /* all that is left is in them; ascending */
	size_t spans, spans_cap;
	uint64_t left_pages;
	uint64_t *page;          /* their keys and kinds (share_page), until they have indexes */
	size_t pages, pages_cap;

	struct share_hits *hits; /* beside sh->v */
	size_t hits_cap, hits_n; /* hits_n: of all processes */
	bool device;             /* a device's memory may be among those without bit 61 */
	bool plain;              /* flags are not needed where bit 61 says anonymous */
	bool huge;               /* bit 56 is not trusted: huge pages are among them */

	/* what is searched for at once: the pages whose keys are of one part */
	size_t part, parts;
	size_t at;               /* of `left`, while they are read again */
	struct frameset set;
	struct share_frame *frame;
	int64_t missing;         /* mappings not found in any process */
	size_t uncounted;        /* frames without a count, or places in swap; of these, ... */
	size_t open;             /* ... those that may be anywhere */
	bool anon;               /* anonymous frames among what is missing */
	bool rest;               /* reads the rest, too, where nothing is likely */
	bool own;                /* it is the target that is read */
	uint64_t *now;           /* a bit for each frame that the visited process has */
	bool any;                /* one is set */
	bool too_many;           /* what processes have takes too much memory */
};

static inline uint64_t
share_key_at(const struct share_work *w, uint64_t addr, uint64_t word)
{
	if (w->sh->reach.method == SHARE_BY_FRAME)
		return share_key(word);
	return share_file_key(w->file, w->v, addr, word, w->t->page_size);
}

/* A key and a kind in one word. */
static inline uint64_t
share_page(uint64_t key, enum share_kind kind)
{
	return key << (64 - SHARE_KEY_BITS) | kind;
}

static inline size_t
share_now_size(const struct share_work *w)
{
	return w->set.n / 64 + 1;
}

/* Whether the kernel counts mappings of it that were not found. */
static inline bool
share_is_missing(const struct share_frame *f)
{
	return f->counted && f->left > 0;
}

/*
 * share_gather.c: reads the range; what no relative explains is left, and gathered part by part. 1:
 * stop ended it.
 */
int share_gather(struct share_work *w);
int share_gather_part(struct share_work *w);

/* Of what is left: the index of the first span that ends after addr. */
size_t share_span_after(const struct share_work *w, uint64_t addr);

/* Calls fn for all spans in the target. 1: fn or stop ended it. */
int share_read_left(struct share_work *w, share_words_fn *fn);

/* share_kin.c: puts into the sums what relatives explain, and takes it out of the batch. */
void share_kin_explain(struct share_work *w, struct share_batch *b);
void share_kin_end(struct share_work *w);

/*
 * share_look.c: map counts and kinds, by flags; of all frames of the set, or of at most SHARE_LOOK.
 */
enum { SHARE_LOOK = 512 };
bool share_has_plain(const struct share_work *w);
void share_look_up(struct share_work *w);
void share_look_up_some(struct share_work *w, const uint64_t *pfn, struct share_frame *const *f,
                        size_t n);

/* share_rows.c: the row of a process; what a visit found moves to its hits, and into its sums. */
size_t share_row(struct share_work *w, struct other *o);
void share_add_hit(struct share_work *w, size_t row, size_t at, uint64_t bits, uint64_t both);
void share_drop_hits(struct share_work *w);
void share_rows_sum(struct share_work *w);
void share_rows_finish(struct share *sh);

/*
 * share_search.c: fills in what other processes have of them. -1 with err; 1: stop ended it;
 * SHARE_TOO_MANY: to be searched for in smaller parts.
 */
enum { SHARE_TOO_MANY = 2, SHARE_PARTS_MAX = 4096 };
int share_search(struct share_work *w, struct err *err);

#endif
