/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process list: the filter, the headings, the demo, and one row per process. The only view
 * without a sample: there is no target yet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fuzzy.h"
#include "base/text.h"
#include "base/util.h"
#include "model/picker.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/scroll.h"
#include "views/view.h"

enum { HEAD_ROWS = 2, COMMAND_MIN = 11, RAW_MAX = 512 };

/* In the order of the screen. `shed`: dropped in this order (1 first) when the screen is narrow. */
static const struct pick_title {
	const char *title;
	int width, shed;
	bool right;
} picker_titles[PICK_COLUMNS] = {
    [PICK_PID] = {"PID", 7, 0, true},
    [PICK_USER] = {"USER", 9, 3, false},
    [PICK_RSS] = {"RSS", 5, 6, true},
    [PICK_SWAP] = {"SWAP", 5, 2, true},
    [PICK_VIRT] = {"VIRT", 5, 4, true},
    [PICK_MAPS] = {"MAPS", 5, 1, true},
    [PICK_ACCESS] = {"ACCESS", 7, 5, false},
    [PICK_COMMAND] = {"COMMAND", 0, 0, false},
};
enum { SHED_LAST = 6 };

struct layout {
	bool shown[PICK_COLUMNS];
	int x[PICK_COLUMNS];
};

static struct layout
view_picker_layout_for(int cols)
{
	struct layout l;
	int x = 1; /* the cursor mark */

	for (int shed = 0; shed <= SHED_LAST; shed++) {
		x = 1;
		for (int c = 0; c < PICK_COLUMNS; c++) {
			l.shown[c] = !picker_titles[c].shed || picker_titles[c].shed > shed;
			l.x[c] = x;
			x += l.shown[c] && picker_titles[c].width ? picker_titles[c].width + 1 : 0;
		}
		if (x + COMMAND_MIN <= cols)
			break;
	}
	return l;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void
view_picker_draw_filter(const struct ui *ui, int y)
{
	static const char or[] = "or  pmtop NAME|PID   pmtop --demo";
	static const char by[] = "name, user, PID or command";
	int right = ui->cols;
	struct buf text = {0};
	int x =
	    paint_text(y, 1, ui->cols, ROLE_DIM, ui->cols >= 40 ? "type to filter: " : "filter: ");
	size_t room = (size_t)(ui->cols - x - 1);

	buf_str(&text, "");
	text_escape(&text, picker_of(ui)->filter, strlen(picker_of(ui)->filter), !paint_utf8());
	x = paint_text(y, x, ui->cols, ROLE_STRONG, "%s",
	               text.s + fit_skip(text.s, text.len, room));
	paint_cursor(y, x);
	if (x + 4 + (int)sizeof(or) <= ui->cols) {
		right -= (int)sizeof(or);
		paint_text(y, right, ui->cols, ROLE_DIM, "%s", or);
	}
	if (!text.len && x + 1 + (int)sizeof(by) <= right)
		paint_text(y, x + 1, right, ROLE_DIM, "%s", by);
	buf_free(&text);
}

/* A click sorts by the column, in the column's own order. */
static unsigned
view_picker_hit_heading(struct ui *ui, const struct sample *s, const struct touch *t)
{
	(void)s;
	if (!t->drag)
		picker_sort(picker_of(ui), (int)t->value - (int)picker_of(ui)->sort);
	return FX_NONE;
}

static void
view_picker_draw_headings(const struct ui *ui, const struct layout *l, int y)
{
	const struct picker *p = picker_of(ui);

	paint_fill(y, 0, ui->cols, ROLE_HEADER);
	for (int c = 0; c < PICK_COLUMNS; c++) {
		const char *mark = p->by_match || p->sort != (enum pick_column)c
		                       ? ""
		                   : pick_down(p->sort) ? "▼"
		                                                : "▲";
		int len = (int)strlen(picker_titles[c].title) + (mark[0] ? 1 : 0);

		if (!l->shown[c])
			continue;
		paint_text(y, l->x[c] + (picker_titles[c].right ? picker_titles[c].width - len : 0),
		           ui->cols, ROLE_HEADER, "%s%s", picker_titles[c].title, mark);
		zone_add(&(struct zone){.y = y,
		                        .x = l->x[c],
		                        .bottom = y + 1,
		                        .value = (uint64_t)c,
		                        .hit = view_picker_hit_heading,
		                        .right = picker_titles[c].width
		                                     ? l->x[c] + picker_titles[c].width + 1
		                                     : ui->cols});
	}
}

/* "-" for none; empty if not known. */
static void
view_picker_draw_size(const struct layout *l, int y, enum pick_column c, uint64_t bytes)
{
	char size[8];

	if (l->shown[c] && bytes != PROCESS_UNKNOWN)
		paint_text(y, l->x[c], l->x[c] + picker_titles[c].width,
		           c == PICK_SWAP && bytes ? ROLE_SWAP_TEXT : ROLE_TEXT, "%*s",
		           picker_titles[c].width, bytes ? size_text(size, bytes) : "-");
}

static void
view_picker_command(const char *command, struct buf *out)
{
	buf_str(out, "");
	text_escape(out, command, strnlen(command, RAW_MAX), !paint_utf8());
}

/* The command line, with the hits of the filter. */
static void
view_picker_draw_command(const struct ui *ui, int y, int x, const char *command)
{
	struct buf all = {0}, text = {0};
	bool *hit;

	view_picker_command(command, &all);
	buf_str(&text, "");
	fit_cut_end(&text, all.s + fit_fit(all.s, picker_of(ui)->left), (size_t)(ui->cols - x));
	buf_free(&all);
	hit = mem_alloc(text.len * sizeof(*hit));
	fuzzy_score(picker_of(ui)->filter, text.s, hit);
	for (size_t i = 0, n; i < text.len; i += n) {
		n = utf8_cluster(text.s + i, text.len - i);
		x = paint_text(y, x, ui->cols, memchr(hit + i, true, n) ? ROLE_ACCENT : ROLE_TEXT,
		               "%.*s", (int)n, text.s + i);
	}
	free(hit);
	buf_free(&text);
}

static enum role
view_picker_access_role(enum access a)
{
	return a == ACCESS_FULL ? ROLE_TEXT : a == ACCESS_DENIED ? ROLE_DIM : ROLE_HOT;
}

static void
view_picker_draw_process(const struct ui *ui, const struct layout *l, const struct process *p,
                         int y)
{
	struct buf user = {0};

	paint_text(y, l->x[PICK_PID], ui->cols, ROLE_TEXT, "%*d", picker_titles[PICK_PID].width,
	           (int)p->pid);
	text_escape(&user, p->user, strlen(p->user), !paint_utf8());
	if (l->shown[PICK_USER])
		fit_draw_cut(y, l->x[PICK_USER], l->x[PICK_USER] + picker_titles[PICK_USER].width,
		             ROLE_TEXT, user.s);
	buf_free(&user);
	view_picker_draw_size(l, y, PICK_RSS, p->rss);
	view_picker_draw_size(l, y, PICK_SWAP, p->swap);
	view_picker_draw_size(l, y, PICK_VIRT, p->virt);
	if (l->shown[PICK_MAPS] && p->maps != PROCESS_UNKNOWN)
		paint_text(y, l->x[PICK_MAPS], l->x[PICK_MAPS] + picker_titles[PICK_MAPS].width,
		           ROLE_TEXT, "%*llu", picker_titles[PICK_MAPS].width,
		           (unsigned long long)p->maps);
	if (l->shown[PICK_ACCESS])
		paint_text(y, l->x[PICK_ACCESS], ui->cols, view_picker_access_role(p->access), "%s",
		           access_name(p->access));
	view_picker_draw_command(ui, y, l->x[PICK_COMMAND], p->command);
}

static void
view_picker_draw_demo(const struct ui *ui, const struct layout *l, int y)
{
	paint_text(y, l->x[PICK_PID], ui->cols, ROLE_ACCENT, "%*s", picker_titles[PICK_PID].width,
	           "demo");
	fit_draw_cut(y, l->x[PICK_COMMAND], ui->cols, ROLE_ACCENT, pick_demo_text);
}

static unsigned
view_picker_hit_row(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct picker *p = picker_of(ui);

	(void)s;
	picker_move(p, ui->processes, (long)p->top + t->dy - (long)p->row);
	return FX_NONE;
}

static void
view_picker_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct picker *p = picker_of(ui);
	struct layout l = view_picker_layout_for(ui->cols);
	int y = top + HEAD_ROWS;

	(void)s;
	view_picker_draw_filter(ui, top);
	view_picker_draw_headings(ui, &l, top + 1);
	zone_add(&(struct zone){
	    .y = y,
	    .bottom = y + (int)u64_min(p->rows_n - p->top, (uint64_t)(bottom > y ? bottom - y : 0)),
	    .right = ui->cols,
	    .hit = view_picker_hit_row,
	    .opens = true});
	for (size_t i = p->top; i < p->rows_n && y < bottom; i++, y++) {
		if (p->rows[i] == PICK_DEMO)
			view_picker_draw_demo(ui, &l, y);
		else
			view_picker_draw_process(ui, &l, &ui->processes->v[p->rows[i]], y);
		if (i != p->row)
			continue;
		paint_text(y, 0, 1, ROLE_ACCENT, "›");
		paint_shade(y, 0, ui->cols, ROLE_SELECT);
	}
}

