/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <string.h>

#include "paint.h"
#include "util.h"

static const struct view *const views[VIEW_COUNT] = {
    [VIEW_REGIONS] = &view_regions,
    [VIEW_GRID] = &view_grid,
    [VIEW_PAGE] = &view_page,
    [VIEW_HELP] = &view_help,
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

/* Bytes of the first n characters of UTF-8 text. */
static size_t
utf8_bytes(const char *s, size_t n)
{
	size_t i = 0;

	for (; s[i] && (n || ((unsigned char)s[i] & 0xc0) == 0x80); i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			n--;
	return i;
}

size_t
ui_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void
ui_name_cut(struct buf *out, const struct vma *v, size_t width)
{
	struct buf name = {0};
	size_t n, tail, base_len;
	const char *base;

	ui_name(&name, v);
	n = ui_width(name.s);
	if (n <= width || width < 4) {
		buf_add(out, name.s, utf8_bytes(name.s, width));
		buf_free(&name);
		return;
	}
	/* keep the file's name if it fits, and as much of the path's beginning as there is room for */
	base = strrchr(name.s, '/');
	base_len = base ? ui_width(base) : 0;
	tail = base_len && base_len + 1 < width ? base_len : width / 2;
	buf_add(out, name.s, utf8_bytes(name.s, width - tail - 1));
	buf_str(out, paint_utf8() ? "…" : "~");
	buf_str(out, name.s + utf8_bytes(name.s, n - tail));
	buf_free(&name);
}
