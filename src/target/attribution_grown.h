/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ATTRIBUTION_GROWN_H
#define PM_ATTRIBUTION_GROWN_H

#include "target/attribution.h"

/*
 * Who brought in what was gained since the baseline: `written` are the pages gained, and rates are
 * of all the time since then. By region, it is known without page faults, too. A row of its own is
 * what no fault explains, and one what was lost. growth_known(t->growth) must be true. Asks for
 * symbols, which takes time.
 */
struct attribution *attribution_make_grown(struct target *t, struct codes *codes,
                                           const struct regions *rs,
                                           const struct attribution_of *of);

#endif
