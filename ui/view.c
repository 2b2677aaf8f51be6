/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <stdio.h>
#include <string.h>

#include "list_rows.h"
#include "paint.h"
#include "util.h"

static const struct view *const views[VIEW_COUNT] = {
    [VIEW_REGIONS] = &view_regions,
    [VIEW_GRID] = &view_grid,
    [VIEW_PAGE] = &view_page,
    [VIEW_REGION] = &view_region,
    [VIEW_CAPABILITIES] = &view_capabilities,
    [VIEW_HEX] = &view_hex,
    [VIEW_MAP] = &view_map,
    [VIEW_WRITES] = &view_writes,
    [VIEW_HELP] = &view_help,
    [VIEW_SORT] = &view_sort,
    [VIEW_COLUMNS] = &view_columns,
    [VIEW_MESSAGES] = &view_messages,
    [VIEW_PICKER] = &view_picker,
};

const struct view *
view_of(enum view_id id)
{
	return views[id];
}

void
ui_push(struct ui *ui, enum view_id id)
{
	if (ui->depth + 1 < VIEW_DEPTH)
		ui->stack[++ui->depth] = id;
}

void
ui_pop(struct ui *ui)
{
	if (ui->depth > 0)
		ui->depth--;
}

uint64_t
ui_at(const struct ui *ui)
{
	switch (ui_view(ui)) {
	case VIEW_GRID:
	case VIEW_PAGE: return ui->cursor;
	case VIEW_HEX: return ui->byte;
	case VIEW_REGIONS:
	case VIEW_REGION:
	case VIEW_CAPABILITIES:
	case VIEW_MAP:
	case VIEW_WRITES:
	case VIEW_HELP:
	case VIEW_MESSAGES:
	case VIEW_SORT:
	case VIEW_COLUMNS:
	case VIEW_PICKER:
	case VIEW_COUNT: break;
	}
	return ui->region & ~(uint64_t)(ROW_GROUP | ROW_GONE);
}

static void
cell_of(const struct grid *g, uint64_t addr, uint64_t *lo, uint64_t *hi)
{
	uint64_t bytes = grid_cell_bytes(g), from = addr & ~(bytes - 1);

	*lo = u64_max(from, g->start);
	*hi = g->end - from < bytes ? g->end : from + bytes;
}

bool
ui_range(const struct ui *ui, uint64_t *lo, uint64_t *hi)
{
	uint64_t at = ui_at(ui), other_lo, other_hi;

	if (!ui->range_on || ui->range_in != ui_view(ui))
		return false;
	if (ui->range_in == VIEW_HEX) {
		*lo = u64_min(ui->range_from, at);
		*hi = u64_max(ui->range_from, at) + 1;
		return true;
	}
	cell_of(&ui->grid, ui->range_from, lo, hi);
	cell_of(&ui->grid, at, &other_lo, &other_hi);
	*lo = u64_min(*lo, other_lo);
	*hi = u64_max(*hi, other_hi);
	return true;
}

void
ui_range_begin(struct ui *ui)
{
	ui->range_on = true;
	ui->range_in = ui_view(ui);
	ui->range_from = ui_at(ui);
}

void
ui_range_toggle(struct ui *ui)
{
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi))
		ui->range_on = false;
	else
		ui_range_begin(ui);
}

uint64_t
ui_exact(const struct ui *ui)
{
	bool pages = ui_view(ui) == VIEW_GRID || ui_view(ui) == VIEW_PAGE;

	return pages && ui->byte - ui->cursor < ui->grid.page_size ? ui->byte : ui_at(ui);
}

struct place
ui_place(const struct ui *ui)
{
	struct place p = {.depth = (uint8_t)ui->depth,
	                  .region = ui->region,
	                  .at = ui_exact(ui),
	                  .zoom = ui->grid.zoom,
	                  .top = ui_view(ui) == VIEW_HEX ? ui->hex_top : ui->grid.top};

	for (int i = 0; i <= ui->depth; i++)
		p.view[i] = (uint8_t)ui->stack[i];
	return p;
}

bool
ui_take_place(struct ui *ui, const struct sample *s, const struct place *p)
{
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, p->at) : NULL;

	if (!v)
		return false;
	for (int i = 0; i <= p->depth; i++)
		ui->stack[i] = (enum view_id)p->view[i];
	ui->depth = p->depth;
	ui->region = ui_view(ui) == VIEW_REGIONS ? p->region : v->start;
	if (ui_view(ui) == VIEW_HEX)
		ui->hex_top = p->top;
	else
		ui->grid.top = p->top;
	ui->byte = p->at;
	ui->grid.zoom = p->zoom;
	ui->cursor = p->at & ~(uint64_t)(s->page_size - 1);
	ui->card_top = 0;
	return true;
}

void
ui_leave(struct ui *ui)
{
	struct place p = ui_place(ui);

	jumps_push(&ui->jumps, &p);
}

bool
ui_return(struct ui *ui, const struct sample *s)
{
	struct place p;

	while (jumps_pop(&ui->jumps, &p))
		if (ui_take_place(ui, s, &p))
			return true;
	return false;
}

