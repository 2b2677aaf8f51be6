/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SIDE_H
#define PM_SIDE_H

#include "base/truth.h"
#include "page/state.h"
#include "page/extents.h"
#include "target/region.h"
#include "target/target.h"

/*
 * One moment of an address space, as one side of a comparison: its regions, its pages in runs of
 * one state, and, page by page, where they are. Memory follows the runs.
 */
enum { SIDE_BOOT = 40 };

struct side {
	struct regions *regions; /* counted */
	struct extents states;   /* of pages that exist: 1 + what the page table alone says */
	size_t page_size;
	uint64_t time_ns;        /* on the clock of its source */
	bool huge, zero;         /* huge pages, and the zero page, are known as such */
	bool frames;             /* frames are visible */
	char boot[SIDE_BOOT];    /* which run of which machine; "": not known */
	bool tracked;            /* writes were, by then; ... */
	const struct track *track; /* ... which ones; NULL: not known. Of the target */
	const struct target *t;  /* has its page table; it outlives the side. NULL: `places` */
	struct side_place {      /* where the pages of each run of `states` were; owned */
		uint32_t *v;     /* as far as is known: PM_PFN_MASK of their words; 0: not known */
	} * places;
};

/* Takes the moment at which the target is. -1 with err. Free it in any case. */
int side_take(struct side *s, struct target *t, struct err *err);
void side_free(struct side *s);

/*
 * The same of a scan of all regions by somebody else, between two calls: hears of its runs, and
 * passes them on to who heard of them before. `whole`: it was not given up; else free the side.
 */
struct side_scan {
	struct side *to;
	struct target *t;
	const struct vma *v;
	pagemap_run_fn *then;
	void *then_arg;
};
void side_listen(struct side_scan *k, struct side *to, struct target *t, struct regions *rs);
void side_unlisten(struct side_scan *k, bool whole);

/*
 * Makes it independent of its target: keeps where its pages were, in `room` bytes at most, beyond
 * which that is not known. Returns the bytes that it takes. What a recording knew of frames is not
 * kept, as it has a date of its own.
 */
size_t side_keep(struct side *s, size_t room);

/*
 * The state of the page at addr; returns where the pages of that state end, at most `end`. For
 * passes in ascending order: *i begins with side_find and is kept between calls.
 */
size_t side_find(const struct side *s, uint64_t addr);
uint64_t side_stretch(const struct side *s, size_t *i, uint64_t addr, uint64_t end,
                      enum state *state);

/* Words of the page table of n pages from addr (at most PAGE_BATCH); 0: not known. */
void side_words(const struct side *s, uint64_t addr, uint64_t *words, size_t n);

/*
 * The next page from addr on with recorded contents, UINT64_MAX: none; and whether those of a page
 * at one moment are others than those of a page at another. Unknown: not both were recorded.
 */
uint64_t side_contents(const struct side *s, uint64_t addr);
enum truth side_bytes_differ(const struct side *was, uint64_t at, const struct side *is,
                             uint64_t now);

/*
 * When those were read; of a live process, and of frames that were the same before and after it: at
 * the moment itself. 0: never.
 */
uint64_t side_words_time(const struct side *s, uint64_t addr);

#endif
