/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WALK_H
#define PM_WALK_H

#include "page/page.h"
#include "page/state.h"
#include "target/target.h"

/*
 * Visits every page of a range once, in constant memory: the basis of the grid, the dumps, the sums
 * and the answers. Existing pages come in batches, each page with its state; the rest comes as gaps
 * of uniform pages. Both functions return non-zero to end the walk.
 */
struct walk_fns {
	int (*pages)(void *arg, uint64_t addr, const struct page *pages, size_t n);
	/* `each` is valid for all its pages. NULL: gaps are skipped, or come as pages
	 * (PAGE_NEED_GAPS). */
	int (*gap)(void *arg, uint64_t start, uint64_t end, const struct page *each);
	/*
	 * The existing pages of a run, instead of `pages`, without reading their words: the word of
	 * `each` has the bits that its categories show, and no others. It has no state. With
	 * PAGE_NEED_GAPS there are runs of absent pages, too. NULL: all words are read.
	 */
	int (*run)(void *arg, uint64_t start, uint64_t end, const struct page *each);
	/*
	 * A huge page that one entry maps, instead of its pages: all but the first are `tail`,
	 * whose word is that of the first of them. NULL: they come as pages.
	 */
	int (*huge)(void *arg, uint64_t addr, const struct page *head, const struct page *tail);
	/*
	 * n single pages, mapped once, which are like `first` but for their words and folios, which
	 * are their frames. NULL: they come as pages, and so they do where nodes, categories or
	 * memory cgroups are needed.
	 */
	int (*alike)(void *arg, uint64_t addr, const struct page *first, const uint64_t *words,
	             size_t n);
};

/*
 * Walks [start, end), which lies in region v. Returns 1 if a function or the source's `stop` ended
 * it early. With PAGE_NEED_CACHE gaps have facts from the file: where it ends and, in a range of at
 * most cache_max pages, what is in the page cache and which shared memory is in swap.
 */
struct walk_options {
	unsigned needs;      /* enum page_need */
	uint64_t cache_max; /* pages; 0: any number */
	/*
	 * Existing pages that do not match are passed over. Not where gaps are wanted, since they
	 * would be taken for some.
	 */
	struct pm_match match;
	uint64_t cats; /* PM_CAT_* that page.cats should have as well */
};
int walk_pages(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
               const struct walk_options *o, const struct walk_fns *fns, void *arg,
               struct err *err);

/* Adds the pages to by_state. Returns as walk_pages. */
int walk_count(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
               const struct walk_options *o, uint64_t by_state[STATE_COUNT], struct err *err);

/*
 * Reads n pages of a walk (at most PAGE_BATCH) again, with more `needs`: so expensive facts are
 * read only for the pages that matter.
 */
int walk_again(struct target *t, const struct vma *v, uint64_t addr, unsigned needs,
               struct page *pages, size_t n, struct err *err);

/* Any n pages (at most PAGE_BATCH), present or not. */
int walk_some(struct target *t, const struct vma *v, uint64_t addr, unsigned needs,
              struct page *out, size_t n, struct err *err);

/* One page, present or not. */
int walk_page(struct target *t, const struct vma *v, uint64_t addr, unsigned needs,
              struct page *out, struct err *err);

#endif
