/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <string.h>

#include "paint.h"
#include "util.h"

static const struct view *const views[VIEW_COUNT] = {
    [VIEW_REGIONS] = &view_regions,
    [VIEW_GRID] = &view_grid,
    [VIEW_PAGE] = &view_page,
    [VIEW_REGION] = &view_region,
    [VIEW_CAPABILITIES] = &view_capabilities,
    [VIEW_HEX] = &view_hex,
    [VIEW_HELP] = &view_help,
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
	case VIEW_HELP:
	case VIEW_PICKER:
	case VIEW_COUNT: break;
	}
	return ui->region & ~UINT64_C(1); /* that of a group's heading is odd */
}

struct place
ui_place(const struct ui *ui)
{
	struct place p = {.depth = (uint8_t)ui->depth, .region = ui->region, .at = ui_at(ui), .zoom = ui->grid.zoom,
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
	if (ui_view(ui) == VIEW_HEX) {
		ui->byte = p->at;
		ui->hex_top = p->top;
	} else {
		ui->grid.top = p->top;
	}
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
ui_back(struct ui *ui)
{
	struct place p;

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
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, ui->region) : NULL;

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
	ui->cursor = addr & ~(uint64_t)(s->page_size - 1);
	ui->grid.zoom = 0;
	ui->depth = 0;
	ui_push(ui, VIEW_GRID);
	return true;
}

void
ui_name(struct buf *out, const struct vma *v)
{
	if (!v->name[0])
		buf_str(out, v->type == VMA_RESERVE ? "[reserved]" : "[anonymous]");
	else
		text_escape(out, v->name, strlen(v->name), !paint_utf8());
}

/* One character: its bytes, and how paint_text will draw it. */
static size_t
next_char(const char *s, size_t n, size_t *columns)
{
	uint32_t cp;
	size_t len = utf8_next(s, n, &cp);

	*columns = len ? paint_columns(cp) : 1;
	return len ? len : 1;
}

size_t
ui_width(const char *s, size_t n)
{
	size_t sum = 0, columns;

	for (size_t i = 0; i < n; sum += columns)
		i += next_char(s + i, n - i, &columns);
	return sum;
}

size_t
ui_fit(const char *s, size_t columns)
{
	size_t n = strlen(s), i = 0, sum = 0;

	while (i < n) {
		size_t c, len = next_char(s + i, n - i, &c);

		if (sum + c > columns)
			break;
		sum += c;
		i += len;
	}
	return i;
}

void
ui_name_cut(struct buf *out, const struct vma *v, size_t width)
{
	struct buf name = {0};
	size_t n, tail, base;
	const char *slash;

	ui_name(&name, v);
	n = ui_width(name.s, name.len);
	if (n <= width || width < 4) {
		buf_add(out, name.s, ui_fit(name.s, width));
		buf_free(&name);
		return;
	}
	/* keep the file's name if it fits, and as much of the path's beginning as there is room for */
	slash = strrchr(name.s, '/');
	base = slash ? ui_width(slash, strlen(slash)) : 0;
	tail = base && base + 1 < width ? base : width / 2;
	buf_add(out, name.s, ui_fit(name.s, width - tail - 1));
	buf_str(out, paint_utf8() ? "…" : "~");
	buf_str(out, name.s + ui_fit(name.s, n - tail));
	buf_free(&name);
}

bool
ui_lens_lacks(const struct ui *ui, const struct sample *s, struct buf *out)
{
	static const char as_root[] = "hidden from us: run pmtop as root (CAP_SYS_ADMIN)";

	switch (ui->lens) {
	case LENS_WRITES:
		if (s->can_track == TRACK_NO)
			buf_fmt(out, "not visible: %s; %s", s->track_why, s->track_how);
		else if (!s->gen)
			buf_str(out, "press c: pages written from then on light up");
		break;
	case LENS_SHARING:
		if (s->frames_hidden)
			buf_fmt(out, "once or more often (bit 56); how often is %s", as_root);
		break;
	case LENS_LRU:
	case LENS_FOLIOS:
	case LENS_PHYSICAL:
		if (s->frames_hidden)
			buf_fmt(out, "it needs page frames, which are %s", as_root);
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
