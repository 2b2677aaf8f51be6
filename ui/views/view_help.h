/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VIEW_HELP_H
#define PM_VIEW_HELP_H

#include "views/view.h"

/* Opens the help at the page of the view on screen. */
void view_help_open(struct ui *ui);

/* Shows what has this word, of all pages. "": the page again. Returns whether something else was
 * shown. */
bool view_help_find(struct ui *ui, const char *what);

#endif
