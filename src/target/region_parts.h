/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REGION_PARTS_H
#define PM_REGION_PARTS_H

/* What the files that count a region share. */
#include "page/folio.h"
#include "page/state.h"
#include "target/region.h"

/* A walk over one region's runs. */
struct region_walk {
	const struct source *source;
	const struct vma *v;
	size_t page_size;
	unsigned devices; /* for swap */
	struct region *out;
	uint64_t by_state[STATE_COUNT];
	struct strip *strip;
	/* runs of existing pages that are marked as written */
	struct region_dirty {
		struct pm_run *v;
		size_t n, cap;
	} dirty;
	struct region_dirty sure; /* of these, those in memory that was blank when it was mapped */
	bool blank; /* there is such memory that has pages: */
	uint64_t blank_pages;
	enum folio_sizes sizes;
	bool clean_seen, born_seen, watched;
	uint64_t entries; /* pages that have one */
	uint64_t lost; /* bytes that were seen written in this epoch, and are no longer */
	const struct track *track;
};

/* A marker in the page table without a page; it may be our own. */
static inline bool
region_is_mark(enum state s)
{
	return s == STATE_UFFD || s == STATE_GUARD || s == STATE_POISONED;
}

/* The kernel counts neither the zero page nor hugetlb in RSS. */
static inline bool
region_is_rss(enum state s)
{
	return s != STATE_ZERO && s != STATE_HUGETLB;
}

/* Records which pages of a run are written, and which are known not to be. */
void region_note_dirty(struct region_walk *w, const struct pm_run *run);

/* After the walk: updates the track, and counts what is written and what may be. */
void region_note_written(struct region_walk *w, struct target *target, uint64_t now);

/* region_measure, which also adds the pages in RAM by state; by_state may be NULL. */
int region_count(struct target *target, const struct vma *v, uint64_t now, struct region *out,
                 uint64_t by_state[STATE_COUNT], struct strip_cell *strip, unsigned width,
                 struct err *err);

#endif
