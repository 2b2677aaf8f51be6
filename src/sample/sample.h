/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SAMPLE_H
#define PM_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "diff/difference.h"
#include "kernel/smaps.h"
#include "query/answer.h"
#include "sample/queue.h"
#include "sample/window.h"
#include "target/bytes.h"
#include "target/region.h"
#include "target/timeline.h"
#include "target/touched.h"
#include "target/writes.h"
#include "track/track.h"

/* Regions on screen: those of a long list are counted before the others. */
enum { SCREEN_ROWS = 128 };
struct screen_rows {
	unsigned n;
	uint64_t at[SCREEN_ROWS];
};
bool screen_rows_same(const struct screen_rows *a, const struct screen_rows *b);

/*
 * What is on screen and must be read for it: cheap facts in each scan, the others by a command:
 * smaps, range and card.
 */
struct screen_request {
	enum lens lens;
	bool smaps_on;        /* columns that need smaps: COMMAND_SMAPS */
	bool touched_on;      /* ... again and again, as one shows what is touched */
	bool accesses_on;     /* what DAMON samples: COMMAND_ACCESSES */
	struct screen_rows rows; /* a list: some of its regions */
	bool grid_on;         /* a grid: */
	struct grid grid;
	char filter[256];     /* of its pages; "": none */
	uint64_t range_lo, range_hi; /* a range is chosen: COMMAND_SUM; 0, 0: none */
	bool by_on;           /* who writes: COMMAND_BY */
	struct attribution_of by;
	bool heat_on;         /* memory over time: COMMAND_HEAT */
	struct heatmap_of heat;
	enum card_kind card_on; /* facts about the page or the region at: (COMMAND_CARD) */
	uint64_t card;
	bool hex_on;          /* bytes: */
	uint64_t hex_at;      /* from here on, ... */
	unsigned hex_rows;    /* ... rows of BYTES_ROW, as far as the region goes */
};
bool screen_same(const struct screen_request *a, const struct screen_request *b);

/* Whether it has something that commands read, again after a newer sample. */
bool screen_reads(const struct screen_request *s);

/*
 * What the screen needs now. The newest request replaces the previous one; things done once are
 * commands (queue.h).
 */
struct request {
	uint64_t serial;      /* set by sampler_request */
	uint64_t interval_ns; /* 0: scan only when something else changes */
	bool paused;
	uint64_t at_ns;       /* of a recording: the time to be shown; 0: its end */
	uint64_t auto_clear_ns; /* interval of the auto-clear; 0: off */
	struct screen_request screen;

	/* what a clear may do. Consent is for one program: 1 + sample.execs; 0: none */
	unsigned tracker;     /* enum tracker, or TRACKER_AUTO */
	unsigned baseline;    /* the number of the baseline of growth; 0: none is wanted */
	unsigned budget;      /* target.budget */
	bool attribution;     /* watch page faults while writes are tracked: causes.h */
	unsigned allow;       /* run a system call in the target */
	unsigned sure;        /* clear although others rely on the bits (track_hazard) */
	struct track_range scope; /* watch only this, if the tracker can; empty: everything */
};

/*
 * What is known of the target at one moment. Immutable once published; samples share their large
 * parts. Views draw from this and from nothing else.
 */
struct sample {
	uint64_t serial;      /* of this sample */
	uint64_t request_serial; /* the newest request it takes into account */
	bool complete;        /* it has everything that request needs */
	uint64_t whole_serial; /* the newest request whose picture is whole, be it with estimates */
	uint64_t time_ns;
	uint64_t made_ns; /* the same on our clock; time_ns is on the source's */
	struct regions *regions;

	/* from here on sample_same compares bytes, but for what `writes` cost */
	pid_t pid;
	char comm[64];
	size_t page_size;
	unsigned swap_devices;
	bool has_nodes;       /* NUMA nodes may be known */
	bool huge_known;      /* PAGEMAP_SCAN reports huge mappings */
	bool frames_hidden;   /* page frames or their flags are hidden from us */
	bool averages;        /* map counts of pages of large folios are averages, as was found */

