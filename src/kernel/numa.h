/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_NUMA_H
#define PM_NUMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/proc.h"

/*
 * The NUMA node of each of n pages from addr, -1 if it is not known, by a move_pages(2) call that
 * moves nothing. Needs no frame numbers, so it may work where those are hidden.
 */
enum { NUMA_PAGES = 512 };
void numa_nodes(const struct proc *p, uint64_t addr, size_t page_size, int *out, size_t n);

/* Whether that call is allowed, and there. Sets errno if not. */
bool numa_works(const struct proc *p);

#endif
