/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The owner of everything on the screen: the loop that waits for keys, samples, signals and the
 * target's end. It never reads /proc.
 */
#include "app/app_state.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/source_recording.h"
#include "base/file.h"
#include "base/util.h"
#include "demo/demo.h"
#include "model/picker.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/inspector.h"

/*
 * If the target cannot be opened, the program ends; with the process list open, it shows the error
 * and the list stays.
 */
static int
app_take_news(struct app *a, struct err *err)
{
	if (a->choose.lister) {
		a->picture.stands = false;
		return app_choose_take(a, err);
	}
	if (app_take_sample(a, err) == 0)
		return 0;
	if (a->o->pid)
		return -1;
	app_target_close(a);
	app_toast_err(a, err);
	return app_choose(a, err);
}

static int
app_loop(struct app *a, struct err *err)
{
	while (!a->quit) {
		enum { NEWS, END, FDS };
		struct pollfd fds[FDS] = {
		    [NEWS] = {a->choose.lister ? lister_fd(a->choose.lister)
		                               : sampler_fd(a->t.sampler),
		              POLLIN, 0},
		    [END] = {a->t.s && !a->t.end_reported ? sampler_pidfd(a->t.sampler) : -1,
		             POLLIN, 0},
		};

		app_turn(a, fds, FDS);
		if (fds[NEWS].revents && app_take_news(a, err) < 0)
			return -1;
		if (fds[END].revents && a->t.sampler) {
			/*
			 * The sampler finds out more. The last smaps stay: there are no new ones.
			 */
			a->t.end_reported = true;
			a->picture.stands = false;
			app_command(a, &(struct command){.kind = COMMAND_REFRESH});
		}
		app_read_keys(a);
		if (a->t.left && app_choose_again(a, err) < 0)
			return -1;
	}
	return 0;
}

/* The last message stays on screen; all are in the log. */
static void
app_show_notices(struct app *a)
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
		snprintf(text, sizeof(text), "%s: %zu errors; %s shows them", rc->path,
		         rc->problems, key_of(ACT_MESSAGES, 'R'));
		app_toast(a, ROLE_HOT, text);
	}
}

static int
app_run_screen(struct app *a, struct err *err)
{
	const char *status = getenv("PMTOP_STATUS_FILE");
	int r;

	if (a->t.sampler && app_wait_first(a, err) < 0)
		return -1;
	a->status.fd = status ? file_open(AT_FDCWD, status, O_WRONLY | O_APPEND) : -1;
	if (status && a->status.fd < 0)
		a->status.fd = open(status, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	a->signals = app_signals_open();
	if (term_open(&a->term, &a->o->term, err) < 0)
		return -1;
	paint_open(&a->term, a->o->theme);
	prompt_setup();
	app_show_notices(a);
	r = a->t.sampler || app_choose(a, err) == 0 ? app_loop(a, err) : -1;
	prompt_close();
	paint_close();
	term_close(&a->term);
	app_signals_close();
	return r;
}

static int
app_target_given(struct app *a, struct err *err)
{
	const struct app_options *o = a->o;
	struct sampler_target what = {.root = o->root, .pid = o->pid, .owner = o->owner};

	if (o->recording) {
		what.open = source_recording_open;
		what.path = o->recording;
	}
	if (o->recording && o->at && app_time_given(o->recording, o->at, &what.at_ns, err) < 0)
		return -1;
	if (o->owner == TRACK_DEMO) {
		what.await = demo_await;
		what.ready = o->ready;
	}
	return app_target(a, &what, err);
}

int
app_run(const struct app_options *o, struct err *err)
{
	struct app *a = mem_alloc(sizeof(*a)); /* large for a stack */
	int r;

	a->own = *o;
	a->o = &a->own;
	a->status.fd = a->signals = -1;
	a->ui.messages = &a->messages;
	app_ui_begin(a);
	picker_open(picker_of(&a->ui), o->filter);
	if ((o->pid || o->recording) && app_target_given(a, err) < 0)
		r = -1;
	else
		r = o->frames ? app_run_frames(a, err) : app_run_screen(a, err);
	app_choose_end(a);
	app_target_close(a);
	app_prompt_free(a);
	views_close(&a->ui, true);
	messages_free(&a->messages);
	free(a);
	return r;
}
