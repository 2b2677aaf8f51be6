/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before there is a target: the list of processes, what is typed to find one, and its opening. */
#include "app/app_state.h"

#include <poll.h>

#include "base/clock.h"
#include "base/util.h"
#include "demo/demo.h"
#include "kernel/proc.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/view.h"
#include "views/view_help.h"

static const uint64_t MS = 1000000;
enum {
	LIST_MS = 2000,      /* between two lists, at least */
	FIRST_WAIT_MS = 80,  /* how long the first list may keep the screen waiting */
};

static void
app_set_list(struct app *a, struct processes *list)
{
	processes_free(a->processes);
	a->processes = list;
	a->ui.processes = list;
}

static int
app_take_list(struct app *a, struct err *err)
{
	struct processes *got = lister_take(a->lister);

	if (!got)
		return lister_opened(a->lister, err) ? 0 : -1;
	if (!got->complete)
		a->wanted_at = time_ns();
	app_set_list(a, got);
	return 0;
}

static void
app_refresh(struct app *a)
{
	a->listing = lister_refresh(a->lister);
	a->wanted_at = time_ns();
}

/* --- opening ---------------------------------------------------------------------------------- */

/* What cannot be opened is said, and the list stays. Returns whether it is being read. */
static bool
app_open_chosen(struct app *a)
{
	bool demo = a->ui.picker.at_demo;
	pid_t pid = a->ui.picker.pid;
	struct err err;

	/* the demo is a child of ours, wherever the others are listed */
	if ((demo && demo_start(&pid, &err) < 0) ||
	    app_target(a, demo ? PROC_ROOT : a->o->root, pid, demo ? TRACK_DEMO : TRACK_FOREIGN,
	               &err) < 0 ||
	    app_wait_first(a, &err) < 0) {
		app_target_close(a);
		app_toast_err(a, &err);
		app_refresh(a);
		return false;
	}
	a->toast_until = 0;
	if (demo)
		app_toast(a, ROLE_TEXT, demo_notice);
	return true;
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool
app_is_typed(int k)
{
	return k >= ' ' && k != 127 && k < 256;
}

static unsigned
app_choose_act(struct app *a, enum action action)
{
	struct ui *ui = &a->ui;

	switch ((int)action) {
	case ACT_QUIT: return FX_QUIT;
	case ACT_REDRAW: return FX_REDRAW;
	case ACT_REFRESH: return FX_REFRESH;
	case ACT_HELP: view_help_open(ui); return FX_NONE;
	case ACT_MESSAGES: app_messages(a); return FX_NONE;
	case ACT_BACK:
	case ACT_CLOSE:
		if (!ui->depth)
			break;
		if (action == ACT_BACK)
			view_back(ui);
		else
			ui_pop(ui);
		return FX_NONE;
	}
	return view_of(ui_view(ui))->act(ui, NULL, action);
}

/* Returns whether a process was chosen, and is being read. */
static bool
app_take_effects(struct app *a, unsigned fx)
{
	if (fx & FX_REDRAW)
		term_redraw();
	if (fx & FX_FIND_HELP)
		app_prompt(a, PROMPT_FIND_HELP);
	if (fx & FX_REFRESH)
		app_refresh(a);
	if (fx & FX_QUIT)
		a->quit = true;
	return fx & FX_OPEN && app_open_chosen(a);
}

static bool
app_choose_key(struct app *a, int k)
{
	enum action action = key_action(k, ui_letter(&a->ui));

	a->keys++;
	a->toast_until = 0; /* it was about the key before */
	if (action != ACT_NONE)
		return app_take_effects(a, app_choose_act(a, action));
	if (ui_view(&a->ui) == VIEW_PICKER && app_is_typed(k))
		picker_type(&a->ui.picker, a->processes, k);
	return false;
}

static bool
app_choose_mouse(struct app *a)
{
	struct app_click c;

	if (a->stale && a->term.mouse.kind != MOUSE_DRAG)
		app_draw(a);
	c = app_take_mouse(a);
	a->keys += a->term.mouse.kind != MOUSE_RELEASE;
	for (int i = 0; i < c.times; i++)
		c.fx |= app_choose_act(a, c.action);
	return app_take_effects(a, c.fx);
}

static bool
app_choose_read_keys(struct app *a)
{
	int k;

	while (!a->quit && (k = term_key(&a->term, prompt_is_open())) != TERM_NONE) {
		if (app_term_event(a, k))
			continue;
		if (prompt_is_open()) {
			app_prompt_key(a, k);
			a->keys++;
		} else if (k == TERM_MOUSE ? app_choose_mouse(a) : app_choose_key(a, k)) {
			return true;
		}
		a->stale = true;
		app_settle(a); /* the next key must find the cursor where this one put it */
	}
	return false;
}

/* --- the loop --------------------------------------------------------------------------------- */

static int
app_choose_choose(struct app *a, struct err *err)
{
	while (!a->quit) {
		struct pollfd list = {lister_fd(a->lister), POLLIN, 0};

		app_turn(a, &list, 1);
		if (list.revents && app_take_list(a, err) < 0)
			return -1;
		if (app_choose_read_keys(a))
			return 1;
	}
	return 0;
}

static int
app_wait_for_list(struct app *a, struct err *err)
{
	uint64_t end = time_ns() + FIRST_WAIT_MS * MS, now;

	while ((now = time_ns()) < end && !a->processes->complete) {
		struct pollfd p = {.fd = lister_fd(a->lister), .events = POLLIN};

		if (poll(&p, 1, (int)((end - now) / MS) + 1) > 0 && app_take_list(a, err) < 0)
			return -1;
	}
	return 0;
}

int
app_choose(struct app *a, struct err *err)
{
	uint64_t interval = a->o->interval_ns ? u64_max(a->o->interval_ns, LIST_MS * MS) : 0;
	int r;

	a->lister = lister_start(a->o->root, interval, err);
	if (!a->lister)
		return -1;
	a->listing = 0;
	a->wanted_at = time_ns();
	a->ui.depth = 0;
	a->ui.stack[0] = VIEW_PICKER;
	a->ui.picker.stale = true; /* its rows are another list's */
	app_set_list(a, mem_alloc(sizeof(*a->processes)));
	r = app_wait_for_list(a, err);
	if (r == 0)
		r = app_choose_choose(a, err);
	lister_stop(a->lister);
	a->lister = NULL;
	app_set_list(a, NULL);
	a->ui.depth = 0;
	a->ui.stack[0] = VIEW_REGIONS;
	return r;
}
