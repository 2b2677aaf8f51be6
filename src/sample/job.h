/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_JOB_H
#define PM_JOB_H

#include "sample/queue.h"
#include "target/target.h"

/*
 * A slow command, and what it is carried out on besides a target: the reader's regions, which are
 * immutable and reference-counted, and a copy of its track without the hold on the process. So it
 * is known what was written, but nothing can be cleared: commands that use the tracker are not
 * slow ones.
 */
struct job {
	struct command command;
	struct regions *regions; /* a reference */
	struct track track;      /* a copy (track_copy) */
	struct growth *growth;   /* a copy; NULL: no baseline */
	struct causes *brought;  /* and what explains it, a reference; NULL: nothing */
	unsigned execs;          /* sample.execs at that time */
	bool no_faults;          /* as in struct target */
};
void job_free(struct job *j);

/* Whether a command is a slow one. */
bool job_is_slow(const struct command *c);

/*
 * Whether it looks up the symbol of a page. Each step of the cursor asks for one, so the reader's
 * regions must do, and it needs no track.
 */
bool job_is_symbol(const struct command *c);

/*
 * Carries it out on an open target, whose track it replaces, and consumes it. `*execs`: the
 * job.execs that the target was opened for; it is opened again for another. A result with an err
 * holds nothing else; that of an abandoned job (the source's `stop`) may hold nothing.
 */
void job_carry_out(struct job *j, struct target *t, unsigned *execs, struct result *r);

#endif
