/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REPORT_H
#define PM_REPORT_H

#include <stdio.h>

#include "model/ui.h"
#include "table/format.h"

/*
 * What the views show, as data, in FORMAT_CSV or FORMAT_JSON: one row per region; the cells of the
 * grid on screen or in the range, with their pages counted by class, single pages with their facts;
 * rows of bytes; the facts of a card; the writes. The sample has regions.
 */
typedef int report_fn(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
                      struct err *err);
report_fn report_regions, report_grid, report_bytes, report_card, report_writes, report_by;
report_fn report_heat;

#endif
