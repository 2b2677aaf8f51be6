/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HUNT_H
#define PM_HUNT_H

#include "query/answer.h"

/* Looks for a page-table word in all of a process. */
enum { HUNT_PLACES = 8 };
struct hunt {
	struct target *t;
	uint64_t mask, want; /* words that are `want` under `mask` are looked for */
	uint64_t cats;       /* PM_CAT_*: in pages of one of these */
	uint64_t places[HUNT_PLACES]; /* the first */
	size_t n;                     /* all */
	bool hidden;     /* some words hide from us what is looked for */
	uint64_t passed; /* up to there progress is counted */
};

/* 0; -1 with err: a page table could not be read, or the answer is no longer wanted. */
int hunt_words(struct hunt *h, const struct vma_list *vmas, struct err *err);

/*
 * Adds the fact "mapped_at", and to the line; the first place can be jumped to. `in_page` is added
 * to each.
 */
void hunt_facts(const struct hunt *h, const struct vma_list *vmas, uint64_t in_page,
                struct answer *a, struct buf *line);

#endif
