/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The owner of everything on the screen: the loop that waits for keys, samples, signals and the
 * target's end. It never reads /proc.
 */
#include "app_state.h"
#include "clock.h"
#include "file.h"
#include "keys.h"
#include "paint.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspector.h"
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
	a->toast_view = 0;
	a->toast_lens = LENS_COUNT;
	a->toast_until = time_ns() + TOAST_MS * MS;
	messages_add(&a->messages, (int)role, text, time(NULL));
}

void
app_toast_here(struct app *a, enum role role, const char *text)
{
	app_toast(a, role, text);
	a->toast_view = app_letter(a);
}

void
app_toast_lens(struct app *a, const char *text)
{
	app_toast_here(a, ROLE_TEXT, text);
	a->toast_lens = a->ui.lens;
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

/* --- wants ------------------------------------------------------------------------------------ */

void
app_post(struct app *a)
{
	sampler_want(a->sampler, &a->want);
}

void
app_post_view(struct app *a)
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

	if (view_row(v)->bare) /* what is below stays as it is */
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

/* --- samples ---------------------------------------------------------------------------------- */

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

/* --- the loop --------------------------------------------------------------------------------- */

static void
write_status(struct app *a)
{
	char line[128];
	int n;

	if (a->status_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "frame=%u keys=%u idle=%d size=%dx%d view=%c key_us=%.0f cells=%u\n", a->frame, a->keys,
	             app_answered(a) && !a->asked, a->term.cols, a->term.rows,
	             prompt_is_open() ? ':' : a->ui.awaited ? '\'' : app_letter(a),
	             a->keys != a->keys_told ? (double)(time_ns() - a->ui.touched_ns) / 1e3 : 0, a->cells);
	a->keys_told = a->keys;
	if (write(a->status_fd, line, (size_t)n) < 0)
		a->status_fd = -1;
}

/* How long the picture stays as it is if nothing happens; -1: for ever. */
static int
picture_ms(const struct app *a)
{
	uint64_t now = time_ns();
	int marks = ui_view(&a->ui) == VIEW_REGIONS ? list_marks_wait_ms(&a->ui.marks, now) : -1;

	if (term_has_key())
		return 0;
	if (!app_answered(a) || (a->sampler && sampler_busy_ns(a->sampler)))
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

/* Nobody tells that a look by the clock has begun, and that the kernel keeps it waiting. */
static int
wait_ms(const struct app *a)
{
	bool looks = a->sampler && a->want.interval_ns && !a->paused && a->s && !a->s->ended;
	int ms = picture_ms(a);

	return looks && (ms < 0 || ms > 2 * WAITING_MS) ? 2 * WAITING_MS : ms;
}

void
app_turn(struct app *a, struct pollfd *news, size_t n)
{
	enum { TTY, OUT, SIGNALS, NEWS, FDS = NEWS + APP_NEWS };
	bool draws = a->term.headless || term_takes(); /* a slow terminal gets the next frame that it can take */
	struct pollfd fds[FDS] = {
	    [TTY] = {term_fd(&a->term), POLLIN, 0},
	    [OUT] = {draws ? -1 : STDOUT_FILENO, POLLOUT, 0},
	    [SIGNALS] = {a->signals, POLLIN, 0},
	};

	memcpy(fds + NEWS, news, n * sizeof(*news));
	if (draws)
		app_draw(a);
	if (!a->lister)
		app_post_view(a);
	if (draws)
		write_status(a);
	if (!a->quit)
		poll(fds, NEWS + n, draws ? wait_ms(a) : -1);
	memcpy(news, fds + NEWS, n * sizeof(*news));
	app_signals_take(a);
	if (fds[TTY].revents & (POLLHUP | POLLERR))
		a->quit = true;
}

static int
loop(struct app *a, struct err *err)
{
	while (!a->quit) {
		enum { SAMPLE, END, NEWS };
		struct pollfd news[NEWS] = {
		    [SAMPLE] = {sampler_fd(a->sampler), POLLIN, 0},
		    [END] = {a->s && !a->end_told ? sampler_pidfd(a->sampler) : -1, POLLIN, 0},
		};

		app_turn(a, news, NEWS);
		if (news[SAMPLE].revents && take_sample(a, err) < 0)
			return -1;
		if (news[END].revents) {
			a->end_told = true; /* the sampler finds out more and says it */
			a->want.refresh++;
			app_post(a);
		}
		app_read_keys(a);
	}
	return 0;
}

int
app_wait_sample(struct app *a, int ms, struct err *err)
{
	struct pollfd p = {.fd = sampler_fd(a->sampler), .events = POLLIN};

	if (poll(&p, 1, ms) > 0)
		return take_sample(a, err);
	return 0;
}

int
app_wait_first(struct app *a, struct err *err)
{
	return app_wait_sample(a, OPEN_WAIT_MS, err);
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

	if (prompt_not_kept()) {
		snprintf(text, sizeof(text), "%s is not a regular file: the history is not saved",
		         prompt_not_kept());
		app_toast(a, ROLE_TEXT, text);
	}
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
	a->status_fd = status ? file_open(AT_FDCWD, status, O_WRONLY | O_APPEND) : -1;
	if (status && a->status_fd < 0)
		a->status_fd = open(status, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
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
	app_signals_close();
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
	struct app *a = mem_alloc(sizeof(*a)); /* large for a stack */
	int r;

	a->o = o;
	a->status_fd = a->signals = -1;
	a->ui.lens = o->lens;
	a->ui.grouping = o->grouping;
	a->ui.letters = o->letters;
	a->ui.columns = o->columns;
	a->ui.sort = o->sort;
	a->ui.invert = o->invert;
	a->want.interval_ns = o->interval_ns;
	a->want.tracker = o->tracker;
	a->want.allow = o->allow_inject;
	picker_open(&a->ui.picker, o->filter);
	if (o->pid && app_target(a, o->root, o->pid, o->owner, err) < 0)
		r = -1;
	else
		r = o->frames ? app_run_frames(a, err) : run_screen(a, err);
	app_target_close(a);
	app_prompt_free(a);
	picker_free(&a->ui.picker);
	messages_free(&a->messages);
	free(a);
	return r;
}
