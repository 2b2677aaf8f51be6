/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the rows and columns of a heatmap lie: for heatmap.c alone. */
#ifndef PM_HEATMAP_LAYOUT_H
#define PM_HEATMAP_LAYOUT_H

#include "page/extents.h"
#include "target/heatmap.h"

/* h->of, first, last and page_size are set. t: all times, by number. */
void heatmap_lay_columns(struct heatmap *h, const uint64_t *t);

/* Of pages that were there at some time, `all`; vmas: whose names end rows, or NULL. */
void heatmap_lay_rows(struct heatmap *h, const struct extents *all, const struct vma_list *vmas);

/* A row for each region. */
void heatmap_lay_regions(struct heatmap *h, const struct vma_list *vmas);

#endif
