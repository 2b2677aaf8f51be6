/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/arena.h"

/* From an overview to full detail. */
static const struct scale {
	double unit;   /* cells per doubling */
	unsigned name; /* the maximum of cells that a block gets for its name */
	uint64_t gap;  /* the smallest gap that is an item */
} map_scales[MAP_SCALES] = {
    {0.25, 3, UINT64_C(1) << 40}, {0.5, 5, UINT64_C(1) << 36}, {0.75, 7, UINT64_C(1) << 33},
    {1, 9, UINT64_C(1) << 30},    {1.5, 12, UINT64_C(1) << 30}, {2, 14, UINT64_C(1) << 27},
    {2.5, 18, UINT64_C(1) << 24}, {3, 24, UINT64_C(1) << 20},  {4, 32, UINT64_C(1) << 20},
    {6, 40, UINT64_C(1) << 20},   {8, 48, UINT64_C(1) << 20}, {12, 64, UINT64_C(1) << 20},
    {16, 64, UINT64_C(1) << 20},
};
static const size_t MAP_UNNAMED = SIZE_MAX; /* its label was not needed yet */
enum { GAP_CELLS = 14, GAP_SHORT = 8, GAP_WIDE = 4 /* from this scale on gaps are labelled */ };

/* --- what belongs together -------------------------------------------------------------------- */

enum map_kind { PART_NAMED, PART_STACK, PART_ARENA, PART_ANON };

struct map_fact {
	uint64_t size, used; /* bytes of all regions before it; guards left out */
	uint8_t kind;        /* enum map_kind */
	bool named_so;       /* its name is that of the region before it */
};

static bool
map_is_bare(const struct vma *v)
{
	return !v->name[0] && (v->type == VMA_ANON || v->type == VMA_RESERVE);
}

static enum map_kind
map_kind_of(const struct vma_list *vmas, size_t i)
{
	const struct vma *v = &vmas->v[i];
	size_t heaps;

	if (!strncmp(v->name, "[stack:", 7) || v->type == VMA_GUARD)
		return PART_STACK;
	if (!map_is_bare(v))
		return PART_NAMED;
	if (arena_part(vmas, i, &heaps))
		return PART_ARENA;
	return PART_ANON;
}

/* .bss has no name: taken as such if it is no larger than the file's mappings. */
static bool
map_is_bss(const struct vma *v, const struct vma *before, uint64_t block)
{
	return map_is_bare(v) && v->perm & VMA_WRITE && vma_is_file(before) &&
	       v->start == before->end && v->end - v->start <= before->end - block;
}

void
map_take(struct map *m, const struct vma_list *vmas, size_t page_size)
{
	uint64_t size = 0, used = 0;

	m->page_size = page_size;
	m->pieces = vmas->n;
	m->upto = 0;
	m->fact = mem_resize(m->fact, (vmas->n + 1) * sizeof(*m->fact));
	m->piece = mem_resize(m->piece, vmas->n * sizeof(*m->piece));
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		m->fact[i] = (struct map_fact){.size = size, .used = used,
		                               .kind = (uint8_t)map_kind_of(vmas, i),
		                               .named_so = i && !strcmp(v->name, v[-1].name)};
		m->piece[i] = (struct map_piece){.start = v->start};
		size += vma_size(v);
		used += v->type == VMA_GUARD ? 0 : vma_size(v);
	}
	m->fact[vmas->n] = (struct map_fact){.size = size, .used = used};
}

static bool
map_belongs(const struct map *m, const struct vma_list *vmas, size_t i, enum map_kind kind_before)
{
	enum map_kind kind = (enum map_kind)m->fact[i].kind;
	const struct vma *v = &vmas->v[i], *before = v - 1;

	if (kind != kind_before)
		return false;
	switch (kind) {
	case PART_NAMED: return m->fact[i].named_so;
	case PART_ANON: return v->start == before->end;
	case PART_STACK:
	case PART_ARENA: return true;
	}
	return false;
}

static bool
map_skip_prefix(const char **s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(*s, prefix, n))
		return false;
	*s += n;
	return true;
}

/* A file's base name, or the name of named memory; else the kernel's name. */
static const char *
map_plain_name(const struct vma *v, size_t *len)
{
	static const char deleted[] = " (deleted)";
	const char *s = v->name, *slash = strrchr(s, '/');
	bool file = s[0] == '/',
	     given = map_skip_prefix(&s, "[anon:") || map_skip_prefix(&s, "[anon_shmem:");

	if (!s[0])
		s = v->type == VMA_RESERVE ? "reserved" : "anonymous";
	else if (file && !map_skip_prefix(&s, "/memfd:") && slash[1])
		s = slash + 1;
	if (given)
		map_skip_prefix(&s, " ");
	*len = strlen(s);
	if (given && *len && s[*len - 1] == ']')
		--*len;
	if (file && *len > sizeof(deleted) - 1 &&
	    !strcmp(s + *len - (sizeof(deleted) - 1), deleted))
		*len -= sizeof(deleted) - 1;
	return s;
}