/* --- the rest of the view --------------------------------------------------------------------- */

static void
view_picker_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	(void)s;
	picker_settle(picker_of(ui), ui->processes,
	              (size_t)(bottom - top > HEAD_ROWS ? bottom - top - HEAD_ROWS : 1));
}

static void
view_picker_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct process *p = picker_at(picker_of(ui), ui->processes);

	(void)s;
	if (p)
		process_say(p, out);
	else if (picker_of(ui)->at_demo)
		buf_str(out, "demo: draws pictures by writing its pages, and ends with pmtop");
	else if (!picker_of(ui)->rows_n)
		buf_str(out,
		        "no process matches by name, user, PID or command; Esc clears the filter");
}

static void
view_picker_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	(void)s;
	buf_str(out, "choose a process");
}

static bool
view_picker_is_letter(int key)
{
	return key >= ' ' && key != 127 && key < 256;
}

static unsigned
view_picker_typed(struct ui *ui, int key)
{
	if (view_picker_is_letter(key))
		picker_type(picker_of(ui), ui->processes, key);
	return FX_NONE;
}

/* The commands of all rows by so many cells, not past the end of the longest. */
static void
view_picker_scroll(const struct ui *ui, int cells)
{
	struct picker *p = picker_of(ui);
	struct layout l = view_picker_layout_for(ui->cols);
	size_t widest = 0;

	picker_update(p, ui->processes);
	for (size_t i = 0; i < p->rows_n; i++) {
		struct buf text = {0};

		if (p->rows[i] == PICK_DEMO)
			continue;
		view_picker_command(ui->processes->v[p->rows[i]].command, &text);
		widest = u64_max(widest, fit_width(text.s, text.len));
		buf_free(&text);
	}
	p->left = scroll_sideways(p->left, cells, widest,
	                          (size_t)(ui->cols - l.x[PICK_COMMAND]));
}

