/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/view.h"

#include <stdlib.h>

const struct view *
view_of(enum view_id id)
{
#define V(id, object, letter, name, title, on) &object,
	static const struct view *const views[VIEW_COUNT] = {
#include "term/views.def"
	};

	return views[id];
}

void
views_open(struct ui *ui)
{
	for (unsigned id = 0; id < VIEW_COUNT; id++)
		if (!ui->own[id] && view_of((enum view_id)id)->size)
			ui->own[id] = mem_alloc(view_of((enum view_id)id)->size);
	ui->list = ui->own[VIEW_REGIONS];
	ui->pages = ui->own[VIEW_GRID];
	ui->dump = ui->own[VIEW_HEX];
}

void
views_close(struct ui *ui, bool all)
{
	struct ui left = {.processes = ui->processes, .messages = ui->messages};

	for (unsigned id = 0; id < VIEW_COUNT; id++) {
		const struct view *v = view_of((enum view_id)id);

		if (!all && view_row((enum view_id)id)->on == ON_NOTHING) {
			left.own[id] = ui->own[id];
			continue;
		}
		if (ui->own[id] && v->drop)
			v->drop(ui->own[id]);
		free(ui->own[id]);
	}
	*ui = left;
}

void
view_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct view *v = view_of(ui_view(ui));

	if (ui->fresh[ui->depth] && v->enter)
		v->enter(ui);
	ui->fresh[ui->depth] = false;
	v->settle(ui, s, top, bottom);
}

void
view_back(struct ui *ui)
{
	const struct view *v = view_of(ui_view(ui));
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi))
		ui->range.on = false;
	else if (!v->back || !v->back(ui))
		ui_pop(ui);
}
