/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CELLS_H
#define PM_CELLS_H

#include <stdbool.h>
#include <wchar.h>

#include "model/ui.h"
#include "sample/sample.h"

/*
 * The cells of the grid on screen: which cell of the sample is where, and how to draw one. Numbered
 * row by row from the top.
 */

/* A cell of the sample, and its number in the window. */
struct found_cell {
	struct cell c;
	size_t i;
};

/*
 * The sample's cell for the part of the region that cell i of the screen shows. false: not read
 * yet, or outside the region; *out is not touched.
 */
bool cells_find(const struct ui *ui, const struct sample *s, size_t i, struct found_cell *out);

/* The heat of a cell, in the lenses that show writes. */
enum heat cells_heat(const struct ui *ui, enum lens l, const struct cell *c);

/*
 * Whether one bit covers all of a huge page that was written: which of its pages were, is not
 * known. Every eighth cell shows the heat, in a brick pattern; and whether cell i is one of those.
 */
bool cells_tracked_whole(const struct sample *s, const struct page *pg);
bool cells_brick(const struct grid *g, size_t i);

/* A row of the screen, from x on. */
void cells_draw_row(const struct ui *ui, const struct sample *s, unsigned row, int y, int x);

/* The sign of a class; of a step of heat, if the terminal has too few colours. */
wchar_t cells_glyph(char letter);
wchar_t cells_heat_glyph(const struct ui *ui, enum heat h);
bool cells_few_colors(void);

/* Whether zoomed cells are drawn as letters instead of blocks. */
bool cells_in_letters(const struct ui *ui);

/* Whether class b after class a begins something new; a huge page is one thing. */
bool cells_change(enum lens l, unsigned a, unsigned b);

/* "5 anon, 3 none": the most frequent first. */
void cells_counts(const struct cell *c, enum lens l, struct buf *out);

#endif
