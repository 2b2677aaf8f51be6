/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COMPARISON_H
#define PM_COMPARISON_H

#include "diff/difference.h"
#include "diff/snapshot.h"

/*
 * The snapshots of a target, and what it is compared with: one of them, from then on; two of them
 * with one another; of a recording, another of its moments with the one that is shown. It becomes
 * the baseline of the target's growth, which knows more than such (lens_keeper).
 */
enum { COMPARISON_SNAPSHOTS = 16, COMPARISON_ROOM = 64 << 20 }; /* and the memory for all of them */

struct comparison {
	struct snapshot *v[COMPARISON_SNAPSHOTS];
	size_t n;
	unsigned baseline;           /* the request.baseline that is compared with; 0: none is */
	struct snapshot *was;        /* a reference; NULL: of a recording, or nothing */
	struct difference *two;      /* of two snapshots; NULL: the target goes on */
	struct target past;          /* of a recording: it once more, at the other moment */
	struct side then;            /* that moment */
	struct side now;             /* of the scan that runs, while it is listened to */
	struct side_scan scan;
	bool listens;
	char when[48];               /* of a recording: that moment, as it was typed */
	char words[96];              /* with what, for a person: "since before"; "": with nothing */
};

/* Forgets all, as after an exec. */
void comparison_drop(struct comparison *c);

/* Keeps this moment under a name, in place of one of the same name; `said`: what was kept. */
int comparison_snap(struct comparison *c, struct target *t, const char *name, char *said,
                    size_t size, struct err *err);

/*
 * Compares with the snapshots that are named, as that baseline: "A", or "A B". -1 with err: what
 * was compared stays.
 */
int comparison_begin(struct comparison *c, struct target *t, const char *names, unsigned baseline,
                     struct err *err);

/*
 * The same with a moment of the recording t, which `past` opens once more, and which it takes over;
 * when: that moment in words.
 */
int comparison_begin_at(struct comparison *c, struct target *t, struct source *past,
                        uint64_t time_ns, const char *when, unsigned baseline, struct err *err);

/* Ends that; the snapshots stay. */
void comparison_end(struct comparison *c);

/*
 * Around a scan of all regions of t. `whole`: it was not given up. Returns what differs now, for
 * the caller to unref; NULL: nothing is compared, or not anew.
 */
void comparison_listen(struct comparison *c, struct target *t, struct regions *rs);
struct difference *comparison_unlisten(struct comparison *c, struct target *t, bool whole);

#endif
