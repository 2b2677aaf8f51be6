/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COMPARE_H
#define PM_COMPARE_H

#include "diff/side.h"

/* Pages of two moments, one by one (diff.def), without looking at what neither has. */
#define P(id, name, help) PAGE_DIFF_##id,
enum page_diff {
#include "diff/diff.def"
	PAGE_DIFF_KINDS
};
#undef P

const char *page_diff_name(enum page_diff kind);
const char *page_diff_help(enum page_diff kind);

/* What a page is by the page table alone, in a word. */
const char *page_diff_state(enum state s);

/* Whether pages of that state are in RAM or in swap. */
bool page_diff_is_there(enum state s);

struct compare {
	const struct side *was, *is;
	bool same;   /* they are of one address space */
	bool frames; /* they are of one machine, so that its frames can be compared */
	uint64_t bare, contents; /* from the first to the second no page of `is` has contents */
	bool recorded;           /* there are contents of both */
	/* the frames of `was` that were compared were read at most so long before that moment */
	uint64_t older_ns;
};

/* `same`: whether they are of one process, as the caller knows. */
struct compare compare_begin(const struct side *was, const struct side *is, bool same);

/* A page that is something at both moments, by its state and its word afterwards. */
enum page_diff compare_page(const struct compare *c, uint64_t addr, enum state is, uint64_t word);

/*
 * A stretch of memory of both moments, mostly at the same address. NULL: not mapped then.
 */
struct span {
	uint64_t was, is, size;
	const struct vma *was_in, *is_in;
	size_t row; /* of the regions that it is a part of: see pairing.h */
};

/* Pages of it that differ in the same way, or do not. */
struct page_run {
	uint64_t was, is, size; /* bytes */
	enum page_diff kind;
	enum state was_state, is_state;
};

/* Calls fn for all runs of pages that are something at a moment, ascending. 1: fn ended it. */
typedef int compare_fn(void *arg, const struct page_run *run);
int compare_span(struct compare *c, const struct span *s, compare_fn *fn, void *arg);

/*
 * Whether the pages of a stretch were moved to another address with their frames. It is certain
 * only if many are the same, apart from each other, and none is not: a frame that was freed is soon
 * used again.
 */
bool compare_moved(struct compare *c, const struct span *s);

#endif
