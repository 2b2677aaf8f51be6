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

/* Its tracker reports changes, not writes. */
bool writes_counts_changes(const struct sample *s);

/* The largest divisor of a minute that fits; 0: none. */
unsigned writes_graph_columns(int width);

#endif
