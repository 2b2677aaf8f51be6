/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_COLUMNS_H
#define PM_LIST_COLUMNS_H

#include "sample/sample.h"
#include "table/columns.h"

/*
 * Which columns the list of regions shows, in which order, and where they stand on the screen:
 * those of a region, and pictures, which are of the list alone: the page strip, the last minute of
 * its rate.
 */
static inline bool
list_is_picture(enum column_id id)
{
	return column_row(id)->set == SET_LIST;
}

/* All of them, in the order of their places. */
const struct column *list_column_row(size_t i);

/* What is above it, and its name where columns are chosen. */
const char *list_column_title(const struct column *c);

/* Which end comes first when it is sorted by. */
bool list_column_down(const struct column *c);

/* Whether of this target (NULL: of any) only smaps tells it. */
bool list_column_needs_smaps(enum column_id id, const struct sample *s);

/*
 * Those that were chosen, in their order; MAPPING, which takes what is left, stands last. n 0: the
 * usual ones. `named`, as list_column_bit: those that a person asked for one by one.
 */
struct list_columns {
	uint8_t id[LIST_COLUMNS];
	size_t n;
	uint64_t named;
};

uint64_t list_column_bit(enum column_id id);

/*
 * "address,rss,pages" -> columns; "" is the usual ones. An error has its column, and leaves *out
 * as it was.
 */
int list_columns_parse(const char *text, struct list_columns *out, struct err *err);

/* The usual ones spelled out, so that they can be changed one by one; others stay. */
void list_columns_spell(struct list_columns *c);
bool list_columns_has(const struct list_columns *c, enum column_id id);

/* Takes a column away (never the last one), or puts it before MAPPING. false: that cannot be. */
bool list_columns_toggle(struct list_columns *c, enum column_id id);

/* Moves a column by one place. false: it stands at the end, or is not shown. */
bool list_columns_move(struct list_columns *c, enum column_id id, int step);

/* The next column that can be sorted by, from `id` on (step 1 or -1), round and round. */
enum column_id list_columns_next(const struct list_columns *c, enum column_id id, int step);

struct list_layout {
	size_t n;
	struct list_place {
		const struct column *column;
		int x, width;
	} at[LIST_COLUMNS]; /* from left to right */
};

/*
 * What fits into so many columns of the screen. The usual ones are shed as their table says; of
 * those that a person has chosen MINUTE goes first, the strip is narrowed, then the last ones fall
 * away. Those of `empty` (list_column_bit), where nobody named them, leave their room: of the usual
 * ones to MAPPING alone, so that the others stand as they will when those come.
 */
struct list_layout list_columns_layout(const struct list_columns *c, int cols, uint64_t empty);

/* Where the column stands; NULL: it is not on screen. */
const struct list_place *list_layout_of(const struct list_layout *l, enum column_id id);

#endif
