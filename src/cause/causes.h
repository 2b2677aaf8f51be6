/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CAUSES_H
#define PM_CAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "cause/chains.h"
#include "cause/perf.h"
#include "track/track.h"

/*
 * Which code wrote a page: the page faults of a process, by page and epoch.
 *
 * A tracker makes the first write to a page in each epoch a page fault, and the kernel reports each
 * fault with its address, instruction, thread and call chain. But it does not report whether the
 * fault was a write: a page may have been read first, or mapped. So the faults of a page in an
 * epoch are candidates. If the tracker says that it was written and all candidates are one
 * instruction, that wrote it. Later writers in the same epoch do not fault and are not known.
 * A page that was written without a fault (by a device, or another process) has no writer.
 *
 * Filled by one thread and read by others; every function takes its lock. Memory is bounded: the
 * oldest faults are forgotten first, but stay in the sums.
 */
struct causes;

/* Frames of a call chain that are kept, at most. */
enum { CAUSES_DEPTH = 64 };

/* What a watched fault costs the process: about 1 us, and 2 us with a long call chain. */
#define CAUSES_COST_NS UINT64_C(2000)

/* bytes: the bound. The creator has the one reference. */
struct causes *causes_new(size_t page_size, size_t bytes);
struct causes *causes_ref(struct causes *c);
void causes_unref(struct causes *c);

/* --- from the watch --------------------------------------------------------------------------- */

void causes_add(struct causes *c, const struct perf_sample *s);
void causes_lost(struct causes *c, uint64_t n);

/* What is watched, and how. */
struct causes_watch {
	bool on;
	bool kernel;          /* writes by the kernel are seen, too */
	uint64_t period;      /* 1: every fault; else a sample of them */
	size_t threads, unwatched;
	struct err why;       /* if not on: why, and the remedy */
};
void causes_set_watch(struct causes *c, const struct causes_watch *w);

/* The threads that faulted, by number, and their names, which may change. */
struct causes_thread {
	pid_t pid, tid;
	char comm[16]; /* "": not known */
};
size_t causes_threads(struct causes *c);
void causes_thread(struct causes *c, uint32_t thread, struct causes_thread *out);
void causes_name_thread(struct causes *c, uint32_t thread, const char *comm);

/* --- from the tracker ------------------------------------------------------------------------- */

/* After a scan: t has its stamps. */
void causes_scanned(struct causes *c, const struct track *t);

/*
 * Around a clear: before it, with the stamps as they are; and after it, when all faults until its
 * end are in. A page that faulted between begin_ns and end_ns belongs to the epoch that ended if
 * that has no earlier fault of it and t says that it was written then, else to the new one.
 */
void causes_before_clear(struct causes *c, const struct track *t);
void causes_after_clear(struct causes *c, const struct track *t, uint64_t begin_ns);

/* Forgets all faults and sums, for instance after an exec. */
void causes_forget(struct causes *c);

/* --- answers ---------------------------------------------------------------------------------- */

/* A fault that may have been a write. */
struct cause {
	uint64_t time_ns;
	uint64_t addr;
	uint32_t epoch;
	uint32_t chain;  /* causes_chain */
	uint32_t thread; /* causes_thread */
	bool first;      /* of its page in its epoch; if that is forgotten, none is */
	bool written;    /* the first, of an epoch that is over: the page was written in it */
};

/* Whether a page that was written in an epoch has a writer. */
enum cause_is {
	CAUSE_NONE, /* no fault of it was seen */
	CAUSE_ONE,  /* all faults are of one instruction: it wrote */
	CAUSE_SOME, /* of several: one of them wrote */
};

struct causes_totals {
	uint64_t faults, lost;   /* since the watch began */
	uint64_t since_ns;       /* the clear that the sums start with */
	uint64_t forgotten_ns;   /* older faults are forgotten; 0: none */
	uint64_t unjudged;       /* pages whose faults were forgotten before the next scan */
	uint64_t cost_ns;        /* what the target paid for it, estimated */
	struct causes_watch watch;
};
void causes_totals(struct causes *c, struct causes_totals *out);

/* A copy of a chain; the caller frees the frames. */
struct causes_chain {
	uint64_t *frames;
	size_t n, kernel;
	bool cut;
};
void causes_chain(struct causes *c, uint32_t chain, struct causes_chain *out);

/*
 * The faults of the page at addr, newest first, at most `max`; those of one epoch are together.
 * Returns how many.
 */
size_t causes_of_page(struct causes *c, uint64_t addr, struct cause *out, size_t max);

/* Pages that were written, by chain and thread. */
struct cause_sum {
	uint32_t chain, thread;
	uint64_t pages; /* of which this is the one writer */
	uint64_t maybe; /* of which it is one of several candidates */
};
struct cause_sums {
	struct cause_sum *v; /* unordered; the caller frees it */
	size_t n, cap;
	uint64_t one, some;  /* pages with one writer, and with several candidates */
	uint64_t other;      /* faults on pages that were not written: reads, first touches */
};

/*
 * Sums up some epochs; of the one under way, what the stamps of `t` say was written. NULL: the
 * tracker is not asked, and all faults count.
 */
struct causes_range {
	uint32_t from, to;   /* epochs, both included */
	uint64_t start, end; /* only these pages; end 0: all */
};
void causes_sum(struct causes *c, const struct track *t, const struct causes_range *of,
                struct cause_sums *out);

#endif
