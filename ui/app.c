/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The owner of everything on the screen: the loop that waits for keys, samples, signals and the
 * target's end, and the effects that views ask for. It never reads /proc.
 */
#include "app_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "inspector.h"
#include "list_typed.h"
#include "list_rows.h"
#include "prompt.h"
#include "util.h"

static const uint64_t MS = 1000000;
enum {
	OPEN_WAIT_MS = 80, /* how long the first picture may keep the screen waiting */
	FADE_MS = 500,     /* how often colours that fade are drawn again */
	COOL_MS = 31000,   /* when they have faded: the last step of enum heat is 30 s */
	TOAST_MS = 4000,
};

void
app_toast(struct app *a, enum role role, const char *text)
{
	snprintf(a->toast, sizeof(a->toast), "%.*s", (int)sizeof(a->toast) - 1, text);
	a->toast_role = role;
	a->toast_until = time_ns() + TOAST_MS * MS;
	messages_add(&a->messages, (int)role, text, time(NULL));
}

void
app_messages(struct app *a)
{
	a->toast_until = 0; /* it is the first of them */
	a->ui.messages = &a->messages;
	a->ui.messages_top = 0;
	ui_show(&a->ui, VIEW_MESSAGES);
}

void
app_toast_err(struct app *a, const struct err *e)
{
	char line[700];

	app_toast(a, ROLE_HOT, err_line(e, line, sizeof(line)));
}

/* --- wants -------------------------------------------------------------------------------------------- */

void
app_post(struct app *a)
{
	sampler_want(a->sampler, &a->want);
	a->wanted_at = time_ns();
}

/* Tells the sampler what the screen shows now, if that is something else than before. */
static void
post_view(struct app *a)
{
	enum view_id v = ui_view(&a->ui);
	bool inspected = v == VIEW_GRID && !a->ui.grid.zoom && inspector_shown(&a->ui);
	enum card_kind card = v == VIEW_PAGE || inspected ? CARD_PAGE : v == VIEW_REGION ? CARD_REGION
	                      : v == VIEW_CAPABILITIES ? CARD_CAPABILITIES : CARD_NONE;
	uint64_t at = card == CARD_PAGE ? a->ui.cursor : a->ui.region;
	bool grid = v == VIEW_GRID || v == VIEW_PAGE, hex = v == VIEW_HEX;
	bool smaps = (v == VIEW_REGIONS || v == VIEW_SORT || v == VIEW_COLUMNS) && list_needs_smaps(&a->ui, a->s);
	uint64_t lo = 0, hi = 0;
	struct want *w = &a->want;

	if (view_of(v)->bare) /* what is below stays as it is */
		return;
	if (grid && !a->ui.grid.rows)
		grid = false;
	if (v != VIEW_GRID || !ui_range(&a->ui, &lo, &hi))
		lo = hi = 0;
	if (!strcmp(w->filter, a->ui.page_filter) && w->range_lo == lo && w->range_hi == hi && w->lens == a->ui.lens &&
	    w->grid_on == grid && w->smaps_on == smaps && w->card_on == card && (!grid || grid_same(&w->grid, &a->ui.grid)) &&
	    (!card || w->card == at) && w->hex_on == hex &&
	    (!hex || (w->hex_at == a->ui.hex_top && w->hex_rows == a->ui.hex_rows)))
		return;
	w->smaps_on = smaps;
	snprintf(w->filter, sizeof(w->filter), "%s", a->ui.page_filter);
	w->range_lo = lo;
	w->range_hi = hi;
	w->hex_on = hex;
	w->hex_at = a->ui.hex_top;
	w->hex_rows = a->ui.hex_rows;
	w->lens = a->ui.lens;
	w->grid_on = grid;
	w->card_on = card;
	w->grid = a->ui.grid;
	w->card = at;
	app_post(a);
}

const struct sample *
app_shown(const struct app *a)
{
	return a->back ? history_at(&a->history, a->back) : a->s;
}

