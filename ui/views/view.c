/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/view.h"

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
view_back(struct ui *ui)
{
	const struct view *v = view_of(ui_view(ui));
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi))
		ui->range_on = false;
	else if (!v->back || !v->back(ui))
		ui_pop(ui);
}
