/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HAZARD_H
#define PM_HAZARD_H

#include <stdbool.h>

#include "base/util.h"
#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * Who else depends on the target's soft-dirty bits and would be harmed by a clear: a process that
 * traces it (CRIU bases incremental dumps on them; a debugger may, too), or a garbage collector in
 * it that uses them as its write barrier (libgc would free objects that it takes for unmodified). A
 * statically linked collector cannot be detected. true: *out describes the harm.
 */
bool hazard_of_clear(const struct proc *p, const struct vma_list *vmas, struct buf *out);

#endif
