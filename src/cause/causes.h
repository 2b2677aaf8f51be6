/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CAUSES_H
#define PM_CAUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "cause/cause_sums.h"
#include "cause/chains.h"
#include "cause/newest.h"
#include "cause/perf.h"
#include "track/track.h"

/*
 * Which code wrote a page: the page faults of a process, by page and epoch.
 *
 * A tracker makes the first write to a page in each epoch a page fault, and the kernel reports each
 * fault with its address, instruction, thread and call chain. But it does not report whether the
 * fault was a write: a page may have been read first, or mapped. So the faults of a page in an
 * epoch are candidates, each call chain and thread once. If the tracker says that the page was
 * written, and there is one candidate, that wrote it. If there are several they may agree on the
 * function or the thread, which is known then. Later writers in the same epoch do not fault and are
 * not known. A page that was written without a fault (by a device, or another process) has no
 * writer.
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
/*
 * One that keeps no pages, but counts all that is added to it, for events that are no faults: the
 * sums have them in place of pages. after: the instruction of each is the one behind that which is
 * meant (stores_are_before).
 */
struct causes *causes_new_counter(bool after);
struct causes *causes_ref(struct causes *c);
void causes_unref(struct causes *c);

/* --- from the watch --------------------------------------------------------------------------- */

void causes_add(struct causes *c, const struct perf_sample *s);
void causes_set_lost(struct causes *c, uint64_t n); /* so far */

/*
 * Keeps the newest fault of each page as well (newest.h), or nothing else: `writes` false, until
 * somebody asks who writes.
 */
void causes_keep_newest(struct causes *c, bool on);
void causes_keep_writes(struct causes *c, bool on);

/*
 * `past` false: of epochs that are over only what causes_since has not given yet is kept, and no
 * sums. For who writes all of it down: memory and the time that looks in it take are then small.
 */
void causes_keep_past(struct causes *c, bool on);

/* What is watched, and how. */
struct causes_watch {
	bool on;
	bool kernel;          /* writes by the kernel are seen, too */
	uint64_t period;      /* 1: every fault; else a sample of them */
	bool rests;           /* it is switched off for a while, to cost less */
	uint64_t rested_ns;   /* so far */
	size_t threads, unwatched;
	struct err why;       /* if not on: why, and the remedy */
};
void causes_set_watch(struct causes *c, const struct causes_watch *w);

/* The threads that faulted, by number, and their names, which may change. */
struct causes_thread {
	pid_t pid, tid; /* tid 0: all that came when too many were known */
	char comm[16];  /* "": not known */
	bool fresh;     /* it faulted since its name was asked for */
	bool ended;     /* it was gone when its name was asked for */
};
size_t causes_threads(struct causes *c);
void causes_thread(struct causes *c, uint32_t thread, struct causes_thread *out);
/* "": as before; NULL: the thread is gone, and keeps the name that it had. */
void causes_name_thread(struct causes *c, uint32_t thread, const char *comm);

/* --- from the tracker ------------------------------------------------------------------------- */

/* After a scan: t has its stamps. */
void causes_scanned(struct causes *c, const struct track *t);

/*
 * Around a clear: before it, with the stamps as they are; and after it, when all faults until its
 * end are in. A fault since begin_ns belongs to the new epoch. But if its page was written in the
 * one that ended, which was not seen before, the fault may have been before the page was protected
 * again: then it is a candidate in both.
 */
void causes_before_clear(struct causes *c, const struct track *t);
void causes_after_clear(struct causes *c, const struct track *t, uint64_t begin_ns);

/*
 * Without a tracker: an epoch begins now. Returns its number; the faults of before are of lower
 * ones.
 */
uint32_t causes_turn(struct causes *c);

/* --- from who counts growth ------------------------------------------------------------------- */

/* The pages at the baseline; those at a scan that began at begin_ns. */
void causes_baseline(struct causes *c, const struct pageset *base);
void causes_resident(struct causes *c, const struct pageset *now, uint64_t begin_ns, bool armed);

/* Forgets all faults and sums, for instance after an exec. */
void causes_forget(struct causes *c);

