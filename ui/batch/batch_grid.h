/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_GRID_H
#define PM_BATCH_GRID_H

#include "page/lens.h"
#include "target/target.h"

struct grid_text_options {
	unsigned columns; /* cells a row, 0: 64 */
	unsigned zoom;    /* pages a cell, 0: one, or what fits where `whole` */
	enum lens lens;   /* what the letters tell */
	bool ascii;       /* names without characters outside ASCII */
	bool whole;       /* every region that has something, each in a few rows */
};

/* Prints the pages of [start, end) as letters; a zoomed cell shows its commonest state's letter, or
 * tenths in RAM. */
int batch_grid(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
               const struct grid_text_options *o, struct err *err);

#endif
