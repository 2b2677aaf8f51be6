/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/list_menu.h"

#include <string.h>

#include "base/util.h"
#include "model/list_rows.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/breadcrumb.h"
#include "views/list_bars.h"
#include "views/list_table.h"
#include "views/view.h"

enum { LIST_SEEN = LIST_BARS + 4, NAME_AT = 8, HELP_AT = 21 };

struct menu {
	enum column_id id[LIST_COLUMNS];
	size_t n;
};

static struct menu
list_sort_menu(void)
{
	struct menu m = {0};

	for (size_t i = 0; i < LIST_COLUMNS; i++)
		if (list_column_row(i)->letter)
			m.id[m.n++] = list_column_row(i)->id;
	return m;
}

/* First the columns shown, in their order, then the others. */
static struct menu
list_columns_menu(const struct ui *ui)
{
	struct list_columns shown = ui->list->columns;
	struct menu m = {0};

	list_columns_spell(&shown);
	for (; m.n < shown.n; m.n++)
		m.id[m.n] = shown.id[m.n];
	for (size_t i = 0; i < LIST_COLUMNS; i++)
		if (!list_columns_has(&shown, list_column_row(i)->id))
			m.id[m.n++] = list_column_row(i)->id;
	return m;
}

static struct menu
menu_of(const struct ui *ui)
{
	return ui_view(ui) == VIEW_SORT ? list_sort_menu() : list_columns_menu(ui);
}

static size_t
list_position(const struct ui *ui, const struct menu *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->id[i] == list_menu_of(ui)->at)
			return i;
	return 0;
}

static void
list_enter(struct ui *ui)
{
	*list_menu_of(ui) = (struct list_menu){.at = ui->list->sort};
}

/* --- drawing ---------------------------------------------------------------------------------- */

/*
 * The row of the menu's heading. While columns are chosen, the list's headings and its first rows
 * stay visible.
 */
static int
list_first_row(const struct ui *ui, const struct menu *m, int top, int bottom)
{
	int rows = (int)m->n + 1, room = bottom - top,
	    seen = ui_view(ui) == VIEW_COLUMNS ? LIST_SEEN : 0;

	if (room - seen < 6)
		seen = 0;
	return bottom - (int)u64_min((uint64_t)rows, (uint64_t)(room - seen));
}

static void
list_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct list_menu *menu = list_menu_of(ui);
	struct menu m = menu_of(ui);
	size_t at = list_position(ui, &m),
	       rows = (size_t)(bottom - list_first_row(ui, &m, top, bottom) - 1);

	view_regions.settle(ui, s, top, bottom);
	menu->at = m.id[at];
	if (at < menu->top)
		menu->top = at;
	if (at >= menu->top + rows)
		menu->top = at - rows + 1;
	if (menu->top + rows > m.n)
		menu->top = m.n > rows ? m.n - rows : 0;
}

/* Whether the column is chosen but not shown until it has a value. */
static bool
list_waits(const struct ui *ui, enum column_id id)
{
	return ui_view(ui) == VIEW_COLUMNS && list_columns_has(&ui->list->columns, id) &&
	       list_empty(ui) & list_column_bit(id);
}

static void
list_draw_row(const struct ui *ui, const struct sample *s, const struct column *c, int y)
{
	const char *down = paint_utf8() ? "▼" : "v", *up = paint_utf8() ? "▲" : "^";
	bool dear = list_column_needs_smaps(c->id, s) || list_waits(ui, c->id);
	struct buf help = {0};

	paint_fill(y, 0, ui->cols, ROLE_TEXT);
	if (ui_view(ui) == VIEW_COLUMNS)
		paint_text(y, 2, NAME_AT, ROLE_TEXT, "%s",
		           list_columns_has(&ui->list->columns, c->id) ? "[x]" : "[ ]");
	else
		paint_text(y, 2, NAME_AT, ROLE_ACCENT, "%c", c->letter);
	if (ui_view(ui) == VIEW_SORT && ui->list->sort == c->id)
		paint_text(y, 4, NAME_AT, ROLE_STRONG, "%s", list_sorts_down(ui->list) ? down : up);
	paint_text(y, NAME_AT - 2, HELP_AT, ROLE_STRONG, "%s", list_column_title(c));
	column_help(c, &help);
	fit_draw_cut(y, HELP_AT - 2, ui->cols, dear ? ROLE_DIM : ROLE_TEXT, help.s);
	buf_free(&help);
	if (c->id != list_menu_of(ui)->at)
		return;
	paint_text(y, 0, 1, ROLE_ACCENT, "›");
	paint_shade(y, 0, ui->cols, ROLE_SELECT);
	paint_cursor(y, 0);
}

int
list_menu_at(const struct ui *ui, int top, int bottom, int y)
{
	struct menu m = menu_of(ui);
	int first = list_first_row(ui, &m, top, bottom) + 1;
	size_t i = list_menu_of(ui)->top + (size_t)(y - first);

	return y >= first && y < bottom && i < m.n ? (int)m.id[i] : -1;
}

static unsigned
list_hit_item(struct ui *ui, const struct sample *s, const struct touch *t)
{
	(void)s;
	list_menu_of(ui)->at = (int)t->value;
	return FX_NONE;
}

/* A click on the box before a column is Space. */
static void
list_add_zones(const struct ui *ui, enum column_id id, int y)
{
	struct zone z = {.y = y,
	                 .bottom = y + 1,
	                 .right = ui->cols,
	                 .value = (uint64_t)id,
	                 .hit = list_hit_item,
	                 .opens = true};

	zone_add(&z);
	z.right = NAME_AT - 2;
	z.action = ACT_TOGGLE;
	if (ui_view(ui) == VIEW_COLUMNS)
		zone_add(&z);
}

