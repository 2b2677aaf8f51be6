/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame around the views.
 *
 *   row 0        where we are, and badges: live or not, the epoch, the privileges
 *   1 .. n-3     the view
 *   n-2          what is under the cursor, in words; or a message; below it, of a recording, its
 *                timeline
 *   n-1          hints, or the prompt
 */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/timebar.h"
#include "views/view.h"

enum {
	MIN_ROWS = 6,
	MIN_COLS = 30,
	CHOOSE_COLS = 20,
	HINTS_MAX = 32,
};

/* In a recording there is nothing to clear, but a time to go to. NULL: as of a process. */
static const char *
app_replay_hint(const struct app *a, enum action action)
{
	enum { ROOMY = 100 };
	const struct sample *s = app_shown(a);

	if (!s || !s->timeline)
		return NULL;
	if ((action == ACT_REWIND || action == ACT_FORWARD) && a->ui.cols < ROOMY)
		return "";
	return key_is_live(action) || (action == ACT_HEX && !s->timeline->contents)
	           ? ""
	       : action == ACT_PAUSE   ? app_plays(a) ? "stop" : "play"
	       : action == ACT_REWIND  ? "back"
	       : action == ACT_FORWARD ? "on"
	                               : NULL;
}

/* The hints of the view, with its own words for them; returns their number. */
static int
app_find_hints(const struct app *a, struct key_row out[HINTS_MAX])
{
	const struct view *v = view_of(ui_view(&a->ui));
	char view = app_letter(a);
	size_t n;
	const struct key_row *k = key_table(&n);
	int found = 0;

	for (size_t i = 0; i < n && found < HINTS_MAX; i++) {
		const char *own = v->hint && view == ui_letter(&a->ui)
		                      ? v->hint(&a->ui, app_shown(a), k[i].action)
		                      : NULL;
		const char *replay = app_replay_hint(a, k[i].action);
		const char *word = replay                                ? replay
		                   : own                                 ? own
		                   : k[i].action == ACT_GO && a->t.panel ? app_panel_goal(a)
		                                                         : k[i].hint;

		if (view == 'O' && k[i].action == ACT_RIGHT && !app_panel_is_wide(a))
			continue;
		if (view == 'Y' && k[i].action == ACT_CONSENT && !app_may_consent_to_region(a))
			continue;
		/* if two keys go back, Esc is enough */
		if (!word[0] || !key_row_in(&k[i], view) ||
		    (k[i].action == ACT_CLOSE && (a->ui.depth || a->t.panel)))
			continue;
		out[found] = k[i];
		out[found++].hint = word;
	}
	return found;
}

static int
app_hint_width(const struct key_row *k)
{
	return (int)strcspn(k->keys, " ") + 1 + (int)strlen(k->hint);
}

/* If there is no room for all, the last ones are dropped, but never the way back. */
static int
app_fit_hints(struct key_row hint[HINTS_MAX], int n, int cols)
{
	int total = -2;

	for (int i = 0; i < n; i++)
		total += app_hint_width(&hint[i]) + 2;
	while (n > 1 && total > cols) {
		bool out = hint[n - 1].action == ACT_BACK || hint[n - 1].action == ACT_CLOSE;

		total -= app_hint_width(&hint[n - 1 - out]) + 2;
		if (out)
			hint[n - 2] = hint[n - 1];
		n--;
	}
	return n;
}

static void
draw_hints(const struct app *a)
{
	struct key_row hint[HINTS_MAX];
	int n = a->o->hints ? app_fit_hints(hint, app_find_hints(a, hint), a->ui.cols) : 0;
	int x = 0, y = a->ui.rows - 1;

	for (int i = 0; i < n; i++) {
		int from = x;

		x = paint_text(y, x, a->ui.cols, ROLE_ACCENT, "%.*s",
		               (int)strcspn(hint[i].keys, " "), hint[i].keys);
		x = paint_text(y, x + 1, a->ui.cols, ROLE_TEXT, "%s", hint[i].hint) + 2;
		zone_key(y, from, x - 2, hint[i].action);
	}
}

/* Whether there is a message that is recent and applies to what is on screen. */
static bool
app_has_toast(const struct app *a)
{
	return time_ns() < a->toast.until && (!a->toast.view || a->toast.view == app_letter(a)) &&
	       (a->toast.lens == LENS_COUNT || a->toast.lens == a->ui.lens);
}

