/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PERFETTO_H
#define PM_PERFETTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

/*
 * A trace as the Perfetto UI opens it: counters of a process over time, and its mappings at a few
 * times. It is made in `out`, which the caller may write and empty at any moment: a trace is its
 * packets, one after the other. Times are in ns since 1970, text is as it came.
 */
struct perfetto {
	struct buf out;
	struct buf parts[3]; /* messages that are being made, one in the other */
	uint64_t tracks;     /* how many there are: the ID of the last */
};
void perfetto_begin(struct perfetto *p, uint64_t time_ns);
void perfetto_free(struct perfetto *p);

/*
 * Adds a track, and returns its ID. A process has groups and counters, a group has
 * counters, which count bytes.
 */
uint64_t perfetto_process(struct perfetto *p, pid_t pid, const char *name);
uint64_t perfetto_group(struct perfetto *p, uint64_t parent, const char *name);
uint64_t perfetto_counter(struct perfetto *p, uint64_t parent, const char *name);

/* It has this value from then on. */
void perfetto_value(struct perfetto *p, uint64_t counter, uint64_t time_ns, uint64_t value);

/*
 * On a track of its own, a group without counters, a stretch of time begins, of that name; NULL:
 * the last one ends. Counters have no gaps: where a value is not known, such a stretch says so.
 */
void perfetto_stretch(struct perfetto *p, uint64_t track, uint64_t time_ns, const char *name);

/* The mappings of a process, in its table process_memory_mappings. */
struct perfetto_mapping {
	const char *name;
	uint64_t size, rss, anon, swap; /* bytes */
};
void perfetto_mappings(struct perfetto *p, uint64_t time_ns, pid_t pid,
                       const struct perfetto_mapping *v, size_t n, bool swap_known);

#endif