bool
app_answered(const struct app *a)
{
	if (a->lister)
		return a->processes && a->processes->complete && a->processes->request >= a->listing;
	return a->s && a->s->complete && a->s->want_serial == a->want.serial &&
	       (a->s->can_track != TRACK_UNKNOWN || a->s->ended);
}

/* --- keys --------------------------------------------------------------------------------------------- */

void
app_close_panel(struct app *a)
{
	answer_unref(a->panel);
	a->panel = NULL;
}

/* No more looks by the clock; what comes into view is still read. */
static void
toggle_pause(struct app *a)
{
	a->paused = !a->paused;
	a->back = 0;
	a->want.paused = a->paused;
	app_post(a);
}

/* One step back or forward; the first step back holds the picture still. */
static void
rewind_by(struct app *a, int step)
{
	if (step > 0 && !a->history.n) {
		app_toast(a, ROLE_TEXT, "nothing was seen before this");
		return;
	}
	if (!a->paused)
		toggle_pause(a);
	if (step > 0 && a->back < a->history.n)
		a->back++;
	else if (step < 0 && a->back)
		a->back--;
}

/* The one read that changes the target: only R asks for it. */
static void
fault(struct app *a)
{
	if (a->o->read_only) {
		app_toast(a, ROLE_HOT, "--read-only: no page is read that the process would have to fault in");
		return;
	}
	a->back = 0; /* what it brings is seen now */
	a->want.fault++;
	a->want.fault_at = a->ui.byte;
	app_post(a);
}

void
app_effects(struct app *a, unsigned fx)
{
	char text[192];

	if (fx & FX_CLEAR) {
		if (a->o->read_only) {
			app_toast(a, ROLE_HOT, "--read-only: nothing that changes the target is done");
		} else {
			a->want.clear++;
			app_post(a);
		}
	}
	if (fx & FX_PULSE) {
		if (a->o->read_only)
			app_toast(a, ROLE_HOT, "--read-only: nothing that changes the target is done");
		else
			app_prompt(a, PROMPT_PULSE);
	}
	if (fx & FX_FAULT)
		fault(a);
	if (fx & FX_REFRESH) {
		a->want.refresh++;
		app_post(a);
	}
	if (fx & FX_PROMPT)
		app_prompt(a, PROMPT_ASK);
	if (fx & FX_FIND_HELP)
		app_prompt(a, PROMPT_FIND_HELP);
	if (fx & FX_FIND)
		app_prompt(a, ui_view(&a->ui) == VIEW_GRID ? PROMPT_PAGE_FIND
		              : ui_view(&a->ui) == VIEW_HEX ? PROMPT_BYTE_FIND : PROMPT_FIND);
	if (fx & FX_FILTER)
		app_prompt(a, ui_view(&a->ui) == VIEW_GRID ? PROMPT_PAGE_FILTER : PROMPT_FILTER);
	if (fx & (FX_SEEK | FX_SEEK_BACK))
		app_seek(a, fx & FX_SEEK_BACK);
	if (fx & FX_INTERVAL)
		app_prompt(a, PROMPT_INTERVAL);
	if (fx & FX_PAUSE)
		toggle_pause(a);
	if (fx & FX_REDRAW)
		term_redraw();
	if (fx & FX_NOT_FOUND) {
		snprintf(text, sizeof(text), "no region has \"%s\" in its name or address", a->ui.find);
		app_toast(a, ROLE_HOT, text);
	}
	if (fx & FX_NO_WRITES) {
		snprintf(text, sizeof(text), "what is written shows after %s", key_of(ACT_CLEAR, 'R'));
		app_toast(a, ROLE_TEXT, a->s && a->s->gen ? "nothing was written since the clear" : text);
	}
	if (fx & FX_QUIT)
		a->quit = true;
}

