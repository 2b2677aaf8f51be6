/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_COLUMNS_H
#define PM_LIST_COLUMNS_H

#include "sample/sample.h"
#include "table/columns.h"

/*
 * Which columns the list of regions shows, in which order, and where they stand on the screen. A
 * column is a region's column_id, or a picture: the page strip, the last minute of its rate.
 */
#define COL_REGION_PAGES COL_COUNT
#define COL_REGION_MINUTE (COL_COUNT + 1)
enum { LIST_PAGES = COL_REGION_PAGES, LIST_MINUTE = COL_REGION_MINUTE };

static inline bool
list_is_picture(int id)
{
	return id >= COL_COUNT;
}

#define L(id, title, letter, width, shed, order, usual, smaps) LIST_COLUMN_##id,
enum list_column_row {
#include "model/list_columns.def"
	LIST_COLUMNS
};
#undef L

struct list_column {
	int id;
	const char *title;
	char letter;
	int width, shed;
	bool down, usual, smaps;
};

/* The rows of list_columns.def. */
const struct list_column *list_column_row(size_t i);
const struct list_column *list_column_of(int id);
const char *list_column_help(int id);

/* Whether of this target (NULL: of any) only smaps tells it. */
bool list_column_needs_smaps(int id, const struct sample *s);

/*
 * Those that were chosen, in their order; MAPPING, which takes what is left, stands last. n 0: the
 * usual ones. `named`, as list_column_bit: those that a person asked for one by one.
 */
struct list_columns {
	uint8_t id[LIST_COLUMNS];
	size_t n;
	uint64_t named;
};

uint64_t list_column_bit(int id);

/*
 * "address,rss,pages" -> columns; "" is the usual ones. An error has its column, and leaves *out
 * as it was.
 */
int list_columns_parse(const char *text, struct list_columns *out, struct err *err);

/* The usual ones spelled out, so that they can be changed one by one; others stay. */
void list_columns_spell(struct list_columns *c);
bool list_columns_has(const struct list_columns *c, int id);

/* Takes a column away (never the last one), or puts it before MAPPING. false: that cannot be. */
bool list_columns_toggle(struct list_columns *c, int id);

/* Moves a column by one place. false: it stands at the end, or is not shown. */
bool list_columns_move(struct list_columns *c, int id, int step);

/* The next column that can be sorted by, from `id` on (step 1 or -1), round and round. */
int list_columns_next(const struct list_columns *c, int id, int step);

struct list_layout {
	size_t n;
	struct list_place {
		const struct list_column *column;
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
const struct list_place *list_layout_of(const struct list_layout *l, int id);

#endif
