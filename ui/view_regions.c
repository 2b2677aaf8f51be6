/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of regions: two bars (what is in RAM, what the address space is for), the write line,
 * and a row a region with its page strip. The cursor stays on its region, not on its row.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "list_rows.h"
#include "paint.h"
#include "util.h"
#include "view.h"

enum { BAR_LABEL = 12, HEAD_ROWS = 4 }; /* two bars, the write line, the headings */

/* --- columns of the list ------------------------------------------------------------------------------ */

/* In the order they stand. `shed`: dropped in this order (1 first) when the screen is narrow. */
static const struct list_column {
	enum column_id id;
	const char *title; /* NULL: the column's own */
	int width, shed;
	bool down; /* sorts from large to small first */
} list[] = {
    {COL_REGION_START, "ADDRESS", 12, 0, false}, {COL_REGION_SIZE, NULL, 5, 0, true},
    {COL_REGION_PERM, NULL, 4, 6, false},        {COL_REGION_TYPE, NULL, 7, 1, false},
    {COL_REGION_RSS, NULL, 5, 0, true},          {COL_REGION_PERCENT, NULL, 3, 3, true},
    {COL_REGION_SWAP, NULL, 5, 2, true},         {COL_REGION_DIRTY, "WRITTEN", 7, 5, true},
    {COL_REGION_MAPPING, NULL, 0, 0, false},
};
enum { SHED_STRIP = 4, SHED_LAST = 6 }; /* the strip goes after the columns below it */
enum { LIST_COLUMNS = ARRAY_LEN(list), LIST_MAPPING = LIST_COLUMNS - 1, NAME_MIN = 12 };

struct layout {
	bool shown[LIST_COLUMNS];
	int x[LIST_COLUMNS];
	int strip_x, strip_width;
};

static int
fixed_width(const struct layout *l)
{
	int w = 1; /* the cursor mark */

	for (int i = 0; i < LIST_MAPPING; i++)
		w += l->shown[i] ? list[i].width + 1 : 0;
	return w + l->strip_width + 1;
}

static struct layout
layout_for(int cols)
{
	struct layout l = {.strip_width = cols >= 110 ? LIST_STRIP : LIST_STRIP / 2};
	int x = 1;

	for (int i = 0; i < LIST_COLUMNS; i++)
		l.shown[i] = true;
	for (int shed = 1; shed <= SHED_LAST && fixed_width(&l) + NAME_MIN > cols; shed++) {
		if (shed == SHED_STRIP)
			l.strip_width = 0;
		for (int i = 0; i < LIST_COLUMNS; i++)
			if (list[i].shed == shed)
				l.shown[i] = false;
	}
	for (int i = 0; i < LIST_COLUMNS; i++) {
		if (i == LIST_MAPPING) {
			l.strip_x = x;
			x += l.strip_width ? l.strip_width + 1 : 0;
		}
		l.x[i] = x;
		x += l.shown[i] ? list[i].width + 1 : 0;
	}
	return l;
}

/* --- order -------------------------------------------------------------------------------------------- */

static void
settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	size_t rows = (size_t)(bottom - top > HEAD_ROWS ? bottom - top - HEAD_ROWS : 1), at;
	struct row_order o = {list[ui->sort].id, list[ui->sort].down != ui->invert, ui->sort != 0};

	if (!s->regions || !s->regions->vmas.n)
		return;
	rows_settle(ui, s, &o);
	at = rows_position(ui);
	if (at < ui->list_top)
		ui->list_top = at;
	if (at >= ui->list_top + rows)
		ui->list_top = at - rows + 1;
	if (ui->list_top + rows > ui->order_n)
		ui->list_top = ui->order_n > rows ? ui->order_n - rows : 0;
}

/* --- drawing ------------------------------------------------------------------------------------------ */

struct segment {
	const char *label;
	enum role role;
	uint64_t bytes;
};

static void
draw_bar(const struct ui *ui, int y, const char *title, uint64_t total,
         const struct segment *seg, size_t n)
{
	int x = BAR_LABEL, width = ui->cols - BAR_LABEL - 2;
	uint64_t sum = 0, done = 0;
	char size[8];

	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "%-5s", title);
	paint_text(y, 5, BAR_LABEL, ROLE_STRONG, "%5s", size_text(size, total));
	for (size_t i = 0; i < n; i++)
		sum += seg[i].bytes;
	for (size_t i = 0; i < n && sum; i++) {
		int to;

		if (!seg[i].bytes)
			continue;
		done += seg[i].bytes;
		to = BAR_LABEL + (int)((double)done / (double)sum * width + 0.5);
		if (to <= x)
			continue;
		paint_fill(y, x, to, seg[i].role);
		if (to - x > (int)strlen(seg[i].label) + 7)
			paint_text(y, x + 1, to, seg[i].role, "%s %s", seg[i].label,
			           size_text(size, seg[i].bytes));
		else if (to - x > (int)strlen(seg[i].label))
			paint_text(y, x, to, seg[i].role, "%s", seg[i].label);
		x = to;
	}
}

