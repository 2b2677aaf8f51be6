/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/list_table.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/list_rows.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/spark.h"
#include "views/strips.h"
#include "views/view.h"
#include "views/writes_line.h"

/*
 * What differs takes the place of what is: that has no room beside it, nor have, on a narrow
 * screen, facts that seldom differ.
 */
static uint64_t
list_empty_by_diff(const struct ui *ui)
{
	enum { WIDE = 110 };
	static const enum column_id always[] = {COL_REGION_RSS,   COL_REGION_PERCENT,
	                                        COL_REGION_SWAP,  COL_REGION_GROWN,
	                                        COL_REGION_RATE,  COL_REGION_WRITTEN,
	                                        COL_LIST_MINUTE,  COL_REGION_TOUCHED,
	                                        COL_LIST_ACCESSED};
	uint64_t empty = 0;

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		empty |= list_column_bit(always[i]);
	if (ui->cols < WIDE)
		empty |= list_column_bit(COL_REGION_PERM) | list_column_bit(COL_REGION_TYPE);
	if (!ui->list->differs_swap)
		empty |= list_column_bit(COL_LIST_MORE_SWAP);
	if (!ui->list->differs_contents)
		empty |= list_column_bit(COL_LIST_REWRITTEN);
	if (!ui->list->differs_written)
		empty |= list_column_bit(COL_LIST_MORE_WRITTEN);
	else if (ui->cols < WIDE)
		empty |= list_column_bit(COL_REGION_SIZE);
	return empty;
}

uint64_t
list_empty(const struct ui *ui)
{
	const struct list *list = ui->list;
	uint64_t empty = list->had_swap ? 0 : list_column_bit(COL_REGION_SWAP);

	for (unsigned id = 0; id < LIST_COLUMNS && !list->had_writes; id++)
		if (column_row(id)->needs & (NEED_WRITES | NEED_RATE))
			empty |= list_column_bit(id);
	if (!list->grows)
		empty |= list_columns_needing(NEED_BASELINE);
	if (!list->touched)
		empty |= list_columns_needing(NEED_TOUCHED);
	if (!list->accessed)
		empty |= list_columns_needing(NEED_ACCESSES);
	empty |= list->differs ? list_empty_by_diff(ui) : list_columns_needing(NEED_DIFF);
	return empty & ~(list_column_bit(list->sort) | list->columns.named);
}

struct list_layout
list_layout(const struct ui *ui)
{
	const struct list *list = ui->list;
	struct list_columns c = list->columns;
	struct list_layout l;

	if (list->grouping && !list_columns_has(&c, COL_REGION_MAPPING))
		list_columns_toggle(
		    &c, COL_REGION_MAPPING); /* a group needs its name */
	l = list_columns_layout(&c, ui->cols, list_empty(ui));
	if (list->auto_clear && !list->columns.n && !list_layout_of(&l, COL_REGION_RATE))
		for (size_t i = 0; i < l.n; i++)
			if (l.at[i].column->id == COL_REGION_WRITTEN)
				l.at[i].column = column_row(COL_REGION_RATE);
	return l;
}

static bool
list_layout_same(const struct list_layout *a, const struct list_layout *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (a->at[i].column != b->at[i].column)
			return false;
	return a->n == b->n;
}

void
list_scroll(struct ui *ui, int step)
{
	struct list_columns *c = &ui->list->columns;
	struct list_layout was = list_layout(ui);
	size_t from = c->skip;

	/* past columns that had no room on the way */
	while (step > 0 ? c->skip < LIST_COLUMNS : c->skip > 0) {
		struct list_layout is;

		c->skip += (size_t)step;
		is = list_layout(ui);
		if (!list_layout_same(&is, &was))
			return;
	}
	if (step > 0)
		c->skip = from; /* nothing more can scroll off */
}

static const char *
list_sort_mark(const struct ui *ui, const struct column *c)
{
	if (ui->list->sort != c->id)
		return "";
	return list_sorts_down(ui->list) ? "▼" : "▲";
}

static bool
list_aligns_right(enum column_id id)
{
	return id != COL_REGION_START && value_is_number(column_row(id)->type);
}

/* The column whose heading is at x; -1: none that can be sorted by. */
static int
list_table_heading_at(const struct ui *ui, int x)
{
	struct list_layout l = list_layout(ui);

	for (size_t i = 0; i < l.n; i++)
		if (x >= l.at[i].x && x <= l.at[i].x + l.at[i].width && l.at[i].column->letter)
			return l.at[i].column->id;
	return -1;
}