void
ui_show(struct ui *ui, enum view_id id)
{
	for (int i = ui->depth; i > 0; i--)
		if (ui->stack[i] == id) {
			ui->depth = i;
			return;
		}
	ui_push(ui, id);
}

void
ui_back(struct ui *ui)
{
	struct place p;
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi)) {
		ui->range_on = false;
		return;
	}
	if (ui_view(ui) == VIEW_HELP && ui_help_find(ui, ""))
		return;
	if (ui_view(ui) == VIEW_GRID && ui->page_filter[0]) {
		ui->page_filter[0] = '\0';
		return;
	}
	if (ui_view(ui) != VIEW_HEX || !jumps_followed(&ui->jumps)) {
		ui_pop(ui);
		return;
	}
	while (jumps_pop(&ui->jumps, &p) && !p.followed)
		;
	ui->byte = p.at;
	ui->hex_top = p.top;
}

void
ui_hex(struct ui *ui, uint64_t addr)
{
	ui->byte = addr;
	jumps_rebase(&ui->jumps);
	ui_push(ui, VIEW_HEX);
}

void
ui_hex_jump(struct ui *ui, uint64_t addr)
{
	struct place p = ui_place(ui);

	p.followed = true;
	jumps_push(&ui->jumps, &p);
	ui->byte = addr;
}

const struct vma *
ui_vma(const struct ui *ui, const struct sample *s, const struct region **r)
{
	bool there = s->regions && !row_is_gone(ui->region);
	const struct vma *v = there ? vma_at(&s->regions->vmas, ui->region) : NULL;

	if (r)
		*r = v ? &s->regions->r[v - s->regions->vmas.v] : NULL;
	return v;
}

bool
ui_go(struct ui *ui, const struct sample *s, uint64_t addr)
{
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, addr) : NULL;

	if (!v)
		return false;
	ui_leave(ui);
	ui->region = v->start;
	ui->byte = addr;
	ui->cursor = addr & ~(uint64_t)(s->page_size - 1);
	ui->grid.zoom = 0;
	ui->depth = 0;
	ui_push(ui, VIEW_GRID);
	return true;
}

void
ui_crumb_add(struct buf *out, const struct ui *ui, const char *text)
{
	if ((int)(ui_width(out->s, out->len) + ui_width(text, strlen(text))) <= ui->crumb_room)
		buf_str(out, text);
}

void
ui_crumb_region(struct buf *out, const struct ui *ui, const struct sample *s, const char *tail)
{
	enum { NAME_LEAST = 4, NAME_FAIR = 12, NAME_MOST = 28 };
	const struct vma *v = ui_vma(ui, s, NULL);
	struct buf name = {0}, rest = {0};
	char place[32], perm[5], size[8];
	int room;

	if (!v) {
		buf_fmt(out, "%llx (unmapped)%s", (unsigned long long)ui->region, tail);
		return;
	}
	ui_name_cut(&name, v, NAME_MOST);
	vma_perm_text(v, perm);
	snprintf(place, sizeof(place), " %llx+%s", (unsigned long long)v->start, size_text(size, vma_size(v)));
	buf_fmt(&rest, "%s %s%s", place, perm, tail);
	room = ui->crumb_room - (int)ui_width(rest.s, rest.len);
	if (room < (int)ui_width(name.s, name.len)) {
		bool both = ui->crumb_room - (int)(strlen(place) + ui_width(tail, strlen(tail))) >=
		            NAME_FAIR;

		buf_free(&rest);
		buf_fmt(&rest, "%s%s", both ? place : "", tail);
		room = ui->crumb_room - (int)ui_width(rest.s, rest.len);
	}
	if (room < NAME_LEAST) { /* for nothing but a name */
		buf_free(&rest);
		room = ui->crumb_room > NAME_LEAST ? ui->crumb_room : NAME_LEAST;
	}
	ui_name_cut(out, v, room > NAME_MOST ? NAME_MOST : (size_t)room);
	buf_str(out, rest.s ? rest.s : "");
	buf_free(&name);
	buf_free(&rest);
}

int
ui_page_rows(struct ui_page p)
{
	return p.lines > p.rows * p.columns && p.rows > 1 ? p.rows - 1 : p.rows;
}

int
ui_page_top(int top, struct ui_page p)
{
	int last = p.lines - ui_page_rows(p) * p.columns;

	if (top > last)
		top = last;
	return top > 0 ? top : 0;
}

void
ui_draw_more(const struct ui *ui, int y, int top, struct ui_page p)
{
	int shown = ui_page_rows(p), below = p.lines - top - shown * p.columns;
	char letter = view_of(ui_view(ui))->letter;
	struct buf text = {0};

	if (shown == p.rows)
		return;
	if (top)
		buf_fmt(&text, "▲ %d line%s above%s", top, plural((uint64_t)top),
		        below > 0 ? "  " : "");
	if (below > 0)
		buf_fmt(&text, "▼ %d line%s below: %s", below, plural((uint64_t)below),
		        key_of(ACT_PAGE_DOWN, letter));
	paint_fill(y + shown, 0, ui->cols, ROLE_TEXT);
	ui_draw_cut(y + shown, 1, ui->cols, ROLE_ACCENT, text.s);
	buf_free(&text);
}

