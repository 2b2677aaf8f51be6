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
enum { VIEW_DEPTH = PLACE_VIEWS };

struct view_row {
	const char *title;
	char letter; /* in keys.def */
	enum view_on on;
};
const struct view_row *view_row(enum view_id id);

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

	enum view_id stack[VIEW_DEPTH];
	int depth;      /* the view on screen is stack[depth] */
	bool fresh[VIEW_DEPTH]; /* which of them were opened, and not seen since */

	uint64_t region;      /* start of the one under the cursor, and of the one in the grid */
	uint64_t cursor;      /* address of the page under the cursor, */
	uint64_t byte;        /* and of the byte */
	enum lens lens;       /* the question the colours answer */
	bool by_count;        /* that of writes: by how often, not by how long ago */
	struct {
		bool on;
		enum view_id in;
		uint64_t from;
	} range;              /* from there to the cursor, in the view it was begun in */
	struct jumps jumps;   /* where one was, and the bookmarks */

	/* what is shown besides a sample; NULL: there is none */
	const struct processes *processes;
	const struct messages *messages;

	void *own[VIEW_COUNT]; /* what each view keeps for itself: struct view's `size` bytes */
	/* what those of the list, the grid and the bytes keep, which others know as well */
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

/* Shows a view: goes back to it where it is open already, so that two views that lead to each other
 * do not pile up. */
void ui_show(struct ui *ui, enum view_id id);

/* The colours of what was written tell how often it was. */
static inline bool
ui_by_count(const struct ui *ui)
{
	return ui->lens == LENS_WRITES && ui->by_count;
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

#endif