static void
draw_ram(const struct ui *ui, const struct sample *s, int y)
{
	static const struct {
		enum state state;
		const char *label;
	} parts[] = {
	    {STATE_ANON, "anon"}, {STATE_THP_HEAD, "thp"},    {STATE_HUGETLB, "hugetlb"},
	    {STATE_FILE, "file"}, {STATE_SHMEM, "shm"},       {STATE_DEVICE, "dev"},
	};
	struct segment seg[ARRAY_LEN(parts)];
	const struct totals *t = &s->regions->totals;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		seg[i] = (struct segment){parts[i].label, paint_state_role(parts[i].state),
		                          t->rss_by_state[parts[i].state] * s->page_size};
	draw_bar(ui, y, "RAM", t->rss * s->page_size, seg, ARRAY_LEN(seg));
	if (!s->regions->counted)
		paint_text(y, 0, ui->cols, ROLE_DIM, "%-12s%s", "RAM", "counting");
}

static void
draw_virt(const struct ui *ui, const struct sample *s, int y)
{
	const struct totals *t = &s->regions->totals;
	const uint64_t *by = t->size_by_type;
	uint64_t there = (t->rss + t->swap) * s->page_size;
	const struct segment seg[] = {
	    {"in RAM or swap", ROLE_ANON, u64_min(there, t->size)},
	    {"reserved", ROLE_GUARD, by[VMA_RESERVE]},
	    {"not touched", ROLE_HEADER_DIM,
	     t->size - u64_min(t->size, u64_min(there, t->size) + by[VMA_RESERVE])},
	};

	draw_bar(ui, y, "VIRT", t->size, seg, ARRAY_LEN(seg));
}

static void
draw_writes(const struct ui *ui, const struct sample *s, int y)
{
	char size[8];
	double age = (double)(ui->now > s->mark_ns ? ui->now - s->mark_ns : 0) / 1e9;

	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "writes");
	if (s->gen && s->can_track == TRACK_YES)
		paint_text(y, BAR_LABEL, ui->cols, ROLE_HOT, "%s written in %llu pages, %.0f s after the clear",
		           size_text(size, s->regions->totals.written * s->page_size),
		           (unsigned long long)s->regions->totals.written, age);
	else if (s->can_track == TRACK_YES)
		paint_text(y, BAR_LABEL, ui->cols, ROLE_DIM, "press c: pages written from then on light up");
	else if (s->can_track == TRACK_NO)
		paint_text(y, BAR_LABEL, ui->cols, ROLE_DIM, "not visible: %s", s->track_why);
}

/* The classes that some strip shows. */
static void
classes_shown(const struct sample *s, enum lens l, bool shown[CLASS_MAX])
{
	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		const struct region *r = &s->regions->r[i];

		for (unsigned k = 0; r->known && r->lens == l && k < LIST_STRIP; k++)
			shown[r->strip[k].cls] |= r->strip[k].height > 0;
	}
}

/* In place of the writes: what the strips show now. */
static void
draw_lens(const struct ui *ui, const struct sample *s, int y)
{
	const struct lens_row *l = lens_row(ui->lens);
	bool shown[CLASS_MAX] = {false};
	struct buf lacks = {0};
	int x;

	classes_shown(s, ui->lens, shown);
	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "lens %c", l->digit);
	x = paint_text(y, BAR_LABEL, ui->cols, ROLE_ACCENT, "%s", l->name);
	x = paint_text(y, x, ui->cols, ROLE_TEXT, ": %s ", l->question);
	if (ui_lens_lacks(ui, s, &lacks)) {
		paint_text(y, x, ui->cols, ROLE_HOT, "%s", lacks.s);
	} else {
		for (unsigned c = 0; c < lens_classes(ui->lens) && x + 8 < ui->cols; c++) {
			if (!shown[c])
				continue;
			paint_glyph(y, x, paint_class_role(ui->lens, c), (wchar_t)lens_class(ui->lens, c).letter);
			x = paint_text(y, x + 1, ui->cols, ROLE_DIM, " %s ", lens_class(ui->lens, c).name);
		}
	}
	buf_free(&lacks);
}

