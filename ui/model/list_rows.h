/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_ROWS_H
#define PM_LIST_ROWS_H

#include "model/list.h"
#include "table/columns.h"
#include "table/groups.h"

/*
 * The rows of the region list in order: ui->list->order. A row is the start of a region. Its lowest
 * bits, which are 0 in any start, say what else it may be: the heading of the group that begins
 * with that region, or a region that was unmapped.
 */
enum { ROW_GROUP = 1, ROW_GONE = 2 };

static inline bool
row_is_group(uint64_t row)
{
	return row & ROW_GROUP;
}

static inline bool
row_is_gone(uint64_t row)
{
	return row & ROW_GONE;
}

/*
 * Updates the rows for the sample. Sorted by address they do not move, so they are always sorted.
 * Other orders are frozen for a while after a key, so that rows do not move under the reader's eye;
 * but only once all regions are counted.
 */
void rows_settle(struct ui *ui, const struct sample *s);

/* When rows that are frozen may trade places, in ms from now; -1: none are. */
int rows_wait_ms(const struct ui *ui, uint64_t now);

/* Call when the choice or the order of rows has changed. */
void rows_anew(struct ui *ui);

/* The index of the cursor's row; 0: it is gone. */
size_t rows_position(const struct ui *ui);

/* Folds or unfolds the group under the cursor. */
void rows_fold(struct ui *ui, const struct sample *s);

/* The groups that rows_settle made from this sample; NULL: none. */
const struct groups *rows_groups(const struct ui *ui, const struct sample *s);

/* Frees the rows, their groups and changes. */
void rows_free(struct list *l);

/* The column facts of a region, of an unmapped one, or of a group. */
struct region_row rows_facts(const struct sample *s, size_t region);
struct region_row rows_gone_facts(const struct sample *s, const struct list_gone *g);
struct region_row rows_group_facts(const struct sample *s, const struct group *g);

/* The group that a row is the heading of; NULL: none. */
const struct group *rows_group(const struct groups *gs, const struct sample *s, uint64_t row);
bool rows_is_open(const struct ui *ui, const struct group *g);

/* Sorts the list by a column; if it already is, reverses the order. */
void list_sort_by(struct ui *ui, enum column_id column);

/* Groups the list. The cursor stays on its region, or goes to the group that it is in now. */
void rows_group_by(struct ui *ui, enum grouping by);

/* Whether the list shows TOUCHED, and the referenced bits were cleared. */
bool list_shows_touched(const struct ui *ui, const struct sample *s);

/* Whether it shows ACCESSED. */
bool list_shows_accessed(const struct ui *ui, const struct sample *s);

/* Whether the list shows or is sorted by a column that needs smaps. */
bool list_needs_smaps(const struct ui *ui, const struct sample *s);

/* Whether it shows or is sorted by a column that needs to know who writes. */
bool list_needs_writers(const struct ui *ui);
bool list_needs_history(const struct ui *ui);

/* Sorts, and shows the top. */
void rows_sort(struct ui *ui, enum column_id column, bool invert);

#endif
