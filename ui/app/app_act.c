/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and clicks: the actions that mean the same in every view, and the effects that views return.
 */
#include "app/app_state.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/util.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/list_typed.h"
#include "views/view.h"
#include "views/view_help.h"

/* Stops periodic scans; what scrolls into view is still read. A recording is played. */
static void
app_toggle_pause(struct app *a)
{
	if (a->t.s && a->t.s->timeline) {
		app_toggle_play(a);
		return;
	}
	if (a->t.paused || !a->t.back)
		a->t.paused = !a->t.paused;
	a->t.back = 0;
	a->t.rewound = false;
	a->t.request.paused = a->t.paused;
	app_place_changes(a);
	app_post(a);
}

/* It says so; and how to go on, if somebody has asked for a pause. */
static void
app_say_newest(struct app *a)
{
	char text[KEY_NAME_SIZE + 64];

	snprintf(text, sizeof(text), "this is the newest sample; %s goes on",
	         key_of(ACT_PAUSE, ui_letter(&a->ui)));
	app_toast_place(a, a->t.paused ? text : "this is the newest sample");
}

/*
 * So many samples back, or forward if it is negative. The first step back pauses, but not while the
 * samples are recorded: then they go on to be taken, and the picture stays. At the newest one that
 * pause ends.
 */
static void
app_rewind_by(struct app *a, int step)
{
	if (a->t.s && a->t.s->timeline) {
		app_travel(a, -step);
		return;
	}
	if (step > 0 && !a->t.history.n) {
		app_toast_place(a, "no earlier sample");
		return;
	}
	if (step < 0 && !a->t.back) {
		app_say_newest(a);
		return;
	}
	if (!a->t.paused && !a->t.back && !a->t.s->recorded.on) {
		app_toggle_pause(a);
		a->t.rewound = true;
	}
	app_place_changes(a);
	if (step > 0)
		a->t.back = u64_min(a->t.back + (size_t)step, a->t.history.n);
	else
		a->t.back -= u64_min(a->t.back, (uint64_t)-step);
	if (!a->t.back && a->t.rewound)
		app_toggle_pause(a);
}

/* The only read that changes the target; only R requests it. */
static void
app_fault(struct app *a)
{
	if (app_refuses_change(a))
		return;
	a->t.back = 0; /* shows the newest sample, with the result */
	app_command(a, &(struct command){.kind = COMMAND_FAULT, .at = a->ui.byte});
}

static void
app_effects(struct app *a, unsigned fx)
{
	char text[192];

	if (fx & FX_QUIT)
		a->quit = true;
	if (fx & FX_OPEN)
		app_choose_open(a);
	if (fx & FX_FAULT)
		app_fault(a);
	if (fx & FX_TRAVEL && a->t.s->timeline)
		app_travel_to_tick(a, u64_min(a->ui.tick, a->t.s->timeline->n - 1));
	if (fx & FX_FIND)
		app_prompt(a, view_of(ui_view(&a->ui))->find);
	if (fx & FX_FILTER)
		app_prompt(a, view_of(ui_view(&a->ui))->filter);
	if (fx & (FX_SEEK | FX_SEEK_BACK) && !app_seek(a, fx & FX_SEEK_BACK))
		app_prompt(a, view_of(ui_view(&a->ui))->find);
	if (fx & (FX_CHANGE | FX_CHANGE_BACK))
		app_seek_change(a, fx & FX_CHANGE_BACK);
	if (fx & FX_NOT_FOUND)
		app_not_found(a);
	if (fx & FX_NO_POINTER)
		app_toast_here(a, ROLE_TEXT, "no pointer to follow: the word under the cursor "
		                             "is not an address in a region");
	if (fx & FX_NO_WRITES) {
		snprintf(text, sizeof(text), "no writes measured yet: press %s",
		         key_of(ACT_CLEAR, 'R'));
		app_toast_here(a, ROLE_TEXT,
		               a->t.s && a->t.s->clears ? "no writes since the clear"
		                                        : text);
	}
}

/* --- what keys do in any view (keys.def) ------------------------------------------------------ */

static void
app_quit(struct app *a)
{
	a->quit = true;
}

static void
app_redraw(struct app *a)
{
	(void)a;
	term_redraw();
}

static void
app_refresh_now(struct app *a)
{
	if (a->choose.lister)
		app_choose_refresh(a);
	else
		app_refresh(a);
}

/* Only reads; with attribution, page faults are watched from now on. */
void
app_set_baseline(struct app *a)
{
	char text[2 * KEY_NAME_SIZE + 128];

	a->t.request.baseline = ++a->t.baselines;
	app_post(a);
	snprintf(text, sizeof(text),
	         "baseline set: GROWN counts from %s on, and %s shows the code; "
	         "`baseline off` ends it",
	         a->t.s && a->t.s->timeline ? "this sample" : "now", key_of(ACT_BY, 'R'));
	app_toast(a, ROLE_TEXT, text);
}

