/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SIGN_H
#define PM_SIGN_H

#include "target/target.h"

/*
 * For the trackers that see no more than what is on screen: looks at the pages of [start, end), of
 * region v, and adds to the track of t what differs from the look before. No error: what cannot be
 * read tells nothing.
 */
void sign_look(struct target *t, const struct vma *v, uint64_t start, uint64_t end, uint64_t now);

#endif
