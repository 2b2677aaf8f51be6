/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_FACTS_H
#define PM_FILTER_FACTS_H

#include "filter/filter.h"
#include "page/state.h"

/*
 * The facts that a filter asks for, one at a time; not known where they are hidden, or were not
 * read. Inner to the filter. row: of filter_table.
 */
enum truth filter_word_of(unsigned row, const struct filter_facts *x);

/* TRUTH_YES with *n; TRUTH_UNKNOWN; TRUTH_NO if there is nothing that could have a value. */
enum truth filter_value_of(unsigned row, const struct filter_facts *x, uint64_t *n);

/* Of a page: bits of kpageflags; a state's name as a word. */
enum truth filter_flag(const struct filter_facts *x, uint64_t mask);
enum truth filter_state(const struct filter_facts *x, enum state s);

/* An entry whose type and place read as zero, for want of privilege. */
bool filter_entry_hidden(const struct page *pg);

#endif
