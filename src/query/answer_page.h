/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_PAGE_H
#define PM_ANSWER_PAGE_H

#include "query/answer.h"

/* "anonymous memory, in RAM pfn 1a422b, mapped once, written 0.4 s ago" */
void page_sentence(struct buf *out, const struct page *pg, const char *verb, uint64_t written_ns,
                   uint64_t now);

/* Why facts by frame are missing, in words; NULL if they are not. */
const char *page_hidden_why(const struct page *pg, const struct frames *f);

/* What is known of the frame in which the page lies; `in_page`: of a byte of it. */
void answer_add_frame(struct answer *a, const struct page *pg, const struct target *t,
                      uint64_t in_page);

#endif
