/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWERER_H
#define PM_ANSWERER_H

#include "sample/queue.h"
#include "target/target.h"

/*
 * Carries out slow commands on a second thread, beside the reader's: page faults, searches,
 * questions, smaps.
 *
 * The threads share nothing that either of them writes. The answerer opens the target for itself,
 * with its own descriptors, helper and caches. With each command it gets the reader's regions,
 * which are immutable and reference-counted, and a copy of the track without its hold on the
 * target. So it knows what was written, but cannot clear: commands that use the tracker run on the
 * reader's thread (answerer_takes).
 */
struct job {
	struct command command;
	struct regions *regions; /* a reference */
	struct track track;      /* a copy (track_copy) */
	unsigned execs;          /* sample.execs at that time */
};
void job_free(struct job *j);

/* Whether a command is one of these. */
bool answerer_takes(const struct command *c);

struct answerer {
	struct target t;
	unsigned execs; /* the job.execs that t was opened for */
};

/*
 * Opens process `pid` below `root` a second time; `stop(arg)` ends a running command. It is the
 * same process if the one that was open before is still alive afterwards. Call answerer_close even
 * after a failure.
 */
int answerer_open(struct answerer *a, const char *root, pid_t pid, unsigned execs,
                  bool (*stop)(void *arg), void *arg, struct progress *progress, struct err *err);
void answerer_close(struct answerer *a);

/* Consumes j. A result with an err holds nothing else. */
void answerer_carry_out(struct answerer *a, struct job *j, struct result *r);

#endif
