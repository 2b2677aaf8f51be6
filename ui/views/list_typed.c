/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/list_typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/list_rows.h"
#include "views/view.h"

/* --- finding ---------------------------------------------------------------------------------- */

enum { ADDRESS_DIGITS = 12 }; /* of an address as shown, at least */

/* What is searched for; `digits` of a number, if it is one in hex. */
struct needle {
	const char *text;
	unsigned digits;
	uint64_t number;
	/* the names searched last, and whether they have the text: neighbours often share one, or
	 * have none in turns */
	struct {
		const char *name;
		bool has;
	} last[2];
};

static struct needle
list_needle(const char *text)
{
	struct needle n = {.text = text};
	const char *end;

	if (strlen(text) <= 16 && parse_u64(text, 16, &end, &n.number) && !*end)
		n.digits = (unsigned)strlen(text);
	return n;
}

/* Whether the digits of the address, as shown, contain those of the number. */
static bool
list_has_digits(uint64_t addr, const struct needle *n)
{
	uint64_t mask = n->digits < 16 ? (UINT64_C(1) << 4 * n->digits) - 1 : UINT64_MAX;
	unsigned shown = ADDRESS_DIGITS;

	while (shown < 16 && addr >> 4 * shown)
		shown++;
	for (unsigned at = 0; at + n->digits <= shown; at++)
		if ((addr >> 4 * at & mask) == n->number)
			return true;
	return false;
}

static bool
list_has_name(const char *name, struct needle *n)
{
	bool found;

	if (n->last[0].name == name)
		return n->last[0].has;
	found = n->last[1].name == name ? n->last[1].has : strcasestr(name, n->text) != NULL;
	n->last[1] = n->last[0];
	n->last[0].name = name;
	n->last[0].has = found;
	return found;
}

/*
 * Whether the region has the text in its name as shown or in its address, or contains that address.
 */
static bool
list_has(const struct vma *v, struct needle *n)
{
	if (list_has_name(vma_shown_name(v), n))
		return true;
	if (!n->digits)
		return false;
	return list_has_digits(v->start, n) ||
	       (n->digits > 4 && n->number >= v->start && n->number < v->end);
}

/* For each group, whether one of its regions has it. */
static bool *
list_groups_that_have(const struct groups *gs, const struct ui *ui, const struct sample *s)
{
	bool *have = mem_alloc((gs->n + 1) * sizeof(*have));
	struct needle needle = list_needle(ui->list->find);
	size_t unknown;
	bool *in = list_filter_run(&ui->list->filter, s, &unknown);

	for (size_t i = 0; i < s->regions->vmas.n; i++)
		if ((!in || in[i]) && list_has(&s->regions->vmas.v[i], &needle))
			have[gs->of[i]] = true;
	free(in);
	return have;
}

/*
 * The places to search: the rows of the list; on the map, which has no groups and no filter, the
 * regions.
 */
struct places {
	uint64_t *row;
	size_t n, at; /* at: index of the cursor */
	bool all;
};

static struct places
list_places_of(const struct ui *ui, const struct sample *s)
{
	const struct vma_list *l = &s->regions->vmas;
	struct places p = {.row = ui->list->order,
	                   .n = ui->list->order_n,
	                   .at = rows_position(ui),
	                   .all = ui_view(ui) == VIEW_MAP};

	if (!p.all)
		return p;
	p.row = mem_alloc((l->n + 1) * sizeof(*p.row));
	p.n = l->n;
	p.at = l->n ? u64_min(vma_lower_bound(l, ui->region), l->n - 1) : 0;
	for (size_t i = 0; i < l->n; i++)
		p.row[i] = l->v[i].start;
	return p;
}

/* Whether a row differs from the moment that is compared with: of a group, one of its regions. */
static bool
list_row_differs(const struct ui *ui, const struct sample *s, uint64_t row, const struct group *g)
{
	const struct list_gone *gone =
	    row_is_gone(row) ? list_changes_gone(&ui->list->changes, row & ~(uint64_t)ROW_GONE)
	                     : NULL;
	const struct diff_region *r = gone ? gone->of : difference_of(s->diff, row);

	if (g)
		return !rows_is_open(ui, g) && diff_counts_differ(&g->compared);
	return r && diff_region_differs(r);
}

