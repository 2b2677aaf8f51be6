/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_WHO_H
#define PM_ANSWER_WHO_H

#include "query/answer.h"

/* The sharers of [start, end), by process: answer.share. NULL with err. */
struct answer *answer_share(struct target *t, const struct vma_list *vmas, uint64_t start,
                            uint64_t end, struct err *err);

#endif
