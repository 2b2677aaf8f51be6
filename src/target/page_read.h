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

#endif
