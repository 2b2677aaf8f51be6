/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BROUGHT_H
#define PM_BROUGHT_H

#include "target/growth.h"
#include "target/writers.h"

/*
 * Which code brought in what was gained since the baseline (growth.h), which must be known:
 * `written` are the pages gained, `none` those of which no fault was seen, and `some` those with
 * several candidates. Asks for symbols, which takes time; free it with writers_free.
 */
void brought_make(struct target *t, struct codes *codes, const struct vma_list *vmas,
                  enum writers_by by, struct writers *out);

/* What is said of pages without a fault: as writers_none, or that it was not recorded. */
void brought_none(const struct growth *g, uint64_t sampled, struct buf *out);

#endif
