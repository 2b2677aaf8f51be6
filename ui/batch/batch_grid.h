/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_GRID_H
#define PM_BATCH_GRID_H

#include "page/lens.h"
#include "target/target.h"

struct grid_text_options {
	unsigned columns; /* cells per row, 0: 64 */
	unsigned zoom;    /* pages per cell, 0: one, or with `whole` what fits */
	enum lens lens;   /* what the letters mean */
	bool ascii;       /* names limited to ASCII */
	bool whole;       /* every region with pages, each in a few rows */
};

/*
 * Prints the pages of [start, end) as letters; a zoomed cell shows the letter of its most frequent
 * state, or tenths in RAM.
 */
int batch_grid(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
               const struct grid_text_options *o, struct err *err);

#endif
