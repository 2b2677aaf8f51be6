/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list_rows.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

static const uint64_t HOLD_NS = UINT64_C(5000000000);

struct sort_key {
	struct value v;
	uint64_t row;
	size_t group;
	bool down;
};

struct region_row
rows_facts(const struct sample *s, size_t i)
{
	return (struct region_row){.v = &s->regions->vmas.v[i], .r = &s->regions->r[i],
	                           .page_size = s->page_size, .dirty_known = s->gen > 0,
	                           .huge_known = s->huge_known};
}

struct region_row
rows_group_facts(const struct sample *s, const struct group *g)
{
	return (struct region_row){.v = &g->v, .r = &g->sum, .page_size = s->page_size,
	                           .dirty_known = s->gen > 0, .huge_known = s->huge_known,
	                           .regions = g->n};
}

const struct group *
rows_group(const struct groups *gs, const struct sample *s, uint64_t row)
{
	const struct vma *v = row_is_group(row) ? vma_at(&s->regions->vmas, row) : NULL;

	return v ? &gs->g[gs->of[v - s->regions->vmas.v]] : NULL;
}

bool
rows_is_open(const struct ui *ui, const struct group *g)
{
	for (size_t i = 0; i < ui->open_n; i++)
		if (ui->open[i] == g->hash)
			return true;
	return false;
}

struct row_order {
	enum column_id column;
	bool down, moves; /* moves: not by address, so that rows may trade places */
};

static int
by_key(const void *pa, const void *pb)
{
	const struct sort_key *a = pa, *b = pb;
	int c = value_compare(&a->v, &b->v);

	/* what is not known comes last, whichever way the rest goes */
	if (a->down && a->v.kind != VALUE_UNKNOWN && b->v.kind != VALUE_UNKNOWN)
		c = -c;
	return c ? c : (a->row > b->row) - (a->row < b->row);
}

/* Regions of one group (or of all: gs NULL) in their order. Returns how many. */
static size_t
sort_members(const struct sample *s, const struct groups *gs, size_t group, const struct row_order *o,
             struct sort_key *keys)
{
	size_t n = 0;

	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		struct region_row row = rows_facts(s, i);

		if (!gs || gs->of[i] == group)
			keys[n++] = (struct sort_key){region_value(o->column, &row), row.v->start, group, o->down};
	}
	if (o->moves || o->down)
		qsort(keys, n, sizeof(*keys), by_key);
	return n;
}

static void
put_rows(struct ui *ui, const struct sort_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ui->order[ui->order_n++] = keys[i].row;
}

/* Headings, and below each that is unfolded its regions. */
static void
sort_groups(struct ui *ui, const struct sample *s, const struct row_order *o)
{
	struct groups gs;
	struct sort_key *heads, *keys = mem_alloc(s->regions->vmas.n * sizeof(*keys));

	groups_make(&gs, s->regions, ui->grouping, NULL);
	heads = mem_alloc(gs.n * sizeof(*heads));
	for (size_t i = 0; i < gs.n; i++) {
		struct region_row row = rows_group_facts(s, &gs.g[i]);

		heads[i] = (struct sort_key){region_value(o->column, &row), gs.g[i].v.start | 1, i, o->down};
	}
	qsort(heads, gs.n, sizeof(*heads), by_key);
	for (size_t i = 0; i < gs.n; i++) {
		ui->order[ui->order_n++] = heads[i].row;
		if (rows_is_open(ui, &gs.g[heads[i].group]))
			put_rows(ui, keys, sort_members(s, &gs, heads[i].group, o, keys));
	}
	free(heads);
	free(keys);
	groups_free(&gs);
}

