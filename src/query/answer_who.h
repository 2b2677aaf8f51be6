/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_WHO_H
#define PM_ANSWER_WHO_H

#include "query/answer.h"

/* The sharers of [start, end), by process: answer.share. NULL with err. */
struct answer *answer_share(struct target *t, const struct vma_list *vmas, uint64_t start,
                            uint64_t end, struct err *err);

/* What was read, and what could not be. For answer_*.c. */
void answer_facts_reach(struct answer *a, const struct share_reach *r);

#endif
