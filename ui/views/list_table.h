/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_TABLE_H
#define PM_LIST_TABLE_H

#include "model/ui.h"

/* The list of regions as a table: headings, and one row per region or group. */
void list_table_headings(const struct ui *ui, int y);
void list_table_rows(const struct ui *ui, const struct sample *s, int y, int bottom);

/* Scrolls the columns after the first: 1 on, -1 back. */
void list_scroll(struct ui *ui, int step);

/* The position of the columns on this screen. */
struct list_layout list_layout(const struct ui *ui);

/* Columns that were empty so far and leave their room to the names; bits as list_column_bit. */
uint64_t list_empty(const struct ui *ui);

#endif
