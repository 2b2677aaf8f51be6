/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/list_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/list_sort.h"

static const uint64_t HOLD_NS = UINT64_C(5000000000);

/* --- facts ------------------------------------------------------------------------------------ */

static const struct smaps *
rows_smaps_of(const struct sample *s)
{
	return s->smaps ? &s->smaps->smaps : NULL;
}

/* The function that wrote most pages of a region. */
static const char *
list_writer(const struct sample *s, const struct vma *v, size_t regions)
{
	const struct attribution_row *r =
	    regions ? NULL : attribution_leader(s->attribution, v->start);

	return r ? r->w.words : NULL;
}

static struct region_row
list_rows_facts(const struct sample *s, const struct vma *v, const struct region *r, size_t regions)
{
	const struct smaps_entry *e =
	    s->smaps && !regions ? smaps_find(rows_smaps_of(s), v->start) : NULL;
	const struct diff_region *d = s->diff && !regions ? difference_of(s->diff, v->start) : NULL;

	return (struct region_row){.v = v,
	                           .r = r,
	                           .smaps = e,
	                           .page_size = s->page_size,
	                           .dirty_known = s->clears > 0,
	                           .touched_known = touched_is_in(&s->touched, s->smaps),
	                           .accesses = s->accesses,
	                           .huge_known = s->huge_known,
	                           .history = regions || !s->heat || !s->heat->of.by_region
	                                          ? NULL
	                                          : s->heat,
	                           .became = d,
	                           .compared = d ? &d->n : NULL,
	                           .writer = list_writer(s, v, regions),
	                           .regions = regions};
}

struct region_row
rows_facts(const struct sample *s, size_t i)
{
	const struct region *r = regions_at(s->regions, i);
	struct region_row row = list_rows_facts(s, &s->regions->vmas.v[i], r, 0);

	row.older = regions_is_older(s->regions, r);
	return row;
}

struct region_row
rows_gone_facts(const struct sample *s, const struct list_gone *g)
{
	const struct region *r = regions_at(g->in, g->at);
	struct region_row row = list_rows_facts(s, &g->in->vmas.v[g->at], r, 0);

	row.became = g->of;
	row.compared = g->of ? &g->of->n : NULL;
	return row;
}

struct region_row
rows_group_facts(const struct sample *s, const struct group *g)
{
	struct region_row row = list_rows_facts(s, &g->v, &g->sum, g->n);

	row.smaps = g->has_smaps ? &g->smaps : NULL;
	row.older = g->older;
	row.compared = s->diff ? &g->compared : NULL;
	return row;
}

const struct groups *
rows_groups(const struct ui *ui, const struct sample *s)
{
	const struct list *list = ui->list;

	bool there = list->grouping && list->groups.n && list->groups_in == s->regions;

	return there ? &list->groups : NULL;
}

/* Kept until the next sample: they are slow with many regions, and every key redraws them. */
static void
rows_make_groups(struct ui *ui, const struct sample *s, const bool *in)
{
	struct list *list = ui->list;

	groups_free(&list->groups);
	regions_unref(list->groups_in);
	list->groups_in = NULL;
	if (!list->grouping)
		return;
	groups_make(&list->groups, s->regions, list->grouping, in, rows_smaps_of(s), s->diff);
	list->groups_in = regions_ref(s->regions);
}

const struct group *
rows_group(const struct groups *gs, const struct sample *s, uint64_t row)
{
	const struct vma *v = row_is_group(row) ? vma_at(&s->regions->vmas, row) : NULL;

	return v && gs ? &gs->g[gs->of[v - s->regions->vmas.v]] : NULL;
}

bool
rows_is_open(const struct ui *ui, const struct group *g)
{
	for (size_t i = 0; i < ui->list->open_n; i++)
		if (ui->list->open[i] == g->hash)
			return true;
	return false;
}

/* --- sorting ---------------------------------------------------------------------------------- */

struct row_order {
	enum column_id column;
	bool down, moves; /* moves: not by address, so that rows may swap places */
	const bool *in;   /* the regions shown; NULL: all */
};

static struct sort_key
rows_key(const struct row_order *o, const struct region_row *row, uint64_t at)
{
	struct value v = region_value(o->column, row);

	return sort_key_of(&v, at, o->down);
}

