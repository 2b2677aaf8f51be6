/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches for pages and for bytes: the sampler searches, the cursor goes there. */
#include "app/app_state.h"

#include <stdio.h>

#include "model/dump.h"
#include "model/pages.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/view.h"

/* Where a search begins. A region's first page counts as one after its row. */
static uint64_t
app_seek_from(const struct app *a, bool bytes, bool back)
{
	const struct ui *ui = &a->ui;
	size_t size = a->t.s->page_size;

	if (bytes)
		return ui->byte;
	if (view_row(ui_view(ui))->on == ON_REGION)
		return ui->region - (back ? 0 : size);
	return ui_at(ui) & ~(uint64_t)(size - 1);
}

static void
app_seek_post(struct app *a, const char *what, bool bytes, bool back)
{
	struct command c = {.kind = COMMAND_FIND,
	                    .at = app_seek_from(a, bytes, back),
	                    .bytes = bytes,
	                    .back = back};

	a->t.find_view = ui_view(&a->ui);
	snprintf(c.text, sizeof(c.text), "%s", what);
	app_command(a, &c);
}

bool
app_seek(struct app *a, bool back)
{
	bool bytes = ui_view(&a->ui) == VIEW_HEX;
	const char *what = bytes ? a->ui.dump->find : a->ui.pages->find;

	if (!what[0])
		return false;
	a->t.find_change = false;
	app_seek_post(a, what, bytes, back);
	return true;
}

bool
app_seek_page(struct app *a, bool back)
{
	if (!a->ui.pages->find[0])
		return false;
	a->t.find_change = false;
	app_seek_post(a, a->ui.pages->find, false, back);
	return true;
}

void
app_seek_change(struct app *a, bool back)
{
	a->t.find_change = true;
	app_seek_post(a, "!state=none", false, back);
}

/* If the region has no page of another state, its end is where to go on. */
static void
app_notice_change(struct app *a, const struct result *r)
{
	const struct seek_found *f = &r->found;
	const struct command *c = &r->command;
	struct ui *ui = &a->ui;
	const struct vma *v = ui_vma(ui, a->t.s, NULL);
	bool here = v && f->any && f->at >= v->start && f->at < v->end &&
	            (c->back ? f->at < c->at : f->at > c->at);

	if (!v || ui_view(ui) != VIEW_GRID || ui->cursor != c->at)
		return; /* the user has gone elsewhere */
	ui->cursor = here ? f->at : c->back ? v->start : v->end - a->t.s->page_size;
	ui->pages->follow = false;
}

static void
app_say_nothing(struct app *a, const struct result *r)
{
	const struct seek_found *f = &r->found;
	char text[640];
	int n = snprintf(text, sizeof(text), "no page matches %s", r->command.text);

	if (f->unknown)
		snprintf(text + n, sizeof(text) - (size_t)n, "; not known for %llu page%s",
		         (unsigned long long)f->unknown, plural(f->unknown));
	app_toast_here(a, ROLE_HOT, text);
}

static const char *
app_wrap_words(const struct command *c)
{
	return c->back ? "wrapped around: this is the last match"
	               : "wrapped around: this is the first match";
}

/* Pages that were not searched are reported even after a hit: the bytes may be there. */
static void
app_notice_bytes(struct app *a, const struct result *r)
{
	const struct seek_found *f = &r->found;
	struct buf text = {0};

	if (ui_view(&a->ui) != VIEW_HEX)
		return; /* the user has gone elsewhere */
	buf_str(&text, f->any ? "" : "not found in the region");
	if (f->wrapped)
		buf_str(&text, app_wrap_words(&r->command));
	if (f->skipped)
		buf_fmt(&text, "%s%llu page%s not in RAM %s not searched", text.len ? "; " : "",
		        (unsigned long long)f->skipped, plural(f->skipped),
		        f->skipped == 1 ? "was" : "were");
	if (f->any) {
		a->t.back = 0;
		ui_leave(&a->ui);
		a->ui.byte = f->at;
	}
	if (text.len)
		app_toast_here(a, f->any ? ROLE_TEXT : ROLE_HOT, text.s);
	buf_free(&text);
}

/* If the user has changed to another view meanwhile, only reports it. */
static void
app_say_found(struct app *a, uint64_t addr)
{
	char text[64];

	snprintf(text, sizeof(text), "found at %llx: :%llx goes there", (unsigned long long)addr,
	         (unsigned long long)addr);
	app_toast_here(a, ROLE_TEXT, text);
}

/* The zoom stays: in a cell of many pages the cursor is on the page that was found. */
void
app_notice_found(struct app *a, const struct result *r)
{
	const struct seek_found *f = &r->found;
	struct ui *ui = &a->ui;
	unsigned zoom = ui->pages->grid.zoom;

	if (r->err.what[0]) {
		app_toast_err(a, &r->err);
	} else if (r->command.bytes) {
		app_notice_bytes(a, r);
	} else if (a->t.find_change) {
		app_notice_change(a, r);
	} else if (!f->any) {
		app_say_nothing(a, r);
	} else if (ui_view(ui) != a->t.find_view) {
		app_say_found(a, f->at);
	} else {
		a->t.back = 0;
		app_go(a, f->at);
		if (a->t.find_view == VIEW_GRID)
			ui->pages->grid.zoom = zoom;
		if (f->wrapped)
			app_toast_here(a, ROLE_TEXT, app_wrap_words(&r->command));
	}
}
