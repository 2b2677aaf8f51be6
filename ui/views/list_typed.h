/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_TYPED_H
#define PM_LIST_TYPED_H

#include "model/ui.h"
#include "views/view.h"

/*
 * Finding and filtering in the list of regions, followed letter by letter: between begin and the
 * end of the line the list shows what the line would do, and cancel brings back what was.
 */
void list_typed_begin(struct ui *ui);
void list_typed_cancel(struct ui *ui);

/* The first region at or after where it began that has the text; without one the cursor is there
 * again. */
void list_find_typed(struct ui *ui, const struct sample *s, const char *text);

/* The filter so far. An error, with its column, leaves the last one that could be read. */
int list_filter_typed(struct ui *ui, const struct sample *s, const char *text, struct err *err);

/* The next row (step 1 or -1) that has list.find in its name or address. FX_NOT_FOUND: none. */
unsigned list_find(struct ui *ui, const struct sample *s, long step);

/* One step back: no segment of the bars is chosen, or everything is shown again. false: so it was.
 */
bool list_esc(struct ui *ui);

#endif
