/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CELLS_H
#define PM_CELLS_H

#include <stdbool.h>
#include <wchar.h>

#include "model/ui.h"
#include "sample/sample.h"

/*
 * The cells of the grid on screen: which of the sample's stands where, and how one is drawn. They
 * are numbered row by row from the top.
 */

/*
 * The sample's cell for the part of the region that cell i of the screen's geometry shows; NULL: it
 * was not read yet, or lies outside the region. *pg, unless pg is NULL: its page, where a cell is
 * one page, else NULL.
 */
const struct cell *cells_find(const struct ui *ui, const struct sample *s, size_t i,
                              const struct page **pg);

/* What was written shows through the lenses that ask for it. */
enum heat cells_heat(const struct ui *ui, enum lens l, const struct cell *c);

/*
 * A huge page of which one bit tells for all of it that something was written: its heat is drawn in
 * every eighth cell only, like bricks, for it is known of none of them. And whether cell i is such
 * a one.
 */
bool cells_tracked_whole(const struct sample *s, const struct page *pg);
bool cells_brick(const struct grid *g, size_t i);

void cells_draw(const struct ui *ui, const struct sample *s, size_t i, int y, int x);

/* The sign of a class, or of a step of heat where there are too few colours for it. */
wchar_t cells_glyph(char letter);
wchar_t cells_heat_glyph(const struct ui *ui, enum heat h);
bool cells_few_colors(void);

/* Zoomed cells are letters, not blocks. */
bool cells_in_letters(const struct ui *ui);

/* Whether something else begins where class b follows class a; a huge page is one thing. */
bool cells_change(enum lens l, unsigned a, unsigned b);

/* "5 anon, 3 none": the commonest first. */
void cells_counts(const struct cell *c, enum lens l, struct buf *out);

#endif