static unsigned
list_hit_heading(struct ui *ui, const struct sample *s, const struct touch *t)
{
	int column = list_table_heading_at(ui, t->dx);

	(void)s;
	if (column >= 0 && !t->drag)
		list_sort_by(ui, column);
	return FX_NONE;
}

void
list_table_headings(const struct ui *ui, int y)
{
	struct list_layout l = list_layout(ui);

	zone_add(
	    &(struct zone){.y = y, .bottom = y + 1, .right = ui->cols, .hit = list_hit_heading});
	paint_fill(y, 0, ui->cols, ROLE_HEADER);
	if (ui->list->columns.skip)
		paint_text(y, 0, 1, ROLE_HEADER, "<");
	for (size_t i = 0; i < l.n; i++) {
		const struct list_place *p = &l.at[i];
		const char *title = list_column_title(p->column);
		const char *mark = list_sort_mark(ui, p->column);
		int len, x = p->x;

		if (p->column->id == COL_LIST_PAGES && p->width >= LIST_STRIP)
			title = "PAGES low to high";
		len = (int)strlen(title) + (mark[0] ? 1 : 0);
		if (list_aligns_right(p->column->id) && len < p->width)
			x += p->width - len;
		x = paint_text(y, x, p->x + (p->width > 1 ? p->width : 1) + (mark[0] ? 1 : 0),
		               ROLE_HEADER, "%s", title);
		paint_text(y, x, ui->cols, ROLE_HEADER, "%s", mark);
	}
}

static void
list_draw_strip(const struct ui *ui, const struct strip_cell *strip, enum lens l, int y, int x,
                int width)
{
	for (int i = 0; i < width; i++) {
		struct strip_cell c = strips_at(ui, strip, (unsigned)i, (unsigned)width);

		strips_draw(ui, &c, l, y, x + i);
	}
}

/* The number of regions; without the word if there is no room. */
static void
list_draw_regions(size_t n, const struct list_place *p, int y)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu region%s", n, plural(n));
	if ((int)strlen(text) > p->width)
		text[strcspn(text, " ")] = '\0';
	fit_draw_cut(y, p->x, p->x + p->width, ROLE_DIM, text);
}

static void
list_draw_pages(const struct ui *ui, const struct region_row *row, const struct list_place *p,
                int y)
{
	const struct region *r = row->r;

	if (r->known && r->shows)
		list_draw_strip(ui, r->strip, (enum lens)(r->shows - 1), y, p->x, p->width);
	else if (row->regions)
		list_draw_regions(row->regions, p, y);
	else if (r->known)
		paint_text(y, p->x, p->x + p->width, ROLE_DIM, "counting");
}

/* The last minute of writes to a region, if it is known. */
static void
list_draw_minute(const struct region_row *row, const struct list_place *p, int y)
{
	if (row->r->rated && !row->r->doubt && !row->regions &&
	    p->width >= REGION_RATES)
		writes_spark_draw(row->r->rates, REGION_RATES, y, p->x);
}

/* What it had in RAM at each time, from the first to the last that is known. */
static void
list_draw_history(const struct region_row *row, const struct list_place *p, int y)
{
	const struct heatmap *h = row->history;
	const struct heatmap_cell *k = h ? heatmap_region(h, row->v->start, row->v->end) : NULL;
	uint64_t rss[LIST_HISTORY];
	unsigned n = 0;

	for (; k && n < h->cols && n < LIST_HISTORY && (int)n < p->width; n++)
		rss[n] = k[n].rss;
	spark_draw(rss, n, y, p->x);
}

static void
list_draw_name(const struct region_row *row, const struct list_place *p, const char *fold, int y)
{
	struct buf text = {0};
	int room = p->width - (int)fit_width(fold, strlen(fold));

	buf_str(&text, fold);
	fit_name_cut(&text, row->v, (size_t)(room > 0 ? room : 0));
	paint_text(y, p->x, p->x + p->width, row->v->name[0] ? ROLE_TEXT : ROLE_DIM, "%s", text.s);
	buf_free(&text);
}

/* Of interest for security: what is written there can be executed. */
static void
list_draw_rwx(const struct region_row *row, const struct list_place *p, int y)
{
	if (row->v->perm & VMA_WRITE && row->v->perm & VMA_EXEC && !row->regions)
		paint_text(y, p->x, p->x + p->width, ROLE_BANNER, "%cwx%c!",
		           row->v->perm & VMA_READ ? 'r' : '-',
		           row->v->perm & VMA_SHARED ? 's' : 'p');
}