/* Adds the regions of one group (gs NULL: all). Returns their number. */
static size_t
rows_members(const struct sample *s, const struct groups *gs, size_t group,
             const struct row_order *o, struct sort_key *keys)
{
	size_t n = 0;

	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		struct region_row row = rows_facts(s, i);

		if ((!o->in || o->in[i]) && (!gs || gs->of[i] == group))
			keys[n++] = rows_key(o, &row, row.v->start);
	}
	return n;
}

/* Adds the unmapped regions, sorted among the others; g: those of that group. */
static size_t
rows_departed(const struct ui *ui, const struct sample *s, const struct group *g,
              const struct row_order *o, struct sort_key *keys)
{
	const struct list *list = ui->list;
	size_t n = 0;

	for (size_t i = 0; i < list_changes_count(&list->changes); i++) {
		const struct list_gone *gone = list_changes_at(&list->changes, i);
		struct region_row row;

		if (!gone)
			continue;
		row = rows_gone_facts(s, gone);
		if (g && group_hash_of(&gone->in->vmas, gone->at, list->grouping) != g->hash)
			continue;
		keys[n++] = rows_key(o, &row, row.v->start | ROW_GONE);
	}
	return n;
}

static void
rows_put_rows(struct ui *ui, const struct row_order *o, struct sort_key *keys, size_t n)
{
	sort_keys(keys, n, o->down);
	for (size_t i = 0; i < n; i++)
		ui->list->order[ui->list->order_n++] = keys[i].row;
}

/* Headings, each followed by its regions if it is unfolded. */
static void
rows_sort_groups(struct ui *ui, const struct sample *s, const struct row_order *o,
                 struct sort_key *keys)
{
	struct list *list = ui->list;
	const struct groups *gs = &list->groups;
	struct sort_key *heads = mem_alloc((gs->n + 1) * sizeof(*heads));
	size_t n;

	for (size_t i = 0; i < gs->n; i++) {
		struct region_row row = rows_group_facts(s, &gs->g[i]);

		heads[i] = rows_key(o, &row, gs->g[i].v.start | ROW_GROUP);
		heads[i].group = (uint32_t)i;
	}
	sort_keys(heads, gs->n, o->down);
	for (size_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->g[heads[i].group];

		list->order[list->order_n++] = heads[i].row;
		if (!rows_is_open(ui, g))
			continue;
		n = rows_members(s, gs, heads[i].group, o, keys);
		rows_put_rows(ui, o, keys, n + rows_departed(ui, s, g, o, keys + n));
	}
	free(heads);
}

/*
 * Whether the order is worth keeping: all regions are counted, and the values differ. Rates in
 * their first second do not, nor do written pages right after a clear.
 */
static bool
rows_is_order(const struct sample *s, const struct row_order *o)
{
	struct value first = {.kind = VALUE_UNKNOWN};

	for (size_t i = 0; s->regions->counted && i < s->regions->vmas.n; i++) {
		struct region_row row = rows_facts(s, i);
		struct value v = region_value(o->column, &row);

		if ((o->in && !o->in[i]) || v.kind == VALUE_UNKNOWN)
			continue;
		if (first.kind != VALUE_UNKNOWN && value_compare(&first, &v))
			return true;
		first = v;
	}
	return false;
}

/* By address, as they come. */
static void
rows_put_all(struct list *list, const struct vma_list *l, const bool *in)
{
	for (size_t i = 0; i < l->n; i++)
		if (!in || in[i])
			list->order[list->order_n++] = l->v[i].start;
}

static void
rows_sort_by_key(struct ui *ui, const struct sample *s, const struct row_order *o)
{
	struct list *list = ui->list;
	size_t n = s->regions->vmas.n, gone = list_changes_count(&list->changes);
	struct sort_key *keys = mem_alloc((n + gone + 1) * sizeof(*keys));

	if (list->grouping) {
		rows_sort_groups(ui, s, o, keys);
	} else {
		n = rows_members(s, NULL, 0, o, keys);
		rows_put_rows(ui, o, keys, n + rows_departed(ui, s, NULL, o, keys + n));
	}
	free(keys);
}

static void
rows_sort_rows(struct ui *ui, const struct sample *s, const struct row_order *o)
{
	struct list *list = ui->list;
	size_t n = s->regions->vmas.n, gone = list_changes_count(&list->changes);

	list->order = mem_resize(list->order, (2 * n + gone + 1) * sizeof(*list->order));
	list->order_n = 0;
	if (list->grouping || o->moves || o->down || gone)
		rows_sort_by_key(ui, s, o);
	else
		rows_put_all(list, &s->regions->vmas, o->in);
	list->order_whole = rows_is_order(s, o);
}

