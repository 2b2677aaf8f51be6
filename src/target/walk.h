/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WALK_H
#define PM_WALK_H

#include "page/page.h"
#include "page/state.h"
#include "target/target.h"

/*
 * Every page of a stretch, each once, in memory that does not grow: what the grid, the dumps, the
 * sums and the answers are made of. Pages that are there come in batches, each with its state; what
 * lies between them comes as gaps, each of one kind. Both return non-zero to end the walk.
 */
struct walk_fns {
	int (*pages)(void *arg, uint64_t addr, const struct page *pages, size_t n);
	/* What is known of each of its pages; NULL: gaps do not matter, or come as pages
	 * (PAGE_NEED_GAPS). */
	int (*gap)(void *arg, uint64_t start, uint64_t end, const struct page *each);
};

/*
 * Walks [start, end), which lies in region v. `needs` is enum page_need. Returns 1 if a function or
 * the pagemap's `stop` ended it early. With PAGE_NEED_CACHE the file tells of gaps: where it ends,
 * what is in the page cache, what of shared memory in swap; all but the first only if the stretch
 * has no more than cache_max pages.
 */
struct walk_options {
	unsigned needs;      /* enum page_need */
	uint64_t cache_max; /* pages; 0: any number */
};
int walk_pages(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
               const struct walk_options *o, const struct walk_fns *fns, void *arg,
               struct err *err);

/* Pages by state, added to what is there. Returns as walk_pages. */
int walk_count(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
               const struct walk_options *o, uint64_t by_state[STATE_COUNT], struct err *err);

/*
 * The n pages from addr (at most PAGE_BATCH), which a walk has told, read anew with other `needs`:
 * what is dear is asked of those pages alone that turned out to matter.
 */
int walk_again(struct target *t, const struct vma *v, uint64_t addr, unsigned needs,
               struct page *pages, size_t n, struct err *err);

/* Any n pages (at most PAGE_BATCH), present or not, as they are at once. */
int walk_some(struct target *t, const struct vma *v, uint64_t addr, unsigned needs,
              struct page *out, size_t n, struct err *err);

/* One page, present or not. */
int walk_page(struct target *t, const struct vma *v, uint64_t addr, unsigned needs,
              struct page *out, struct err *err);

#endif