/* --- answers ---------------------------------------------------------------------------------- */

/*
 * Whether there was a time in these epochs when not every fault was watched: of their pages there
 * may always be other candidates. *period: at worst one fault in that many was; 1: the watch
 * rested. It may be NULL.
 */
bool causes_sampled(struct causes *c, uint32_t from, uint32_t to, uint64_t *period);

/* A fault that may have been a write. */
struct cause {
	uint64_t time_ns;
	uint64_t addr;
	uint32_t epoch;
	uint32_t chain;  /* causes_chain */
	uint32_t thread; /* causes_thread */
	bool first;      /* of its page in its epoch; if that is forgotten, none is */
	bool written;    /* the first, of an epoch that is over: the page was written in it */
	bool more;       /* the first: there were others, which are not kept */
	bool sampled;    /* not every fault of its epoch was watched */
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
	bool after; /* the first frame is behind the instruction that is meant */
};
void causes_chain(struct causes *c, uint32_t chain, struct causes_chain *out);

/*
 * The faults of the page at addr, newest first, at most `max`; those of one epoch are together.
 * Returns how many.
 */
size_t causes_of_page(struct causes *c, uint64_t addr, struct cause *out, size_t max);

/*
 * The newest fault of each page that is in `now`, but not in `base`: unordered; the caller frees
 * it. *dropped: faults for which there was no room. If only a sample of the faults was watched,
 * each is only a candidate.
 */
struct newest_fault *causes_newest_faults(struct causes *c, const struct pageset *base,
                                          const struct pageset *now, size_t *n,
                                          uint64_t *dropped);

/*
 * The faults since *from, 0 at first, in the order in which they came; at most max at a time.
 * Returns how many; 0: that was all. *missed: how many were forgotten before they were asked for.
 * Not while a clear is under way.
 */
size_t causes_since(struct causes *c, uint64_t *from, struct cause *out, size_t max,
                    uint64_t *missed);

/*
 * Sums up some epochs; of the one under way, what the stamps of `t` say was written. NULL: the
 * tracker is not asked, and all faults count. `beside` is counted for trackers that report a huge
 * page as a whole.
 */
struct causes_range {
	uint32_t from, to;   /* epochs, both included */
	uint64_t start, end; /* only these pages; end 0: all */
};
void causes_sum(struct causes *c, const struct track *t, const struct causes_range *of,
                struct cause_sums *out);

/* A page that was written in an epoch: who may have, and when it faulted first. */
struct cause_page {
	uint64_t addr, time_ns;
	uint32_t epoch;
	uint32_t n;
	bool all;     /* no others were seen */
	bool sampled; /* but there may be: not every fault of its epoch was watched */
	struct cause_by by[CAUSES_MOST];
};

/*
 * The same pages one by one, in the order of their faults, at most max at a time. *from: 0 at
 * first; UINT64_MAX: that was all. Forgotten faults are missing.
 */
size_t causes_pages(struct causes *c, const struct track *t, const struct causes_range *of,
                    uint64_t *from, struct cause_page *out, size_t max);

/* --- from a recording ------------------------------------------------------------------------- */

/*
 * Fills one with what was recorded: forgets all, and begins with the first epoch of t; adds what is
 * known of epochs before those whose faults follow, in sums; and then for each look, in order, the
 * watch (causes_set_watch), its epoch, its faults (causes_add), and the pages that were written,
 * ascending. causes_recall_more: a page has other candidates. causes_recall_by: the numbers of what
 * such a fault has; its address does not matter.
 * forgotten_ns: as in causes_totals.
 */
void causes_recall(struct causes *c, const struct track *t, uint64_t forgotten_ns);
struct cause_by causes_recall_by(struct causes *c, const struct perf_sample *s);
void causes_recall_past(struct causes *c, const struct cause_by *by, size_t n, bool more,
                        uint64_t pages);
void causes_recall_epoch(struct causes *c, uint32_t epoch);
void causes_recall_more(struct causes *c, uint64_t addr);
void causes_recall_written(struct causes *c, const struct pm_run *v, size_t n);

#endif