/* --- the frozen order ------------------------------------------------------------------------- */

/* The row as it is now; 0: it is no longer shown. */
static uint64_t
row_now(const struct ui *ui, const struct sample *s, uint64_t row, const bool *in)
{
	const struct list *list = ui->list;
	uint64_t start = row & ~(uint64_t)(ROW_GROUP | ROW_GONE);
	const struct vma *v = vma_at(&s->regions->vmas, start);

	if (!row_is_gone(row) && v && v->start == start && (!in || in[v - s->regions->vmas.v]))
		return row;
	if (row_is_group(row) || !list_changes_gone(&list->changes, start))
		return 0;
	return start | ROW_GONE;
}

/* Keeps the order, without rows that are gone; new ones come last until the next sort. */
static void
rows_keep_order(struct ui *ui, const struct sample *s, const bool *in)
{
	struct list *list = ui->list;
	const struct vma_list *l = &s->regions->vmas;
	bool *placed = mem_alloc((l->n + 1) * sizeof(*placed));
	uint64_t *order = mem_alloc((list->order_n + l->n + 1) * sizeof(*order)), row;
	size_t out = 0;

	for (size_t i = 0; i < list->order_n; i++) {
		if (!(row = row_now(ui, s, list->order[i], in)))
			continue;
		order[out++] = row;
		if (!(row & (ROW_GROUP | ROW_GONE)))
			placed[vma_at(l, row) - l->v] = true;
	}
	for (size_t k = 0; k < l->n && !list->grouping; k++)
		if (!placed[k] && (!in || in[k]))
			order[out++] = l->v[k].start;
	free(placed);
	free(list->order);
	list->order = order;
	list->order_n = out;
}

/* --- the cursor ------------------------------------------------------------------------------- */

size_t
rows_position(const struct ui *ui)
{
	for (size_t i = 0; i < ui->list->order_n; i++)
		if (ui->list->order[i] == ui->region)
			return i;
	return 0;
}

static bool
rows_is_shown(const struct ui *ui)
{
	return ui->list->order_n && ui->list->order[rows_position(ui)] == ui->region;
}

/* The row of the nearest region shown; of a folded group, the heading. */
static uint64_t
rows_nearest(const struct ui *ui, const struct sample *s)
{
	const struct list *list = ui->list;
	const struct vma_list *l = &s->regions->vmas;
	uint64_t best = list->order[0], least = UINT64_MAX;
	const struct vma *v = vma_at(l, ui->region);
	const struct groups *gs = rows_groups(ui, s);

	for (size_t i = 0; i < list->order_n && !list->grouping; i++) {
		uint64_t a = list->order[i];
		uint64_t away = a > ui->region ? a - ui->region : ui->region - a;

		if (away < least && !row_is_gone(a)) {
			least = away;
			best = a;
		}
	}
	if (!list->grouping)
		return best;
	if (!v)
		v = &l->v[u64_min(vma_lower_bound(l, ui->region), l->n - 1)];
	return gs ? gs->g[gs->of[v - l->v]].v.start | ROW_GROUP : best;
}

/*
 * Moves the cursor if its row is gone: its region was unmapped, left out or folded away, or its
 * group starts elsewhere.
 */
static void
rows_settle_cursor(struct ui *ui, const struct sample *s)
{
	struct list *list = ui->list;
	uint64_t start = ui->region & ~(uint64_t)(ROW_GROUP | ROW_GONE);
	const struct vma *v = vma_at(&s->regions->vmas, start);

	if (!list->order_n || !ui->region) {
		ui->region = list->order_n ? list->order[0] : 0;
		return;
	}
	if (rows_is_shown(ui))
		return;
	if (list_changes_gone(&list->changes, start)) {
		ui->region = start | ROW_GONE;
		if (rows_is_shown(ui))
			return;
	}
	ui->region = v ? v->start : start; /* it may be part of another region now */
	if (!rows_is_shown(ui))
		ui->region = rows_nearest(ui, s);
}

/* --- use -------------------------------------------------------------------------------------- */