/* Esc at the top. */
static void
stay(struct app *a)
{
	char text[KEY_NAME_SIZE + 16];

	snprintf(text, sizeof(text), "%s quits", key_of(ACT_CLOSE, view_of(ui_view(&a->ui))->letter));
	app_toast(a, ROLE_TEXT, text);
}

/* The lens of writes has two answers: its key again is the other one. */
static void
choose_lens(struct app *a, enum lens l)
{
	if (l == LENS_WRITES && a->ui.lens == l) {
		a->ui.by_count = !a->ui.by_count;
		app_toast(a, ROLE_TEXT, a->ui.by_count ? "colours tell in how many generations a page was written; 2: how long ago"
		                                       : "colours tell how long ago a page was written; 2: how often");
	}
	a->ui.lens = l;
}

/* What means the same in every view; the rest is the view's. */
static unsigned
act(struct app *a, enum action action)
{
	struct ui *ui = &a->ui;

	if (action >= ACT_LENS && action <= ACT_LENS_LAST) {
		choose_lens(a, (enum lens)(action - ACT_LENS));
		return FX_NONE;
	}
	switch ((int)action) {
	case ACT_QUIT: return FX_QUIT;
	case ACT_REDRAW: return FX_REDRAW;
	case ACT_CLEAR: return FX_CLEAR;
	case ACT_PULSE: return FX_PULSE;
	case ACT_PAUSE: return FX_PAUSE;
	case ACT_REWIND: rewind_by(a, 1); return FX_NONE;
	case ACT_FORWARD: rewind_by(a, -1); return FX_NONE;
	case ACT_REFRESH: return FX_REFRESH;
	case ACT_INTERVAL: return FX_INTERVAL;
	case ACT_ASK: return FX_PROMPT;
	case ACT_COPY: app_copy(a); return FX_NONE;
	case ACT_WRITE:
		if (a->s)
			app_prompt(a, PROMPT_WRITE);
		return FX_NONE;
	case ACT_JUMP_BACK:
		if (app_shown(a))
			app_jump_back(a);
		return FX_NONE;
	case ACT_MARK:
	case ACT_MARK_GO: ui->awaited = action; return FX_NONE;
	case ACT_STAY:
		if (!list_esc(ui))
			stay(a);
		return FX_NONE;
	case ACT_CAPABILITIES:
		ui->card_top = 0;
		ui_push(ui, VIEW_CAPABILITIES);
		return FX_NONE;
	case ACT_HELP: ui_help(ui); return FX_NONE;
	case ACT_MESSAGES: app_messages(a); return FX_NONE;
	case ACT_MAP:
		ui_show(ui, VIEW_MAP);
		return FX_NONE;
	case ACT_WRITES:
		ui->card_top = 0;
		ui_show(ui, VIEW_WRITES);
		return FX_NONE;
	case ACT_BACK:
	case ACT_CLOSE:
		if (a->panel)
			app_close_panel(a);
		else if (ui->depth && action == ACT_BACK)
			ui_back(ui);
		else if (ui->depth)
			ui_pop(ui);
		else if (action == ACT_CLOSE)
			return FX_QUIT;
		return FX_NONE;
	case ACT_GO:
		if (a->panel && a->panel->has_place && app_shown(a) && !ui_go(ui, app_shown(a), a->panel->place))
			app_toast(a, ROLE_HOT, "nothing is mapped there any more");
		app_close_panel(a);
		return FX_NONE;
	}
	return a->s || view_of(ui_view(ui))->bare ? view_of(ui_view(ui))->act(ui, app_shown(a), action) : FX_NONE;
}

char
app_letter(const struct app *a)
{
	return a->asking ? a->asking : a->panel ? 'O' : view_of(ui_view(&a->ui))->letter;
}

static void
perform(struct app *a, enum action action)
{
	if (a->asking && (app_agree(a, action) || (action != ACT_QUIT && action != ACT_REDRAW)))
		return; /* nothing else is meant before it is answered */
	app_effects(a, act(a, action));
}

