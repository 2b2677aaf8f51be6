/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SAMPLE_H
#define PM_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/smaps.h"
#include "query/answer.h"
#include "query/seek.h"
#include "sample/window.h"
#include "target/bytes.h"
#include "target/region.h"
#include "target/writes.h"
#include "track/track.h"

/* A region's card is read once, and again with `refresh`: it takes smaps. So are the capabilities.
 */
enum card_kind { CARD_NONE, CARD_PAGE, CARD_REGION, CARD_CAPABILITIES };

/*
 * What the screen needs now: the one thing the drawing side tells the reading side. The newest
 * request replaces the one before; steps (clear, ask, refresh) are counters, so that none is lost.
 */
struct request {
	uint64_t serial;      /* set by sampler_request */
	uint64_t interval_ns; /* 0: look only when something else changes */
	bool paused;
	uint64_t refresh, clear, ask, fault; /* raised by one for one more */
	uint64_t fault_at;    /* the page that the last `fault` has read though it is not in RAM */
	char question[512];   /* what the last `ask` asks */
	bool smaps_on;        /* something that only smaps tells is on screen: read once, and with
	                         `refresh` */
	uint64_t auto_clear_ns;    /* clear again after so long; 0: never */

	/* how `clear` may go about it. Consent holds for one program: 1 + sample.execs,
	 * 0 no */
	unsigned tracker;     /* enum tracker, or TRACKER_AUTO */
	unsigned allow;       /* run a system call in the target */
	unsigned sure;        /* clear though somebody else lives by the bits (track_hazard) */
	uint64_t closes;      /* inode of a userfaultfd to have closed first (sample.stray); 0 */
	struct track_range scope; /* watch this alone, where the tracker can; empty: everything */
	enum lens lens;
	bool grid_on;         /* a grid is on screen: */
	struct grid grid;
	enum card_kind card_on;    /* facts are on screen, of the page or of the region at: */
	uint64_t card;
	char filter[256];     /* of the grid's pages; "": none */
	uint64_t find; /* raised by one for one more: the next page that passes, from a place on */
	bool find_bytes; /* or the next place of bytes (pattern.h), in the region of that place */
	char find_what[256];
	uint64_t find_from;
	bool find_back;
	uint64_t range_lo, range_hi; /* a range is chosen; 0, 0: none */
	bool hex_on;          /* bytes are on screen: */
	uint64_t hex_at;      /* from here on, ... */
	unsigned hex_rows;    /* ... rows of BYTES_ROW, as far as the region goes */
};

/* Why a clear was not done at once. */
enum clear_question {
	CLEAR_NO_QUESTION,
	CLEAR_HAZARD,  /* question_text: somebody else lives by the bits; again with request.sure */
	CLEAR_CONSENT, /* it takes a call run in the target; again with request.allow */
	CLEAR_STRAY,   /* a userfaultfd is in the way, perhaps nobody's; with request.closes */
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

	pid_t pid;
	char comm[64];
	size_t page_size;
	unsigned swap_devices;
	bool live;            /* a process of this kernel, not a folder that looks like one */
	bool huge_known;      /* which pages are mapped huge: the kernel has PAGEMAP_SCAN */
	bool frames_hidden;   /* page frames or their flags are not ours to see */

	bool ended;           /* the process is no more; what is shown is the last that was seen */
	uint64_t ended_ns;
	unsigned execs;       /* times it was seen to execute a new program */
	struct err trouble;   /* what went wrong with this look; what[0] == 0: nothing */

	struct regions *regions;
	/* of request.grid, or of the geometry before while a new one is read */
	struct window *window;

	uint64_t find;         /* the last `find` step that was carried out, and what it found: */
	struct seek_found found;
	struct err find_err;   /* what[0] == 0: well */

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
	uint64_t cleared;      /* the last `clear` step that was carried out, and how it went: */
	struct err clear_err;  /* what[0] == 0: well, unless there is a */
	enum clear_question question; /* to be answered first; nothing was done */
	unsigned questions;    /* asked so far: it is a new one */
	char question_text[200];
	uint64_t stray;        /* the inode of that userfaultfd */
	bool others;           /* somebody else has cleared since */
	struct track_range scope; /* what is watched; empty: everything */
	struct writes writes;  /* what the looks since have told */

	uint64_t asked;        /* the last `ask` step answered */
	struct answer *answer; /* NULL: answer_err */
	struct err answer_err;

	struct smaps_look *smaps; /* of request.smaps_on; NULL: not read, or: */
	struct err smaps_err;  /* what[0] != 0: why not */

	enum card_kind card_kind;
	struct answer *card;   /* of request.card */
	struct err card_err;

	struct bytes *bytes;   /* of request.hex_at, or where it was before */
	struct err bytes_err;  /* what[0] != 0: why there are none */
	uint64_t faulted;      /* the last `fault` step that was carried out, and how it went: */
	bool fault_idle;       /* the page was there, nothing was done */
	struct err fault_err;  /* what[0] == 0: well */
};

void sample_free(struct sample *s);

#endif
