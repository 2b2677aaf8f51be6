/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CGROUP_H
#define PM_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/*
 * The path of the memory cgroup whose directory has this inode (what /proc/kpagecgroup gives),
 * below the mount of the memory hierarchy, version 2 or 1. false: not found, or not mounted.
 * Appends to `out`.
 */
bool cgroup_path(uint64_t inode, struct buf *out);

#endif
