/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITES_LINE_H
#define PM_WRITES_LINE_H

#include "model/ui.h"
#include "sample/sample.h"

/*
 * The writes of the target in one screen line: rate, sparkline, pages, peak, as much as fits.
 * Returns the column after it.
 */
int writes_line_draw(const struct ui *ui, const struct sample *s, int y, int x);

/*
 * One row of heights up to 8; a dot for none, blank where nothing was measured. Returns the column
 * after it.
 */
int writes_spark_draw(const uint8_t *heights, unsigned n, int y, int x);

#endif
