/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RULER_H
#define PM_RULER_H

#include "model/ui.h"
#include "sample/sample.h"

/* Where a cell is in its region: the strip of the whole region, the scale, the rulers. */

/* The columns of the addresses at the left, with the blank after them. */
int ruler_gutter(const struct ui *ui);

/* The whole region as a strip, and below it a mark under the part on screen: two rows. */
void ruler_map(const struct ui *ui, const struct sample *s, int y);

/* In the middle of the second row: the size of a cell, and which part is on screen. */
void ruler_scale(const struct ui *ui, const struct sample *s, int y);

/* A number every eight cells: the offset to add to the address at the left. */
void ruler_columns(const struct ui *ui, int y, unsigned cursor_col);

/* The address of a row; digits equal to those of the row above are dim. */
void ruler_row(const struct ui *ui, unsigned row, int y, bool is_cursor);

#endif
