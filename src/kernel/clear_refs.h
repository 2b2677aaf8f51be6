/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CLEAR_REFS_H
#define PM_CLEAR_REFS_H

#include "kernel/proc.h"

/*
 * Writes to /proc/PID/clear_refs (Documentation/filesystems/proc.rst), which changes the target:
 * PM_CLEAR_REFERENCED, PM_CLEAR_SOFT_DIRTY. The kernel walks all page tables with the mmap lock
 * held for writing. Tries again if the thread that it is written through ends. -1 with errno;
 * ESRCH: the memory is gone.
 */
int clear_refs_write(const struct proc *p, const char *what);

#endif
