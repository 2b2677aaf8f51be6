/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INSPECTOR_H
#define PM_INSPECTOR_H

#include "model/ui.h"
#include "sample/sample.h"

/*
 * The card of the page under the cursor, or the counts of the cell or the range: in a pane on the
 * right of the grid if there is room, else over the cells, on the side away from the cursor.
 */
void inspector_draw(const struct ui *ui, const struct sample *s, int top, int bottom);

/* Why the chosen range has no counts yet. */
void inspector_say_uncounted(const struct ui *ui, struct buf *out);

/* Whether it is shown; shows or hides it. */
bool inspector_shown(const struct ui *ui);
void inspector_toggle(struct ui *ui);

#endif
