/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_H
#define PM_LIST_H

#include "model/list_columns.h"
#include "model/list_filter.h"
#include "model/list_changes.h"
#include "model/ui.h"
#include "table/groups.h"

/* The state of the list of regions: order, filter, columns, and its rows (list_rows.h). */
struct list {
	uint64_t *order;       /* rows in display order; NULL: must be sorted again */
	size_t order_n;
	uint64_t order_serial; /* of the sample it was sorted from */
	uint64_t order_smaps;  /* and the time of its smaps */
	struct regions_list *order_of; /* the regions that it has: a reference */
	bool order_held;       /* it is frozen */
	bool order_whole;      /* its values were known and differed: else it is not kept */
	size_t shown, unknown; /* regions that pass the filter; that may or may not pass */
	size_t top, rows;      /* the first row on screen, and the number of rows that fit */
	bool auto_clear;       /* is on: if only one of WRITTEN and WR/S fits, WR/S is shown */
	bool had_swap, had_writes; /* SWAP and WRITTEN have had values, and stay */
	bool grows;            /* there is a baseline: GROWN has values */
	bool accessed;         /* DAMON samples accesses: ACCESSED has values */
	bool touched;          /* the referenced bits were cleared: TOUCHED has values */
	bool differs;          /* it is compared with: the columns of a diff have values, ... */
	bool differs_written, differs_swap; /* ... and +WRITTEN, and +SWAP, ... */
	bool differs_contents; /* ... and REWRITTEN */
	struct list_columns columns; /* the chosen ones; `far` as the regions are */
	enum column_id sort;   /* the sort column, */
	bool invert;           /* against its default order */
	size_t segment;        /* the chosen segment of the bars (list_bars.h); 0: none */
	enum grouping grouping;
	struct groups groups;  /* of the regions shown, while `grouping` */
	struct regions *groups_in; /* the regions they were made from: a reference */
	uint64_t open[64];     /* unfolded groups: struct group's hash */
	size_t open_n;
	struct list_filter filter;
	struct list_changes changes;
	char find[128];        /* the last search */
	size_t found, found_n; /* the cursor is on match number `found` of found_n; 0: on none */
	struct {
		uint64_t from;
		struct list_filter filter;
		char find[128];
	} typing;              /* the state before typing began (list_typed.h) */
};

static inline bool
list_sorts_down(const struct list *l)
{
	return list_column_down(column_row(l->sort)) != l->invert;
}

#endif