static void
draw_headings(const struct ui *ui, const struct layout *l, int y)
{
	paint_fill(y, 0, ui->cols, ROLE_HEADER);
	for (int i = 0; i < LIST_COLUMNS; i++) {
		const struct column *c = column_row(list[i].id);
		const char *title = list[i].title ? list[i].title : c->title;
		bool right = c->right && i != 0;
		const char *mark = ui->sort != i ? "" : list[i].down != ui->invert ? "▼" : "▲";
		int width = i == LIST_MAPPING ? ui->cols - l->x[i] : list[i].width;
		int len = (int)strlen(title) + (mark[0] ? 1 : 0), x = l->x[i];

		if (!l->shown[i])
			continue;
		if (right && len < width)
			x += width - len;
		x = paint_text(y, x, l->x[i] + u64_max(width, 1) + (mark[0] ? 1 : 0), ROLE_HEADER, "%s", title);
		paint_text(y, x, ui->cols, ROLE_HEADER, "%s", mark);
	}
	if (l->strip_width)
		paint_text(y, l->strip_x, l->strip_x + l->strip_width, ROLE_HEADER,
		           l->strip_width >= LIST_STRIP ? "PAGES low to high" : "PAGES");
}

static void
draw_strip(const struct strip_cell *strip, enum lens l, int y, int x, int width)
{
	for (int i = 0; i < width; i++) {
		/* a narrow strip shows the better filled, and the warmer, of its neighbours */
		const struct strip_cell *a = &strip[i * LIST_STRIP / width], *b = a;
		unsigned height;
		enum role role;

		for (int k = i * LIST_STRIP / width; k < (i + 1) * LIST_STRIP / width; k++) {
			if (strip[k].height > a->height)
				a = &strip[k];
			if (strip[k].heat && (!b->heat || strip[k].heat < b->heat))
				b = &strip[k];
		}
		height = a->height > 7 ? 7 : a->height; /* rows must not fuse */
		role = b->heat && !lens_needs_pages(l) ? paint_heat_role((enum heat)b->heat) : paint_class_role(l, a->cls);
		if (!height)
			paint_glyph(y, x + i, ROLE_NONE, L'·');
		else
			paint_block(y, x + i, role, ROLE_TEXT, paint_eighth(height));
	}
}

static enum role
cell_role(enum column_id id, const struct value *v)
{
	if (id == COL_REGION_DIRTY && v->n)
		return ROLE_HOT;
	if (id == COL_REGION_SWAP && v->n)
		return ROLE_SWAP_TEXT;
	return ROLE_TEXT;
}

/* Twelve digits hold every address of 47 bits; of a longer one ([vsyscall]) the end, marked as cut. */
static void
address_text(struct buf *out, uint64_t addr)
{
	if (addr >> 48)
		buf_fmt(out, "%s%011llx", paint_utf8() ? "…" : "~",
		        (unsigned long long)(addr & ((UINT64_C(1) << 44) - 1)));
	else
		buf_fmt(out, "%012llx", (unsigned long long)addr);
}

