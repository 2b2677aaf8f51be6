/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SNAPSHOT_H
#define PM_SNAPSHOT_H

#include "diff/compare.h"
#include "target/growth.h"

/* A moment that is kept under a name, so that what follows can be compared with it; immutable. */
struct snapshot;

/* Takes the moment at which the target is, in `room` bytes. NULL with err. */
struct snapshot *snapshot_take(struct target *t, const char *name, size_t room, struct err *err);
void snapshot_unref(struct snapshot *s);

const char *snapshot_name(const struct snapshot *s);
size_t snapshot_bytes(const struct snapshot *s);
uint64_t snapshot_pages(const struct snapshot *s); /* in RAM or in swap */

/* It as a baseline of growth, which knows states and frames, too; to be given to growth_compare. */
struct growth_scan *snapshot_baseline(struct snapshot *s);

#endif
