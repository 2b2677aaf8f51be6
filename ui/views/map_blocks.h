/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MAP_BLOCKS_H
#define PM_MAP_BLOCKS_H

#include "model/map.h"
#include "model/pages.h"

/* The map as it is drawn: blocks of regions with their names and strips, gaps, and the legend. */
enum { LINES_LEAST = 2, LINES_FACTS = 3, LINES_MOST = 4 }; /* lines per row */

struct map_canvas {
	const struct ui *ui;
	const struct map_view *m;
	const struct sample *s;
	int top, bottom;
};

/* The line of a row that shows the strips. */
int blocks_strip_line(const struct ui *ui);

/* The line of names of the row with this place; false: not on screen. */
bool blocks_place_on(const struct map_canvas *c, size_t at, int *y, int *x);

void blocks_draw_block(const struct map_canvas *c, const struct map_item *b);
void blocks_draw_gap(const struct map_canvas *c, const struct map_item *g);
void blocks_draw_legend(const struct map_canvas *c, int y);

#endif
