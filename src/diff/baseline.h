/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BASELINE_H
#define PM_BASELINE_H

#include "diff/compare.h"
#include "target/growth.h"

/* One side of a comparison as a baseline of growth: the pages that growth counts as there. */
struct growth_scan *baseline_of(const struct side *s);

/* How many pages those are. */
uint64_t baseline_pages(const struct side *s);

#endif
