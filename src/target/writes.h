/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITES_H
#define PM_WRITES_H

#include "base/rate.h"
#include "kernel/vma.h"
#include "target/migrate.h"
#include "target/region.h"
#include "target/source.h"
#include "target/timeline.h"
#include "track/track.h"

/*
 * A target's writes, computed from the stamps of its track: their rate, the number of different
 * pages, the hottest pages, and the cost of measuring. Pure.
 *
 * A page counts once per epoch. Without an auto-clear there is one epoch since the clear: the rate
 * is that of first writes, and an interval of t starts at the clear. With an auto-clear a page
 * counts again after each clear, and an interval of t ends now.
 */
enum { WRITES_HOT = 16, WRITES_WINDOWS = 3 };

/* Adjacent pages that were written in the same epochs, as far as remembered. */
struct hot {
	uint64_t start, end; /* bytes */
	uint32_t count;      /* epochs it was written in */
	uint32_t recent;     /* bit n: written in the n-th epoch before now */
};

/* What measuring costs the target, and us. */
struct writes_cost {
	uint64_t clear_ns;   /* of the last clear, during which its mappings were locked */
	uint64_t scan_ns;    /* of the last scan of all its page tables, */
	uint64_t regions;    /* ... with this number of regions */
	bool faults_known, before_known;
	uint64_t faults, faults_before; /* minor faults per second: now, and before the clear */
	bool watched_known;
	uint64_t watched;    /* page faults per second that were watched (causes.h) */
};

struct writes {
	bool cleared;         /* there was a clear; else only `cost` is filled in */
	bool auto_clear; /* pages count repeatedly: in an auto-clear, and with TRACKER_LOCAL */
	bool part;           /* only part of the process is watched */
	uint64_t measured_ns;  /* from the clear to the last scan; auto-clear: at most 60 s */
	uint32_t epochs;       /* the number of epochs that pages are counted in */
	struct rate rate;    /* newly written pages */
	struct curve curve;  /* different pages that a migration has to send */
	uint64_t unique[WRITES_WINDOWS]; /* pages written within writes_window_s; or RATE_UNKNOWN */
	uint64_t written, never;/* pages that were written; pages in RAM that were not */
	uint64_t to_send;    /* pages a migration sends first */
	struct unknown unknown; /* pages that may have been written */
	struct hot hot[WRITES_HOT];
	unsigned hot_n;
	struct writes_cost cost;
};

extern const unsigned writes_window_s[WRITES_WINDOWS]; /* 1, 10, 60 */

/* What is kept from scan to scan. Starts zeroed; free with writes_log_free. */
struct writes_log {
	uint64_t first_ns;   /* the time of its clear */
	uint64_t fresh;      /* track.fresh at the last scan */
	uint64_t scanned_ns;
	struct rate rate, faults, watched;
	uint64_t minflt, faults_before, watched_n;
	bool before_known;
	struct writes_region {
		uint64_t start, fresh;
		struct rate rate;
	} *v;                /* regions that were written since the clear, ascending */
	size_t n, cap;
};
void writes_log_free(struct writes_log *log);

/* After a scan of all regions: records it, and sets each region's rate (region.h). */
void writes_record(struct writes_log *log, const struct track *t, struct regions *rs,
                 size_t page_size);

/*
 * The same of a recording, whose samples are there: the rates up to the scan are theirs, and the
 * last one is of the interval that ends at its sample.
 */
void writes_recall(struct writes_log *log, const struct track *t, struct source *s,
                   const struct timeline *line, struct regions *rs);

/* Without a log: sets the mean rates since the clear. */
void writes_mean(const struct track *t, struct regions *rs);

/*
 * Records the target's minor faults so far (proc_activity). A lower count than before means an
 * exec, and starts again.
 */
void writes_faults(struct writes_log *log, uint64_t now, uint64_t minflt, bool cleared);

/* Records the page faults watched so far; fewer than before: the watch began again. */
void writes_watched(struct writes_log *log, uint64_t now, uint64_t faults);

/* Fills in *out. `range`: where to search for the hottest pages; empty: everywhere. */
void writes_make(const struct writes_log *log, const struct track *t, const struct regions *rs,
                 size_t page_size, struct track_range range, struct writes *out);

/* The curve alone, for a scan at `now`; false: there was no clear. */
bool writes_curve(const struct track *t, const struct vma_list *vmas, size_t page_size,
                  uint64_t now, struct curve *out);

/* Pages that a migration sends first: all but file pages and pages without contents. */
uint64_t writes_to_send(const uint64_t by_state[STATE_COUNT]);

/* What a clear and the first write to each of these pages after it cost the target, in ns. */
uint64_t writes_paid_ns(uint64_t clear_ns, uint64_t pages);

/* The shortest auto-clear at which that is at most `budget` percent of its time; 0: any. */
uint64_t writes_least_auto_clear(uint64_t clear_ns, uint64_t pages, unsigned budget);

/*
 * What a sum of written pages leaves out: "+95M in 4 new regions", brief: "+95M in 4 new"; "" if
 * nothing.
 */
void writes_unknown(struct buf *out, const struct unknown *u, size_t page_size, bool brief);

/* Whether only the writes to a part of the process are seen. */
bool writes_of_part(const struct track *t);

/* Why a migration cannot be estimated, or not yet; NULL: it can. */
const char *writes_lacks(const struct curve *c, bool cleared, bool part);

#endif