static void
key(struct app *a, int k)
{
	enum action action = key_action(k, app_letter(a));

	a->keys++;
	a->ui.touched_ns = time_ns();
	if (a->ui.awaited) {
		app_take_letter(a, k);
		return;
	}
	if (action == ACT_NONE && a->panel && !a->asking) { /* any other key belongs to the view below */
		app_close_panel(a);
		action = key_action(k, view_of(ui_view(&a->ui))->letter);
	}
	if (action != ACT_NONE || a->asking)
		perform(a, action);
	else if (view_of(ui_view(&a->ui))->typed)
		app_effects(a, view_of(ui_view(&a->ui))->typed(&a->ui, k));
}

/*
 * What is clicked is what was seen: keys that came before have to be drawn first. Beside an answer
 * the click is meant for the view below it.
 */
static void
mouse(struct app *a)
{
	struct app_click c;
	bool press = a->term.mouse.kind == MOUSE_PRESS;

	if (a->stale && a->term.mouse.kind != MOUSE_DRAG)
		app_draw(a);
	c = app_take_mouse(a);
	a->keys += a->term.mouse.kind != MOUSE_RELEASE;
	if (press && a->panel && !a->mouse.held.action && !a->mouse.held.covers)
		app_close_panel(a);
	app_effects(a, c.fx);
	for (int i = 0; i < c.times; i++)
		perform(a, c.action);
}

bool
app_term_event(struct app *a, int k)
{
	if (k == TERM_RESIZE)
		term_measure(&a->term);
	else if (k == TERM_GROUND)
		paint_again(&a->term, a->o->theme);
	return k == TERM_RESIZE || k == TERM_GROUND;
}

/* Handles all that was typed. */
static void
read_keys(struct app *a)
{
	int k;

	while (!a->quit && (k = term_key(&a->term, prompt_is_open())) != TERM_NONE) {
		if (app_term_event(a, k))
			continue;
		if (prompt_is_open()) {
			a->ui.touched_ns = time_ns();
			app_prompt_key(a, k);
			a->keys++;
		} else if (k == TERM_MOUSE) {
			mouse(a);
		} else {
			key(a, k);
		}
		a->stale = true;
		if (a->s) /* the next key must find the grid where this one put it */
			view_of(ui_view(&a->ui))->settle(&a->ui, app_shown(a), 1, app_bottom(a));
	}
}

/* --- samples ------------------------------------------------------------------------------------------ */

static int
take_sample(struct app *a, struct err *err)
{
	struct sample *got = sampler_take(a->sampler);

	if (!got)
		return sampler_opened(a->sampler, err) ? 0 : -1;
	if (a->s && a->s->complete && !a->paused)
		history_push(&a->history, a->s);
	else
		sample_free(a->s);
	a->s = got;
	app_notice(a);
	return 0;
}

/* --- the loop ----------------------------------------------------------------------------------------- */

void
app_write_status(struct app *a)
{
	char line[128];
	int n;

	if (a->status_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "frame=%u keys=%u idle=%d size=%dx%d view=%c key_us=%.0f cells=%u\n", a->frame, a->keys,
	             app_answered(a) && !a->asked, a->ui.cols, a->ui.rows,
	             prompt_is_open() ? ':' : a->ui.awaited ? '\'' : app_letter(a),
	             a->keys != a->keys_told ? (double)(time_ns() - a->ui.touched_ns) / 1e3 : 0, a->cells);
	a->keys_told = a->keys;
	if (write(a->status_fd, line, (size_t)n) < 0)
		a->status_fd = -1;
}