enum role
ui_heat_role(const struct ui *ui, enum heat h)
{
	return ui_by_count(ui) && h ? (enum role)(ROLE_HEAT_NOW + (int)h - HEAT_NOW) : paint_heat_role(h);
}

struct strip_cell
ui_strip_at(const struct ui *ui, const struct strip_cell *strip, unsigned i, unsigned width)
{
	unsigned from = i * LIST_STRIP / width, to = (i + 1) * LIST_STRIP / width;
	struct strip_cell got = strip[from];
	unsigned sum = 0, n = 0;

	got.heat = 0;
	for (unsigned k = from; k < to || k == from; k++) {
		uint8_t heat;

		sum += strip[k].height;
		n++;
		if (strip[k].height > got.height) {
			got.height = strip[k].height;
			got.cls = strip[k].cls;
		}
		heat = ui_by_count(ui) ? strip[k].often : strip[k].heat;
		if (heat && (!got.heat || heat < got.heat))
			got.heat = heat;
	}
	got.height = (uint8_t)steps(sum, 8 * n, STRIP_HIGH);
	return got;
}

void
ui_strip_cell(const struct ui *ui, const struct strip_cell *c, enum lens l, int y, int x)
{
	bool warm = c->heat && !lens_needs_pages(l);

	if (!c->height)
		paint_glyph(y, x, ROLE_NONE, L'·');
	else
		paint_block(y, x, warm ? ui_heat_role(ui, (enum heat)c->heat) : paint_class_role(l, c->cls), ROLE_TEXT,
		            paint_eighth(c->height));
}

/* How many characters of all strips show each class. */
static void
count_classes(const struct sample *s, enum lens l, size_t n[CLASS_MAX])
{
	memset(n, 0, CLASS_MAX * sizeof(*n));
	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		const struct region *r = &s->regions->r[i];

		for (unsigned k = 0; r->known && r->lens == l && k < LIST_STRIP; k++)
			n[r->strip[k].cls] += r->strip[k].height > 0;
	}
}

static int
legend_width(enum lens l, const size_t n[CLASS_MAX])
{
	int width = 0;

	for (unsigned c = 0; c < lens_classes(l); c++)
		width += n[c] ? (int)strlen(lens_class(l, c).name) + 3 : 0;
	return width;
}

int
ui_strip_legend_width(const struct sample *s, enum lens l)
{
	size_t n[CLASS_MAX];

	count_classes(s, l, n);
	return legend_width(l, n);
}

static void
drop_rarest(size_t n[CLASS_MAX])
{
	size_t *least = NULL;

	for (unsigned c = 0; c < CLASS_MAX; c++)
		if (n[c] && (!least || n[c] < *least))
			least = &n[c];
	if (least)
		*least = 0;
}

int
ui_strip_legend(const struct sample *s, enum lens l, int y, int x, int right)
{
	size_t n[CLASS_MAX];
	int width;

	count_classes(s, l, n);
	while ((width = legend_width(l, n)) && x + width > right + 1) /* a blank may be lost at the end */
		drop_rarest(n);
	for (unsigned c = 0; c < lens_classes(l); c++) {
		if (!n[c])
			continue;
		paint_glyph(y, x, paint_class_role(l, c), (wchar_t)lens_class(l, c).letter);
		x = paint_text(y, x + 1, right, ROLE_DIM, " %s ", lens_class(l, c).name);
	}
	return x;
}

bool
ui_lens_lacks(const struct ui *ui, const struct sample *s, struct buf *out)
{
	static const char as_root[] = "run pmtop as root (CAP_SYS_ADMIN)";

	switch (ui->lens) {
	case LENS_WRITES:
		if (s->can_track == TRACK_NO)
			buf_fmt(out, "not visible: %s; %s", s->track_why, s->track_how);
		else if (!s->gen)
			buf_fmt(out, "press %s: pages written from then on light up", key_of(ACT_CLEAR, view_of(ui_view(ui))->letter));
		break;
	case LENS_SHARING:
		if (s->frames_hidden)
			buf_fmt(out, "once, or more often; for how often %s", as_root);
		break;
	case LENS_LRU:
	case LENS_FOLIOS:
	case LENS_PHYSICAL:
		if (s->frames_hidden)
			buf_fmt(out, "page frames are hidden: %s", as_root);
		break;
	case LENS_SWAP:
		if (!s->swap_devices)
			buf_str(out, "this machine has no swap: /proc/swaps is empty");
		break;
	case LENS_NUMA:
		if (!s->live)
			buf_str(out, "only of a live process in this PID namespace (move_pages)");
		break;
	case LENS_STATE:
	case LENS_BACKING:
	case LENS_COUNT:
		break;
	}
	return out->len > 0;
}
