/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/ui.h"

#include "base/util.h"
#include "model/dump.h"
#include "model/list_rows.h"
#include "model/pages.h"

const struct view_row *
view_row(enum view_id id)
{
#define V(id, object, letter, name, title, on) {title, letter, ON_##on},
	static const struct view_row rows[VIEW_COUNT] = {
#include "term/views.def"
	};

	return &rows[id];
}

void
ui_push(struct ui *ui, enum view_id id)
{
	if (ui->depth + 1 == VIEW_DEPTH)
		return;
	ui->stack[++ui->depth] = id;
	ui->fresh[ui->depth] = true;
}

void
ui_pop(struct ui *ui)
{
	if (ui->depth > 0)
		ui->depth--;
}

void
ui_leave_space(struct ui *ui)
{
	enum view_id over = ui_view(ui);

	ui->depth = ui_is_bare(ui);
	if (ui->depth) {
		ui->stack[1] = over;
		ui->fresh[1] = false;
	}
}

void
ui_show(struct ui *ui, enum view_id id)
{
	for (int i = ui->depth; i > 0; i--)
		if (ui->stack[i] == id) {
			ui->depth = i;
			ui->fresh[i] = true;
			return;
		}
	ui_push(ui, id);
}

uint64_t
ui_at(const struct ui *ui)
{
	switch (view_row(ui_view(ui))->on) {
	case ON_PAGE: return ui->cursor;
	case ON_BYTE: return ui->byte;
	case ON_REGION:
	case ON_NOTHING: break;
	}
	return ui->region & ~(uint64_t)(ROW_GROUP | ROW_GONE);
}

static void
ui_cell_of(const struct grid *g, uint64_t addr, uint64_t *lo, uint64_t *hi)
{
	uint64_t bytes = grid_cell_bytes(g), from = addr & ~(bytes - 1);

	*lo = u64_max(from, g->start);
	*hi = g->end - from < bytes ? g->end : from + bytes;
}

bool
ui_range(const struct ui *ui, uint64_t *lo, uint64_t *hi)
{
	uint64_t at = ui_at(ui), other_lo, other_hi;

	if (!ui->range.on || ui->range.in != ui_view(ui))
		return false;
	if (ui->range.in == VIEW_HEX) {
		*lo = u64_min(ui->range.from, at);
		*hi = u64_max(ui->range.from, at) + 1;
		return true;
	}
	ui_cell_of(&ui->pages->grid, ui->range.from, lo, hi);
	ui_cell_of(&ui->pages->grid, at, &other_lo, &other_hi);
	*lo = u64_min(*lo, other_lo);
	*hi = u64_max(*hi, other_hi);
	return true;
}

bool
ui_here(const struct ui *ui, const struct sample *s, uint64_t *lo, uint64_t *hi)
{
	const struct vma *v;

	if (ui_range(ui, lo, hi))
		return true;
	switch (view_row(ui_view(ui))->on) {
	case ON_PAGE:
		ui_cell_of(&ui->pages->grid, ui->cursor, lo, hi);
		if (ui_view(ui) != VIEW_GRID)
			*hi = (*lo = ui->cursor) + ui->pages->grid.page_size;
		return true;
	case ON_BYTE:
		*lo = ui->byte;
		*hi = ui->byte + 1;
		return true;
	case ON_REGION:
	case ON_NOTHING: break;
	}
	v = s->regions ? vma_at(&s->regions->vmas, ui_at(ui)) : NULL;
	if (v) {
		*lo = v->start;
		*hi = v->end;
	}
	return v;
}

void
ui_range_begin(struct ui *ui)
{
	ui->range.on = true;
	ui->range.in = ui_view(ui);
	ui->range.from = ui_at(ui);
}

void
ui_range_toggle(struct ui *ui)
{
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi))
		ui->range.on = false;
	else
		ui_range_begin(ui);
}

uint64_t
ui_exact(const struct ui *ui)
{
	bool pages = view_row(ui_view(ui))->on == ON_PAGE;

	return pages && ui->byte - ui->cursor < ui->pages->grid.page_size ? ui->byte : ui_at(ui);
}

struct place
ui_place(const struct ui *ui)
{
	struct place p = {.depth = (uint8_t)ui->depth,
	                  .region = ui->region,
	                  .at = ui_exact(ui),
	                  .zoom = ui->pages->grid.zoom,
	                  .top = ui_view(ui) == VIEW_HEX ? ui->dump->top : ui->pages->grid.top};

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
		ui->dump->top = p->top;
	else
		ui->pages->grid.top = p->top;
	ui->byte = p->at;
	ui->pages->grid.zoom = p->zoom;
	ui->cursor = p->at & ~(uint64_t)(s->page_size - 1);
	ui->fresh[ui->depth] = true;
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
		*r = v ? regions_at(s->regions, (size_t)(v - s->regions->vmas.v)) : NULL;
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
	ui->pages->grid.zoom = 0;
	ui->depth = 0;
	ui_push(ui, VIEW_GRID);
	return true;
}
