/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CRUMB_H
#define PM_CRUMB_H

#include "base/util.h"
#include "model/ui.h"

/* Separates the steps of a breadcrumb; terminals that lack it show another sign. */
#define CRUMB_SIGN " › "

/* Adds text to a breadcrumb if there is room for all of it. */
void breadcrumb_add(struct buf *out, const struct ui *ui, const char *text);

/*
 * The breadcrumb of a view of the region under the cursor: its name, address, size and permissions,
 * and `tail`. If it is too long, the permissions are dropped first, then part of the name, then
 * address and size.
 */
void breadcrumb_region(struct buf *out, const struct ui *ui, const struct sample *s,
                       const char *tail);

#endif
