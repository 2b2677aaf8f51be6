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
 *
 * The call waits for the target's mmap_lock whatever happens, a kill included; if a thread of the
 * target never lets go of that, pmtop could not end. So a process of ours makes it, which pmtop
 * leaves behind.
 */
enum { NUMA_PAGES = 512 }; /* at most */
struct numa {
	int line;    /* to that process; -1: there is none */
	pid_t asker;
};
void numa_nodes(struct numa *numa, const struct proc *p, uint64_t addr, size_t page_size, int *out,
                size_t n);
void numa_end(struct numa *numa);

/* Whether that call is allowed, and there. Waits for nothing. Sets errno if not. */
bool numa_works(const struct proc *p);

#endif