	bool ended;           /* the process has ended; the rest is from the last scan */
	uint64_t ended_ns;
	unsigned execs;       /* how many new programs it was seen to execute */
	struct err trouble;   /* the error of this scan; what[0] == 0: none */

	char compared[96];        /* "since before": with what; "": with nothing, or a baseline */
	struct difference *diff;  /* what differs; NULL: not known yet, or nothing is compared */
	struct timeline *timeline; /* of a recording; NULL: it is a process, as it is */
	struct sample_recorded {   /* the samples are recorded: */
		bool on;
		bool to_end; /* they were, and that ended with the process */
		uint64_t since_ns, bytes;
	} recorded;
	struct err recorded_err;   /* what[0] != 0: why they no longer are */

	/* while nothing faults and no size changes, they are read no more often than this */
	uint64_t regions_every_ns;
	uint64_t counts_every_ns; /* all are counted no more often; 0: in each scan */
	/* of request.grid, or of the previous geometry while a new one is read */
	struct window *window;

	struct range_sum range; /* of the last COMMAND_SUM, or: */
	struct err range_err;   /* what[0] != 0: why not */

	/* the clear: see track.h */
	enum track_can can_track;
	enum tracker tracker;
	char track_why[160], track_how[160];
	unsigned clears;
	uint64_t auto_clear_ns; /* the actual interval, longer than requested if clears are
	                           slow; 0: off */
	uint64_t clear_ns, clear_cost_ns;
	/* how long a thread of the target was stopped for a userfaultfd; 0: none was */
	uint64_t stopped_ns;
	bool others;           /* another program has cleared since */
	struct track_range scope; /* what is watched; empty: everything */
	struct writes writes;  /* what was measured since */
	const char *unattributed; /* why nobody tries to watch who writes; static; NULL: */
	struct causes_totals causes; /* ... what was seen, or why nothing is (watch.why) */

	struct attribution *attribution; /* of the last COMMAND_BY; NULL: none yet, or: */
	struct err attribution_err; /* what[0] != 0: why not */

	struct heatmap *heat; /* of the last COMMAND_HEAT; NULL: none yet, or: */
	struct err heat_err;  /* what[0] != 0: why not */

	/* of the last COMMAND_ACCESSES; NULL: nothing is sampled, or not yet, or: */
	struct accesses *accesses;
	struct err accesses_err; /* what[0] != 0: why not */
	bool accesses_on;        /* they were asked for */

	struct touched touched; /* the referenced bits: our last clear of them, */
	struct touched_sum touched_sum; /* what `smaps` says was touched since, if it does */

	struct smaps_reading *smaps; /* of the last COMMAND_SMAPS; NULL: not read, or: */
	struct err smaps_err;  /* what[0] != 0: why not */

	enum card_kind card_kind;
	struct answer *card;   /* of request.card; NULL: nothing is known yet */
	bool card_whole;       /* with the facts of COMMAND_CARD, or: */
	struct err card_err;   /* what[0] != 0: why not */

	struct bytes *bytes;   /* of request.hex_at, or where it was before */
	struct err bytes_err;  /* what[0] != 0: why there are none */
};

void sample_free(struct sample *s);

/* A sample that shares all that `draft` has. */
struct sample *sample_share(const struct sample *draft);

/* Whether they differ only in when they were made, and in how long a scan took. */
bool sample_same(const struct sample *a, const struct sample *b);

/* ... and in facts of pages that are not in a window's cells. */
bool sample_looks_same(const struct sample *a, const struct sample *b);

/* Whether it is watched who writes since the clear; if not, appends why. */
bool sample_is_attributed(const struct sample *s, struct buf *why);

/* What the clock of the sample's source shows when ours (time_ns) shows `ours`. */
uint64_t sample_clock(const struct sample *s, uint64_t ours);

#endif
