/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VIEW_GRID_H
#define PM_VIEW_GRID_H

#include "model/ui.h"

/* 2^zoom pages a cell. Keeps the cursor's address, and its row on screen. */
void view_grid_set_zoom(struct ui *ui, unsigned zoom);

#endif
