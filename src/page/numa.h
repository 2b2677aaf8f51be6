/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_NUMA_H
#define PM_NUMA_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/proc.h"
#include "page/page.h"

/*
 * Sets the NUMA node of each of n pages from addr (n at most PAGE_BATCH), by a move_pages(2) call
 * that moves nothing. Needs no frame numbers, so it may work where those are hidden.
 */
void numa_nodes(const struct proc *p, uint64_t addr, size_t page_size, struct page *pages,
                size_t n);

#endif
