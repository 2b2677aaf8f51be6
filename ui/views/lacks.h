/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LACKS_H
#define PM_LACKS_H

#include "base/util.h"
#include "model/ui.h"

/* What data the lens lacks here, why, and how to get it; false: none is missing. */
bool lens_lacks(const struct ui *ui, const struct sample *s, struct buf *out);

#endif