static void
app_rewind(struct app *a)
{
	app_rewind_by(a, 1);
}

static void
app_forward(struct app *a)
{
	app_rewind_by(a, -1);
}

static void
app_rewind_ten(struct app *a)
{
	app_rewind_by(a, 10);
}

static void
app_forward_ten(struct app *a)
{
	app_rewind_by(a, -10);
}

static void
app_open_prompt(struct app *a)
{
	app_prompt(a, PROMPT_ASK);
}

static void
app_ask_interval(struct app *a)
{
	app_prompt(a, PROMPT_INTERVAL);
}

static void
app_ask_auto_clear(struct app *a)
{
	if (!app_refuses_change(a))
		app_prompt(a, PROMPT_AUTO_CLEAR);
}

static void
app_ask_file(struct app *a)
{
	if (a->t.s)
		app_prompt(a, PROMPT_WRITE);
}

static void
app_await_bookmark(struct app *a)
{
	a->t.awaited = ACT_BOOKMARK;
}

static void
app_await_bookmark_go(struct app *a)
{
	a->t.awaited = ACT_BOOKMARK_GO;
}

static void
app_show_help(struct app *a)
{
	view_help_open(&a->ui);
}

static void
app_show_capabilities(struct app *a)
{
	ui_push(&a->ui, VIEW_CAPABILITIES);
}

static void
app_show_map(struct app *a)
{
	ui_show(&a->ui, VIEW_MAP);
}

static void
app_show_writes(struct app *a)
{
	ui_show(&a->ui, VIEW_WRITES);
}

static void
app_show_by(struct app *a)
{
	ui_show(&a->ui, VIEW_BY);
}

static void
app_show_heat(struct app *a)
{
	ui_show(&a->ui, VIEW_HEAT);
}

/* Of the selected range; else of the page, cell or region under the cursor. */
static void
app_ask_who(struct app *a)
{
	struct command c = {.kind = COMMAND_ASK};
	const struct sample *s = app_shown(a);
	uint64_t lo, hi;

	if (!s || !ui_here(&a->ui, s, &lo, &hi))
		return;
	if (hi - lo <= s->page_size)
		snprintf(c.text, sizeof(c.text), "who 0x%llx", (unsigned long long)lo);
	else
		snprintf(c.text, sizeof(c.text), "who 0x%llx..0x%llx", (unsigned long long)lo,
		         (unsigned long long)hi);
	app_command(a, &c);
}

/* Esc where there is no view to go back to. */
static void
app_stay(struct app *a)
{
	bool listed = !a->o->pid && !a->o->recording;
	char text[KEY_NAME_SIZE + 96];

	if (list_esc(&a->ui) || app_diff_end(a))
		return;
	if (listed && (a->t.leaving || !a->t.s || !a->t.s->clears)) {
		a->t.left = true;
		return;
	}
	if (listed) {
		snprintf(text, sizeof(text),
		         "%s again: back to the list of processes, which ends the watch",
		         key_of(ACT_STAY, ui_letter(&a->ui)));
		app_toast_here(a, ROLE_HOT, text);
		a->t.leaving = true;
		return;
	}
	snprintf(text, sizeof(text), "%s quits",
	         key_of(ACT_CLOSE, ui_letter(&a->ui)));
	app_toast_here(a, ROLE_TEXT, text);
}

/* Pressing the key of the writes lens again switches between its two modes. */
static void
app_choose_lens(struct app *a, enum lens l)
{
	bool again = l == LENS_WRITES && a->ui.lens == l;

	a->ui.lens = l;
	if (!again)
		return;
	a->ui.by_count = !a->ui.by_count;
	if (a->ui.by_count)
		app_toast_lens(a, "colours show in how many epochs a page was written; "
		                  "2: how long ago");
	else
		app_toast_lens(a, "colours show how long ago a page was written; 2: how often");
}

static void
app_back(struct app *a)
{
	if (a->t.panel)
		app_close_panel(a);
	else if (a->ui.depth)
		view_back(&a->ui);
	else
		app_effects(a, view_of(ui_view(&a->ui))->act(&a->ui, app_shown(a), ACT_BACK));
}

static void
app_close(struct app *a)
{
	if (a->t.panel)
		app_close_panel(a);
	else if (a->ui.depth)
		ui_pop(&a->ui);
	else
		app_quit(a);
}