static void
sort_rows(struct ui *ui, const struct sample *s, const struct row_order *o)
{
	size_t n = s->regions->vmas.n;
	struct sort_key *keys;

	ui->order = mem_resize(ui->order, 2 * n * sizeof(*ui->order));
	ui->order_n = 0;
	ui->order_serial = s->serial;
	if (ui->grouping) {
		sort_groups(ui, s, o);
		return;
	}
	keys = mem_alloc(n * sizeof(*keys));
	put_rows(ui, keys, sort_members(s, NULL, 0, o, keys));
	free(keys);
}

/* Keeps the order that was, without the regions that went; new ones come last until the next sort. */
static void
keep_order(struct ui *ui, const struct sample *s)
{
	size_t n = s->regions->vmas.n, out = 0;
	bool *placed = mem_alloc(n * sizeof(*placed));
	uint64_t *order = mem_alloc(2 * n * sizeof(*order));

	for (size_t i = 0; i < ui->order_n; i++) {
		const struct vma *v = vma_at(&s->regions->vmas, ui->order[i]);
		size_t k = v ? (size_t)(v - s->regions->vmas.v) : 0;

		if (!v || v->start != (ui->order[i] & ~UINT64_C(1)) || out >= 2 * n)
			continue;
		if (row_is_group(ui->order[i])) {
			order[out++] = ui->order[i];
		} else if (!placed[k]) {
			order[out++] = v->start;
			placed[k] = true;
		}
	}
	for (size_t k = 0; k < n && !ui->grouping; k++)
		if (!placed[k])
			order[out++] = s->regions->vmas.v[k].start;
	free(placed);
	free(ui->order);
	ui->order = order;
	ui->order_n = out;
	ui->order_serial = s->serial;
}

size_t
rows_position(const struct ui *ui)
{
	for (size_t i = 0; i < ui->order_n; i++)
		if (ui->order[i] == ui->region)
			return i;
	return 0;
}

/* The cursor's row may be gone: its region unmapped or folded away, its group begun elsewhere. */
static void
settle_cursor(struct ui *ui, const struct sample *s)
{
	const struct vma_list *l = &s->regions->vmas;
	const struct vma *v = vma_at(l, ui->region);

	if (!ui->region || !ui->order_n) {
		ui->region = ui->order_n ? ui->order[0] : 0;
		return;
	}
	if (!v)
		v = &l->v[u64_min(vma_lower_bound(l, ui->region), l->n - 1)];
	ui->region = v->start | (row_is_group(ui->region) && ui->grouping ? 1 : 0);
	if (ui->grouping && ui->order[rows_position(ui)] != ui->region) {
		struct groups gs;

		groups_make(&gs, s->regions, ui->grouping, NULL);
		ui->region = gs.g[gs.of[v - l->v]].v.start | 1;
		groups_free(&gs);
	}
}

void
rows_settle(struct ui *ui, const struct sample *s)
{
	struct row_order o = {(enum column_id)ui->sort, list_sorts_down(ui), ui->sort != COL_REGION_START};

	if (!ui->order || !o.moves || (ui->order_serial != s->serial && ui->now > ui->touched_ns + HOLD_NS))
		sort_rows(ui, s, &o);
	else if (ui->order_serial != s->serial)
		keep_order(ui, s);
	settle_cursor(ui, s);
}

void
rows_fold(struct ui *ui, const struct sample *s)
{
	const struct vma *v = vma_at(&s->regions->vmas, ui->region);
	const struct group *g;
	struct groups gs;
	size_t i = 0;

	if (!v || !ui->grouping)
		return;
	groups_make(&gs, s->regions, ui->grouping, NULL);
	g = &gs.g[gs.of[v - s->regions->vmas.v]];
	while (i < ui->open_n && ui->open[i] != g->hash)
		i++;
	if (i < ui->open_n)
		ui->open[i] = ui->open[--ui->open_n];
	else if (ui->open_n < ARRAY_LEN(ui->open))
		ui->open[ui->open_n++] = g->hash;
	ui->region = g->v.start | 1;
	groups_free(&gs);
	free(ui->order);
	ui->order = NULL;
}
