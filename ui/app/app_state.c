/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "config/options.h"
#include "model/list.h"
#include "model/dump.h"
#include "model/pages.h"
#include "term/keys.h"
#include "views/timebar.h"

enum { TOAST_MS = 4000 };

void
app_toast_logged(struct app *a, enum role role, const char *text)
{
	struct app_toast *t = &a->toast;

	snprintf(t->text, sizeof(t->text), "%.*s", (int)sizeof(t->text) - 1, text);
	t->role = role;
	t->place = false;
	t->view = 0;
	t->lens = LENS_COUNT;
	t->until = time_ns() + TOAST_MS * UINT64_C(1000000);
}

void
app_toast(struct app *a, enum role role, const char *text)
{
	app_toast_logged(a, role, text);
	messages_add(&a->messages, (int)role, text, time(NULL));
}

void
app_toast_here(struct app *a, enum role role, const char *text)
{
	app_toast(a, role, text);
	a->toast.view = app_letter(a);
}

void
app_toast_place(struct app *a, const char *text)
{
	app_toast(a, ROLE_TEXT, text);
	a->toast.place = true;
}

void
app_place_changes(struct app *a)
{
	if (a->toast.place)
		a->toast.until = 0;
}

void
app_toast_lens(struct app *a, const char *text)
{
	app_toast_here(a, ROLE_TEXT, text);
	a->toast.lens = a->ui.lens;
}

void
app_messages(struct app *a)
{
	a->toast.until = 0; /* the log shows it first */
	ui_show(&a->ui, VIEW_MESSAGES);
}

void
app_toast_err(struct app *a, const struct err *e)
{
	char line[700];

	app_toast(a, ROLE_HOT, err_line(e, line, sizeof(line)));
}

bool
app_refuses_change(struct app *a)
{
	bool past = a->t.s && a->t.s->timeline;

	if (a->o->read_only || past)
		app_toast(a, ROLE_HOT,
		          past ? "this is a recording: what was cannot be changed"
		               : options_read_only);
	return a->o->read_only || past;
}

void
app_not_found(struct app *a)
{
	char text[192];

	if (a->ui.list->find[0])
		snprintf(text, sizeof(text), "no region has \"%s\" in its name or address",
		         a->ui.list->find);
	else
		snprintf(text, sizeof(text), "no region differs, as far as is known");
	app_toast_here(a, ROLE_HOT, text);
}

void
app_close_panel(struct app *a)
{
	answer_unref(a->t.panel);
	a->t.panel = NULL;
	a->t.panel_top = a->t.panel_row = 0;
	a->t.panel_left = 0;
}

char
app_letter(const struct app *a)
{
	return a->t.asking ? a->t.asking : a->t.panel ? 'O' : ui_letter(&a->ui);
}

void
app_post(struct app *a)
{
	if (a->t.sampler)
		sampler_request(a->t.sampler, &a->t.request);
}

void
app_command(struct app *a, const struct command *c)
{
	if (!a->t.sampler)
		return;
	a->t.newest[c->kind] = sampler_command(a->t.sampler, c);
	a->t.unanswered++;
}

const struct sample *
app_shown(const struct app *a)
{
	return a->t.back ? history_at(&a->t.history, a->t.back) : a->t.s;
}

bool
app_answered(const struct app *a)
{
	if (a->choose.lister)
		return a->choose.list && a->choose.list->complete &&
		       a->choose.list->request >= a->choose.listing;
	return a->t.s && !a->t.unanswered && a->t.s->complete &&
	       a->t.s->request_serial == a->t.request.serial &&
	       (a->t.s->can_track != TRACK_UNKNOWN || a->t.s->ended);
}

bool
app_is_whole(const struct app *a)
{
	return app_answered(a) || (a->t.s && a->t.s->whole_serial == a->t.request.serial);
}

int
app_timebar(const struct app *a)
{
	enum { LEAST_ROWS = 12, LEAST_COLS = 40 };

	return a->t.s && a->t.s->timeline && a->ui.rows >= LEAST_ROWS && a->ui.cols >= LEAST_COLS
	           ? TIMEBAR_ROWS
	           : 0;
}

/*
 * Below the status line is the timeline of a recording, then the hints. Without both it is the last
 * row; an open prompt covers it.
 */
int
app_bottom(const struct app *a)
{
	return a->ui.rows - (a->o->hints ? 2 : 1) - app_timebar(a);
}
