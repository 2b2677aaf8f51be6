/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_H
#define PM_LIST_H

#include "model/list_columns.h"
#include "model/list_filter.h"
#include "model/list_marks.h"
#include "model/ui.h"
#include "table/groups.h"

/* What the person has done to the list of regions, and the rows that come of it (list_rows.h). */
struct list {
	uint64_t *order;       /* rows in display order; NULL: to be sorted again */
	size_t order_n;
	uint64_t order_serial; /* of the sample it was made from */
	uint64_t order_smaps;  /* and of which reading of smaps: its time */
	bool order_whole;      /* and by counts that were all there: else it is not worth holding */
	size_t shown, unknown; /* regions that pass the filter; those that nobody can tell of */
	size_t top, rows;      /* the first row on screen, and how many there is room for */
	/* there is one: where only one of WRITTEN and WR/S has room, it is the latter */
	bool auto_clear;
	bool had_swap, had_writes; /* SWAP and WRITTEN have had something to show, and stay */
	struct list_columns columns; /* those that were chosen */
	enum column_id sort;   /* the column it is sorted by, */
	bool invert;           /* the other way round than that usually is */
	size_t segment;        /* of the bars, that is chosen (list_bars.h); 0: none */
	enum grouping grouping;
	struct groups groups;  /* of what is shown, while `grouping`; */
	struct regions *groups_in; /* of these regions: a reference */
	uint64_t open[64];     /* groups that are unfolded: struct group's hash */
	size_t open_n;
	struct list_filter filter;
	struct list_marks marks;
	char find[128];        /* what was looked for last; */
	/* the cursor is on the first .. found_n-th row that has it; found_n 0: none */
	size_t found, found_n;
	struct {
		uint64_t from;
		struct list_filter filter;
		char find[128];
	} typing;              /* what was before something was typed (list_typed.h) */
};

static inline bool
list_sorts_down(const struct list *l)
{
	return list_column_down(column_row(l->sort)) != l->invert;
}

#endif
