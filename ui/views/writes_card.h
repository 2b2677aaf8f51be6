/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITES_CARD_H
#define PM_WRITES_CARD_H

#include "views/card.h"

/*
 * The target's writes as lines, in the rows available: for their view, and beside the grid.
 * c->width is set by the caller. Lines of hot pages have their address in `at`, those of regions an
 * odd one, so that a hot page at the start of its region is a line of its own. The wide view has
 * two cards: how much is written, and where.
 */
enum writes_part { WRITES_ALL, WRITES_SUMS, WRITES_PLACES };
void writes_card(struct card *c, const struct ui *ui, const struct sample *s, enum writes_part part,
                 int rows);

/*
 * The same in one screen line: rate, sparkline, pages, peak, as much as fits. Returns the column
 * after it.
 */
int writes_line_draw(const struct ui *ui, const struct sample *s, int y, int x);

/*
 * One row of heights up to 8; a dot for none, blank where nothing was measured. Returns the column
 * after it.
 */
int writes_spark_draw(const uint8_t *heights, unsigned n, int y, int x);


#endif
