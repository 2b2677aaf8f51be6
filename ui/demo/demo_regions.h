/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DEMO_REGIONS_H
#define PM_DEMO_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The mappings of the demo target. Each row of the table is one mapping: how it is made, filled
 * once, and stepped. A picture is DEMO_ROW pages wide, like the grid on most terminals; it is drawn
 * by writing, so it appears once pmtop tracks writes. With 4 KiB pages the resident memory is below
 * 64 MiB, with 64 KiB pages below 320 MiB: most of that is the pictures.
 */
enum {
	DEMO_REGIONS = 13,
	DEMO_ROW = 64,
	DEMO_LIFE_ROWS = 32,
	DEMO_READY_FD =
	    3, /* on which the target reports that its regions exist; its forks close it */
};

#define DEMO_ALIGNMENT ((size_t)2 << 20) /* a huge page; also whole rows */

struct demo_area {
	const char *name;
	uint8_t *base;
	size_t pages;
};

/* Everything that changes from step to step. */
struct demo {
	size_t page; /* bytes */
	size_t step;
	uint64_t random;
	uint64_t life[DEMO_LIFE_ROWS]; /* one bit per cell, bit 0 is leftmost */
	size_t allocated; /* pages behind the allocator's front */
	size_t broken;    /* pages of `cow` written since the sharer was forked */
	pid_t sharer;
};

struct demo_region {
	const char *name;
	size_t pages;          /* of 4 KiB; see demo_region_pages */
	bool drawn;            /* a page is a cell: as many pages, whatever their size */
	bool huge;             /* two huge pages at least, unless those are immense */
	bool shared, reserved; /* MAP_SHARED; PROT_NONE */
	bool pictured;         /* its name matters more than its backing: see demo_can_name */
	/*
	 * Returns the descriptor to map, or -1 with errno; may reduce *pages. NULL: anonymous
	 * memory.
	 */
	int (*open)(const char *name, size_t page, size_t *pages);
	void (*build)(struct demo *d, const struct demo_area *a);
	void (*step)(struct demo *d, const struct demo_area *a); /* NULL: static */
};

extern const struct demo_region demo_regions[DEMO_REGIONS];

/* How many of `page` bytes it has: about as much memory as with 4 KiB. */
size_t demo_region_pages(const struct demo_region *r, size_t page);

/* Opens a memfd of that name, for a row's `open`. */
int demo_memory_open(const char *name, size_t page, size_t *pages);

#endif
