/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MIGRATE_H
#define PM_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/*
 * How long a live migration would take: pre-copy, as in QEMU and CRIU. Everything is sent once
 * while the process runs, then the pages written meanwhile, and so on, until the rest can be sent
 * within the allowed downtime. Pure.
 *
 * A round does not write its length times a rate: a page written twice is sent once, so a program
 * with a small working set writes ever fewer new pages. Hence the curve: the number of different
 * pages written within t, for several t.
 */
enum { CURVE_POINTS = 32 };

struct curve {
	struct {
		uint64_t ns, pages;
	} p[CURVE_POINTS]; /* both ascending; the last is all that was measured */
	unsigned n;
};

/*
 * Pages written within t. Between the points it is linear. Before the first it follows the power
 * law of the first two, because a curve that bends there lies above its chord: it overestimates
 * rather than underestimates. After the last it continues as in the second half of the measurement.
 */
double curve_at(const struct curve *c, double ns);

/* Adds a point later than the others and than 0; if the curve is full, it replaces the last. */
void curve_add(struct curve *c, uint64_t ns, uint64_t pages);

struct migrate_link {
	uint64_t bits;        /* per second, used by the migration alone */
	uint64_t downtime_ns; /* how long the process may be stopped */
};
enum { MIGRATE_DOWNTIME_MS = 300 /* as in QEMU */, MIGRATE_ROUNDS = 64 };

struct migrate {
	bool converges;
	/* it converges with the known writes, but not with all of `unknown` */
	bool unsure;
	uint64_t unknown;     /* bytes that may be written at any time; included if it converges */
	bool beyond;          /* some round takes longer than the measurement */
	/* while the process runs, including the first, which sends everything */
	unsigned rounds;
	uint64_t bytes;       /* total sent, including the downtime */
	uint64_t ns;          /* from the first byte to the last */
	uint64_t last_bytes;  /* sent during the downtime */
	/* the downtime; if it does not converge, the shortest that is reached */
	uint64_t downtime_ns;
	/* if it does not converge: bits per second that would be enough; 0: none */
	uint64_t need_bits;
};

/*
 * `pages` have to be sent; `unknown` of these may be written at any time. The curve has at least
 * one point.
 */
void migrate_estimate(const struct curve *c, uint64_t pages, uint64_t unknown, uint64_t page_size,
                      const struct migrate_link *link, struct migrate *out);

/* In words: "10 Gb/s", "90 ms"; and all of it in a sentence. */
void migrate_bits(struct buf *out, uint64_t bits);
void migrate_time(struct buf *out, uint64_t ns);
void migrate_sentence(struct buf *out, const struct migrate *m, const struct migrate_link *link);

#endif
