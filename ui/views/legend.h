/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LEGEND_H
#define PM_LEGEND_H

#include "model/ui.h"
#include "sample/sample.h"

/* Said where classes rest on map counts, and those of large folios are averages. */
extern const char legend_averages[];

/* One row: the lens and the classes that are on screen, or what the lens lacks. */
void legend_draw(const struct ui *ui, const struct sample *s, int y);

/*
 * The steps of heat: a sample of each, or one for all, or, without room, nothing. Returns the next
 * column. And the columns it needs, of those available.
 */
int legend_heats(const struct ui *ui, const struct sample *s, int y, int x, int right);
int legend_heats_width(const struct ui *ui, const struct sample *s, int room);

#endif
