/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ARENAS_PARTS_H
#define PM_ARENAS_PARTS_H

#include "target/arenas.h"

/* What arenas and arenas_read share. */

/* The heaps by the regions alone; `any`: wherever one may begin, too. */
void arenas_list(const struct vma_list *vmas, bool any, struct arenas *out);

/* Their pages. Returns as walk_pages. */
int arenas_count(struct target *t, const struct vma_list *vmas, struct arenas *a, struct err *err);

/* Adds the pages of [start, end) that are in RAM, and in swap. Returns as walk_pages. */
int arenas_pages(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
                 uint64_t *rss, uint64_t *swap, struct err *err);

#endif
