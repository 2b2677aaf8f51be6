/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INSPECTOR_H
#define PM_INSPECTOR_H

#include "model/ui.h"
#include "sample/sample.h"

/*
 * Everything about the page under the cursor, or the counts of the cell, or of the range: in a pane
 * at the right of the grid where there is room, else over the cells, on the side where the cursor
 * is not.
 */
void inspector_draw(const struct ui *ui, const struct sample *s, int top, int bottom);

/* Whether it is to be seen; shows it, or takes it away. */
bool inspector_shown(const struct ui *ui);
void inspector_toggle(struct ui *ui);

#endif
