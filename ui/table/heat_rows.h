/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HEAT_ROWS_H
#define PM_HEAT_ROWS_H

#include "table/out.h"
#include "target/heatmap.h"
#include "target/timeline.h"

/*
 * Memory over time as rows of these columns (SET_HEAT), a cell each. t: of a recording, whose times
 * are its clock's; NULL: they are seconds before the last. vmas: what is mapped now; NULL: not
 * known. h NULL: no rows.
 */
int heat_rows(const struct heatmap *h, const struct timeline *t, const struct vma_list *vmas,
              const enum column_id *ids, size_t n, const struct out_shape *shape, struct err *err);

#endif
