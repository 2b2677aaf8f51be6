/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWERER_H
#define PM_ANSWERER_H

#include "sample/queue.h"
#include "target/target.h"

/*
 * Carries out the commands that may take long, on a thread beside the one that looks: a page read
 * in, a search, a question, smaps.
 *
 * The two share nothing that either of them writes. The answerer has a target of its own, with its
 * own descriptors, helper and caches. Of the looking thread's it gets, with each command, the
 * regions that were seen, which are immutable and counted, and a copy of the track, without its
 * hold on the target. So it can tell what was written, and cannot clear: what does something to the
 * tracker is not its affair (answerer_takes).
 */
struct job {
	struct command command;
	struct regions *regions; /* held */
	struct track track;      /* a copy (track_copy) */
	unsigned execs;          /* programs that the process was seen to execute by then */
};
void job_free(struct job *j);

/* Whether a command is one of those. */
bool answerer_takes(const struct command *c);

struct answerer {
	struct target t;
	unsigned execs; /* t is of the program after so many */
};

/*
 * Opens process `pid` below `root` once more; `stop(arg)` ends what it does. It is the same process
 * if that which was open before has not ended by then. answerer_close also after failure.
 */
int answerer_open(struct answerer *a, const char *root, pid_t pid, unsigned execs,
                  bool (*stop)(void *arg), void *arg, struct progress *progress, struct err *err);
void answerer_close(struct answerer *a);

/* Takes over what j holds. The result holds nothing if it has an err. */
void answerer_carry_out(struct answerer *a, struct job *j, struct result *r);

#endif
