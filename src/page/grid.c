/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/grid.h"

#include "base/util.h"

bool
grid_same(const struct grid *a, const struct grid *b)
{
	return a->start == b->start && a->end == b->end && a->page_size == b->page_size &&
	       a->row_cells == b->row_cells && a->zoom == b->zoom && a->rows == b->rows &&
	       a->top == b->top;
}

unsigned
grid_row_cells(unsigned columns, unsigned gutter)
{
	unsigned room = columns > gutter ? columns - gutter : 0, cells = 8;

	while (cells < 256 && cells * 2 <= room)
		cells *= 2;
	return cells;
}

uint64_t
grid_cell_bytes(const struct grid *g)
{
	return (uint64_t)g->page_size << g->zoom;
}

uint64_t
grid_row_bytes(const struct grid *g)
{
	return grid_cell_bytes(g) * g->row_cells;
}

static uint64_t
grid_first_row(const struct grid *g)
{
	return g->start & ~(grid_row_bytes(g) - 1);
}

static uint64_t
grid_last_row(const struct grid *g)
{
	return (g->end - 1) & ~(grid_row_bytes(g) - 1);
}

uint64_t
grid_rows_total(const struct grid *g)
{
	return (grid_last_row(g) - grid_first_row(g)) / grid_row_bytes(g) + 1;
}

bool
grid_cell_range(const struct grid *g, size_t i, uint64_t *lo, uint64_t *hi)
{
	uint64_t from;

	/* the last row of the address space may end at 2^64: compare sizes, not sums */
	if (__builtin_mul_overflow(i, grid_cell_bytes(g), &from) ||
	    __builtin_add_overflow(from, g->top, &from))
		return false;
	*lo = u64_max(from, g->start);
	*hi = g->end - 1 - from < grid_cell_bytes(g) ? g->end : from + grid_cell_bytes(g);
	return from < g->end && (from >= g->start || g->start - from < grid_cell_bytes(g));
}

bool
grid_cell_at(const struct grid *g, uint64_t addr, size_t *i)
{
	if (addr < g->top || addr < g->start || addr >= g->end)
		return false;
	*i = (size_t)((addr - g->top) >> __builtin_ctzll(grid_cell_bytes(g)));
	return *i < (size_t)g->rows * g->row_cells;
}

void
grid_show(struct grid *g, uint64_t addr)
{
	uint64_t bytes = grid_row_bytes(g), row = addr & ~(bytes - 1);
	uint64_t total = grid_rows_total(g);

	g->top &= ~(bytes - 1);
	if (g->top < grid_first_row(g) || total <= g->rows)
		g->top = grid_first_row(g);
	if (row < g->top)
		g->top = row;
	else if ((row - g->top) / bytes >= g->rows)
		g->top = row - (g->rows - 1) * bytes;
	if (total > g->rows && (grid_last_row(g) - g->top) / bytes + 1 < g->rows)
		g->top = grid_last_row(g) - (g->rows - 1) * bytes;
}

unsigned
grid_fit(const struct grid *g)
{
	struct grid try = *g;

	for (try.zoom = 0; try.zoom < GRID_ZOOM_MAX && grid_rows_total(&try) > g->rows; try.zoom++)
		;
	return try.zoom;
}

void
grid_visible(const struct grid *g, uint64_t *lo, uint64_t *hi)
{
	uint64_t bytes = grid_row_bytes(g);

	*lo = u64_max(g->top, g->start);
	*hi = (g->end - 1 - g->top) / bytes < g->rows ? g->end : g->top + g->rows * bytes;
}

uint64_t
cell_pages(const struct cell *c)
{
	uint64_t sum = 0;

	for (unsigned k = 0; k < CLASS_MAX; k++)
		sum += c->n[k];
	return sum;
}

unsigned
cell_first(const struct cell *c, unsigned *second)
{
	unsigned first = CLASS_MAX;

	*second = CLASS_MAX;
	for (unsigned k = 0; k < CLASS_MAX; k++) {
		if (!c->n[k])
			continue;
		if (first == CLASS_MAX || c->n[k] > c->n[first]) {
			*second = first;
			first = k;
		} else if (*second == CLASS_MAX || c->n[k] > c->n[*second]) {
			*second = k;
		}
	}
	return first;
}

unsigned
cell_alarm(const struct cell *c, enum lens l)
{
	/* broken memory takes precedence over unreadable pages */
	if (l == LENS_STATE && c->n[STATE_HWPOISON])
		return STATE_HWPOISON;
	for (unsigned k = 0; k < lens_classes(l); k++)
		if (c->n[k] && lens_class(l, k).kind == CLASS_ALARM)
			return k;
	return CLASS_MAX;
}

unsigned
cell_first_there(const struct cell *c, enum lens l)
{
	struct cell there = *c;
	unsigned second, first, lit = lens_lit(l);

	if (lit != CLASS_MAX && c->n[lit])
		return lit;
	there.n[lens_gap(l, STATE_NONE)] = there.n[lens_gap(l, STATE_CACHED)] = 0;
	first = cell_first(&there, &second);
	return first == CLASS_MAX ? cell_first(c, &second) : first;
}

char
cell_letter(const struct cell *c, enum lens l)
{
	unsigned first = cell_first_there(c, l);
	uint64_t all = cell_pages(c), in = 0;

	if (!all)
		return ' ';
	if (cell_alarm(c, l) != CLASS_MAX)
		return lens_class(l, cell_alarm(c, l)).letter;
	for (unsigned k = 0; k < lens_classes(l); k++)
		if (lens_class(l, k).kind != CLASS_ABSENT)
			in += c->n[k];
	if (l != LENS_STATE || !in || c->n[first] * 2 >= all)
		return lens_class(l, first).letter;
	return (char)('0' + u64_max(1, u64_min(9, in * 10 / all)));
}
