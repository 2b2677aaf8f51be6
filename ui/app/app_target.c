/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is looked at: its sampler, and the samples that come from it. */
#include "app/app_state.h"

#include <poll.h>

#include "model/list_rows.h"

enum { OPEN_WAIT_MS = 80 }; /* how long the first picture may keep the screen waiting */

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

int
app_take_sample(struct app *a, struct err *err)
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

int
app_wait_sample(struct app *a, int ms, struct err *err)
{
	struct pollfd p = {.fd = sampler_fd(a->sampler), .events = POLLIN};

	if (poll(&p, 1, ms) > 0)
		return app_take_sample(a, err);
	return 0;
}

int
app_wait_first(struct app *a, struct err *err)
{
	return app_wait_sample(a, OPEN_WAIT_MS, err);
}

void
app_target_close(struct app *a)
{
	struct request fresh = {.interval_ns = a->request.interval_ns,
	                        .tracker = a->request.tracker};

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
	a->request = fresh;
	a->back = 0;
	a->asked = a->clear_seen = a->fault_seen = a->find_seen = 0;
	a->questions_seen = a->clears_seen = 0;
	a->others_seen = false;
	a->asking = 0;
	a->execs_seen = 0;
	a->paused = a->ended_seen = a->end_told = false;
}
