/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_PAGE_H
#define PM_ANSWER_PAGE_H

#include "query/answer.h"

/*
 * "anonymous memory, in RAM pfn 1a422b, mapped once, first seen written 0.4 s ago": of a page that
 * counts once from one of the `clears` to the next, after several of them only that it was seen.
 */
void page_sentence(struct buf *out, const struct page *pg, const char *verb, unsigned clears,
                   uint64_t written_ns, uint64_t now);

/* Why the facts by frame are missing; NULL if they are not. lack: page_hidden_words. */
const char *page_hidden_why(const struct page *pg, bool flags_readable,
                            enum page_lack lack);

/* Adds what is known about the page's frame; `in_page`: the offset of the byte in question. */
void answer_add_frame(struct answer *a, const struct page *pg, const struct target *t,
                      uint64_t in_page);

#endif
