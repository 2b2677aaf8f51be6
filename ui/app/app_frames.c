/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A benchmark: what a frame costs, without a terminal. */
#include "app/app_state.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/util.h"
#include "term/paint.h"


/* Draws each sample off-screen as soon as it comes, and prints what that cost. */
static int
app_run_headless(struct app *a, struct err *err)
{
	uint64_t begin = time_ns(), first = 0, drawing = 0;

	while (a->status.frame < a->o->frames) {
		uint64_t interval = a->t.request.interval_ns, t;

		if (app_wait_sample(a, first && interval ? (int)(interval / TIME_MS) : -1, err) < 0)
			return -1;
		t = time_ns();
		app_draw(a);
		app_post_view(a);
		drawing += time_ns() - t;
		if (!first)
			first = time_ns() - begin;
		if (a->t.s && a->t.s->ended)
			break;
		if (!interval && app_answered(a)) {
			app_refresh(a);
		}
	}
	printf("frames %u first_ms %.1f draw_us_per_frame %.1f wall_ms %.1f\n", a->status.frame,
	       (double)first / 1e6, (double)drawing / 1e3 / u64_max(a->status.frame, 1),
	       (double)(time_ns() - begin) / 1e6);
	return 0;
}

int
app_run_frames(struct app *a, struct err *err)
{
	int r;

	if (term_open(&a->term, &a->o->term, err) < 0)
		return -1;
	paint_open(&a->term, a->o->theme);
	r = app_run_headless(a, err);
	paint_close();
	term_close(&a->term);
	return r;
}
