/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_QUERY_H
#define PM_ANSWER_QUERY_H

#include "query/answer.h"
#include "query/query.h"

/*
 * The answers, a file each. NULL with err: none can be given. query.def names those that answer a
 * question as it was read; the others are about a place that is known.
 */

/* What was read of one page, with the region it lies in (NULL: none). */
struct answer *answer_page(struct target *t, const struct vma_list *vmas, uint64_t addr,
                           struct err *err);
/* Everything about the region that holds addr. Reads smaps up to it: for when somebody asks. */
struct answer *answer_region(struct target *t, const struct vma_list *vmas, uint64_t addr,
                             struct err *err);
/* Those of a QUERY_BYTES that are in RAM. */
struct answer *answer_bytes(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);
/* Of a QUERY_MIGRATE, by the writes that the track has seen; without a clear: what there is to
 * send.
 */
struct answer *answer_migrate(struct target *t, const struct vma_list *vmas, const struct query *q,
                              struct err *err);
struct answer *answer_capabilities(struct target *t);
/* The trackers, and what the one that needs consent would do in this process. */
struct answer *answer_tracker(struct target *t);
struct answer *answer_range(struct target *t, const struct vma_list *vmas, uint64_t start,
                            uint64_t end, struct err *err);
struct answer *answer_frame(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);

/* The answer to a question as text, as the prompt and -e take it. */
struct answer *answer_query(struct target *t, const struct vma_list *vmas, const char *text,
                            struct err *err);

#endif
