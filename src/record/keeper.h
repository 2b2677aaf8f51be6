/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEEPER_H
#define PM_KEEPER_H

#include "base/clock.h"
#include "record/recorder.h"

/*
 * Records a target, which belongs to the thread that uses this; a thread of ours writes the file,
 * so that nobody waits for a disk. One moment may wait for it. As long as that does, no other is
 * taken: the next one has what happened since, and a message says so. It also records messages:
 * that writes are no longer detected, that faults were lost, that another program was executed.
 */
struct keeper;

/* How long one waits for a disk: whose only work it is; and who has other things to do. */
#define KEEPER_PATIENCE (30 * TIME_SECOND)
#define KEEPER_SHORTLY (200 * TIME_MS)

/*
 * Once the file is open, or wait_ns have passed: then the first moments fail if it cannot be. NULL
 * with err.
 */
struct keeper *keeper_start(const struct recorder_options *o, struct target *t, uint64_t wait_ns,
                            struct err *err);

/*
 * Once all is in the file, or it cannot be, or wait_ns have passed: then the thread ends by itself.
 * -1 with err: something is not in the file, or not yet. Frees it. ends: what is in the file; NULL:
 * nobody asks.
 */
struct keeper_ends {
	uint64_t bytes, samples; /* of the file; that were written */
	uint64_t kept;           /* that are in the file: with older ones, without thinned ones */
	uint64_t least;          /* recorder_least, at its most */
	bool gone; /* the file was removed, or another has its name */
};
int keeper_stop(struct keeper *k, uint64_t wait_ns, struct keeper_ends *ends, struct err *err);

/*
 * Around a scan of all regions by somebody else, for which a moment that is not in the file yet is
 * waited for so long. rs NULL: it was abandoned. `interval_ns`: to the next; a part of it may be
 * used. -1 with err: what came before is not in the file, and nothing will be.
 */
void keeper_begin(struct keeper *k, uint64_t wait_ns);
int keeper_end(struct keeper *k, struct regions *rs, uint64_t interval_ns, struct err *err);

/*
 * The same, with a scan of its own, and a clear of the writes that it keeps, if they are tracked;
 * `last`: whatever the disk does, and with smaps. 1: the address space is gone; -1 with err.
 */
int keeper_take(struct keeper *k, uint64_t interval_ns, bool last, bool clear, struct err *err);

/* The target is another program now. */
void keeper_exec(struct keeper *k);

/* Keeps the contents of [start, end), at most CONTENTS_MOST bytes, until the program is another. */
void keeper_contents(struct keeper *k, uint64_t start, uint64_t end);

/* What happened, for the next sample. */
void keeper_say(struct keeper *k, const char *text);

/* That the process has ended, and how (proc_how_it_ended); `out`, unless NULL, gets it, too. */
void keeper_say_end(struct keeper *k, const char *how, struct buf *out);

/* How the file is by now. `least` is 0 unless --max-size is less than that. */
struct keeper_ends keeper_so_far(struct keeper *k);

#endif
