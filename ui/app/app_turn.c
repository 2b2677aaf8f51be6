/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One turn of a loop. */
#include "app/app_state.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "term/prompt.h"

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
	bool heard = false;

	memcpy(fds + NEWS, news, n * sizeof(*news));
	if (draws && !a->picture.stands)
		app_picture(a);
	app_play_on(a);
	app_post_view(a);
	if (draws)
		app_write_status(a);
	if (!a->quit)
		app_wait(a, fds, NEWS + n, draws ? app_picture_ms(a) : -1);
	memcpy(news, fds + NEWS, n * sizeof(*news));
	for (size_t i = 0; i < n; i++)
		heard |= news[i].revents != 0;
	a->picture.stands &= draws && heard && !fds[SIGNALS].revents;
	app_signals_take(a, fds[SIGNALS].revents != 0);
	if (fds[TTY].revents & (POLLHUP | POLLERR))
		a->quit = true;
}