/* How long nothing need be drawn if nothing happens; -1: for ever. */
int
app_wait_ms(const struct app *a)
{
	uint64_t now = time_ns();
	int marks = ui_view(&a->ui) == VIEW_REGIONS ? list_marks_wait_ms(&a->ui.marks, now) : -1;

	if (term_has_key())
		return 0;
	if (!app_answered(a))
		return WAITING_MS / 2;
	if (now < a->toast_until)
		return (int)((a->toast_until - now) / MS) + 1;
	if (marks >= 0 && !a->back && !a->o->term.calm)
		return marks < FADE_MS ? marks : FADE_MS;
	if (!a->want.interval_ns || a->lister || a->o->term.calm)
		return -1;
	if (a->s && a->s->regions && a->s->regions->totals.written)
		return FADE_MS;
	if (ui_view(&a->ui) == VIEW_HEX && a->s && a->s->bytes && a->s->bytes->newest_ns + COOL_MS * MS > now)
		return FADE_MS;
	return a->s && (a->s->ended || a->s->gen || a->want.smaps_on) ? 1000 : -1;
}

static int
loop(struct app *a, struct err *err)
{
	enum { TTY, OUT, SAMPLE, SIGNALS, PIDFD, FDS };

	while (!a->quit) {
		bool draws = app_can_draw(a); /* a slow terminal gets the next frame that it can take */
		struct pollfd fds[FDS] = {
		    [TTY] = {term_fd(&a->term), POLLIN, 0},
		    [OUT] = {draws ? -1 : STDOUT_FILENO, POLLOUT, 0},
		    [SAMPLE] = {sampler_fd(a->sampler), POLLIN, 0},
		    [SIGNALS] = {a->signals, POLLIN, 0},
		    [PIDFD] = {a->s && !a->end_told ? sampler_pidfd(a->sampler) : -1, POLLIN, 0},
		};

		if (draws)
			app_draw(a);
		post_view(a);
		if (draws)
			app_write_status(a);
		if (!a->quit)
			poll(fds, FDS, draws ? app_wait_ms(a) : -1);
		if (fds[SIGNALS].revents)
			app_signals_take(a);
		if (fds[TTY].revents & (POLLHUP | POLLERR))
			a->quit = true; /* the terminal is gone */
		if (fds[SAMPLE].revents && take_sample(a, err) < 0)
			return -1;
		if (fds[PIDFD].revents) {
			a->end_told = true; /* the sampler finds out more and says it */
			a->want.refresh++;
			app_post(a);
		}
		read_keys(a); /* also when poll was interrupted: a resize */
	}
	return 0;
}

static int
wait_for_sample(struct app *a, int ms, struct err *err)
{
	struct pollfd p = {.fd = sampler_fd(a->sampler), .events = POLLIN};

	if (poll(&p, 1, ms) > 0)
		return take_sample(a, err);
	return 0;
}

int
app_wait_first(struct app *a, struct err *err)
{
	return wait_for_sample(a, OPEN_WAIT_MS, err);
}

/* Draws into nothing as fast as the samples come, and tells what it cost. */
static int
run_headless(struct app *a, struct err *err)
{
	uint64_t begin = time_ns(), first = 0, drawing = 0;

	while (a->frame < a->o->frames) {
		uint64_t t;

		if (wait_for_sample(a, first && a->want.interval_ns ? (int)(a->want.interval_ns / MS) : -1, err) < 0)
			return -1;
		t = time_ns();
		app_draw(a);
		post_view(a);
		drawing += time_ns() - t;
		if (!first)
			first = time_ns() - begin;
		if (a->s && a->s->ended)
			break;
		if (!a->want.interval_ns && app_answered(a)) {
			a->want.refresh++;
			app_post(a);
		}
	}
	printf("frames %u first_ms %.1f draw_us_per_frame %.1f wall_ms %.1f\n", a->frame,
	       (double)first / 1e6, (double)drawing / 1e3 / u64_max(a->frame, 1),
	       (double)(time_ns() - begin) / 1e6);
	return 0;
}

/*
 * What is looked at is chosen by the person, if the command line did not say it. What cannot be opened
 * after all is told to who chose it; it ends the program where there was nothing to choose.
 */
