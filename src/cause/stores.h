/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STORES_H
#define PM_STORES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cause/causes.h"
#include "cause/perf_bar.h"
#include "kernel/proc.h"

/*
 * A watchpoint: the stores to a few bytes of a process, by the processor's debug registers, in all
 * its threads (perf_event_open(2), PERF_TYPE_BREAKPOINT). Nothing stops:
 * each store raises an exception, which takes 1 us, or 10 us in a virtual machine, and is counted
 * by code and thread. If that takes more than the budget, the watchpoint rests in between.
 *
 * x86 reports the instruction after the store, other architectures the store itself: see
 * stores_are_before.
 */
struct stores;

/* What the processors that pmtop knows have at most. */
enum { STORES_MAX = 4 };

/*
 * bytes: 1, 2, 4 or 8, of which addr must be a multiple. They are counted in `into`, which counts
 * events (causes_new_counter). budget: percent of the time; 0: it never rests. NULL with err.
 */
struct stores *stores_open(const struct proc *p, uint64_t addr, unsigned bytes, unsigned budget,
                           struct causes *into, struct err *err);

/* How long it was watched, and how long it rested. All stores until now are counted. */
struct stores_times {
	uint64_t on_ns, rest_ns;
};
void stores_read(struct stores *s, struct stores_times *out);

void stores_close(struct stores *s);

/* Whether what stored is before the instruction that is reported. */
bool stores_are_before(void);

/*
 * Whether a watchpoint can see stores by system calls. arm64's Linux passes over those to memory of
 * a process (watchpoint_report in arch/arm64/kernel/hw_breakpoint.c).
 */
bool stores_see_kernel(void);

/* Whether this processor has watchpoints; tried on a variable of our own. */
bool stores_probe(struct perf_words *err);

#endif
