/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MIGRATE_H
#define PM_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/*
 * How long a live migration would take: pre-copy, as QEMU and CRIU do it. Everything is sent once
 * while the process runs, then what it wrote meanwhile, then what it wrote during that, until the
 * rest can be sent while the process stands still no longer than it may. Pure.
 *
 * How much is written in a round is not the round's length times a rate: a page written twice is
 * sent once, so a program that works on a small set writes ever fewer new pages. That is what the
 * curve is for: the different pages that were written within t, for several t.
 */
enum { CURVE_POINTS = 32 };

struct curve {
	struct {
		uint64_t ns, pages;
	} p[CURVE_POINTS]; /* both ascending; the last is all that was measured */
	unsigned n;
};

/*
 * Pages written within t. Between the points linear. Before the first by the power law of the first
 * two, for a curve that bends there lies above its chord: rather too much than too little. After
 * the last it goes on as in the second half of what was measured.
 */
double curve_at(const struct curve *c, double ns);

/* Adds a point that is later than those before, and than 0; full, it replaces the last. */
void curve_add(struct curve *c, uint64_t ns, uint64_t pages);

struct migrate_link {
	uint64_t bits;        /* a second; what the link carries is all for this */
	uint64_t downtime_ns; /* how long the process may stand still */
};
enum { MIGRATE_DOWNTIME_MS = 300 /* as in QEMU */, MIGRATE_ROUNDS = 64 };

struct migrate {
	bool converges;
	bool unsure;          /* it does with the known writes, not with all of `unknown` */
	uint64_t unknown;     /* bytes that may be written all the while; counted if it converges */
	bool beyond;          /* some round takes longer than was measured */
	unsigned rounds;      /* while the process runs, the first, of everything, included */
	uint64_t bytes;       /* sent in all, that while it stands still included */
	uint64_t ns;          /* from the first byte to the last */
	uint64_t last_bytes;  /* sent while it stands still, ... */
	/* ... for so long; if it does not converge: the least that it gets to */
	uint64_t downtime_ns;
	/* if it does not converge: bits a second that would do; 0: no link would */
	uint64_t need_bits;
};

/*
 * `pages` are to be sent; of `unknown` of them it is not known when they are written. The curve has
 * a point at least.
 */
void migrate_estimate(const struct curve *c, uint64_t pages, uint64_t unknown, uint64_t page_size,
                      const struct migrate_link *link, struct migrate *out);

/* In words: "10 Gb/s", "90 ms"; and all of it in a sentence. */
void migrate_bits(struct buf *out, uint64_t bits);
void migrate_time(struct buf *out, uint64_t ns);
void migrate_sentence(struct buf *out, const struct migrate *m, const struct migrate_link *link);

#endif
