/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INSPECTOR_H
#define PM_INSPECTOR_H

#include "sample.h"
#include "view.h"

/* Everything about the cell under the cursor, beside the grid where there is room for it. */
void inspector_draw(const struct ui *ui, const struct sample *s, int top, int bottom);

#endif
