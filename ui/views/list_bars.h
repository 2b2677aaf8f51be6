/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_BARS_H
#define PM_LIST_BARS_H

#include "model/ui.h"
#include "term/paint.h"

/*
 * The two bars above the list: what is in RAM, by kind of page, and what the address space is used
 * for, by type of region. Segments are numbered from 1 through both bars; each is at least a column
 * wide and contains its label or its letter. list.segment is the selected one, 0: none.
 */
enum { LIST_BARS = 2, BAR_LABEL = 12 }; /* rows; columns of the screen before a bar */

void list_bars_draw(const struct ui *ui, const struct sample *s, int y);

/* Selects the next segment (step 1) or the previous one (-1); none past the ends. */
void list_bars_step(struct ui *ui, const struct sample *s, int step);

/* Filters the list by the selected segment, and ends the selection. */
void list_bars_filter(struct ui *ui, const struct sample *s);

/* The sentence about the selected segment. */
void list_bars_say(const struct ui *ui, const struct sample *s, struct buf *out);

#endif
