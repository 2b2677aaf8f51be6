/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_ROWS_H
#define PM_FILTER_ROWS_H

#include "filter/filter.h"

/*
 * Each row of filter.def as a function: word_PAGE_PRESENT in filter_pages.c, value_REGION_RSS in
 * filter_regions.c, which has those of BOTH, too. Returns as filter_word_of and filter_value_of.
 */
#define W(s, i, ...) enum truth word_##s##_##i(const struct filter_facts *x);
#define V(s, i, ...) enum truth value_##s##_##i(const struct filter_facts *x, uint64_t *n);
#include "filter/filter.def"
#undef W
#undef V

#endif
