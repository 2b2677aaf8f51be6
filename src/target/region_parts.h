/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REGION_PARTS_H
#define PM_REGION_PARTS_H

/* What the files that count a region share. */
#include "page/folio.h"
#include "page/pageset.h"
#include "page/state.h"
#include "target/growth.h"
#include "target/region.h"

/* A walk over one region's runs. */
struct region_walk {
	struct target *target;
	const struct source *source;
	const struct vma *v;
	uint64_t start, end; /* the part of it */
	size_t page_size;
	unsigned page_shift; /* its logarithm */
	uint64_t keep;   /* the categories that this region is scanned for */
	uint64_t marks;  /* of these, those of writes */
	struct pm_run alike; /* runs that are alike but for their marks, not counted yet, and */
	uint64_t holes;      /* bytes between them, all in the last of the strip's shares: */
	uint64_t share_end;  /* where that ends */
	unsigned devices; /* for swap */
	struct {
		uint64_t cats;
		enum state state;
	} judged; /* the last run that is present; cats 0: none yet */
	struct region *out;
	uint64_t by_state[STATE_COUNT];
	struct strip strip;
	struct strip_cell *cells; /* what it is to fill: */
	unsigned width;
	/* existing pages marked as written; of these, those in memory that began without pages */
	struct pageset dirty, sure;
	bool blank; /* there is such memory that has pages: */
	bool leaves; /* writes are left to the clear that follows */
	uint64_t blank_pages;
	enum folio_sizes sizes;
	bool clean_seen, born_seen, watched;
	uint64_t entries; /* pages that have one */
	uint64_t lost; /* bytes that were seen written in this epoch, and are no longer */
	const struct track *track;
	struct growth_scan *growth; /* gets the pages that are there; NULL: nobody asks */
};

/* The kernel counts neither the zero page nor hugetlb in RSS. */
static inline bool
region_is_rss(enum state s)
{
	return s != STATE_ZERO && s != STATE_HUGETLB;
}

/* The state of pages in RAM. Runs are many, and their kinds are few. */
static inline enum state
region_state_of(struct region_walk *w, uint64_t cats)
{
	if (w->judged.cats != cats) {
		w->judged.cats = cats;
		w->judged.state = state_of_cats(cats, w->v);
	}
	return w->judged.state;
}

/* What was written there is not asked twice: a clear by which it is reported follows. */
bool region_leaves_writes(const struct target *t, const struct vma *v);

/* Records which pages of a run are written, and which are known not to be. */
void region_note_dirty(struct region_walk *w, const struct pm_run *run);

/* After the walk: updates the track, and counts what is written and what may be. */
void region_note_written(struct region_walk *w, struct target *target, uint64_t now);

/* The categories that a region is scanned for. */
struct region_cats {
	uint64_t any, cats;
};
struct region_cats region_cats_of(const struct target *t, const struct vma *v);

/*
 * Counts a region and fills cells[0..width): begin, every run of its pages with these categories,
 * ascending, and end, which also adds the pages in RAM by state (unless NULL). Without the end the
 * track is unchanged. Free it in any case. begin returns false: its pages are not known.
 */
bool region_walk_begin(struct region_walk *w, struct target *t, const struct vma *v,
                       struct region *out, struct strip_cell *cells, unsigned width);
int region_walk_run(void *walk, const struct pm_run *run);
void region_walk_end(struct region_walk *w, uint64_t now, uint64_t by_state[STATE_COUNT]);
void region_walk_free(struct region_walk *w);

#endif
