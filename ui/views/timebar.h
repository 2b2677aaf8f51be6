/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TIMEBAR_H
#define PM_TIMEBAR_H

#include "sample/sample.h"

/*
 * The timeline of a recording, in two rows from y on: memory, and what was written, a column for
 * one or several samples with the largest of them; the column of the sample on screen is marked.
 */
enum { TIMEBAR_ROWS = 2 };
void timebar_draw(const struct sample *s, int y, int cols);

#endif
