/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_MENU_H
#define PM_LIST_MENU_H

#include "model/list.h"

/*
 * The two menus over the list of regions, VIEW_SORT and VIEW_COLUMNS: the sort order, and the
 * columns shown. Choices apply to the list at once.
 */

struct list_menu {
	enum column_id at; /* the column under the cursor */
	size_t top;        /* the first row on screen */
};

/* The state of the menu on screen. */
static inline struct list_menu *
list_menu_of(const struct ui *ui)
{
	return ui->own[ui_view(ui)];
}

/* The column on row y of the screen, when the menu lies between top and bottom; -1: none. */
int list_menu_at(const struct ui *ui, int top, int bottom, int y);

#endif
