/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LENS_STRIPS_H
#define PM_LENS_STRIPS_H

#include "page/lens.h"
#include "sample/sample.h"
#include "target/region.h"
#include "target/target.h"

/*
 * The strips of the list by a lens that needs every page: estimates of large regions first, then
 * all are counted, as time allows. Times are on the source's clock.
 */

/* Takes over the strips of an earlier scan (NULL: none) that show the lens. */
void lens_strips_keep(struct regions *rs, const struct regions *old, enum lens lens);

/*
 * Fills those that do not show it, the rows on screen first: small regions are counted, the others
 * estimated.
 */
void lens_strips_begin(struct regions *rs, struct target *t, enum lens lens,
                       const struct screen_rows *rows, uint64_t until);

/* Counts regions from *next on, which it advances: those that are not counted yet, if any. */
void lens_strips_count(struct regions *rs, struct target *t, enum lens lens, size_t *next,
                       uint64_t until);

/* Whether each strip on screen shows the lens (no rows: each of all); each of all is counted. */
bool lens_strips_shown(const struct regions *rs, enum lens lens, const struct screen_rows *rows);
bool lens_strips_counted(const struct regions *rs, enum lens lens);

#endif