static unsigned
view_picker_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct picker *p = picker_of(ui);
	const struct processes *list = ui->processes;
	long page = ui->rows > 6 ? ui->rows - 5 : 1, all = INT32_MAX;

	(void)s;
	switch ((int)a) {
	case ACT_UP: picker_move(p, list, -1); break;
	case ACT_DOWN: picker_move(p, list, 1); break;
	case ACT_PAGE_UP: picker_move(p, list, -page); break;
	case ACT_PAGE_DOWN: picker_move(p, list, page); break;
	case ACT_FIRST: picker_move(p, list, -all); break;
	case ACT_LAST: picker_move(p, list, all); break;
	case ACT_LEFT: view_picker_scroll(ui, -UI_SIDEWAYS); break;
	case ACT_RIGHT: view_picker_scroll(ui, UI_SIDEWAYS); break;
	case ACT_SORT: picker_sort(p, 1); break;
	case ACT_SORT_BACK: picker_sort(p, -1); break;
	case ACT_ERASE: picker_erase(p, list); break;
	case ACT_BACK: return picker_clear(p, list) ? FX_NONE : FX_QUIT;
	case ACT_OPEN: return p->at_demo || p->pid ? FX_OPEN : FX_NONE;
	}
	return FX_NONE;
}

static void
view_picker_drop(void *own)
{
	picker_free(own);
}

const struct view view_picker = {
    .size = sizeof(struct picker),
    .drop = view_picker_drop,
    .draw = view_picker_draw,
    .act = view_picker_act,
    .typed = view_picker_typed,
    .say = view_picker_say,
    .breadcrumb = view_picker_breadcrumb,
    .settle = view_picker_settle,
};
