/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_UI_H
#define PM_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "model/jumps.h"
#include "page/lens.h"
#include "sample/sample.h"
#include "term/keys.h"

/*
 * The state that several views share: cursors, the stack of views. Regions and pages are identified
 * by address, because lists change under the cursor.
 */
#define V(id, object, letter, name, title, on) VIEW_##id,
enum view_id {
#include "term/views.def"
	VIEW_COUNT
};

/* What its cursor is on. ON_NOTHING: it needs no sample. */
enum view_on { ON_NOTHING, ON_REGION, ON_PAGE, ON_BYTE };
enum { VIEW_DEPTH = PLACE_VIEWS };
enum { UI_SIDEWAYS = 10 }; /* cells that Left and Right scroll a text by */

struct view_row {
	const char *title;
	char letter; /* in keys.def */
	enum view_on on;
};
const struct view_row *view_row(enum view_id id);

/* What a command reads once for the screen; LATE: it takes so long that it is worth a word. */
enum ui_once { ONCE_NONE, ONCE_ASKED, ONCE_LATE, ONCE_DONE, ONCE_FAILED, ONCE_CANCELLED };

struct list;
struct pages;
struct dump;
struct processes;
struct messages;

struct ui {
	int rows, cols; /* of the screen */
	int breadcrumb_room; /* columns that the breadcrumb has in row 0 */
	uint64_t now;        /* CLOCK_MONOTONIC, when this frame is drawn */
	uint64_t touched_ns; /* the last key */
	size_t tick;         /* the sample of a recording to go to (FX_TRAVEL) */

	enum view_id stack[VIEW_DEPTH];
	int depth;      /* the view on screen is stack[depth] */
	bool fresh[VIEW_DEPTH]; /* opened, and not settled yet */

	uint64_t region;      /* start of the region under the cursor, and of the one in the grid */
	uint64_t cursor;      /* address of the page under the cursor, */
	uint64_t byte;        /* and of the byte */
	enum lens lens;
	bool by_count;        /* the lens of writes shows how often, not how long ago */
	struct {
		bool on;
		enum view_id in;
		uint64_t from;
	} range;              /* from there to the cursor, in that view */
	/* the row whose pages the grid shows, the others dim; key 0: none (attribution.h) */
	struct {
		uint64_t key;
		unsigned by;
		bool grown;
		char words[96]; /* "by memtable_insert" */
	} lit;
	struct jumps jumps;   /* the jump list and the bookmarks */
	enum ui_once card_read, sum_read; /* the rest of the card; the sum of the range */

	/* shown without a sample; NULL: none */
	const struct processes *processes;
	const struct messages *messages;

	void *own[VIEW_COUNT]; /* the state of each view: struct view's `size` bytes */
	/* those of the list, the grid and the hex view, which others use as well */
	struct list *list;
	struct pages *pages;
	struct dump *dump;
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

/* The address space is another: back to the list, but help and messages stay over it. */
void ui_leave_space(struct ui *ui);

/* Shows a view: returns to it if it is already open, so that views do not pile up. */
void ui_show(struct ui *ui, enum view_id id);

/* Whether the colours show how often pages were written. */
static inline bool
ui_by_count(const struct ui *ui)
{
	return ui->lens == LENS_WRITES && ui->by_count;
}

/* The address under the cursor of the view on screen. */
uint64_t ui_at(const struct ui *ui);

/* The same; if pages are on screen, the exact byte that was jumped to in this page. */
uint64_t ui_exact(const struct ui *ui);

/* The selected range; else the page, cell, byte or region under the cursor. false: none. */
bool ui_here(const struct ui *ui, const struct sample *s, uint64_t *lo, uint64_t *hi);

/*
 * The chosen range in the view on screen, both ends included: whole cells in the grid, bytes in the
 * hex view. false: there is none.
 */
bool ui_range(const struct ui *ui, uint64_t *lo, uint64_t *hi);

/* Begins a range at the cursor; toggle: or ends the present one. */
void ui_range_begin(struct ui *ui);
void ui_range_toggle(struct ui *ui);

/* The current place; returns to a place. false: it is no longer mapped, and nothing changed. */
struct place ui_place(const struct ui *ui);
bool ui_take_place(struct ui *ui, const struct sample *s, const struct place *p);

/* Before a jump: stores the current place for ui_return. */
void ui_leave(struct ui *ui);

/* Returns to the newest stored place that is still mapped; false: there is none. */
bool ui_return(struct ui *ui, const struct sample *s);

/* The region at ui->region; NULL: it is gone. */
const struct vma *ui_vma(const struct ui *ui, const struct sample *s, const struct region **r);

/* Jumps: opens the grid at addr, if it is in a region; x there opens the exact byte. */
bool ui_go(struct ui *ui, const struct sample *s, uint64_t addr);

/* Opens the hex view at addr. */
void ui_hex(struct ui *ui, uint64_t addr);

/* Jumps to addr in the hex view; going back returns. */
void ui_hex_jump(struct ui *ui, uint64_t addr);

#endif
