/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_MENU_H
#define PM_LIST_MENU_H

#include "model/ui.h"

/*
 * The two menus above the list of regions, VIEW_SORT and VIEW_COLUMNS: by what it is sorted, and
 * which columns it shows. What is done in them is done to the list at once, which is seen above.
 */

/* The column on row y of the screen, when the menu lies between top and bottom; -1: none. */
int list_menu_at(const struct ui *ui, int top, int bottom, int y);

#endif
