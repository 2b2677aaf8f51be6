/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/map_blocks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "term/fit.h"
#include "term/paint.h"
#include "views/cells.h"
#include "views/lacks.h"
#include "views/legend.h"
#include "views/strips.h"

int
blocks_strip_line(const struct ui *ui)
{
	return map_of(ui)->lines >= LINES_FACTS ? 2 : 1;
}

bool
blocks_place_on(const struct map_canvas *c, size_t at, int *y, int *x)
{
	size_t row = at / c->m->map.cols;

	if (row < c->m->top || row >= c->m->top + c->m->rows)
		return false;
	*y = c->top + (int)(row - c->m->top) * c->m->lines;
	*x = (int)(at % c->m->map.cols);
	return *y + blocks_strip_line(c->ui) < c->bottom;
}

/* If there are too few colours for the classes, each run of one begins with its letter. */
static void
blocks_draw_letter(const struct ui *ui, const struct strip_cell *c, enum lens l, int y, int x)
{
	enum heat heat = lens_needs_pages(l) ? HEAT_NONE : (enum heat)c->heat;

	if (heat)
		paint_glyph(y, x, strips_heat_role(ui, heat), cells_heat_glyph(ui, heat));
	else
		paint_glyph(y, x, paint_class_role(l, c->cls),
		            cells_glyph(lens_class(l, c->cls).letter));
}

/* The sign that fills a whole region; STATE_NONE: it has a strip. */
static enum state
blocks_sign_of(const struct map_canvas *c, size_t i)
{
	const struct regions *rs = c->s->regions;

	if (rs->vmas.v[i].type == VMA_GUARD)
		return STATE_GUARD;
	return rs->counted && !regions_at(rs, i)->known ? STATE_UNREADABLE : STATE_NONE;
}

static void
blocks_draw_piece(const struct map_canvas *c, size_t i)
{
	const struct map_piece *p = &c->m->map.piece[i];
	const struct region *r = regions_at(c->s->regions, i);
	enum state sign = blocks_sign_of(c, i);
	struct strip_cell last = {0};
	int y, x;

	for (unsigned k = 0; k < p->cells; k++) {
		struct strip_cell now;

		if (!blocks_place_on(c, p->at + k, &y, &x))
			continue;
		y += blocks_strip_line(c->ui);
		if (sign != STATE_NONE) {
			paint_glyph(y, x, ROLE_DIM, cells_glyph(state_row(sign)->letter));
		} else if (r->known && r->shows) {
			now = strips_at(c->ui, r->strip, k, p->cells);
			strips_draw(c->ui, &now, (enum lens)(r->shows - 1), y, x);
			if (cells_few_colors() && now.height &&
			    (!last.height || last.cls != now.cls || last.heat != now.heat))
				blocks_draw_letter(c->ui, &now, (enum lens)(r->shows - 1), y, x);
			last = now;
		}
	}
}

/* The name, and the size if there is room for both. A name cut to a few letters is dropped. */
static void
blocks_draw_label(const struct map_canvas *c, const struct map_item *b, enum role role, int y,
                  int x)
{
	enum { NAME_LEAST = 6 };
	struct buf raw = {0}, name = {0};
	int right = x + (int)u64_min(b->cells, c->m->map.cols), width;
	uint64_t bytes = 0;
	char size[8];

	for (size_t i = b->first; i < b->first + b->n; i++)
		bytes += vma_size(&c->s->regions->vmas.v[i]);
	map_label(&raw, b, &c->s->regions->vmas);
	text_escape(&name, raw.s, raw.len, !paint_utf8());
	width = (int)fit_width(name.s, name.len);
	size_text(size, bytes);
	if (right - x >= width + 1 + (int)strlen(size))
		buf_fmt(&name, " %s", size);
	if (right - x >= width || right - x >= NAME_LEAST)
		fit_draw_cut(y, x, right, role, name.s);
	buf_free(&raw);
	buf_free(&name);
}

/* Adds the text after a blank if all of it fits, else nothing. */
static void __attribute__((format(printf, 3, 4)))
blocks_add_fact(struct buf *out, int room, const char *fmt, ...)
{
	struct buf fact = {0};
	va_list ap;

	if (out->len)
		buf_str(&fact, " ");
	va_start(ap, fmt);
	buf_vfmt(&fact, fmt, ap);
	va_end(ap);
	if ((int)(out->len + fact.len) <= room)
		buf_str(out, fact.s);
	buf_free(&fact);
}

/*
 * The facts of a block: its address, its permissions or the number of its regions, how much of it
 * is in RAM.
 */
static void
blocks_draw_facts(const struct map_canvas *c, const struct map_item *b, int y, int x)
{
	const struct regions *rs = c->s->regions;
	int room = (int)u64_min(b->cells, c->m->map.cols);
	uint64_t rss = 0, swap = 0;
	struct buf text = {0};
	char size[8], perm[5];

	for (size_t i = b->first; i < b->first + b->n; i++) {
		const struct region *r = regions_at(rs, i);

		rss += r->rss + r->hugetlb;
		swap += r->swap;
	}
	buf_str(&text, "");
	vma_perm_text(&rs->vmas.v[b->first], perm);
	blocks_add_fact(&text, room, "%llx", (unsigned long long)b->start);
	if (b->n == 1)
		blocks_add_fact(&text, room, "%s", perm);
	else
		blocks_add_fact(&text, room, "%zu region%s", b->n, plural(b->n));
	if (rs->counted && regions_at(rs, b->first)->known)
		blocks_add_fact(&text, room, "%s in RAM", size_text(size, rss * c->s->page_size));
	if (swap)
		blocks_add_fact(&text, room, "%s in swap",
		                  size_text(size, swap * c->s->page_size));
	paint_text(y, x, x + room, ROLE_DIM, "%s", text.s);
	buf_free(&text);
}