/* Which places have it. The heading of a folded group has what its regions have. */
static bool *
list_places_that_have(const struct ui *ui, const struct sample *s, const struct places *p)
{
	const struct groups *gs = p->all ? NULL : rows_groups(ui, s);
	bool *rows = mem_alloc((p->n + 1) * sizeof(*rows)),
	     *have = gs ? list_groups_that_have(gs, ui, s) : NULL;
	struct needle needle = list_needle(ui->list->find);

	for (size_t i = 0; i < p->n; i++) {
		const struct vma *v =
		    row_is_gone(p->row[i]) ? NULL : vma_at(&s->regions->vmas, p->row[i]);
		const struct group *g = rows_group(gs, s, p->row[i]);

		if (!ui->list->find[0])
			rows[i] = list_row_differs(ui, s, p->row[i], g);
		else if (g)
			rows[i] = strcasestr(g->key, ui->list->find) ||
			          (have[g - gs->g] && !rows_is_open(ui, g));
		else
			rows[i] = v && list_has(v, &needle);
	}
	free(have);
	return rows;
}

/* The first from the cursor on (skip: after it), wrapping around. */
static bool
list_find_from(struct ui *ui, const struct sample *s, bool skip, bool back)
{
	struct list *list = ui->list;
	struct places p = list_places_of(ui, s);
	bool *rows = list_places_that_have(ui, s, &p);
	size_t step = back && p.n ? p.n - 1 : 1, at = p.n ? (p.at + skip * step) % p.n : 0;

	list->found = list->found_n = 0;
	for (size_t i = 0; i < p.n; i++)
		list->found_n += rows[i];
	for (size_t i = 0; list->found_n && !rows[at] && i < p.n; i++)
		at = (at + step) % p.n;
	for (size_t i = 0; list->found_n && i <= at; i++)
		list->found += rows[i];
	if (list->found_n)
		ui->region = p.row[at];
	if (p.all)
		free(p.row);
	free(rows);
	return list->found_n > 0;
}

unsigned
list_find(struct ui *ui, const struct sample *s, long step)
{
	if ((!ui->list->find[0] && !s->diff) || !s->regions)
		return FX_NONE;
	return list_find_from(ui, s, true, step < 0) ? FX_NONE : FX_NOT_FOUND;
}

void
list_find_typed(struct ui *ui, const struct sample *s, const char *text)
{
	struct list *list = ui->list;

	ui->region = list->typing.from;
	snprintf(list->find, sizeof(list->find), "%.127s", text);
	list->found_n = 0;
	if (text[0] && s->regions)
		list_find_from(ui, s, false, false);
}

/* --- filtering -------------------------------------------------------------------------------- */

int
list_filter_typed(struct ui *ui, const struct sample *s, const char *text, struct err *err)
{
	if (list_filter_set(&ui->list->filter, text, s->page_size, err) < 0)
		return -1;
	ui->region = ui->list->typing.from;
	rows_anew(ui);
	return 0;
}

bool
list_esc(struct ui *ui)
{
	struct list *list = ui->list;

	if (list->segment) {
		list->segment = 0;
		return true;
	}
	if (!list->filter.text[0])
		return false;
	list->filter.text[0] = '\0';
	rows_anew(ui);
	return true;
}

/* --- both ------------------------------------------------------------------------------------- */

void
list_typed_begin(struct ui *ui)
{
	struct list *list = ui->list;

	list->typing.from = ui->region;
	list->typing.filter = list->filter;
	memcpy(list->typing.find, list->find, sizeof(list->find));
	list->found_n = 0;
}

void
list_typed_cancel(struct ui *ui)
{
	struct list *list = ui->list;

	ui->region = list->typing.from;
	memcpy(list->find, list->typing.find, sizeof(list->find));
	if (!strcmp(list->filter.text, list->typing.filter.text))
		return;
	list->filter = list->typing.filter;
	rows_anew(ui);
}
