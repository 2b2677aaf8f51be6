/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_BARS_H
#define PM_LIST_BARS_H

#include "paint.h"
#include "view.h"

/* The two bars above the list: what is in RAM, and what the address space is for. */
void list_bars_draw(const struct ui *ui, const struct sample *s, int y);

enum { LIST_BARS = 2, BAR_LABEL = 12 }; /* rows; columns of the screen before a bar */

#endif
