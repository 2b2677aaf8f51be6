/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGES_H
#define PM_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "page/grid.h"

enum letters { LETTERS_RUNS, LETTERS_ALL, LETTERS_NONE, LETTERS_COUNT };

/* What the person has done to the grid of pages, and to the inspector beside it. */
struct pages {
	struct grid grid;    /* geometry on screen; rows == 0: not set yet */
	enum letters letters;
	char filter[256];    /* pages that do not pass are dimmed; "": no filter */
	char find[256];      /* what / looked for last */
	bool follow; /* the cursor goes to the newest write, until it is moved; that was seen at: */
	uint64_t followed_ns;
	bool pane_away;      /* the inspector is not wanted, where there is room for it, ... */
	bool pane_over;      /* ... or is wanted where there is none: over the cells */
	bool pane_page;      /* where the lens of writes has their numbers in its place: the
	                        inspector all the same */
};

#endif
