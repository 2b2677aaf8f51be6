/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WATCHPOINT_H
#define PM_WATCHPOINT_H

#include <stdint.h>

#include "target/source.h"

/* The watchpoints of a target, which last until they are dropped: see stores.h. Starts zeroed. */
struct watchpoint {
	uint64_t addr;
	unsigned bytes;
	struct stores *stores;
	struct causes *causes;     /* what stored, and how often */
	struct stores_times times; /* as of watchpoint_read */
};

struct watchpoints {
	struct watchpoint v[STORES_MAX];
	size_t n;
};

/* Sets one, within a budget in percent, or finds the one that is there. NULL with err. */
struct watchpoint *watchpoint_set(struct watchpoints *all, struct source *s, uint64_t addr,
                                  unsigned bytes, unsigned budget, struct err *err);

/* Updates its times; all stores until now are counted. */
void watchpoint_read(struct watchpoint *w, struct source *s);

/* Drops those at addr; UINT64_MAX: all. Returns how many. */
size_t watchpoints_drop(struct watchpoints *all, struct source *s, uint64_t addr);

#endif
