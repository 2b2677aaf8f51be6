/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_FACTS_H
#define PM_FILTER_FACTS_H

#include "filter/filter.h"
#include "page/lens.h"
#include "page/state.h"

/*
 * The facts that a filter needs, one at a time; unknown where they are hidden or were not read.
 * Internal to the filter. row: index in filter_table.
 */
enum truth filter_word_of(unsigned row, const struct filter_facts *x);

/* TRUTH_YES sets *n; TRUTH_NO: the field does not apply. */
enum truth filter_value_of(unsigned row, const struct filter_facts *x, uint64_t *n);

/* For a page: bits of kpageflags; a state's name as a word. */
enum truth filter_flag(const struct filter_facts *x, uint64_t mask);
enum truth filter_state(const struct filter_facts *x, enum state s);

/* The lens that a row of FILTER_CLASS is about. */
enum lens filter_lens_of(unsigned row);

/* An entry whose swap type and offset read as zero for lack of privilege. */
bool filter_entry_hidden(const struct page *pg);

#endif