static enum role
list_cell_role(enum column_id id, const struct region_row *row, const struct value *v)
{
	if (row->older && column_row(id)->needs & NEED_COUNTS)
		return ROLE_DIM;
	if ((id == COL_REGION_WRITTEN || id == COL_REGION_RATE) && v->n)
		return ROLE_HOT;
	if (id == COL_REGION_SWAP && v->n)
		return ROLE_SWAP_TEXT;
	return ROLE_TEXT;
}

/*
 * Twelve digits hold every address of 47 bits, FAR_DIGITS one of 56; a longer one ([vsyscall])
 * keeps its end, marked as cut.
 */
static void
list_address_text(struct buf *out, uint64_t addr)
{
	if (addr >> 56)
		buf_fmt(out, "%s%011llx", paint_utf8() ? "…" : "~",
		        (unsigned long long)(addr & ((UINT64_C(1) << 44) - 1)));
	else
		buf_fmt(out, "%012llx", (unsigned long long)addr);
}

/* A size of zero stands out: "-", or "0" in RSS. */
static void
list_cell_text(enum column_id id, const struct value *v, struct buf *out)
{
	if (v->kind == VALUE_HEX && (id == COL_REGION_START || id == COL_REGION_END))
		list_address_text(out, v->n);
	else if (v->kind == VALUE_HEX)
		buf_hex(out, v->n);
	else if (v->kind == VALUE_CHANGE && !v->n && column_row(id)->needs & NEED_DIFF)
		buf_str(out, "-");
	else if (v->kind == VALUE_SIZE && !v->n && id != COL_REGION_SIZE)
		buf_str(out, id == COL_REGION_RSS ? "0" : "-");
	else
		value_text(v, false, !paint_utf8(), out);
}

static void
list_draw_cell(const struct region_row *row, const struct list_place *p, int y)
{
	enum column_id id = p->column->id;
	int pad;
	struct value v = region_value((enum column_id)id, row);
	struct buf text = {0};

	buf_str(&text, "");
	list_cell_text(id, &v, &text);
	pad = list_aligns_right(id) ? p->width - (int)fit_width(text.s, text.len) : 0;
	paint_text(y, p->x + (pad > 0 ? pad : 0), p->x + p->width,
	           list_cell_role(id, row, &v), "%s", text.s);
	buf_free(&text);
	if (id == COL_REGION_PERM)
		list_draw_rwx(row, p, y);
}

/* Strikes out a region that is gone. */
static void
list_draw_struck(const struct list_layout *l, const struct region_row *row, int y)
{
	const struct list_place *last = &l->at[l->n - 1];
	struct buf text = {0};

	for (int x = 1; x < last->x + last->width; x++)
		paint_glyph(y, x, ROLE_DIM, paint_utf8() ? L'─' : L'-');
	for (size_t i = 0; i < l->n; i++) {
		const struct list_place *p = &l->at[i];
		struct value v = {0};
		int pad;

		if (list_is_picture(p->column->id))
			continue;
		text.len = 0;
		buf_str(&text, "");
		if (p->column->id == COL_REGION_MAPPING) {
			fit_name_cut(&text, row->v, (size_t)p->width);
		} else {
			v = region_value((enum column_id)p->column->id, row);
			list_cell_text(p->column->id, &v, &text);
		}
		pad = list_aligns_right(p->column->id) ? p->width - (int)fit_width(text.s, text.len)
		                                       : 0;
		paint_text(y, p->x + (pad > 0 ? pad : 0), p->x + p->width, ROLE_DIM, "%s", text.s);
	}
	buf_free(&text);
}

static void
list_table_draw_row(const struct ui *ui, const struct list_layout *l, const struct region_row *row,
                    const char *fold, int y)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct list_place *p = &l->at[i];

		if (p->column->id == COL_LIST_PAGES)
			list_draw_pages(ui, row, p, y);
		else if (p->column->id == COL_LIST_MINUTE)
			list_draw_minute(row, p, y);
		else if (p->column->id == COL_LIST_HISTORY)
			list_draw_history(row, p, y);
		else if (p->column->id == COL_REGION_MAPPING)
			list_draw_name(row, p, fold, y);
		else
			list_draw_cell(row, p, y);
	}
}

static const char *
list_fold_mark(bool open)
{
	return paint_utf8() ? (open ? "▾ " : "▸ ") : open ? "- " : "+ ";
}

