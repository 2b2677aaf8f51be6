/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REPORT_H
#define PM_REPORT_H

#include <stdio.h>

#include "model/ui.h"
#include "table/format.h"

/*
 * What the view on screen shows, as data: regions as a row each; the cells of the grid that are on
 * screen, or of those the ones in the range, with their pages counted by class, single pages with
 * what is known of each; rows of bytes; the facts of a card. FORMAT_CSV or FORMAT_JSON.
 */
int report_write(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
                 struct err *err);

/* false: the view shows nothing that has rows (help). */
bool report_has_rows(const struct ui *ui);

#endif
