/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SETTLE_H
#define PM_SETTLE_H

#include "query/query.h"
#include "target/target.h"

/*
 * Places that take more than the list of regions: symbols. Settling replaces them by their
 * addresses, so that query_resolve, query_range and query_bytes need not know of them. It may take
 * time: the screen leaves it to the answerer.
 */

/*
 * Whether a query has such a place: a name that no mapping has in full, or a few hex digits that
 * may be a symbol's name.
 */
bool settle_is_due(const struct query *q, const struct vma_list *vmas);

/*
 * Settles the places of q. A name that several symbols have is an error that lists them. The
 * beginning of a mapping's name that is no symbol is left as it is.
 */
int settle_query(struct target *t, const struct vma_list *vmas, struct query *q, struct err *err);

#endif
