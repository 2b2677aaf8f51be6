/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DAMON_H
#define PM_DAMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * DAMON, the kernel's sampler of accesses, by its files in sysfs
 * (Documentation/admin-guide/mm/damon/usage.rst). It divides an address space into regions, looks
 * every few milliseconds whether one page of each was accessed, and splits and merges them by what
 * it sees. So it is a sample: a page may differ from those around it.
 *
 * There is one set of monitors for the whole machine, and whoever sets their number replaces all of
 * them: it is never touched unless there is none. From damon_begin to damon_end there is ours. A
 * process of ours, its guard, takes it away, even if pmtop is killed, and once the target has
 * ended. If the guard is killed, too, it samples until the target ends, and stays: it has a mark,
 * by which the next damon_begin takes it away. What has no mark is somebody else's.
 */
#define DAMON_ADMIN "/sys/kernel/mm/damon/admin/kdamonds"

struct damon_region {
	uint64_t start, end;
	unsigned accesses; /* how many samples of the last aggregation found it accessed */
	uint64_t age_ns;   /* how long it has been much like that */
};

struct damon_regions {
	struct damon_region *v; /* ascending; what was not sampled is not in it; owned */
	size_t n, cap;
	unsigned samples;       /* looks in an aggregation; `accesses` is at most this */
	uint64_t sample_ns;     /* from one look to the next */
};
void damon_free(struct damon_regions *r);

/* The first region that ends above the address; n: none. */
size_t damon_after(const struct damon_regions *r, uint64_t addr);

/* The region that the address is in; NULL: none, it was not sampled. */
const struct damon_region *damon_find(const struct damon_regions *r, uint64_t addr);

struct damon;

/*
 * Whether it is there and free, for us; only reads. *left: there is one that a killed pmtop had.
 * -1 with err: why not, and what helps. `admin` is DAMON_ADMIN, or a folder laid out like it.
 */
int damon_probe(const char *admin, bool *left, struct err *err);

/* Begins to sample the process, a PID in our namespace. NULL with err. */
struct damon *damon_begin(const char *admin, pid_t pid, struct err *err);

/* One that was recorded: a folder laid out like DAMON_ADMIN, which it takes over and only reads. */
struct damon *damon_recorded(int dir);

/* What it has seen by now. -1 with err: the process has ended, or DAMON has. */
int damon_read(struct damon *d, struct damon_regions *out, struct err *err);

/* Ends it, and waits until all is as it was. NULL: nothing. */
void damon_end(struct damon *d);

#endif
