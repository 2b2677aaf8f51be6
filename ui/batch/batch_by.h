/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_BY_H
#define PM_BATCH_BY_H

#include "batch/batch_state.h"
#include "table/out.h"
#include "target/writers.h"

/* --watch --by and --folded: an interval by what wrote. */
struct batch_by {
	struct batch *b;
	struct out *out; /* NULL: lines of call chains, at the end */
	const enum column_id *ids;
	size_t n;
	struct codes codes;
	struct writer *chain; /* the chains so far, with their pages */
	size_t chains, chains_cap;
	uint64_t some, beside, reads, none; /* as in struct writers, of all intervals */
	uint64_t cost_ns, faults_ns; /* of reporting faults: so far, and in the last interval */
	uint64_t sampled;            /* as in struct writers, at worst */
};

/* What is known of an interval besides. */
struct batch_by_interval {
	unsigned number;
	uint32_t epoch;
	uint64_t ms;
	uint64_t cost_ns; /* to the process, without what faults cost */
};

/* Starts to watch page faults, before the clear. -1 with err. */
int batch_by_begin(struct batch_by *by, struct err *err);

/* Reports an interval that is over. */
void batch_by_report(struct batch_by *by, const struct vma_list *vmas,
                     const struct batch_by_interval *i);

/* A line of --folded; none for 0 pages. */
void batch_by_line(const char *words, uint64_t pages);

/* Prints what is left; adds to the note what is not known. */
void batch_by_end(struct batch_by *by);

#endif
