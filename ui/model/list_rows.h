/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_ROWS_H
#define PM_LIST_ROWS_H

#include "model/list.h"
#include "table/columns.h"
#include "table/groups.h"

/*
 * The rows of the region list in their order: ui->list->order. A row is the start of a region. Its
 * lowest bits, which no start has, tell what else it is: the heading of the group whose first
 * region that is, or a region that is no more.
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
 * Brings the rows in line with the sample. By address nothing moves, so it is always sorted. Other
 * orders hold still for a while after a key, so that the row under the eye does not run away; but
 * not before all is counted, for an order of some of the counts is none.
 */
void rows_settle(struct ui *ui, const struct sample *s);

/* To be called when what is shown, or in which order, has changed. */
void rows_anew(struct ui *ui);

/* Where the cursor's row is, 0 if it is gone. */
size_t rows_position(const struct ui *ui);

/* Folds or unfolds the group under the cursor. */
void rows_fold(struct ui *ui, const struct sample *s);

/* The groups of what is shown, as rows_settle found them in this sample; NULL: none. */
const struct groups *rows_groups(const struct ui *ui, const struct sample *s);

/* Everything that the rows hold. */
void rows_free(struct list *l);

/* The facts of a region, of one that is no more, or of a group, for its columns. */
struct region_row rows_facts(const struct sample *s, size_t region);
struct region_row rows_gone_facts(const struct sample *s, const struct list_gone *g);
struct region_row rows_group_facts(const struct sample *s, const struct group *g);

/* The group that a row is the heading of; NULL: none. */
const struct group *rows_group(const struct groups *gs, const struct sample *s, uint64_t row);
bool rows_is_open(const struct ui *ui, const struct group *g);

/* Sorts the list by a column; by the one it is sorted by already: the other way round. */
void list_sort_by(struct ui *ui, enum column_id column);

/* Whether the list shows or is sorted by something that only smaps tells. */
bool list_needs_smaps(const struct ui *ui, const struct sample *s);

/* Another order; who asks for one wants to see its top. */
void rows_sort(struct ui *ui, enum column_id column, bool invert);

#endif
