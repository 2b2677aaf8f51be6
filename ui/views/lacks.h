/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LACKS_H
#define PM_LACKS_H

#include "base/util.h"
#include "model/ui.h"

/* What data the lens lacks here, why, and how to get it; false: none is missing. */
bool lens_lacks(const struct ui *ui, const struct sample *s, struct buf *out);

/* What is to be known of its data: of a sample, that it is one, and its age. false: nothing. */
bool lens_warns(const struct ui *ui, const struct sample *s, struct buf *out);

/* The age of what DAMON saw: "3 s ago". */
void lens_add_age(const struct ui *ui, const struct sample *s, struct buf *out);

#endif
