/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ESTIMATE_H
#define PM_ESTIMATE_H

#include "page/grid.h"
#include "page/lens.h"
#include "page/strip.h"
#include "query/seek.h"
#include "target/target.h"

/*
 * Cells of a grid, or of a strip, estimated from a few of their pages, for as long as counting all
 * of them takes. How many pages exist, and the gaps, are exact; what the pages are is what those
 * that were read are.
 */
struct estimate {
	struct target *t;
	const struct vma *v;
	const struct grid *grid;
	struct lens_pass pass;
	const struct seek *seek; /* of the filter; NULL: none */
	struct walk_options o;
	struct cell *cells; /* all zero; only n and match are filled */
};

/* Fills the cells from that of `lo` to `hi`. 1: the source's `stop` ended it; -1 with err. */
int estimate_cells(const struct estimate *e, uint64_t lo, uint64_t hi, struct err *err);

/* The strip of a region by a lens. Returns as estimate_cells. */
int estimate_strip(struct target *t, const struct vma *v, enum lens l, struct strip_cell *strip,
                   unsigned width, struct err *err);

#endif
