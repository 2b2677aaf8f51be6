/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SUSPECTS_H
#define PM_SUSPECTS_H

#include "record/candidates.h"
#include "target/code.h"
#include "target/growth.h"
#include "target/region.h"
#include "target/target.h"

/*
 * Who faulted on which pages since the moment before, and what of the code and the threads no
 * moment has had before. Numbers are of one program, from 0. Names are found when they are first
 * needed: at replay the program's files may be gone.
 */
struct suspects_news {
	bool watched;                /* page faults were asked for; then: */
	struct causes_totals totals;
	struct candidates pages;     /* by number of `who` */
	struct suspects_code {
		uint64_t number, addr, called, offset;
		bool returns;
		unsigned flags; /* SUSPECTS_* */
		char *name, *file;
		char *source, *inlined; /* NULL: not known; none */
	} * codes;
	struct suspects_chain {
		uint64_t number;
		uint64_t *codes; /* numbers, the instruction first */
		size_t n, kernel;
		bool cut, reads;
		uint64_t start; /* of the function; of the kernel's: 0 */
		char *function, *file;
	} * chains;
	struct suspects_who {
		uint64_t number;
		struct suspects_by {
			uint64_t chain, task;
		} by[CAUSES_MOST];
		size_t n;
		bool more;
	} * who;
	struct suspects_task {
		uint64_t number;
		pid_t pid, tid;
		char comm[16];
	} * tasks; /* new, or with a new name */
	/* by chain: pages brought in since the baseline; grown false: not counted now */
	struct suspects_brought {
		uint64_t chain, pages, maybe;
	} * brought;
	bool grown;
	uint64_t baseline_ns; /* of grown */
	size_t codes_n, codes_cap, chains_n, chains_cap, who_n, who_cap, tasks_n, tasks_cap,
	    brought_n, brought_cap;
};
void suspects_news_free(struct suspects_news *n);

enum { SUSPECTS_MOST_BROUGHT = 100 }; /* call chains that are kept of growth */

/* Flags of code. */
enum {
	SUSPECTS_KNOWN = 1,
	SUSPECTS_KERNEL = 2,
	SUSPECTS_RUNS = 4,
	SUSPECTS_FRAMED = 8,
	SUSPECTS_READS = 16,
};

struct suspects;
struct suspects *suspects_new(void);
void suspects_free(struct suspects *s);

/* What a scan counted, what it saw written, and in which epoch, which a clear may have ended. */
struct suspects_scan {
	const struct regions *regions;
	const struct extents *written;
	uint32_t epoch;
};

/*
 * After a scan, but not in a clear: what faulted since the last time. What faulted in a later
 * epoch, or since the scan began and was not seen written, goes to the next one. Names are looked
 * up for about budget_ns; what is left over is named the next time.
 */
void suspects_take(struct suspects *s, struct target *t, const struct suspects_scan *scan,
                   uint64_t budget_ns, struct suspects_news *out);

#endif