static int
show(struct app *a, struct err *err)
{
	for (;;) {
		int r = a->o->pid ? 1 : app_choose(a, err);

		if (r <= 0)
			return r;
		r = loop(a, err);
		if (r == 0 || a->o->pid)
			return r;
		app_target_close(a);
		app_toast_err(a, err);
	}
}

/* The last one stays on screen; all are in the log. */
static void
tell_notices(struct app *a)
{
	const struct rc *rc = a->o->rc;
	char text[sizeof(rc->path) + 64];

	if (a->o->notice)
		app_toast(a, ROLE_TEXT, a->o->notice);
	if (a->term.notice[0])
		app_toast(a, ROLE_HOT, a->term.notice);
	for (size_t i = rc->problems; i--;)
		app_toast(a, ROLE_HOT, rc->problem[i].text);
	if (rc->problems > 1) {
		snprintf(text, sizeof(text), "%s: %zu mistakes; %s shows them", rc->path, rc->problems, key_of(ACT_MESSAGES, 'R'));
		app_toast(a, ROLE_HOT, text);
	}
}

static int
run_screen(struct app *a, struct err *err)
{
	const char *status = getenv("PMTOP_STATUS_FILE");
	int r;

	if (a->sampler && app_wait_first(a, err) < 0)
		return -1;
	a->status_fd = status ? open(status, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	a->signals = app_signals_open();
	if (term_open(&a->term, &a->o->term, err) < 0)
		return -1;
	paint_open(&a->term, a->o->theme);
	prompt_setup();
	tell_notices(a);
	r = show(a, err);
	prompt_close();
	paint_close();
	term_close(&a->term);
	return r;
}

static int
run_frames(struct app *a, struct err *err)
{
	int r;

	if (term_open(&a->term, &a->o->term, err) < 0)
		return -1;
	paint_open(&a->term, a->o->theme);
	r = run_headless(a, err);
	paint_close();
	term_close(&a->term);
	return r;
}

int
app_target(struct app *a, const char *root, pid_t pid, enum track_owner owner, struct err *err)
{
	a->sampler = sampler_start(root, pid, owner, err);
	if (!a->sampler)
		return -1;
	a->pid = pid;
	app_post(a);
	return 0;
}

void
app_target_close(struct app *a)
{
	struct want fresh = {.interval_ns = a->want.interval_ns, .tracker = a->want.tracker};

	if (a->sampler)
		sampler_stop(a->sampler);
	sample_free(a->s);
	history_free(&a->history);
	app_close_panel(a);
	map_free(&a->ui.map);
	rows_free(&a->ui);
	a->ui.filter.text[0] = '\0';
	a->sampler = NULL;
	a->s = NULL;
	a->ui.jumps = (struct jumps){0};
	a->ui.awaited = ACT_NONE;
	a->want = fresh;
	a->back = 0;
	a->asked = a->clear_seen = a->fault_seen = a->find_seen = 0;
	a->questions_seen = a->gen_seen = 0;
	a->others_seen = false;
	a->asking = 0;
	a->execs_seen = 0;
	a->paused = a->ended_seen = a->end_told = false;
}

int
app_run(const struct app_options *o, struct err *err)
{
	struct app a = {.o = o, .status_fd = -1, .signals = -1, .ui.lens = o->lens,
	                .ui.grouping = o->grouping, .ui.letters = o->letters, .ui.columns = o->columns,
	                .ui.sort = o->sort, .ui.invert = o->invert};
	int r;

	a.want.interval_ns = o->interval_ns;
	a.want.tracker = o->tracker;
	a.want.allow = o->allow_inject;
	picker_open(&a.ui.picker, o->filter);
	if (o->pid && app_target(&a, o->root, o->pid, o->owner, err) < 0)
		return -1;
	r = o->frames ? run_frames(&a, err) : run_screen(&a, err);
	app_target_close(&a);
	app_prompt_free(&a);
	picker_free(&a.ui.picker);
	messages_free(&a.messages);
	return r;
}