static void
list_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct menu m = menu_of(ui);
	int y = list_first_row(ui, &m, top, bottom);
	size_t rows = (size_t)(bottom - y - 1);

	view_regions.draw(ui, s, top, y);
	zone_cover(top, 0, y + 1, ui->cols);
	paint_fill(y, 0, ui->cols, ROLE_HEADER);
	paint_text(y, 1, ui->cols, ROLE_HEADER, ui_view(ui) == VIEW_SORT ? "SORT BY" : "COLUMNS");
	if (rows < m.n)
		paint_text(y, ui->cols - 12, ui->cols, ROLE_HEADER_DIM, "%zu of %zu",
		           list_position(ui, &m) + 1, m.n);
	for (int id; (id = list_menu_at(ui, top, bottom, ++y)) >= 0;) {
		list_add_zones(ui, id, y);
		list_draw_row(ui, s, column_row(id), y);
	}
}

static void
list_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct list_menu *menu = list_menu_of(ui);
	const struct column *c = column_row(menu->at);
	const char *title = list_column_title(c);

	if (list_column_needs_smaps(menu->at, s))
		buf_fmt(out,
		        "%s: from smaps, a walk over all page tables; read once when shown, again "
		        "on r",
		        title);
	else if (list_waits(ui, menu->at) && s && s->timeline &&
	         c->needs & (NEED_WRITES | NEED_RATE | NEED_TOUCHED | NEED_ACCESSES))
		buf_fmt(out, "%s: not recorded", title);
	else if (list_waits(ui, menu->at) && menu->at == COL_REGION_TOUCHED)
		buf_fmt(out, "TOUCHED appears after the first %s", key_of(ACT_TOUCH, 'R'));
	else if (list_waits(ui, menu->at) && menu->at == COL_LIST_ACCESSED)
		buf_fmt(out, "ACCESSED appears once DAMON samples: %s", key_of(ACT_SAMPLE, 'R'));
	else if (list_waits(ui, menu->at) && menu->at == COL_REGION_SWAP)
		buf_str(out, "SWAP appears once anything is in swap");
	else if (list_waits(ui, menu->at))
		buf_fmt(out, "%s appears after the first %s", title, key_of(ACT_CLEAR, 'R'));
	else if (HELP_AT - 2 + (int)strlen(c->help) > ui->cols)
		buf_fmt(out, "%s: %s", title, c->help);
	else if (ui_view(ui) == VIEW_SORT)
		buf_str(out, "a letter or Enter sorts; the current column reverses the order");
	else if (!list_columns_has(&ui->list->columns, menu->at))
		buf_str(out, "Space shows it");
	else
		buf_str(out, "Space hides it, < and > move it; a narrow screen drops the "
		             "last ones");
}

static void
list_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	view_regions.breadcrumb(ui, s, out);
	buf_str(out, ui_view(ui) == VIEW_SORT ? CRUMB_SIGN "sort" : CRUMB_SIGN "columns");
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
list_menu_sort_by(struct ui *ui, enum column_id column)
{
	ui_pop(ui);
	list_sort_by(ui, column);
}

static void
list_move(struct ui *ui, const struct menu *m, long by)
{
	long at = (long)list_position(ui, m) + by;

	list_menu_of(ui)->at = m->id[at < 0 ? 0 : (size_t)at >= m->n ? m->n - 1 : (size_t)at];
}

static unsigned
list_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct list_menu *menu = list_menu_of(ui);
	struct list *list = ui->list;
	struct menu m = menu_of(ui);

	(void)s;
	switch ((int)a) {
	case ACT_UP: list_move(ui, &m, -1); break;
	case ACT_DOWN: list_move(ui, &m, 1); break;
	case ACT_PAGE_UP: list_move(ui, &m, -8); break;
	case ACT_PAGE_DOWN: list_move(ui, &m, 8); break;
	case ACT_FIRST: list_move(ui, &m, -LIST_COLUMNS); break;
	case ACT_LAST: list_move(ui, &m, LIST_COLUMNS); break;
	case ACT_OPEN: list_menu_sort_by(ui, menu->at); break;
	case ACT_TOGGLE:
		list_columns_toggle(&list->columns, menu->at);
		break;
	case ACT_COLUMN_BACK: list_columns_move(&list->columns, menu->at, -1); break;
	case ACT_COLUMN_ON: list_columns_move(&list->columns, menu->at, 1); break;
	case ACT_USUAL: list->columns = (struct list_columns){0}; break;
	}
	return FX_NONE;
}

static unsigned
list_typed(struct ui *ui, int c)
{
	struct menu m = list_sort_menu();

	for (size_t i = 0; i < m.n; i++)
		if (column_row(m.id[i])->letter == c) {
			list_menu_sort_by(ui, m.id[i]);
			break;
		}
	return FX_NONE;
}

static void
list_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	view_regions.needs(ui, s, r);
}

const struct view view_sort = {
    .draw = list_draw,
    .act = list_act,
    .say = list_say,
    .breadcrumb = list_breadcrumb,
    .settle = list_settle,
    .typed = list_typed,
    .enter = list_enter,
    .size = sizeof(struct list_menu),
    .report = report_regions,
    .needs = list_needs,
};

const struct view view_columns = {
    .draw = list_draw,
    .act = list_act,
    .say = list_say,
    .breadcrumb = list_breadcrumb,
    .settle = list_settle,
    .enter = list_enter,
    .size = sizeof(struct list_menu),
    .report = report_regions,
    .needs = list_needs,
};