/* What a block is called: a number of things, or the name of one. */
struct map_name {
	char number[40];
	const char *s;
	size_t len;
};

static void
map_name(const struct map_item *item, const struct vma_list *vmas, struct map_name *out)
{
	const struct vma *v = &vmas->v[item->first];
	enum map_kind kind = map_kind_of(vmas, item->first);
	size_t n = 0, heaps;

	/* the type of what is in use, if anything is */
	for (size_t i = item->first; i < item->first + item->n; i++) {
		const struct vma *u = &vmas->v[i];

		if (kind == PART_ARENA && arena_part(vmas, i, &heaps))
			n += heaps;
		else
			n += u->type != VMA_RESERVE && u->type != VMA_GUARD;
		if (kind != PART_NAMED && v->type == VMA_GUARD)
			v = u;
		if (kind == PART_ANON && v->type == VMA_RESERVE && u->type == VMA_ANON)
			v = u;
	}
	if ((kind == PART_STACK || kind == PART_ARENA) && n != 1)
		snprintf(out->number, sizeof(out->number), "%zu %s", n,
		         kind == PART_STACK ? "stacks" : "arenas");
	else if (kind == PART_ARENA)
		snprintf(out->number, sizeof(out->number), "arena");
	else {
		out->s = map_plain_name(v, &out->len);
		return;
	}
	out->s = out->number;
	out->len = strlen(out->number);
}

void
map_label(struct buf *out, const struct map_item *item, const struct vma_list *vmas)
{
	struct map_name name;

	map_name(item, vmas, &name);
	buf_add(out, name.s, name.len);
}

/* --- how wide --------------------------------------------------------------------------------- */

static double
map_doublings(uint64_t bytes, size_t page_size)
{
	uint64_t pages = u64_max(bytes / page_size, 1);
	unsigned whole = 63 - (unsigned)__builtin_clzll(pages);

	/* linear between powers of two: close enough, and needs no libm */
	return whole + (double)pages / (double)(UINT64_C(1) << whole);
}

static size_t
map_cells_for(uint64_t bytes, size_t page_size, const struct scale *sc)
{
	double cells = sc->unit * map_doublings(bytes, page_size);

	return cells < 1 ? 1 : (size_t)(cells + 0.5);
}

/* A guard has one cell, and takes no share of the others. */
static double
map_weight(const struct vma *v, const struct map *m)
{
	if (m->linear)
		return (double)(v->end - v->start);
	return v->type == VMA_GUARD ? 0 : map_doublings(v->end - v->start, m->page_size);
}

/* Distributes the block's cells to its regions: one each if they suffice, the rest by weight. */
static void
map_share_block(struct map *m, const struct map_item *b, const struct vma_list *vmas)
{
	size_t each = b->cells >= b->n ? 1 : 0, rest = b->cells - each * b->n, at = b->at;
	double sum = 0, done = 0;

	for (size_t i = 0; i < b->n; i++)
		sum += map_weight(&vmas->v[b->first + i], m);
	for (size_t i = 0; i < b->n; i++) {
		struct map_piece *p = &m->piece[b->first + i];
		size_t next;

		done += map_weight(&vmas->v[b->first + i], m);
		next = b->at + each * (i + 1) +
		       (sum > 0 ? (size_t)(done / sum * (double)rest + 1e-9) : 0);
		if (i + 1 == b->n)
			next = b->at + b->cells;
		p->at = at;
		p->cells = (unsigned)(next - at);
		at = next;
	}
}

static size_t
map_item_cells(const struct map *m, struct map_item *it, const struct vma_list *vmas)
{
	const struct scale *sc = &map_scales[m->scale];
	uint64_t used = m->fact[it->first + it->n].used - m->fact[it->first].used;
	size_t cells;

	if (!it->n)
		return u64_min(m->scale >= GAP_WIDE ? GAP_CELLS : GAP_SHORT, m->cols);
	if (it->name == MAP_UNNAMED) {
		struct map_name name;

		map_name(it, vmas, &name);
		it->name = name.len;
	}
	cells = u64_max(map_cells_for(used, m->page_size, sc), it->n);
	return u64_max(cells, u64_min(it->name, sc->name));
}

/* --- the line --------------------------------------------------------------------------------- */

static struct map_item *
map_add_item(struct map *m)
{
	m->item = vec_room(m->item, m->items, &m->items_cap, sizeof(*m->item));
	m->item[m->items] = (struct map_item){.name = MAP_UNNAMED};
	return &m->item[m->items++];
}

static void
map_add_gap(struct map *m, uint64_t start, uint64_t end)
{
	struct map_item *g = map_add_item(m);

	g->start = start;
	g->end = end;
}

