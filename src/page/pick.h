/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PICK_H
#define PM_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A few of the pages of a cell, picked as they come: each page is as likely as any other. The same
 * pages give the same picks, so that what does not change looks the same again.
 */
enum { PICK_MAX = 8 };

struct pick { /* all zero: no page yet */
	uint64_t seen; /* pages */
	struct {
		uint64_t at;
		bool huge;
	} slot[PICK_MAX];
};

/* Adds `pages` pages from addr; fills the first `slots` slots, which may name a page twice. */
void pick_add(struct pick *p, unsigned slots, uint64_t addr, uint64_t pages, size_t page_size,
              bool huge);

/* How many of the pages slot i of `slots` stands for; all slots together for all pages. */
uint64_t pick_share(const struct pick *p, unsigned i, unsigned slots);

#endif