static void
draw_row(const struct ui *ui, const struct layout *l, const struct region_row *facts, uint64_t at,
         const char *fold, int y)
{
	struct region_row row = *facts;
	struct buf text = {0};
	int room;

	for (int c = 0; c < LIST_MAPPING; c++) {
		struct value v;
		int pad;

		if (!l->shown[c])
			continue;
		v = region_value(list[c].id, &row);
		text.len = 0;
		buf_str(&text, "");
		if (c == 0)
			address_text(&text, row.v->start);
		else if (v.kind == VALUE_SIZE && v.n == 0 && list[c].id != COL_REGION_SIZE)
			buf_str(&text, list[c].id == COL_REGION_RSS ? "0" : "-");
		else
			value_text(&v, false, !paint_utf8(), &text);
		pad = column_row(list[c].id)->right ? list[c].width - (int)text.len : 0;
		paint_text(y, l->x[c] + (pad > 0 ? pad : 0), l->x[c] + list[c].width, cell_role(list[c].id, &v),
		           "%s", text.s);
	}
	if (!row.regions && row.v->perm & VMA_WRITE && row.v->perm & VMA_EXEC && l->shown[2])
		paint_text(y, l->x[2], l->x[2] + 4, ROLE_BANNER, "rwx%c", row.v->perm & VMA_SHARED ? 's' : 'p');
	if (l->strip_width && row.r->known && row.r->lens < LENS_COUNT)
		draw_strip(row.r->strip, (enum lens)row.r->lens, y, l->strip_x, l->strip_width);
	else if (l->strip_width && row.regions)
		paint_text(y, l->strip_x, l->strip_x + l->strip_width, ROLE_DIM, "%zu region%s", row.regions,
		           row.regions == 1 ? "" : "s");
	else if (l->strip_width && row.r->known)
		paint_text(y, l->strip_x, l->strip_x + l->strip_width, ROLE_DIM, "counting");
	text.len = 0;
	buf_str(&text, fold);
	room = ui->cols - l->x[LIST_MAPPING] - (int)ui_width(fold, strlen(fold));
	ui_name_cut(&text, row.v, (size_t)(room > 0 ? room : 0));
	paint_text(y, l->x[LIST_MAPPING], ui->cols, row.v->name[0] ? ROLE_TEXT : ROLE_DIM, "%s",
	           text.s ? text.s : "");
	if (at == ui->region) {
		paint_text(y, 0, 1, ROLE_ACCENT, "›");
		paint_shade(y, 0, ui->cols, ROLE_SELECT);
	}
	buf_free(&text);
}

static const char *
fold_mark(bool open)
{
	return paint_utf8() ? (open ? "▾ " : "▸ ") : open ? "- " : "+ ";
}

static void
draw_rows(const struct ui *ui, const struct sample *s, const struct layout *l, int y, int bottom)
{
	struct groups gs = {0};

	if (ui->grouping)
		groups_make(&gs, s->regions, ui->grouping, NULL);
	for (size_t i = ui->list_top; i < ui->order_n && y < bottom; i++, y++) {
		const struct vma *v = vma_at(&s->regions->vmas, ui->order[i]);
		const struct group *g = ui->grouping ? rows_group(&gs, s, ui->order[i]) : NULL;
		struct region_row facts;

		if (!v)
			continue;
		facts = g ? rows_group_facts(s, g) : rows_facts(s, (size_t)(v - s->regions->vmas.v));
		draw_row(ui, l, &facts, ui->order[i], g ? fold_mark(rows_is_open(ui, g)) : ui->grouping ? "  " : "", y);
		if (ui->order[i] == ui->region)
			paint_cursor(y, 0);
	}
	groups_free(&gs);
}

static void
draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct layout l = layout_for(ui->cols);

	if (!s->regions)
		return;
	draw_ram(ui, s, top);
	draw_virt(ui, s, top + 1);
	if (lens_needs_pages(ui->lens))
		draw_lens(ui, s, top + 2);
	else
		draw_writes(ui, s, top + 2);
	draw_headings(ui, &l, top + 3);
	draw_rows(ui, s, &l, top + HEAD_ROWS, bottom);
}

/* The sentence about a group: how many, how much. */
static void
say_group(const struct ui *ui, const struct sample *s, struct buf *out)
{
	struct groups gs;
	const struct group *g;
	char a[8], b[8];

	groups_make(&gs, s->regions, ui->grouping, NULL);
	g = rows_group(&gs, s, ui->region);
	if (g) {
		text_escape(out, g->key, strlen(g->key), !paint_utf8());
		buf_fmt(out, ": %zu region%s, %s, %s in RAM; Enter %s them", g->n, g->n == 1 ? "" : "s",
		        size_text(a, vma_size(&g->v)), size_text(b, g->sum.rss * s->page_size),
		        rows_is_open(ui, g) ? "folds" : "shows");
	}
	groups_free(&gs);
}

static void
say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct region *r;
	const struct vma *v = ui_vma(ui, s, &r);
	char a[8], b[8], perm[5];

	if (!v)
		return;
	if (row_is_group(ui->region)) {
		say_group(ui, s, out);
		return;
	}
	vma_perm_text(v, perm);
	buf_fmt(out, "%llx ", (unsigned long long)v->start);
	ui_name(out, v);
	buf_fmt(out, " %s %s: ", size_text(a, vma_size(v)), perm);
	if (!r->known)
		buf_str(out, s->regions->counted ? "the kernel shows no page table of it" : "not counted yet");
	else if (!r->rss && !r->swap)
		buf_str(out, v->type == VMA_RESERVE ? "address space kept aside, no access" : "0 pages touched");
	else
		buf_fmt(out, "%s in RAM", size_text(b, r->rss * s->page_size));
	if (r->thp)
		buf_fmt(out, " (%s in huge pages)", size_text(b, r->thp * s->page_size));
	if (r->swap)
		buf_fmt(out, ", %s swapped", size_text(b, r->swap * s->page_size));
	if (s->gen && r->newborn)
		buf_str(out, ", new since the clear or not watched: writes not known");
	else if (s->gen && r->written)
		buf_fmt(out, ", %llu pages written", (unsigned long long)r->written);
}

