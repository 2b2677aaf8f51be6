/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SAMPLE_H
#define PM_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/smaps.h"
#include "query/answer.h"
#include "sample/window.h"
#include "target/bytes.h"
#include "target/region.h"
#include "target/writes.h"
#include "track/track.h"

/*
 * A region's card is read once, and again with COMMAND_LOOK: it takes smaps. So are the
 * capabilities.
 */
enum card_kind { CARD_NONE, CARD_PAGE, CARD_REGION, CARD_CAPABILITIES };

/* What is on screen, and has to be read for it. */
struct screen_request {
	enum lens lens;
	bool smaps_on;        /* what only smaps tells: read once by COMMAND_SMAPS */
	bool grid_on;         /* a grid: */
	struct grid grid;
	char filter[256];     /* of its pages; "": none */
	uint64_t range_lo, range_hi; /* a range is chosen; 0, 0: none */
	enum card_kind card_on; /* facts, of the page or of the region at: */
	uint64_t card;
	bool hex_on;          /* bytes: */
	uint64_t hex_at;      /* from here on, ... */
	unsigned hex_rows;    /* ... rows of BYTES_ROW, as far as the region goes */
};
bool screen_same(const struct screen_request *a, const struct screen_request *b);

/*
 * What the screen needs now. The newest request replaces the one before; what is asked for once is
 * a command (queue.h).
 */
struct request {
	uint64_t serial;      /* set by sampler_request */
	uint64_t interval_ns; /* 0: look only when something else changes */
	bool paused;
	uint64_t auto_clear_ns; /* clear again after so long; 0: never */
	struct screen_request screen;

	/* how a clear may go about it. Consent holds for one program: 1 + sample.execs,
	 * 0 no */
	unsigned tracker;     /* enum tracker, or TRACKER_AUTO */
	unsigned allow;       /* run a system call in the target */
	unsigned sure;        /* clear though somebody else lives by the bits (track_hazard) */
	struct track_range scope; /* watch this alone, where the tracker can; empty: everything */
};

/*
 * One moment's truth about the target. Immutable once published; it shares its large parts with
 * its neighbours. Views draw from this and from nothing else.
 */
struct sample {
	uint64_t serial;      /* of this sample */
	uint64_t request_serial; /* the newest request it takes into account */
	bool complete;        /* all that request asked for is in it */
	uint64_t time_ns;
	uint64_t made_ns; /* the same by the machine's clock; time_ns is by the source's */

	pid_t pid;
	char comm[64];
	size_t page_size;
	unsigned swap_devices;
	bool has_nodes;       /* the NUMA nodes of pages may be known */
	bool huge_known;      /* which pages are mapped huge: the kernel has PAGEMAP_SCAN */
	bool frames_hidden;   /* page frames or their flags are not ours to see */

	bool ended;           /* the process is no more; what is shown is the last that was seen */
	uint64_t ended_ns;
	unsigned execs;       /* times it was seen to execute a new program */
	struct err trouble;   /* what went wrong with this look; what[0] == 0: nothing */

	struct regions *regions;
	/* of request.grid, or of the geometry before while a new one is read */
	struct window *window;

	struct sample_range {
		uint64_t lo, hi;   /* 0, 0: none was asked for, or it lies in no region */
		enum lens lens;
		struct cell cell;  /* all of its pages */
	} range;               /* request.range, or the one before while a new one is counted */

	/* the clear: see track.h */
	enum track_can can_track;
	enum tracker tracker;
	char track_why[160], track_how[160];
	unsigned clears;
	uint64_t auto_clear_ns; /* the time between clears that is kept; 0: none. More than was
	                      asked if clears are dear */
	uint64_t clear_ns, clear_cost_ns;
	/* how long a thread of the target was stopped for the watch; 0: none was */
	uint64_t stopped_ns;
	bool others;           /* somebody else has cleared since */
	struct track_range scope; /* what is watched; empty: everything */
	struct writes writes;  /* what the looks since have told */

	struct smaps_look *smaps; /* of the last COMMAND_SMAPS; NULL: not read, or: */
	struct err smaps_err;  /* what[0] != 0: why not */

	enum card_kind card_kind;
	struct answer *card;   /* of request.card */
	struct err card_err;

	struct bytes *bytes;   /* of request.hex_at, or where it was before */
	struct err bytes_err;  /* what[0] != 0: why there are none */
};

void sample_free(struct sample *s);

#endif
