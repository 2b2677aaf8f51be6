/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target: its sampler, and the samples it delivers. */
#include "app/app_state.h"

#include <poll.h>
#include <unistd.h>

#include "demo/demo.h"
#include "model/list_rows.h"
#include "model/pages.h"

enum { OPEN_WAIT_MS = 80 }; /* how long the screen may wait for the first sample */

void
app_ui_begin(struct app *a)
{
	const struct app_options *o = a->o;
	struct ui *ui = &a->ui;

	views_open(ui);
	ui->lens = o->lens;
	ui->pages->letters = o->letters;
	ui->list->grouping = o->grouping;
	ui->list->columns = o->columns;
	ui->list->sort = o->sort;
	ui->list->invert = o->invert;
}

int
app_target(struct app *a, const struct sampler_target *what, struct err *err)
{
	struct sampler *sampler = sampler_start(what, err);

	if (!sampler && what->await)
		close(what->ready);
	if (!sampler && what->owner == TRACK_DEMO)
		demo_end(what->pid);
	if (!sampler)
		return -1;
	a->t = (struct app_target){.pid = what->pid,
	                           .owner = what->owner,
	                           .sampler = sampler,
	                           .request = {.at_ns = what->at_ns,
	                                       .interval_ns = a->o->interval_ns,
	                                       .tracker = a->o->tracker,
	                                       .attribution = a->o->attribution,
	                                       .budget = a->o->budget,
	                                       .allow = a->o->allow_inject}};
	app_post(a);
	return 0;
}

static void
app_show_sample(struct app *a, struct sample *s)
{
	/* what has ended has one last sample, whatever is asked of it */
	bool once_more = a->t.s && a->t.s->ended && s->ended;

	a->picture.stands &= app_picture_shows(a, s);
	if (a->t.s && a->t.s->complete && !a->t.paused && !a->t.s->timeline && !once_more)
		a->t.back = history_push(&a->t.history, a->t.s, a->t.back);
	else
		sample_free(a->t.s);
	a->t.s = s;
	a->t.pid = s->pid; /* a recording may have several */
}

int
app_take_sample(struct app *a, struct err *err)
{
	struct results results = {0};
	struct sample *got = sampler_take(a->t.sampler, &results);

	a->picture.stands &= got && !results.n;
	if (got)
		app_show_sample(a, got);
	for (size_t i = 0; i < results.n; i++)
		app_notice_result(a, &results.v[i]);
	if (got)
		app_notice(a);
	results_free(&results);
	return sampler_opened(a->t.sampler, err) ? 0 : -1;
}

int
app_wait_sample(struct app *a, int ms, struct err *err)
{
	struct pollfd p = {.fd = sampler_fd(a->t.sampler), .events = POLLIN};

	if (poll(&p, 1, ms) > 0)
		return app_take_sample(a, err);
	return 0;
}

int
app_wait_first(struct app *a, struct err *err)
{
	return app_wait_sample(a, OPEN_WAIT_MS, err);
}

/* The demo ends first: its sampler may be waiting for it. */
void
app_target_close(struct app *a)
{
	if (a->t.sampler && a->t.owner == TRACK_DEMO)
		demo_end(a->t.pid);
	if (a->t.sampler)
		sampler_stop(a->t.sampler);
	sample_free(a->t.s);
	history_free(&a->t.history);
	app_close_panel(a);
	answer_unref(a->t.when);
	answer_unref(a->prompt.symbols);
	a->prompt.symbols = NULL;
	a->t = (struct app_target){0};
	a->toast.until = 0; /* it was about the target */
	views_close(&a->ui, false);
	app_ui_begin(a);
}