static void
crumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)s;
	buf_str(out, "regions");
	if (ui->grouping)
		buf_fmt(out, " by %s", grouping_name(ui->grouping));
}

/* --- keys --------------------------------------------------------------------------------------------- */

static void
move_to(struct ui *ui, long at)
{
	if (!ui->order_n)
		return;
	if (at < 0)
		at = 0;
	if ((size_t)at >= ui->order_n)
		at = (long)ui->order_n - 1;
	ui->region = ui->order[at];
}

static bool
matches(const struct ui *ui, const struct sample *s, uint64_t start)
{
	const struct vma *v = vma_at(&s->regions->vmas, start);
	char addr[32];

	snprintf(addr, sizeof(addr), "%012llx", (unsigned long long)start);
	return v && (strcasestr(v->name, ui->find) || strstr(addr, ui->find));
}

static unsigned
find(struct ui *ui, const struct sample *s, long step)
{
	long n = (long)ui->order_n, at = (long)rows_position(ui);

	if (!ui->find[0] || !s->regions)
		return FX_NONE;
	for (long i = 1; i <= n; i++) {
		long k = ((at + i * step) % n + n) % n;

		if (matches(ui, s, ui->order[k])) {
			ui->region = ui->order[k];
			return FX_NONE;
		}
	}
	return FX_NOT_FOUND;
}

/* Who asks for an order wants to see its top. */
static void
sort_by(struct ui *ui, int sort, bool invert)
{
	ui->sort = sort;
	ui->invert = invert;
	free(ui->order);
	ui->order = NULL;
	ui->region = 0;
}

/* The row under the cursor stays: its region, or the group it is in now. */
static void
group_by(struct ui *ui, enum grouping by)
{
	ui->grouping = by;
	ui->open_n = 0;
	ui->region &= ~UINT64_C(1);
	free(ui->order);
	ui->order = NULL;
}

static unsigned
act(struct ui *ui, const struct sample *s, enum action a)
{
	long at = (long)rows_position(ui), page = ui->rows - HEAD_ROWS - 3;

	if (!s->regions)
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: move_to(ui, at - 1); break;
	case ACT_DOWN: move_to(ui, at + 1); break;
	case ACT_PAGE_UP: move_to(ui, at - page); break;
	case ACT_PAGE_DOWN: move_to(ui, at + page); break;
	case ACT_HALF_UP: move_to(ui, at - page / 2); break;
	case ACT_HALF_DOWN: move_to(ui, at + page / 2); break;
	case ACT_FIRST: move_to(ui, 0); break;
	case ACT_LAST: move_to(ui, (long)ui->order_n); break;
	case ACT_SORT: sort_by(ui, (ui->sort + 1) % LIST_COLUMNS, false); break;
	case ACT_SORT_BACK: sort_by(ui, (ui->sort + LIST_COLUMNS - 1) % LIST_COLUMNS, false); break;
	case ACT_INVERT: sort_by(ui, ui->sort, !ui->invert); break;
	case ACT_FIND: return FX_FIND;
	case ACT_FIND_NEXT: return find(ui, s, 1);
	case ACT_FIND_BACK: return find(ui, s, -1);
	case ACT_INFO:
		ui->card_top = 0;
		if (!row_is_group(ui->region))
			ui_push(ui, VIEW_REGION);
		break;
	case ACT_GROUP: group_by(ui, (ui->grouping + 1) % GROUPING_COUNT); break;
	case ACT_OPEN: {
		const struct vma *v = ui_vma(ui, s, NULL);

		if (row_is_group(ui->region)) {
			rows_fold(ui, s);
		} else if (v) {
			ui->cursor = v->start;
			ui->grid = (struct grid){0};
			ui_push(ui, VIEW_GRID);
		}
		break;
	}
	}
	return FX_NONE;
}

const struct view view_regions = {
    .name = "regions", .letter = 'R', .draw = draw, .act = act, .say = say, .crumb = crumb,
    .settle = settle,
};