static void
list_draw_group(const struct ui *ui, const struct sample *s, const struct list_layout *l,
                const struct group *g, int y)
{
	struct region_row facts = rows_group_facts(s, g);
	struct vma v = g->v;
	struct buf title = {0};

	group_title(g, &title);
	v.name = title.s;
	facts.v = &v;
	list_table_draw_row(ui, l, &facts, list_fold_mark(rows_is_open(ui, g)), y);
	buf_free(&title);
}

/* Whether a new region is in the group. */
static bool
list_has_born(const struct ui *ui, const struct sample *s, uint64_t row)
{
	const struct groups *gs = rows_groups(ui, s);
	const struct group *g = rows_group(gs, s, row);

	for (size_t i = 0; g && i < ui->list->changes.born_n; i++) {
		const struct vma *v = vma_at(&s->regions->vmas, ui->list->changes.born[i].start);

		if (v && gs->of[v - s->regions->vmas.v] == (size_t)(g - gs->g))
			return true;
	}
	return false;
}

/* The first column of the screen: the cursor, a new region, a region that is gone. */
static void
list_draw_mark(const struct ui *ui, const struct sample *s, uint64_t row, int y)
{
	const struct list *list = ui->list;
	bool born = row_is_group(row) ? list_has_born(ui, s, row)
	                              : list_changes_born(&list->changes, row);

	if (row_is_gone(row))
		paint_text(y, 0, 1, ROLE_HOT, "-");
	else if (born)
		paint_text(y, 0, 1, ROLE_HOT, "+");
	else if (row == ui->region)
		paint_text(y, 0, 1, ROLE_ACCENT, "›");
	if (row != ui->region)
		return;
	paint_shade(y, 0, ui->cols, ROLE_SELECT);
	if (!list->segment)
		paint_cursor(y, 0);
}

/*
 * Below the last row: that nothing matches, and how many regions were left out although they may
 * match.
 */
static void
list_draw_left_out(const struct ui *ui, const struct sample *s, int y, int bottom)
{
	const struct list *list = ui->list;
	bool one = list->unknown == 1;
	struct buf text = {0};

	if (!list->filter.text[0])
		return;
	if (!list->order_n) {
		buf_fmt(&text, "no region matches the filter: %s changes it, %s removes it",
		        key_of(ACT_FILTER, 'R'), key_of(ACT_STAY, 'R'));
		y = fit_draw_lines(y, bottom, ui->cols, ROLE_DIM, text.s);
		buf_free(&text);
	}
	if (!list->unknown || y >= bottom)
		return;
	buf_fmt(&text, "%zu region%s left out: not known whether %s", list->unknown,
	        one ? "" : "s", one ? "it matches" : "they match");
	if (filter_needs(&list->filter.program) & FILTER_NEED_WRITTEN && !s->clears)
		buf_fmt(&text, "; press %s first", key_of(ACT_CLEAR, 'R'));
	fit_draw_lines(y, bottom, ui->cols, ROLE_DIM, text.s);
	buf_free(&text);
}

static unsigned
list_hit_row(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct list *list = ui->list;
	size_t at = list->top + (size_t)t->dy;

	(void)s;
	if (at < list->order_n)
		ui->region = list->order[at];
	return FX_NONE;
}

void
list_table_rows(const struct ui *ui, const struct sample *s, int y, int bottom)
{
	const struct list *list = ui->list;
	struct list_layout l = list_layout(ui);
	int rows =
	    (int)u64_min(list->order_n - list->top, (uint64_t)(bottom > y ? bottom - y : 0));

	zone_add(&(struct zone){
	    .y = y, .bottom = y + rows, .right = ui->cols, .hit = list_hit_row, .opens = true});
	for (size_t i = list->top; i < list->order_n && y < bottom; i++, y++) {
		uint64_t row = list->order[i];
		const struct vma *v = vma_at(&s->regions->vmas, row);
		const struct group *g =
		    list->grouping ? rows_group(rows_groups(ui, s), s, row) : NULL;
		const struct list_gone *gone =
		    row_is_gone(row) ? list_changes_gone(&list->changes, row & ~(uint64_t)ROW_GONE)
				     : NULL;
		struct region_row facts;

		if (gone) {
			facts = rows_gone_facts(s, gone);
			list_draw_struck(&l, &facts, y);
		} else if (v && g) {
			list_draw_group(ui, s, &l, g, y);
		} else if (v) {
			facts = rows_facts(s, (size_t)(v - s->regions->vmas.v));
			list_table_draw_row(ui, &l, &facts, list->grouping ? "  " : "", y);
		}
		list_draw_mark(ui, s, row, y);
	}
	list_draw_left_out(ui, s, y, bottom);
}
