/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGES_H
#define PM_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "page/grid.h"

enum { PAGE_FILTER = 256 };
enum letters { LETTERS_RUNS, LETTERS_ALL, LETTERS_NONE, LETTERS_COUNT };

/* The state of the grid of pages and of the inspector beside it. */
struct pages {
	struct grid grid;    /* geometry on screen; rows == 0: not set yet */
	enum letters letters;
	char filter[PAGE_FILTER]; /* pages that do not pass are dimmed; "": no filter */
	char find[PAGE_FILTER]; /* the last search */
	bool follow;         /* the cursor follows the newest write, until it is moved */
	uint64_t followed_ns; /* the time of that write */
	bool pane_away;      /* the inspector is hidden although there is room for it */
	bool pane_over;      /* it is shown over the cells, for lack of room */
	bool pane_page;      /* it is shown although the lens of writes has its card there */
};

#endif
