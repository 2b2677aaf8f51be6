/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a new sample brings that the person is to be told: steps carried out, and what befell the
 * target. */
#include "app/app_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "demo/launch.h"
#include "model/list_rows.h"
#include "term/keys.h"
#include "term/paint.h"

/* What it took, and what it will take of the process. */
static void
app_tell_price(const struct sample *s, const char *price, char *text, size_t size)
{
	unsigned long long pages = s->regions ? s->regions->totals.rss : 0;
	int n = 0;

	if (!price) {
		snprintf(text, size, "; the next write to each of %llu page%s costs a fault", pages,
		         plural(pages));
		return;
	}
	if (s->clears == 1 && s->stopped_ns)
		n = snprintf(text, size, ", one thread stopped for %.2f ms",
		             (double)s->stopped_ns / 1e6);
	snprintf(text + n, size - (size_t)n, "; %s", price);
}

/* What a clear did, and what follows from the tracker it was done by. */
static void
app_tell_clear(const struct sample *s, char *text, size_t size)
{
	const struct tracker_words *w = tracker_words(s->tracker);
	int n;

	if (w->compares) {
		snprintf(text, size, "%s on screen are compared from now on%s%s", w->compares,
		         s->track_why[0] ? "; not userfaultfd: " : "", s->track_why);
		return;
	}
	n = snprintf(text, size, "epoch %u: %s %s in %.1f ms", s->clears, w->label, w->cleared,
	             (double)s->mark_cost_ns / 1e6);
	app_tell_price(s, w->price, text + n, size - (size_t)n);
}

static void
notice_others(struct app *a)
{
	if (a->s->others && !a->others_seen)
		app_toast(a, ROLE_HOT,
		          "another program cleared soft-dirty: what was seen written stays, and c "
		          "starts anew");
	a->others_seen = a->s->others;
}

/* The mark is gone. Because of an exec that is told by itself: true then. */
static bool
notice_let_go(struct app *a)
{
	bool gone = a->clears_seen && !a->s->clears && !a->s->ended,
	     exec = a->s->execs != a->execs_seen;
	char text[256];

	a->clears_seen = a->s->clears;
	if (gone && !exec && !a->s->question) {
		snprintf(text, sizeof(text), "writes are no longer told: %s",
		         a->s->track_why[0]
		             ? a->s->track_why
		             : "they would be in another way from now on; c starts anew");
		app_toast(a, ROLE_HOT, text);
		a->request.auto_clear_ns = 0;
	}
	return gone && exec;
}

static void
notice_clear(struct app *a)
{
	char text[400];
	int n = 0;

	if (a->s->clear_err.what[0] && a->request.auto_clear_ns) {
		a->request.auto_clear_ns = 0;
		app_post(a);
		app_toast_err(a, &a->s->clear_err);
	}
	if (a->s->cleared == a->clear_seen)
		return;
	a->clear_seen = a->s->cleared;
	if (a->s->clear_err.what[0]) {
		a->rearmed = false;
		app_toast_err(a, &a->s->clear_err);
		if (!a->s->clears)
			app_consent_withdraw(a);
		return;
	}
	if (a->s->question)
		return;
	if (a->rearmed)
		n = snprintf(text, sizeof(text),
		             "process %d executed a new program, now %s: ", (int)a->s->pid,
		             a->s->comm);
	a->rearmed = false;
	app_tell_clear(a->s, text + n, sizeof(text) - (size_t)n);
	app_toast(a, ROLE_HOT, text);
}

static void
notice_fault(struct app *a)
{
	char text[128];

	if (a->s->faulted == a->fault_seen)
		return;
	a->fault_seen = a->s->faulted;
	if (a->s->fault_err.what[0]) {
		app_toast_err(a, &a->s->fault_err);
		return;
	}
	snprintf(text, sizeof(text),
	         a->s->fault_idle ? "page %llx is in RAM: R had nothing to do"
	                          : "page %llx was read: the process has faulted it in",
	         (unsigned long long)(a->request.fault_at & ~(uint64_t)(a->s->page_size - 1)));
	app_toast(a, ROLE_HOT, text);
}

static void
notice_answer(struct app *a)
{
	if (!a->asked || a->s->asked != a->asked)
		return;
	a->asked = 0;
	if (!a->s->answer) {
		app_toast_err(a, &a->s->answer_err);
		return;
	}
	app_close_panel(a);
	a->panel = answer_ref(a->s->answer);
}

/*
 * Consent was given for the program that ran then. A command that we have started is
 * watched on: which program it becomes is its own affair (a script's interpreter runs another).
 */
static void
notice_exec(struct app *a, bool let_go)
{
	bool ours = a->o->pid && a->o->owner != TRACK_FOREIGN,
	     again = ours && (let_go || a->request.auto_clear_ns);
	char text[200];

	a->execs_seen = a->s->execs;
	if (!again)
		a->request.auto_clear_ns = 0;
	if (a->asking)
		app_consent(a, ACT_BACK);
	app_consent_withdraw(a);
	a->ui.region = 0;
	a->ui.depth = 0;
	a->ui.jumps = (struct jumps){0}; /* addresses of another space */
	rows_anew(&a->ui);
	snprintf(text, sizeof(text), "process %d executed a new program: now %s%s", (int)a->s->pid,
	         a->s->comm,
	         again    ? "; watching its writes anew"
	         : let_go ? "; press c to watch its writes"
	                  : "");
	app_toast(a, ROLE_BANNER, text);
	a->rearmed = again;
	if (again)
		app_clear(a);
}

static void
notice_life(struct app *a, bool let_go)
{
	char text[160], how[64];

	if (a->s->execs != a->execs_seen)
		notice_exec(a, let_go);
	if (a->s->ended && !a->ended_seen) {
		a->ended_seen = true;
		launch_how_it_ended(a->s->pid, how, sizeof(how));
		snprintf(text, sizeof(text),
		         "process %d has ended%s: this is the last that was seen", (int)a->s->pid,
		         how);
		app_toast(a, ROLE_BANNER, text);
	}
}

void
app_notice(struct app *a)
{
	bool let_go;

	app_question(a);
	notice_clear(a);
	notice_others(a);
	let_go = notice_let_go(a);
	notice_fault(a);
	notice_answer(a);
	app_notice_found(a);
	notice_life(a, let_go);
}
