/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_TYPED_H
#define PM_LIST_TYPED_H

#include "model/ui.h"
#include "views/view.h"

/*
 * Incremental search and filter in the list of regions: from begin to the end of the line the list
 * shows what the line would do, and cancel restores it.
 */
void list_typed_begin(struct ui *ui);
void list_typed_cancel(struct ui *ui);

/*
 * Goes to the first region at or after the start that has the text; without one, back to the start.
 */
void list_find_typed(struct ui *ui, const struct sample *s, const char *text);

/* Applies the filter so far. An error, with its column, keeps the last one that parsed. */
int list_filter_typed(struct ui *ui, const struct sample *s, const char *text, struct err *err);

/*
 * The next row (step 1 or -1) that has list.find in its name or address; without such, the next
 * that differs, if something is compared. FX_NOT_FOUND: none.
 */
unsigned list_find(struct ui *ui, const struct sample *s, long step);

/*
 * One step back: ends the selection in the bars, or removes the filter. false: neither was there.
 */
bool list_esc(struct ui *ui);

#endif
