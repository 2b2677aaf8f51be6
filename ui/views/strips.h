/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STRIPS_H
#define PM_STRIPS_H

#include "model/ui.h"
#include "term/paint.h"

/* The strip of a region, drawn. */

/* The colours of a step of heat, which is not calmed where it is a count: that does not age. */
enum role strips_heat_role(const struct ui *ui, enum heat h);

/*
 * Character i of `width` that show a region's strip: the mean height, 0..STRIP_HIGH, of what it
 * stands for, and of that the class of the best filled and the warmest heat.
 */
struct strip_cell strips_at(const struct ui *ui, const struct strip_cell *strip, unsigned i,
                           unsigned width);
void strips_draw(const struct ui *ui, const struct strip_cell *c, enum lens l, int y, int x);

/*
 * The classes that some strip shows, each with its letter; the rarest are left out of a line that
 * is too short. Returns the next column. And how many columns it would like to have.
 */
int strips_legend(const struct sample *s, enum lens l, int y, int x, int right);
int strips_legend_width(const struct sample *s, enum lens l);

#endif
