/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SIGN_H
#define PM_SIGN_H

#include "target/target.h"

/*
 * For trackers that only see pages on screen (TRACKER_LOCAL): compares the pages of [start, end),
 * of region v, with the previous scan and stamps those that differ. Pages that cannot be read are
 * left out.
 */
void sign_pages(struct target *t, const struct vma *v, uint64_t start, uint64_t end, uint64_t now);

#endif
