/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STRIPS_H
#define PM_STRIPS_H

#include "model/ui.h"
#include "term/paint.h"

/* Draws the strip of a region. */

/* The role of a step of heat. A count does not age, so it is not calmed. */
enum role strips_heat_role(const struct ui *ui, enum heat h);

/*
 * Character i of `width` of a region's strip: the mean height (0..STRIP_HIGH) of its cells, the
 * class of the fullest and the warmest heat.
 */
struct strip_cell strips_at(const struct ui *ui, const struct strip_cell *strip, unsigned i,
                           unsigned width);
void strips_draw(const struct ui *ui, const struct strip_cell *c, enum lens l, int y, int x);

/*
 * The classes in the strips, each with its letter; a line that is too short drops the rarest.
 * Returns the next column. And the columns it needs.
 */
int strips_legend(const struct sample *s, enum lens l, int y, int x, int right);
int strips_legend_width(const struct sample *s, enum lens l);

#endif
