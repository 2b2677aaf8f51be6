/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_COLUMNS_H
#define PM_LIST_COLUMNS_H

#include "sample/sample.h"
#include "table/columns.h"

/*
 * The columns of the list of regions, their order and their places on the screen: those of --list,
 * and those that only the list has, among them pictures: the page strip, and the last minute of the
 * rate.
 */
enum { LIST_HISTORY = 12 }; /* times in HISTORY, its width */

static inline bool
list_is_picture(enum column_id id)
{
	return column_row(id)->set == SET_LIST && !column_row(id)->letter;
}

/* All of them, in the order of their places. */
const struct column *list_column_row(size_t i);

/* Its heading, and its name in the column chooser. */
const char *list_column_title(const struct column *c);

/* Whether its default order is descending. */
bool list_column_down(const struct column *c);

/* Whether it needs smaps, for this target; s NULL: for any. */
bool list_column_needs_smaps(enum column_id id, const struct sample *s);

/*
 * The chosen columns in order; MAPPING, which takes the rest of the line, comes last. n 0: the
 * default ones. `named`, as list_column_bit: those the user named one by one.
 */
struct list_columns {
	uint8_t id[LIST_COLUMNS];
	size_t n;
	uint64_t named;
	size_t skip; /* so many after the first have scrolled off the screen */
	bool far; /* addresses need FAR_DIGITS: 5-level page tables, which few processes ask for */
};
enum { FAR_DIGITS = 14 };

uint64_t list_column_bit(enum column_id id);

/* Those that have one of these needs (enum column_need). */
uint64_t list_columns_needing(unsigned needs);

/*
 * "address,rss,pages" -> columns; "": the default ones. An error has its column, and leaves *out
 * unchanged.
 */
int list_columns_parse(const char *text, struct list_columns *out, struct err *err);

/* Spells out the default columns, so that they can be changed one by one. */
void list_columns_spell(struct list_columns *c);
bool list_columns_has(const struct list_columns *c, enum column_id id);

/* Removes a column (never the last), or adds it before MAPPING. false: not possible. */
bool list_columns_toggle(struct list_columns *c, enum column_id id);

/* Moves a column by one place. false: it is at the end, or not shown. */
bool list_columns_move(struct list_columns *c, enum column_id id, int step);

/* The next column to sort by after `id` (step 1 or -1), wrapping around. */
enum column_id list_columns_next(const struct list_columns *c, enum column_id id, int step);

struct list_layout {
	size_t n;
	struct list_place {
		const struct column *column;
		int x, width;
	} at[LIST_COLUMNS]; /* from left to right */
};

/*
 * What fits into `cols` columns of the screen. Default columns are dropped in the order of `shed`;
 * of chosen ones MINUTE is dropped first, then the strip is narrowed, then the last ones are
 * dropped. Columns of `empty` (list_column_bit) that the user did not name are left out; the room
 * of default ones goes to MAPPING, so that the others do not move when they appear; only those of a
 * baseline, which comes and goes, have no room then, nor has any while two moments are compared.
 */
struct list_layout list_columns_layout(const struct list_columns *c, int cols, uint64_t empty);

/* The place of a column; NULL: it is not on screen. */
const struct list_place *list_layout_of(const struct list_layout *l, enum column_id id);

#endif
