/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_JOB_H
#define PM_JOB_H

#include "sample/queue.h"
#include "target/code.h"
#include "target/past.h"
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
	struct past past;        /* a copy, for COMMAND_HEAT of a process */
	struct accesses *accesses; /* what DAMON saw last: a reference; NULL: nothing */
	struct causes *brought;  /* and what explains it, a reference; NULL: nothing */
	struct causes *causes;   /* who writes: a reference; NULL: not watched */
	unsigned execs;          /* sample.execs at that time */
	uint64_t at_ns;          /* the time that a recording was at; 0: a process */
	bool no_faults;          /* as in struct target */
};
void job_free(struct job *j);

/* Whether a command is a slow one. */
bool job_is_slow(const struct command *c);

/*
 * Whether it looks up the symbol of a page, and its writers. Each step of the cursor asks for one,
 * so the stamps of that page must do.
 */
bool job_is_page(const struct command *c);

/* What jobs are carried out on, and what stays from one to the next. Starts zeroed. */
struct desk {
	struct target t;
	struct codes codes; /* of the program that t was opened for */
	unsigned execs;     /* the job.execs that t was opened for */
};

/*
 * Carries it out on the open target of the desk, whose track and causes it replaces, and consumes
 * it. For a job of another program the target is opened again. A result with an err holds nothing
 * else; that of an abandoned job (the source's `stop`) may hold nothing.
 */
void job_carry_out(struct job *j, struct desk *d, struct result *r);

#endif
