/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGE_HUGE_H
#define PM_PAGE_HUGE_H

#include "page/page.h"
#include "target/source.h"

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
