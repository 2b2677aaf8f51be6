/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_SCAN_H
#define PM_FILTER_SCAN_H

#include "filter/filter.h"
#include "kernel/pagemap.h"

/*
 * What PAGEMAP_SCAN can decide of a filter of pages, so that the words of other pages need not be
 * read. All of it is about pages that have an entry; `scan`: the categories that the kernel knows.
 */

/*
 * Narrows *match to pages for which f can be anything but false. FILE is never in it, as it would
 * make the scan six times slower.
 */
void filter_narrow(const struct filter *f, uint64_t scan, struct pm_match *match);

/* The categories that a run must have been asked for, beyond those that every walk has. */
uint64_t filter_cats(const struct filter *f, uint64_t scan);

/*
 * Whether categories and facts of the region decide f, so that it has one value for all pages of a
 * run. filter_eval then needs a page with PAGE_WORD whose word has the bits of the categories.
 */
bool filter_is_of_runs(const struct filter *f, uint64_t scan);

#endif
