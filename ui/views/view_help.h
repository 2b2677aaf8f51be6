/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VIEW_HELP_H
#define PM_VIEW_HELP_H

#include "views/scroll.h"
#include "views/view.h"

struct help_view {
	struct scroll_view scroll;
	size_t page;
	char find[64]; /* the text searched for, in all pages; "": shows one page */
};

static inline struct help_view *
help_of(const struct ui *ui)
{
	return ui->own[VIEW_HELP];
}

/* Opens the help at the page of the view on screen. */
void view_help_open(struct ui *ui);

/*
 * Shows the entries of all pages that contain the text; "": the page again. Returns whether that
 * changed what is shown.
 */
bool view_help_find(struct ui *ui, const char *what);

#endif