void
blocks_draw_block(const struct map_canvas *c, const struct map_item *b)
{
	bool cursor = c->ui->region >= b->start && c->ui->region < b->end, used = false;
	int y, x;

	for (size_t i = b->first; i < b->first + b->n; i++) {
		blocks_draw_piece(c, i);
		used |= regions_at(c->s->regions, i)->rss > 0;
	}
	if (!blocks_place_on(c, b->at, &y, &x))
		return;
	blocks_draw_label(c, b, cursor ? ROLE_STRONG : used ? ROLE_TEXT : ROLE_DIM, y, x);
	if (c->m->lines >= LINES_FACTS)
		blocks_draw_facts(c, b, y + 1, x);
}

/* Above the addresses that programs may map there is only what the kernel maps for them. */
void
blocks_draw_gap(const struct map_canvas *c, const struct map_item *g)
{
	const char *dash = paint_utf8() ? "┄" : "-";
	char size[8];
	int y, x, right;

	if (!blocks_place_on(c, g->at, &y, &x))
		return;
	right = x + (int)g->cells;
	if (g->end >> 63)
		paint_text(y, x, right, ROLE_DIM, "%s kernel %s", dash, dash);
	else if (g->cells > 10)
		paint_text(y, x, right, ROLE_DIM, "%s gap %s %s", dash,
		           size_text(size, g->end - g->start), dash);
	else
		paint_text(y, x, right, ROLE_DIM, "%s%s%s", dash,
		           size_text(size, g->end - g->start), dash);
}

/* Draws all of it or nothing; returns the columns used. */
static int
blocks_draw_if_fits(int y, int x, int right, const char *text)
{
	int width = (int)strlen(text);

	if (x + width > right)
		return 0;
	paint_text(y, x, right, ROLE_DIM, "%s", text);
	return width;
}

/* Finds the signs that are on screen. */
static void
blocks_find_signs(const struct map_canvas *c, bool there[STATE_COUNT])
{
	const struct map *m = &c->m->map;

	for (size_t i = 0; i < m->pieces; i++) {
		size_t first = m->piece[i].at / m->cols,
		       last = (m->piece[i].at + m->piece[i].cells - 1) / m->cols;

		if (m->piece[i].cells && last >= c->m->top &&
		    first < c->m->top + c->m->rows)
			there[blocks_sign_of(c, i)] = true;
	}
	there[STATE_NONE] = false;
}

/* "? unreadable " for each of them. */
static void
blocks_name_signs(const struct map_canvas *c, struct buf *out)
{
	bool there[STATE_COUNT] = {false};

	blocks_find_signs(c, there);
	for (enum state s = 0; s < STATE_COUNT; s++)
		if (there[s])
			buf_fmt(out, "%c %s ", state_row(s)->letter, state_row(s)->name);
}

void
blocks_draw_legend(const struct map_canvas *c, int y)
{
	const struct ui *ui = c->ui;
	const struct map *m = &map_of(ui)->map;
	int right = ui->cols, x, warm;
	struct buf lacks = {0}, signs = {0}, warns = {0};
	char part[64];

	if (m->rows > map_of(ui)->rows) {
		snprintf(part, sizeof(part), " rows %zu-%zu of %zu", map_of(ui)->top + 1,
		         (size_t)u64_min(map_of(ui)->top + map_of(ui)->rows, m->rows), m->rows);
		right -= (int)strlen(part);
		paint_text(y, right, ui->cols, ROLE_HOT, "%s", part);
	}
	x = paint_text(y, 0, right, ROLE_STRONG, "%c %s ", lens_row(ui->lens)->digit,
	               lens_row(ui->lens)->name);
	if (c->s->regions->totals.lens == ui->lens && c->s->regions->totals.estimated)
		x = paint_text(y, x, right, ROLE_HOT, "sampled ");
	if (lens_warns(ui, c->s, &warns))
		x = paint_text(y, x, right, ROLE_HOT, "%s ", warns.s);
	buf_free(&warns);
	blocks_name_signs(c, &signs);
	warm = legend_heats_width(ui, c->s, (right - x) / 2);
	if (lens_lacks(ui, c->s, &lacks))
		x = paint_text(y, x, right, ROLE_HOT, "%s ", lacks.s);
	else
		x = strips_legend(c->s, ui->lens, y, x, right - (int)signs.len - warm);
	if (warm)
		x = legend_heats(ui, c->s, y, x, x + warm);
	if (signs.len)
		x = paint_text(y, x, right, ROLE_DIM, "%s", signs.s);
	buf_free(&signs);
	buf_free(&lacks);
	x += blocks_draw_if_fits(y, x + 1, right,
	                           m->linear ? "width = size between gaps" : "width ~ log2(size)") +
	     1;
	blocks_draw_if_fits(y, x + 2, right, "height = share in RAM or swap");
}