void
rows_settle(struct ui *ui, const struct sample *s)
{
	struct list *list = ui->list;
	struct row_order o = {list->sort, list_sorts_down(ui->list),
	                      list->sort != COL_REGION_START, NULL};
	uint64_t smaps = s->smaps && list_column_needs_smaps(list->sort, s) ? s->smaps->time_ns : 0;
	bool changed = list_changes_update(&list->changes, s, ui->now), *in;
	bool at_top = list->order_n && ui->region == list->order[0];

	if (!list->order || list->order_serial != s->serial || changed ||
	    (list->order_held && ui->now > ui->touched_ns + HOLD_NS)) {
		in = list_filter_run(&list->filter, s, &list->unknown);
		o.in = in;
		list->shown = 0;
		for (size_t i = 0; i < s->regions->vmas.n; i++)
			list->shown += !in || in[i];
		rows_make_groups(ui, s, in);
		if (o.moves && !list->order_whole && at_top)
			ui->region = 0; /* the top was requested before the rows were known */
		list->order_held = list->order && o.moves && list->order_whole &&
		                   list->order_smaps == smaps &&
		                   ui->now <= ui->touched_ns + HOLD_NS;
		if (!list->order_held)
			rows_sort_rows(ui, s, &o);
		else if (in || changed || list->order_of != s->regions->list)
			rows_keep_order(ui, s, in);
		regions_list_unref(list->order_of);
		list->order_of = regions_list_ref(s->regions->list);
		list->order_serial = s->serial;
		list->order_smaps = smaps;
		free(in);
	}
	rows_settle_cursor(ui, s);
}

int
rows_wait_ms(const struct ui *ui, uint64_t now)
{
	uint64_t end = ui->touched_ns + HOLD_NS;

	if (!ui->list->order_held)
		return -1;
	return end >= now ? (int)((end - now) / 1000000) + 1 : 0;
}

void
rows_anew(struct ui *ui)
{
	struct list *list = ui->list;

	free(list->order);
	list->order = NULL;
	list->order_n = 0;
}

void
rows_free(struct list *l)
{
	free(l->order);
	groups_free(&l->groups);
	regions_unref(l->groups_in);
	regions_list_unref(l->order_of);
	list_changes_free(&l->changes);
}

void
rows_fold(struct ui *ui, const struct sample *s)
{
	struct list *list = ui->list;
	const struct group *g = rows_group(rows_groups(ui, s), s, ui->region);
	size_t i = 0;

	while (g && i < list->open_n && list->open[i] != g->hash)
		i++;
	if (g && i < list->open_n)
		list->open[i] = list->open[--list->open_n];
	else if (g && list->open_n < ARRAY_LEN(list->open))
		list->open[list->open_n++] = g->hash;
	rows_anew(ui);
}

void
rows_sort(struct ui *ui, enum column_id sort, bool invert)
{
	ui->list->sort = sort;
	ui->list->invert = invert;
	rows_anew(ui);
	ui->region = 0;
}

bool
list_needs_smaps(const struct ui *ui, const struct sample *s)
{
	const struct list *list = ui->list;
	bool on = list_column_needs_smaps(list->sort, s) || list_shows_touched(ui, s);

	for (size_t i = 0; i < list->columns.n; i++)
		on |= list_column_needs_smaps(list->columns.id[i], s);
	return on;
}

bool
list_shows_touched(const struct ui *ui, const struct sample *s)
{
	return s && s->touched.clears &&
	       list_columns_has(&ui->list->columns, COL_REGION_TOUCHED);
}

bool
list_shows_accessed(const struct ui *ui, const struct sample *s)
{
	return s && list_columns_has(&ui->list->columns, COL_LIST_ACCESSED);
}

bool
list_needs_writers(const struct ui *ui)
{
	const struct list *list = ui->list;

	return list->sort == COL_REGION_WRITER ||
	       list_columns_has(&list->columns, COL_REGION_WRITER);
}

bool
list_needs_history(const struct ui *ui)
{
	return list_columns_has(&ui->list->columns, COL_LIST_HISTORY);
}

void
list_sort_by(struct ui *ui, enum column_id column)
{
	rows_sort(ui, column, ui->list->sort == column && !ui->list->invert);
}

void
rows_group_by(struct ui *ui, enum grouping by)
{
	ui->list->grouping = by;
	ui->list->open_n = 0;
	ui->region &= ~(uint64_t)ROW_GROUP;
	rows_anew(ui);
}
