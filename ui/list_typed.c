/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list_typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list_rows.h"
#include "util.h"

/* --- finding ------------------------------------------------------------------------------------------ */

/* In the name as it is shown, in the address, or an address inside. */
static bool
has(const struct vma *v, const char *what)
{
	char addr[32];
	const char *end;
	uint64_t at;

	snprintf(addr, sizeof(addr), "%012llx", (unsigned long long)v->start);
	if (strcasestr(vma_shown_name(v), what) || strcasestr(addr, what))
		return true;
	return strlen(what) > 4 && parse_u64(what, 16, &end, &at) && !*end && at >= v->start && at < v->end;
}

/* Of each group whether a region in it has it. */
static bool *
groups_that_have(const struct groups *gs, const struct ui *ui, const struct sample *s)
{
	bool *have = mem_alloc((gs->n + 1) * sizeof(*have));
	size_t unknown;
	bool *in = list_filter_run(&ui->filter, s, &unknown);

	for (size_t i = 0; i < s->regions->vmas.n; i++)
		if ((!in || in[i]) && has(&s->regions->vmas.v[i], ui->find))
			have[gs->of[i]] = true;
	free(in);
	return have;
}

/* Which rows have it. A heading has what is folded away below it. */
static bool *
rows_that_have(const struct ui *ui, const struct sample *s)
{
	bool *rows = mem_alloc((ui->order_n + 1) * sizeof(*rows)), *have;
	const struct groups *gs = rows_groups(ui, s);

	have = gs ? groups_that_have(gs, ui, s) : NULL;
	for (size_t i = 0; i < ui->order_n; i++) {
		const struct vma *v = row_is_gone(ui->order[i]) ? NULL : vma_at(&s->regions->vmas, ui->order[i]);
		const struct group *g = rows_group(gs, s, ui->order[i]);

		if (g)
			rows[i] = strcasestr(g->key, ui->find) || (have[g - gs->g] && !rows_is_open(ui, g));
		else
			rows[i] = v && has(v, ui->find);
	}
	free(have);
	return rows;
}

/* From row `at` on, that one included. */
static bool
find_from(struct ui *ui, const struct sample *s, size_t at, size_t step)
{
	bool *rows = rows_that_have(ui, s);

	ui->found = ui->found_n = 0;
	for (size_t i = 0; i < ui->order_n; i++)
		ui->found_n += rows[i];
	for (size_t i = 0; ui->found_n && !rows[at] && i < ui->order_n; i++)
		at = (at + step) % ui->order_n;
	for (size_t i = 0; ui->found_n && i <= at; i++)
		ui->found += rows[i];
	if (ui->found_n)
		ui->region = ui->order[at];
	free(rows);
	return ui->found_n > 0;
}

unsigned
list_find(struct ui *ui, const struct sample *s, long step)
{
	size_t n = ui->order_n, back = n ? n - 1 : 0, by = step > 0 ? 1 : back;

	if (!ui->find[0] || !s->regions)
		return FX_NONE;
	return n && find_from(ui, s, (rows_position(ui) + by) % n, by) ? FX_NONE : FX_NOT_FOUND;
}

void
list_find_typed(struct ui *ui, const struct sample *s, const char *text)
{
	ui->region = ui->typing.from;
	snprintf(ui->find, sizeof(ui->find), "%.127s", text);
	ui->found_n = 0;
	if (text[0] && s->regions && ui->order_n)
		find_from(ui, s, rows_position(ui), 1);
}

/* --- filtering ---------------------------------------------------------------------------------------- */

int
list_filter_typed(struct ui *ui, const struct sample *s, const char *text, struct err *err)
{
	if (list_filter_set(&ui->filter, text, s->page_size, err) < 0)
		return -1;
	ui->region = ui->typing.from;
	rows_anew(ui);
	return 0;
}

bool
list_esc(struct ui *ui)
{
	if (ui->segment) {
		ui->segment = 0;
		return true;
	}
	if (!ui->filter.text[0])
		return false;
	ui->filter.text[0] = '\0';
	rows_anew(ui);
	return true;
}

/* --- both --------------------------------------------------------------------------------------------- */

void
list_typed_begin(struct ui *ui)
{
	ui->typing.from = ui->region;
	ui->typing.filter = ui->filter;
	memcpy(ui->typing.find, ui->find, sizeof(ui->find));
	ui->found_n = 0;
}

void
list_typed_cancel(struct ui *ui)
{
	ui->region = ui->typing.from;
	memcpy(ui->find, ui->typing.find, sizeof(ui->find));
	if (!strcmp(ui->filter.text, ui->typing.filter.text))
		return;
	ui->filter = ui->typing.filter;
	rows_anew(ui);
}
