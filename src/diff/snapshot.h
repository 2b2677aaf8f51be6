/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SNAPSHOT_H
#define PM_SNAPSHOT_H

#include "diff/baseline.h"

/* A moment that is kept under a name, so that what follows can be compared with it; immutable. */
struct snapshot;

/* Takes the moment at which the target is, in `room` bytes. NULL with err. */
struct snapshot *snapshot_take(struct target *t, const char *name, size_t room, struct err *err);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);

const char *snapshot_name(const struct snapshot *s);
size_t snapshot_bytes(const struct snapshot *s);
uint64_t snapshot_pages(const struct snapshot *s); /* in RAM or in swap */

const struct side *snapshot_side(const struct snapshot *s);

/*
 * It as a baseline of growth is baseline_of(snapshot_side(s)); this is what more it knows: states
 * and frames. Not counted: growth_keep takes it.
 */
struct lens_keeper *snapshot_keeper(struct snapshot *s);

#endif
