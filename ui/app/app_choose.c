/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before there is a target: the list of processes, and the opening of one. */
#include "app/app_state.h"

#include <poll.h>

#include "base/clock.h"
#include "base/util.h"
#include "demo/demo.h"
#include "kernel/proc.h"
#include "model/picker.h"

enum {
	LIST_MS = 2000,     /* the minimum between two lists */
	FIRST_WAIT_MS = 80, /* how long the screen may wait for the first list */
};

static void
app_set_list(struct app *a, struct processes *list)
{
	processes_free(a->choose.list);
	a->choose.list = list;
	a->ui.processes = list;
}

int
app_choose_take(struct app *a, struct err *err)
{
	struct processes *got = lister_take(a->choose.lister);

	if (!got)
		return lister_opened(a->choose.lister, err) ? 0 : -1;
	if (!got->complete)
		a->choose.asked_ns = time_ns();
	app_set_list(a, got);
	return 0;
}

void
app_choose_refresh(struct app *a)
{
	a->choose.listing = lister_refresh(a->choose.lister);
	a->choose.asked_ns = time_ns();
}

static void
app_set_first_view(struct app *a, enum view_id view)
{
	a->ui.depth = 0;
	a->ui.stack[0] = view;
}

void
app_choose_end(struct app *a)
{
	if (!a->choose.lister)
		return;
	lister_stop(a->choose.lister);
	app_set_list(a, NULL);
	a->choose = (struct app_choose){0};
	app_set_first_view(a, VIEW_REGIONS);
}

/* The demo is a child of ours, wherever the others are listed. */
static int
app_choose_find(const struct app *a, struct sampler_target *what, struct err *err)
{
	const struct picker *p = picker_of(&a->ui);

	*what = (struct sampler_target){.root = a->o->root, .pid = p->pid, .owner = TRACK_FOREIGN};
	if (!p->at_demo)
		return 0;
	what->root = PROC_ROOT;
	what->owner = TRACK_DEMO;
	what->await = demo_await;
	return demo_start(&what->pid, &what->ready, err);
}

void
app_choose_open(struct app *a)
{
	struct sampler_target what;
	struct err err;

	if (app_choose_find(a, &what, &err) < 0 || app_target(a, &what, &err) < 0 ||
	    app_wait_first(a, &err) < 0) {
		app_target_close(a);
		app_set_first_view(a, VIEW_PICKER);
		app_toast_err(a, &err);
		app_choose_refresh(a);
		return;
	}
	app_choose_end(a);
	a->toast.until = 0;
	if (what.owner == TRACK_DEMO)
		app_toast(a, ROLE_TEXT, demo_notice);
}

static int
app_wait_for_list(struct app *a, struct err *err)
{
	uint64_t end = time_ns() + FIRST_WAIT_MS * TIME_MS, now;

	while ((now = time_ns()) < end && !a->choose.list->complete) {
		struct pollfd p = {.fd = lister_fd(a->choose.lister), .events = POLLIN};

		if (poll(&p, 1, (int)((end - now) / TIME_MS) + 1) > 0 &&
		    app_choose_take(a, err) < 0)
			return -1;
	}
	return 0;
}

int
app_choose(struct app *a, struct err *err)
{
	uint64_t interval = a->o->interval_ns ? u64_max(a->o->interval_ns, LIST_MS * TIME_MS) : 0;

	a->choose.lister = lister_start(a->o->root, interval, err);
	if (!a->choose.lister)
		return -1;
	a->choose.asked_ns = time_ns();
	app_set_first_view(a, VIEW_PICKER);
	picker_of(&a->ui)->stale = true; /* its rows belong to the previous list */
	app_set_list(a, mem_alloc(sizeof(*a->choose.list)));
	return app_wait_for_list(a, err);
}

int
app_choose_again(struct app *a, struct err *err)
{
	app_target_close(a);
	return app_choose(a, err);
}
