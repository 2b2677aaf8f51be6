/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SETTLE_H
#define PM_SETTLE_H

#include "query/query.h"
#include "target/target.h"

/*
 * Places that need more than the list of regions: symbols, registers. Settling replaces them by
 * addresses, so that query_resolve, query_range and query_bytes need not know them. It may take
 * time, so the screen leaves it to the answerer.
 */

/*
 * Whether a query has such a place: a register, a name that is no mapping's full name, or a few hex
 * digits that may be a symbol's name.
 */
bool settle_is_due(const struct query *q, const struct vma_list *vmas);

/*
 * Settles the places of q. A name of several symbols is an error that lists them. A prefix of a
 * mapping's name that is no symbol is left as it is.
 */
int settle_query(struct target *t, const struct vma_list *vmas, struct query *q, struct err *err);

#endif