static void
app_act(struct app *a, enum action action)
{
	enum { ALWAYS, TARGET, LIVE }; /* what is LIVE says why of a recording */
	static const struct {
		void (*does)(struct app *);
		int when;
	} rows[ACT_COUNT] = {
#define A(id, function, when) [ACT_##id] = {function, when},
#include "term/keys.def"
	};

	if (action >= ACT_LENS && action <= ACT_LENS_LAST)
		app_choose_lens(a, (enum lens)(action - ACT_LENS));
	else if (rows[action].does && (a->t.sampler || rows[action].when == ALWAYS))
		rows[action].does(a);
	else if (!rows[action].does && (a->t.s || ui_is_bare(&a->ui)))
		app_effects(a, view_of(ui_view(&a->ui))->act(&a->ui, app_shown(a), action));
}

static void
app_perform(struct app *a, enum action action)
{
	if (!a->t.asking && (action == ACT_BACK || action == ACT_STAY) && app_cancel_work(a))
		return;
	if (a->t.asking && (app_consent(a, action) || (action != ACT_QUIT && action != ACT_REDRAW)))
		return; /* no other key counts before it is answered */
	app_act(a, action);
}

/* Keys that do nothing in an answer close it, and belong to the view below. */
static enum action
app_leave_panel(struct app *a, int k, enum action action)
{
	if (action != ACT_NONE && !app_panel_moves(a, action))
		return action;
	app_close_panel(a);
	return key_action(k, ui_letter(&a->ui));
}

/* A key without an action in this view: that, and where the keys are. Not for the log. */
static void
app_say_unbound(struct app *a, int k)
{
	char name[KEY_NAME_SIZE], text[3 * KEY_NAME_SIZE];
	char view = app_letter(a);

	if (!key_name(k, name, sizeof(name)))
		return;
	if (view == key_view_named("help"))
		snprintf(text, sizeof(text), "%s does nothing in the help", name);
	else
		snprintf(text, sizeof(text), "%s does nothing here: %s has the keys of this view",
		         name, key_of(ACT_HELP, view));
	app_toast_logged(a, ROLE_TEXT, text);
	a->toast.view = view;
}

static void
app_key(struct app *a, int k)
{
	enum action action = key_action(k, app_letter(a));
	bool closes = a->t.panel && !a->t.asking;

	a->status.keys++;
	a->ui.touched_ns = time_ns();
	if (a->choose.lister || (a->toast.view && a->toast.lens == LENS_COUNT))
		a->toast.until = 0; /* it was about the previous key */
	a->t.leaving = a->t.leaving && action == ACT_STAY;
	if (a->t.awaited) {
		app_take_letter(a, k);
		return;
	}
	if (a->t.panel && !a->t.asking) {
		if (app_panel_scroll(a, action))
			return;
		action = app_leave_panel(a, k, action);
	}
	if (action != ACT_NONE || a->t.asking)
		app_perform(a, action);
	else if (view_of(ui_view(&a->ui))->typed)
		app_effects(a, view_of(ui_view(&a->ui))->typed(&a->ui, k));
	else if (!closes)
		app_say_unbound(a, k);
}

/*
 * A click refers to what was on screen, so earlier keys must be drawn first. Beside an open answer,
 * the click goes to the view below.
 */
static void
app_mouse(struct app *a)
{
	struct app_click c;
	bool press = a->term.mouse.kind == MOUSE_PRESS;

	if (a->stale && a->term.mouse.kind != MOUSE_DRAG)
		app_draw(a);
	c = app_take_mouse(a);
	a->status.keys += a->term.mouse.kind != MOUSE_RELEASE;
	if (press && a->t.panel && !a->mouse.held.action && !a->mouse.held.covers)
		app_close_panel(a);
	app_effects(a, c.fx);
	for (int i = 0; i < c.times; i++)
		app_perform(a, c.action);
}

/* Whether `k` is an event of the terminal instead of a key; handles it. */
static bool
app_term_event(struct app *a, int k)
{
	if (k == TERM_RESIZE)
		term_measure(&a->term);
	else if (k == TERM_GROUND)
		paint_again(&a->term, a->o->theme);
	return k == TERM_RESIZE || k == TERM_GROUND;
}

void
app_read_keys(struct app *a)
{
	int k;

	while (!a->quit && !a->t.left && (k = term_key(&a->term, prompt_is_open())) != TERM_NONE) {
		a->picture.stands = false;
		if (app_term_event(a, k))
			continue;
		if (prompt_is_open()) {
			a->ui.touched_ns = time_ns();
			a->status.keys++;
			app_prompt_key(a, k);
		} else if (k == TERM_MOUSE) {
			app_mouse(a);
		} else {
			app_key(a, k);
		}
		a->stale = true;
		app_settle(a); /* the next key starts from where this one left the grid */
	}
}
