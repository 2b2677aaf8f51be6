/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACK_H
#define PM_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pagemap.h"
#include "proc.h"
#include "vma.h"

/*
 * What was written since the mark. The way of choice is soft-dirty
 * (Documentation/admin-guide/mm/soft-dirty.rst): clearing write-protects every page of the target once; a page written afterwards carries bit 55.
 * pmtop clears when told to and from then on only reads, so no write is lost.
 *
 * Two traps this file knows. A kernel without CONFIG_MEM_SOFT_DIRTY accepts the clear and does
 * nothing: support is proven on an own page, never by the write succeeding. And a mapping made (or
 * merged) after the clear reads as written all over, even where no page is: such a region is
 * "newborn", its pages are not called written.
 */
/* TRACK_UFFD: regions that the target itself has watched by userfaultfd, for us (track_ways.h). */
enum track_way { TRACK_SOFT_DIRTY, TRACK_UFFD };
const char *track_way_name(enum track_way way);

enum track_can {
	TRACK_UNKNOWN, /* not asked yet */
	TRACK_NO,      /* why says why */
	TRACK_YES,
};

struct track_stamp {
	uint64_t start, end; /* bytes: pages first seen written ... */
	uint64_t time_ns;    /* ... at this time (CLOCK_MONOTONIC), in ... */
	uint32_t gen;        /* ... this generation, the last in which they were; and in ... */
	uint32_t count;      /* ... so many generations in all */
};

struct track {
	bool ours;           /* set by who made the target: its regions may be watched by userfaultfd */
	enum track_way way;
	enum track_can can;
	char why[160], how[160];
	bool pulse;          /* cleared again and again: what was written before cools, and is counted */
	unsigned gen;        /* clears by us; 0: the mark is not ours and written means nothing yet */
	uint64_t mark_ns;    /* when the last clear ended */
	uint64_t cost_ns;    /* how long it took: the target's mappings were locked meanwhile */
	struct track_stamp *v; /* ascending, disjoint: memory per written page, never per virtual one */
	size_t n, cap;
	struct track_stamp *mark; /* the regions at the mark */
	size_t mark_n;
};

/* How long ago a page was first seen written, in the steps of the colours. */
enum heat { HEAT_NONE, HEAT_NOW, HEAT_2S, HEAT_5S, HEAT_12S, HEAT_30S, HEAT_COUNT };
enum heat track_heat(uint64_t age_ns);

/* Fills way, can, why and how: a write/clear/write round trip in a forked child. */
void track_probe(struct track *t, const struct proc *p, const struct pagemap *pm);

/* Clears the target's write marks and starts a generation. -1: it would not, nothing changed. */
int track_clear(struct track *t, const struct proc *p, const struct pagemap *pm, const struct vma_list *vmas,
                struct err *err);

/* The categories (PM_CAT_*) to ask for, and whether those of a run say that it is written. */
uint64_t track_cats(const struct track *t);
bool track_is_written(const struct track *t, uint64_t cats);
void track_free(struct track *t);

/* The mark is gone with the address space (exec): forget everything but `can`. */
void track_forget(struct track *t);

/*
 * Tell what a look at [start, end) found: the n runs (ascending) whose pages are written. Pages
 * seen before in this generation keep their time, others get `now`. What is not written is dropped;
 * in a pulse what was written in an earlier generation stays until it has cooled.
 */
void track_update(struct track *t, uint64_t start, uint64_t end, const struct pm_run *runs, size_t n,
                  uint64_t now);

/* The stamp of the page at addr, NULL if it was not seen written; its time, 0 likewise. */
const struct track_stamp *track_at(const struct track *t, uint64_t addr);
uint64_t track_time(const struct track *t, uint64_t addr);

/* Index in v of the first stamp that ends after addr. */
size_t track_first(const struct track *t, uint64_t addr);

/* The newest stamp in [start, end), 0 if none; and as a step of heat. */
uint64_t track_newest(const struct track *t, uint64_t start, uint64_t end);
enum heat track_newest_heat(const struct track *t, uint64_t start, uint64_t end, uint64_t now);

/*
 * Whether [start, end) existed as it is at the mark. A region that did not, and that is written
 * all over, may have been born so.
 */
bool track_knew(const struct track *t, uint64_t start, uint64_t end);

#endif