/* They depend on nothing but the smallest gap that is one. */
static void
map_find_items(struct map *m, const struct vma_list *vmas)
{
	uint64_t end = 0, gap = map_scales[m->scale].gap;
	enum map_kind before = PART_NAMED, kind;
	bool fresh = true;

	if (gap > m->over && gap <= m->upto)
		return;
	m->over = 0;
	m->upto = UINT64_MAX;
	m->items = 0;
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i], *u = i ? v - 1 : NULL;
		struct map_item *b;

		kind = (enum map_kind)m->fact[i].kind;
		if (v->start - end >= gap) {
			map_add_gap(m, end, v->start);
			m->upto = u64_min(m->upto, v->start - end);
			fresh = true;
		} else {
			m->over = u64_max(m->over, v->start - end);
		}
		if (!fresh && map_is_bss(v, u, m->item[m->items - 1].start))
			kind = before;
		else if (fresh || !map_belongs(m, vmas, i, before))
			map_add_item(m)->first = i;
		b = &m->item[m->items - 1];
		if (!b->n)
			b->start = v->start;
		b->end = end = v->end;
		b->n++;
		before = kind;
		fresh = false;
	}
}

static double
map_item_size(const struct map *m, const struct map_item *b)
{
	return (double)(m->fact[b->first + b->n].size - m->fact[b->first].size);
}

/* Distributes the cells of each cluster again, by size. */
static void
map_make_linear(struct map *m)
{
	for (size_t i = 0, next; i < m->items; i = next) {
		size_t cells = 0;
		double size = 0;

		for (next = i; next < m->items && m->item[next].n; next++) {
			cells += m->item[next].cells;
			size += map_item_size(m, &m->item[next]);
		}
		for (size_t k = i; k < next; k++) {
			struct map_item *b = &m->item[k];
			double mine = map_item_size(m, b) / size * (double)cells;

			b->cells = (size_t)u64_max((uint64_t)(mine + 0.5), 1);
		}
		if (next == i)
			next++;
	}
}

/*
 * Never breaks an item that fits into one row. Counts the rows, or finds that they are more than
 * `most`.
 */
static void
map_place_items(struct map *m, const struct vma_list *vmas, size_t most)
{
	size_t at = 0, cols = m->cols;

	for (size_t i = 0; i < m->items && at <= most * cols; i++) {
		struct map_item *it = &m->item[i];

		if (!m->linear)
			it->cells = map_item_cells(m, it, vmas);
		if (at % cols && at % cols + it->cells > cols)
			at += cols - at % cols;
		it->at = at;
		at += it->cells;
		if (it->n && at % cols)
			at++;
	}
	m->rows = (at + cols - 1) / cols;
}

static void
map_lay_items(struct map *m, const struct vma_list *vmas, unsigned cols, unsigned scale,
              bool linear, size_t most)
{
	m->cols = cols ? cols : 1;
	m->scale = scale < MAP_SCALES ? scale : MAP_SCALES - 1;
	m->linear = linear;
	map_find_items(m, vmas);
	m->rows = m->items / m->cols; /* each takes a cell at least */
	if (m->rows > most)
		return;
	for (size_t i = 0; linear && i < m->items; i++)
		m->item[i].cells = map_item_cells(m, &m->item[i], vmas);
	if (linear)
		map_make_linear(m);
	map_place_items(m, vmas, most);
}

void
map_lay(struct map *m, const struct vma_list *vmas, unsigned cols, unsigned scale, bool linear)
{
	map_lay_items(m, vmas, cols, scale, linear, SIZE_MAX / 2 / (cols ? cols : 1));
	for (size_t i = 0; i < m->items; i++)
		if (m->item[i].n)
			map_share_block(m, &m->item[i], vmas);
}

unsigned
map_fit(struct map *m, const struct vma_list *vmas, unsigned cols, size_t rows, bool linear,
        bool *fits)
{
	unsigned scale = MAP_SCALES;

	do
		map_lay_items(m, vmas, cols, --scale, linear, rows);
	while (scale && m->rows > rows);
	*fits = m->rows <= rows;
	return scale;
}

void
map_free(struct map *m)
{
	free(m->fact);
	free(m->item);
	free(m->piece);
	*m = (struct map){0};
}

/* --- looking up ------------------------------------------------------------------------------- */

size_t
map_find(const struct map *m, uint64_t addr)
{
	size_t lo = 0, hi = m->pieces;

	while (lo < hi) { /* the first one that starts after addr */
		size_t mid = lo + (hi - lo) / 2;

		if (m->piece[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : 0;
}

const struct map_item *
map_item_of(const struct map *m, size_t i)
{
	size_t lo = 0, hi = m->items;

	while (lo < hi) { /* the first one that starts after the piece */
		size_t mid = lo + (hi - lo) / 2;

		if (m->item[mid].start <= m->piece[i].start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &m->item[lo - 1] : NULL;
}

size_t
map_nearest(const struct map *m, size_t row, unsigned col)
{
	size_t want = row * m->cols + col, lo = 0, hi = m->pieces;

	while (lo < hi) { /* the first one that starts after the place */
		size_t mid = lo + (hi - lo) / 2;

		if (m->piece[mid].at <= want)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* the one before it, unless that is in an earlier row and the other one in this row */
	if (lo < m->pieces && m->piece[lo].at / m->cols == row &&
	    (!lo || (m->piece[lo - 1].at + u64_max(m->piece[lo - 1].cells, 1) - 1) / m->cols < row))
		return lo;
	return lo ? lo - 1 : 0;
}
