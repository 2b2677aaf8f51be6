/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_UI_H
#define PM_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "model/jumps.h"
#include "model/list_columns.h"
#include "model/list_filter.h"
#include "model/list_marks.h"
#include "model/map.h"
#include "model/messages.h"
#include "model/picker.h"
#include "page/grid.h"
#include "sample/sample.h"
#include "table/groups.h"
#include "term/keys.h"

/*
 * What the person has done to the screen: where the cursors are, what is sorted how. Regions and
 * pages are known by address, for lists change under the cursor.
 */
#define V(id, object, letter, name, title, on) VIEW_##id,
enum view_id {
#include "term/views.def"
	VIEW_COUNT
};

/* What its cursor is on. ON_NOTHING: it needs no sample. */
enum view_on { ON_NOTHING, ON_REGION, ON_PAGE, ON_BYTE };
enum letters { LETTERS_RUNS, LETTERS_ALL, LETTERS_NONE, LETTERS_COUNT };
enum { VIEW_DEPTH = PLACE_VIEWS };

struct view_row {
	const char *title;
	char letter; /* in keys.def */
	enum view_on on;
};
const struct view_row *view_row(enum view_id id);

struct ui {
	int rows, cols; /* of the screen */
	int breadcrumb_room; /* columns that the breadcrumb has in row 0 */
	uint64_t now;        /* CLOCK_MONOTONIC, when this frame is drawn */
	uint64_t touched_ns; /* the last key */

	enum view_id stack[VIEW_DEPTH];
	int depth;      /* the view on screen is stack[depth] */

	/* choose a process */
	struct picker picker;

	/* regions */
	uint64_t region;      /* start of the one under the cursor, and of the one in the grid */
	uint64_t *order;      /* rows in display order (list_rows.h); NULL: to be sorted again */
	size_t order_n;
	uint64_t order_serial;/* of the sample it was made from */
	uint64_t order_smaps; /* and of which reading of smaps: its time */
	bool order_whole;     /* and by counts that were all there: else it is not worth holding */
	size_t shown, unknown;/* regions that pass the filter; those that nobody can tell of */
	size_t list_top, list_rows; /* the first row on screen, and how many there is room for */
	/* there is one: where only one of WRITTEN and WR/S has room, it is the latter */
	bool auto_clear;
	bool had_swap, had_writes; /* SWAP and WRITTEN have had something to show, and stay */
	struct list_columns columns; /* those that were chosen */
	enum column_id sort;  /* the column it is sorted by, */
	bool invert;          /* the other way round than that usually is */
	size_t segment;       /* of the bars, that is chosen (list_bars.h); 0: none */
	enum column_id menu_at; /* the column under the cursor of a menu (list_menu.h) */
	size_t menu_top;
	enum grouping grouping;
	struct groups groups; /* of what is shown, while `grouping`; */
	struct regions *groups_in; /* of these regions: a reference */
	uint64_t open[64];    /* groups that are unfolded: struct group's hash */
	size_t open_n;
	struct list_filter filter;
	struct list_marks marks;
	char find[128];       /* what was looked for last; */
	/* the cursor is on the first .. found_n-th row that has it; found_n 0: none */
	size_t found, found_n;
	struct {
		uint64_t from;
		struct list_filter filter;
		char find[128];
	} typing;             /* what was before something was typed (list_typed.h) */

	enum lens lens;       /* the question the colours answer */
	bool by_count;        /* that of writes: by how often, not by how long ago */

	/* grid and page */
	struct grid grid;     /* geometry on screen; rows == 0: not set yet */
	uint64_t cursor;      /* address of the page under the cursor */
	enum letters letters;
	char page_filter[256], page_find[256]; /* pages that do not pass are dimmed; "": no filter;
	                                          what / looked for */
	char byte_find[256];  /* the same in the hex view, as pattern.h has it */
	bool follow; /* the cursor goes to the newest write, until it is moved; that was seen at: */
	uint64_t followed_ns;
	bool pane_away;       /* the inspector is not wanted, where there is room for it, ... */
	bool pane_over;       /* ... or is wanted where there is none: over the cells */
	bool pane_page; /* where the lens of writes has their numbers in its place: the inspector
	                   all the same */
	int card_top;
	bool card_all;        /* of a page: the bits that are not set are wanted in words as well */
	uint64_t hot;         /* address of the hot page under the cursor */

