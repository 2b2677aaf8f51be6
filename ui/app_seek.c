/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding pages by what they are: the sampler looks for them, the cursor goes there. */
#include "app_state.h"

#include <stdio.h>

void
app_seek(struct app *a, bool back)
{
	struct want *w = &a->want;

	if (!a->ui.page_find[0]) {
		app_effects(a, FX_FIND);
		return;
	}
	snprintf(w->find_what, sizeof(w->find_what), "%s", a->ui.page_find);
	w->find_from = a->ui.cursor;
	w->find_back = back;
	w->find++;
	app_post(a);
}

static void
say_nothing(struct app *a)
{
	const struct seek_found *f = &a->s->found;
	char text[360];
	int n = snprintf(text, sizeof(text), "no page passes %s", a->want.find_what);

	if (f->unknown)
		snprintf(text + n, sizeof(text) - (size_t)n, "; of %llu it is not known", (unsigned long long)f->unknown);
	app_toast(a, ROLE_HOT, text);
}

/* The zoom stays: in a cell of many pages the cursor stands on the one that was found. */
void
app_notice_found(struct app *a)
{
	const struct seek_found *f = &a->s->found;
	struct ui *ui = &a->ui;
	unsigned zoom = ui->grid.zoom;

	if (a->s->find == a->find_seen)
		return;
	a->find_seen = a->s->find;
	if (a->s->find_err.what[0]) {
		app_toast_err(a, &a->s->find_err);
	} else if (!f->any) {
		say_nothing(a);
	} else {
		a->back = 0;
		if (!ui_go(ui, a->s, f->at))
			return;
		ui->grid.zoom = zoom;
		if (f->wrapped)
			app_toast(a, ROLE_TEXT, a->want.find_back ? "none before: this is the last of all"
			                                          : "none behind: this is the first of all");
	}
}