static void
draw_say(const struct app *a, int y)
{
	struct buf text = {0};

	if (!a->t.awaited && app_say_work(a, &text)) {
		fit_draw_cut(y, 1, a->ui.cols, ROLE_HOT, text.s);
		buf_free(&text);
		return;
	}
	if (!a->t.awaited && app_has_toast(a)) {
		app_draw_message(a, y, a->toast.role, 1, a->toast.text);
		return;
	}
	if (a->t.awaited)
		app_say_awaited(a, &text);
	else if (app_shown(a) && app_shown(a)->trouble.what[0])
		buf_fmt(&text, "%s: %s", app_shown(a)->trouble.what, app_shown(a)->trouble.why);
	else
		view_of(ui_view(&a->ui))->say(&a->ui, app_shown(a), &text);
	fit_draw_cut(y, 1, a->ui.cols, ROLE_TEXT, text.s);
	buf_free(&text);
}

/* The question shows costs only: skips the facts about trackers. */
static int
app_count_costs(const struct answer *p)
{
	int n = 0;

	while (n < (int)p->n && strcmp(p->f[n].key, tracker_words((enum tracker)0)->name) != 0)
		n++;
	return n;
}

/* The question; below it all costs, if the user asked for them. */
static void
draw_question(const struct app *a, int bottom)
{
	const struct answer *p = a->t.panel;
	const char *question = p->question ? p->question : p->line;
	int cols = a->ui.cols, lines = app_panel_head(question, cols);
	int facts = a->t.explains ? app_count_costs(p) : 0;
	int most = lines + app_panel_facts_rows(p, facts, cols);
	int rows = most < bottom - 2 ? most : bottom - 2, top = bottom - rows;

	zone_cover(top, 0, bottom, cols);
	for (int y = top; y < top + lines && y < bottom; y++)
		paint_fill(y, 0, cols, ROLE_HEADER);
	top = fit_draw_lines(top, bottom, cols, ROLE_HEADER, question);
	app_panel_draw_facts(p, facts, top, bottom, cols);
}

static int
app_least_cols(const struct app *a)
{
	return a->choose.lister ? CHOOSE_COLS : MIN_COLS;
}

static void
draw_small(const struct app *a)
{
	paint_text(0, 0, a->term.cols, ROLE_TEXT, "%dx%d: pmtop needs", a->term.cols, a->term.rows);
	paint_text(1, 0, a->term.cols, ROLE_TEXT, "%dx%d; %s quits", app_least_cols(a), MIN_ROWS,
	           a->choose.lister ? key_of(ACT_BACK, 'S') : key_of(ACT_CLOSE, 'R'));
}

/*
 * Views are laid out for at least the smallest supported screen: on a smaller one they are not
 * drawn, but keys still arrive.
 */
void
app_settle(struct app *a)
{
	const struct sample *s = app_shown(a);

	a->ui.rows = a->term.rows > MIN_ROWS ? a->term.rows : MIN_ROWS;
	a->ui.cols = a->term.cols > app_least_cols(a) ? a->term.cols : app_least_cols(a);
	if (s || ui_is_bare(&a->ui))
		view_settle(&a->ui, s, 1, app_bottom(a));
}

/* The time for ages on screen: it runs on in a live sample and stands still in an earlier one. */
static uint64_t
draw_now(const struct app *a, const struct sample *s)
{
	if (!s)
		return time_ns();
	return a->t.back || s->timeline || a->o->term.calm ? s->time_ns
	                                                  : sample_clock(s, time_ns());
}

/* Before the first sample. */
static void
draw_opening(const struct app *a)
{
	if (a->o->recording)
		paint_text(1, 1, a->ui.cols, ROLE_DIM, "opening the recording");
	else
		paint_text(1, 1, a->ui.cols, ROLE_DIM, "%s process %d",
		           a->t.owner == TRACK_DEMO ? "starting the demo," : "opening",
		           (int)a->t.pid);
}

void
app_draw(struct app *a)
{
	const struct sample *s = app_shown(a);
	const struct view *v = view_of(ui_view(&a->ui));
	int bottom;

	a->ui.now = draw_now(a, s);
	app_see_work(a);
	app_once_show(a);
	app_settle(a);
	bottom = app_bottom(a);
	paint_begin(&a->term);
	zones_begin();
	if (a->term.rows < MIN_ROWS || a->term.cols < app_least_cols(a)) {
		draw_small(a);
	} else {
		app_header(a);
		if (s || ui_is_bare(&a->ui)) {
			v->draw(&a->ui, s, 1, bottom);
			draw_say(a, bottom);
			if (app_timebar(a))
				timebar_draw(s, bottom + 1, a->ui.cols);
		} else {
			draw_opening(a);
		}
		if (a->t.panel && a->t.asking)
			draw_question(a, bottom);
		else if (a->t.panel)
			app_panel_draw(a, bottom);
		if (prompt_is_open())
			app_draw_prompt(a, a->ui.rows - 1);
		else
			draw_hints(a);
	}
	a->status.cells = paint_flush();
	a->stale = false;
	a->status.frame++;
}
