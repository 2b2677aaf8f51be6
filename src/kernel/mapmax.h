/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MAPMAX_H
#define PM_MAPMAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/proc.h"

/*
 * How often any page of a region is mapped at most: `mapmax` of /proc/PID/numa_maps. The kernel
 * looks at all pages in RAM for it, a region at a time under the mmap_lock, in half the time that
 * kpagecount takes.
 */
struct mapmax_row {
	uint64_t start; /* of the region */
	uint64_t most;
};
struct mapmax {
	struct mapmax_row *v; /* ascending */
	size_t n, cap;
};

/* Takes no lock for long: false if more than `pages` are in RAM; or if the kernel has no NUMA. */
bool mapmax_read(struct proc *p, uint64_t pages, struct mapmax *out);
void mapmax_free(struct mapmax *m);

/* Of the region that has addr; 0: not known. */
uint64_t mapmax_at(const struct mapmax *m, uint64_t addr);

#endif