	/* help and messages */
	size_t help_page;
	int help_top;
	char help_find[64];   /* "": the page is shown, else what has this of all of them */
	const struct messages *messages; /* NULL: none are kept */
	int messages_top;


	/* hex */
	uint64_t byte;        /* address under the cursor */
	uint64_t hex_top;     /* of the first row */
	unsigned hex_rows;

	/* a range: from here to the cursor, in the view it was begun in */
	bool range_on;
	enum view_id range_in;
	uint64_t range_from;

	struct jumps jumps;   /* where one was, and the bookmarks */

	/* map */
	struct map map;       /* as it is laid out on screen */
	uint64_t map_serial;  /* of the sample it was laid out from */
	bool map_zoomed;      /* the scale was chosen; else it is the largest at which all fits */
	unsigned map_scale;
	bool map_linear;
	size_t map_top;       /* the first row on screen */
	size_t map_rows;      /* how many are on screen, */
	int map_lines;        /* of how many lines each */
	int map_height;       /* of the screen, that this was found for; 0: to be found anew */
	unsigned map_col;     /* where up and down go */
};

static inline enum view_id
ui_view(const struct ui *ui)
{
	return ui->stack[ui->depth];
}

/* The letter of its keys; whether it can be shown without a sample. */
static inline char
ui_letter(const struct ui *ui)
{
	return view_row(ui_view(ui))->letter;
}

static inline bool
ui_is_bare(const struct ui *ui)
{
	return view_row(ui_view(ui))->on == ON_NOTHING;
}

void ui_push(struct ui *ui, enum view_id id);
void ui_pop(struct ui *ui);

/* Shows a view: goes back to it where it is open already, so that two views that lead to each other
 * do not pile up. */
void ui_show(struct ui *ui, enum view_id id);

/* The colours of what was written tell how often it was. */
static inline bool
ui_by_count(const struct ui *ui)
{
	return ui->lens == LENS_WRITES && ui->by_count;
}

static inline bool
list_sorts_down(const struct ui *ui)
{
	return list_column_down(column_row(ui->sort)) != ui->invert;
}

/* The address under the cursor of the view on screen. */
uint64_t ui_at(const struct ui *ui);

/* The same, and where pages are on screen the byte that was gone to in this one. */
uint64_t ui_exact(const struct ui *ui);

/*
 * The range that is chosen in the view on screen, both ends included: whole cells in the grid,
 * bytes among the bytes. false: none is.
 */
bool ui_range(const struct ui *ui, uint64_t *lo, uint64_t *hi);

/* Begins a range at the cursor; or ends the one that there is. */
void ui_range_begin(struct ui *ui);
void ui_range_toggle(struct ui *ui);

/* Where we are; and back there. false: nothing is mapped there any more, nothing changed. */
struct place ui_place(const struct ui *ui);
bool ui_take_place(struct ui *ui, const struct sample *s, const struct place *p);

/* Before a jump: remembers where it leaves from, for ui_return. */
void ui_leave(struct ui *ui);

/* Back to the newest place left by a jump that is still there; false: there is none. */
bool ui_return(struct ui *ui, const struct sample *s);

/* The region of the sample that ui->region names, NULL if it is gone. */
const struct vma *ui_vma(const struct ui *ui, const struct sample *s, const struct region **r);

/* Jumps: opens the grid at addr, if it lies in a region; x there goes to the very byte. */
bool ui_go(struct ui *ui, const struct sample *s, uint64_t addr);

/* Opens the bytes at addr above the view on screen. */
void ui_hex(struct ui *ui, uint64_t addr);

/* Jumps in the hex view: to addr, and ui_back comes back from there. */
void ui_hex_jump(struct ui *ui, uint64_t addr);

/* Opens a menu of the list's columns: VIEW_SORT or VIEW_COLUMNS. */
void ui_open_menu(struct ui *ui, enum view_id menu);

#endif
