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

#endif
