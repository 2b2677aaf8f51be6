/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITES_CARD_H
#define PM_WRITES_CARD_H

#include "views/card.h"

/*
 * What is known of the target's writes as lines, as far as that goes into so many rows: for the
 * view of them, and beside the grid. c->width is set by the caller. Lines of hot pages have their
 * address in `at`, those of regions an odd one: where a hot page is the first of its region they
 * are two lines. The wide view has two cards: how much is written, and where.
 */
enum writes_part { WRITES_ALL, WRITES_SUMS, WRITES_PLACES };
void writes_card(struct card *c, const struct ui *ui, const struct sample *s, enum writes_part part,
                 int rows);

/*
 * The same in one line of the screen: rate, sparkline, pages, peak, as far as there is room.
 * Returns the column after it.
 */
int writes_line_draw(const struct ui *ui, const struct sample *s, int y, int x);

/* One row of heights up to 8; nothing is a dot, what was not measured a blank. Returns the column
 * after it. */
int writes_spark_draw(const uint8_t *heights, unsigned n, int y, int x);


#endif
