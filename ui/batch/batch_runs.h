/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_RUNS_H
#define PM_BATCH_RUNS_H

#include "table/columns.h"
#include "table/out.h"

/*
 * --runs: joins neighbouring pages that have the same values in all columns, and writes a row for
 * each run. Only the run that may still grow is kept.
 */
struct batch_runs {
	struct out *out;
	const enum column_id *ids; /* of SET_RUN */
	size_t n;
	struct run_row run; /* of no page: none is open */
	struct value value[ROW_MOST];
	char *text[ROW_MOST]; /* what value[i].s points to: a page's values do not last */
};

/* The pages from page->addr to `end`, which are all like `page`. Ascending. */
void batch_runs_add(struct batch_runs *r, const struct page_row *page, uint64_t end);

/* Ends the open run: the next page begins another. */
void batch_runs_end(struct batch_runs *r);

#endif
