/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LEGEND_H
#define PM_LEGEND_H

#include "sample.h"
#include "view.h"

/* One row: the lens, and the classes that are on screen; or what the lens lacks. */
void legend_draw(const struct ui *ui, const struct sample *s, int y);

#endif
