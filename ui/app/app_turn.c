/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One turn of a loop. */
#include "app/app_state.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/list.h"
#include "model/list_rows.h"
#include "term/prompt.h"

enum {
	WORK_MS = 200,   /* how often progress is drawn */
	FADE_MS = 500,   /* how often fading colours are redrawn */
	COOL_MS = 31000, /* until they have faded: the last step of enum heat is 30 s */
};

static void
app_write_status(struct app *a)
{
	struct app_status *st = &a->status;
	double since_us = (double)(time_ns() - a->ui.touched_ns) / 1e3;
	char line[176];
	int n;

	if (st->fd < 0)
		return;
	n = snprintf(line, sizeof(line),
	             "frame=%u keys=%u idle=%d size=%dx%d view=%c key_us=%.0f cells=%u "
	             "since_us=%.0f whole=%d asked=%d\n",
	             st->frame, st->keys, app_answered(a), a->term.cols, a->term.rows,
	             prompt_is_open() ? ':'
	             : a->t.awaited  ? '\''
	                              : app_letter(a),
	             st->keys != st->keys_reported ? since_us : 0, st->cells, since_us,
	             app_is_whole(a), term_is_asked());
	st->keys_reported = st->keys;
	if (write(st->fd, line, (size_t)n) < 0)
		st->fd = -1;
}

/* Whether the header has an age in seconds. */
static bool
app_shows_ages(const struct sample *s)
{
	return s->ended || s->clears || s->recorded.on ||
	       (s->regions && s->regions->totals.grown.known);
}

/* How long rows of the list are still held in their places, in ms; -1: they are not. */
static int
app_rows_ms(const struct app *a, uint64_t now)
{
	bool live = a->t.s && !a->t.back && !a->t.s->timeline;

	return live && ui_view(&a->ui) == VIEW_REGIONS ? rows_wait_ms(&a->ui, now) : -1;
}

/* How long the screen stays valid if nothing happens, in ms; -1: for ever. */
static int
app_picture_ms(const struct app *a)
{
	uint64_t now = time_ns(), there = a->t.s ? sample_clock(a->t.s, now) : now;
	bool list = ui_view(&a->ui) == VIEW_REGIONS;
	int changes = list ? list_changes_wait_ms(&a->ui.list->changes, there) : -1;
	int rows = app_rows_ms(a, now), ms;

	if (term_has_key())
		return 0;
	if (!app_answered(a) || (a->t.sampler && sampler_busy_ns(a->t.sampler)))
		return a->t.unanswered ? WORK_MS : WAITING_MS / 2;
	if (now < a->toast.until)
		return (int)((a->toast.until - now) / TIME_MS) + 1;
	if (changes >= 0 && !a->t.back && !a->o->term.calm)
		return changes < FADE_MS ? changes : FADE_MS;
	if (!a->t.request.interval_ns || a->choose.lister || a->o->term.calm)
		return -1;
	if (a->t.s && a->t.s->regions && a->t.s->regions->totals.written)
		return FADE_MS;
	if (ui_view(&a->ui) == VIEW_HEX && a->t.s && a->t.s->bytes &&
	    a->t.s->bytes->newest_ns + COOL_MS * TIME_MS > there)
		return FADE_MS;
	if (!a->t.s)
		return -1;
	ms = app_shows_ages(a->t.s) || a->t.request.screen.smaps_on ? 1000 : -1;
	return rows >= 0 && (ms < 0 || rows < ms) ? rows : ms;
}

static int
app_wait_ms(const struct app *a)
{
	int ms = app_picture_ms(a), play = app_plays(a) ? app_play_wait_ms(a) : -1;

	return play >= 0 && (ms < 0 || ms > play) ? play : ms;
}

/*
 * Waits for news, or until the picture is no longer valid. The sampler does not report that a
 * periodic scan has begun and is blocked in the kernel, so wakes up now and then to see it: a
 * picture that stays is not drawn for that.
 */
static void
app_wait(const struct app *a, struct pollfd *fds, nfds_t n, int ms)
{
	bool samples = a->t.sampler && a->t.request.interval_ns && !a->t.paused && a->t.s &&
	               !a->t.s->ended;
	int look = 2 * WAITING_MS;

	while (samples && (ms < 0 || ms > look)) {
		if (poll(fds, n, look) != 0 || sampler_busy_ns(a->t.sampler))
			return;
		ms -= ms < 0 ? 0 : look;
	}
	poll(fds, n, ms);
}

void
app_turn(struct app *a, struct pollfd *news, size_t n)
{
	enum { TTY, OUT, SIGNALS, NEWS, FDS = NEWS + APP_NEWS };
	bool draws = a->term.headless ||
	             term_takes(); /* a slow terminal gets the next frame when it can take one */
	struct pollfd fds[FDS] = {
	    [TTY] = {term_fd(&a->term), POLLIN, 0},
	    [OUT] = {draws ? -1 : STDOUT_FILENO, POLLOUT, 0},
	    [SIGNALS] = {a->signals, POLLIN, 0},
	};

	memcpy(fds + NEWS, news, n * sizeof(*news));
	if (draws)
		app_draw(a);
	app_play_on(a);
	app_post_view(a);
	if (draws)
		app_write_status(a);
	if (!a->quit)
		app_wait(a, fds, NEWS + n, draws ? app_wait_ms(a) : -1);
	memcpy(news, fds + NEWS, n * sizeof(*news));
	app_signals_take(a, fds[SIGNALS].revents != 0);
	if (fds[TTY].revents & (POLLHUP | POLLERR))
		a->quit = true;
}
