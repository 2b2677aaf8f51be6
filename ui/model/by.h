/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BY_H
#define PM_BY_H

#include "model/ui.h"
#include "target/attribution.h"

/*
 * The state of the table of writers, and its rows in order. Rows are identified by their keys: a
 * reading has other rows than the one before.
 */
enum by_column { BY_RATE, BY_PAGES, BY_MAYBE, BY_WRITER, BY_IN, BY_COLUMNS };

struct by_view {
	unsigned by;       /* what it ranks: attribution.h */
	/* written or grown: chosen, or by what is counted */
	enum by_what { BY_ANY, BY_WRITTEN, BY_GROWN } what;
	uint64_t of;       /* only call chains of this function; 0: all */
	char of_words[96];
	enum by_column sort;
	bool invert;       /* against its default order: numbers down, text up */
	uint64_t *order;   /* the keys of the rows */
	size_t n, cap;
	uint64_t order_ns; /* the reading it was made from; 0: must be made again */
	struct attribution_of order_by;
	uint64_t key;      /* the row under the cursor */
	size_t top, rows;  /* the first on screen, and how many fit */
	size_t left;       /* cells that their words have scrolled off the screen */
	char find[128];    /* the last search */
	size_t found, found_n;
	uint64_t typing_from; /* where the cursor was when typing began */
};

static inline struct by_view *
by_of(const struct ui *ui)
{
	return ui->own[VIEW_BY];
}

/*
 * Whether it ranks what was gained since the baseline: until one is chosen, it does if there is one
 * and writes are not tracked.
 */
bool by_is_grown(const struct ui *ui, const struct sample *s);
void by_choose(struct ui *ui, bool grown);

/* The reading that the table shows; NULL: there is none yet. */
const struct attribution *by_reading(const struct ui *ui, const struct sample *s);

/*
 * Orders the rows of a new reading. For a while after a key they stay as they are, so that they do
 * not move under the reader's eye.
 */
void by_settle(struct ui *ui, const struct sample *s);
void by_free(void *own);

/* The index of the cursor's row. */
size_t by_position(const struct ui *ui);
void by_move_to(struct ui *ui, long at);

/* Sorts by a column; if it already is, reverses the order. */
void by_sort(struct ui *ui, enum by_column column);
bool by_sorts_down(const struct by_view *v);

/* What it is ranked by; the next such thing; the call chains of a function, or (NULL) functions. */
const char *by_name(unsigned by); /* "function" */
void by_rank(struct ui *ui, unsigned by);
void by_turn(struct ui *ui);
void by_chains_of(struct ui *ui, const struct attribution_row *function);

/* The next row that has the text in its words; false: none. The same while it is typed. */
bool by_find(struct ui *ui, const struct sample *s, int step);
void by_find_typed(struct ui *ui, const struct sample *s, const char *text);
void by_find_begin(struct ui *ui);
void by_find_cancel(struct ui *ui);

#endif
