/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITES_H
#define PM_WRITES_H

#include "base/rate.h"
#include "kernel/vma.h"
#include "target/migrate.h"
#include "target/region.h"
#include "track/track.h"

/*
 * What the stamps of a track say about a target's writes: how fast, how many different pages, which
 * are the hottest, and what it costs to look. Pure.
 *
 * A page counts once an epoch. Without an auto-clear there is one epoch since the clear, so that
 * the rate is of first writes, and what was written within t begins at the clear. In an auto-clear
 * a page counts again whenever it is written after a clear, and what was written within t ends now.
 */
enum { WRITES_HOT = 16, WRITES_WINDOWS = 3 };

/* Neighbouring pages that were written in as many epochs, of late and in all. */
struct hot {
	uint64_t start, end; /* bytes */
	uint32_t count;      /* epochs it was written in */
	uint32_t recent;     /* bit n: in the n-th before now */
};

/* What looking costs the target, and us. */
struct writes_cost {
	uint64_t clear_ns;   /* the last clear: its mappings were locked meanwhile */
	uint64_t look_ns;    /* the last look at all of its page tables */
	uint64_t regions;    /* ... of so many regions */
	bool faults_known, before_known;
	uint64_t faults, faults_before; /* minor faults a second: now, and before the clear */
};

struct writes {
	bool cleared;         /* there was a clear: else only `cost` is filled in */
	bool auto_clear; /* pages count again and again: in an auto-clear, and by trackers that are
	                    local */
	bool part;           /* not the whole process is watched */
	uint64_t measured_ns;  /* since the clear, until the last look; of an auto-clear at most a
	                          minute */
	uint32_t epochs;       /* epochs that counts are out of */
	struct rate rate;    /* pages seen written anew */
	struct curve curve;  /* different pages that have to be sent if the process is moved */
	uint64_t unique[WRITES_WINDOWS]; /* pages written within writes_window_s, RATE_UNKNOWN: not
	                                    yet */
	uint64_t written, never;/* pages that were written, pages in RAM that were not */
	uint64_t to_send;    /* pages a migration sends first */
	struct unknown unknown; /* and those of which it is not known */
	struct hot hot[WRITES_HOT];
	unsigned hot_n;
	struct writes_cost cost;
};

extern const unsigned writes_window_s[WRITES_WINDOWS]; /* 1, 10, 60 */

/* What is remembered from look to look. All zero to begin with; writes_log_free in the end. */
struct writes_log {
	uint64_t first_ns;   /* the clear it is about */
	uint64_t fresh;      /* track.fresh at the last look */
	uint64_t scanned_ns;
	struct rate rate, faults;
	uint64_t minflt, faults_before;
	bool before_known;
	struct writes_region {
		uint64_t start, fresh;
		struct rate rate;
	} *v;                /* regions that were written since the clear, ascending */
	size_t n, cap;
};
void writes_log_free(struct writes_log *log);

/* After a look at all regions: takes it down, and tells each region its rate (region.h). */
void writes_look(struct writes_log *log, const struct track *t, struct regions *rs,
                 size_t page_size);

/* Where nothing is remembered: what was written since the clear, by how long that is. */
void writes_mean(const struct track *t, struct regions *rs);

/*
 * The target's minor faults so far (proc_activity), at a time. Begin anew after an exec: with a
 * count that fell.
 */
void writes_faults(struct writes_log *log, uint64_t now, uint64_t minflt, bool cleared);

/* Sums up. `range`: what the hottest pages are chosen from; empty: everything. */
void writes_make(const struct writes_log *log, const struct track *t, const struct regions *rs,
                 size_t page_size, struct track_range range, struct writes *out);

/* The curve alone, as of a look at `now`; false: there was no clear. */
bool writes_curve(const struct track *t, const struct vma_list *vmas, size_t page_size,
                  uint64_t now, struct curve *out);

/* Pages that a migration sends first: not those that are in a file, and not what has no contents.
 */
uint64_t writes_to_send(const uint64_t by_state[STATE_COUNT]);

/*
 * The least time from clear to clear, in ns: the target pays for a clear while it lasts, and for
 * the first write to each page after it, a 20th of its time at most.
 */
uint64_t writes_least_auto_clear(uint64_t clear_ns, uint64_t pages);

/*
 * "+95M in 4 new regions", brief: "+95M in 4 new": what a sum of pages written leaves out; nothing:
 * "".
 */
void writes_unknown(struct buf *out, const struct unknown *u, size_t page_size, bool brief);

/* Whether what is seen is the writes to a part of the process alone. */
bool writes_of_part(const struct track *t);

/* Why there can be no estimate of a migration, yet or of a part; NULL: there can. */
const char *writes_lacks(const struct curve *c, bool cleared, bool part);

#endif
