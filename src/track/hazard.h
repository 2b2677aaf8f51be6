/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HAZARD_H
#define PM_HAZARD_H

#include <stdbool.h>

#include "base/util.h"
#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * Who else lives by the target's soft-dirty bits, so that a clear would harm: a process that traces
 * it (CRIU takes incremental dumps by them; a debugger may), or a garbage collector in it that has
 * them for its write barrier (libgc frees what it takes for unwritten). What is linked into a
 * program cannot be seen. true: *out says what.
 */
bool hazard_of_clear(const struct proc *p, const struct vma_list *vmas, struct buf *out);

#endif
