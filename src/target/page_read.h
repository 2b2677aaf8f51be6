/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGE_READ_H
#define PM_PAGE_READ_H

#include "page/page.h"
#include "target/source.h"

/*
 * Reads n pages from addr (n at most PAGE_BATCH): the page table, then the frames, then the page
 * table again. A page that changed in between keeps its new word and loses the facts about its
 * frame. Present with frame 0 means hidden, and is never looked up.
 */
int page_read(const struct source *s, uint64_t addr, struct page *out, size_t n, unsigned needs,
              struct err *err);

/*
 * The same; with PAGE_NEED_RUNS, of pages that are alike only the first is there, and `words` has
 * the words of all, as they were at first.
 */
int page_read_runs(const struct source *s, uint64_t addr, struct page *out, uint64_t *words,
                   size_t n, unsigned needs, struct err *err);

/* Whether map counts of pages of large folios are averages; tried when it is first asked. */
bool page_counts_average(const struct source *s);

/*
 * Marks the page, whose flags and count were looked up, if the count is an average (PAGE_AVERAGED).
 * In pages of the pool it is that of the page.
 */
void page_note_average(const struct source *s, struct page *pg);

/*
 * Anonymous huge pages that one entry of the page table maps. `tail` is what all the others of its
 * pages are, but for their number: its word is that of the first of them.
 */
struct page_huge {
	struct page head, tail;
};
enum { PAGE_HUGE_BATCH = 32 };

/*
 * Reads n huge pages (at most PAGE_HUGE_BATCH) from addr, a multiple of their size, as page_read
 * reads their pages, but with one lookup of frames each, and one word of those that are exclusive
 * as a whole. Returns how many, from the first, are such that this is the same; the next one must
 * be read page by page.
 */
size_t page_read_huge(const struct source *s, uint64_t addr, size_t n, unsigned needs,
                      struct page_huge *out);

#endif
