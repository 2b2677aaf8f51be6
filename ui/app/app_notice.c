/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages about a new sample: what happened to the target, and the results of commands. */
#include "app/app_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/list_rows.h"
#include "term/keys.h"
#include "term/paint.h"

/* What the clear cost the process, and what the next writes will cost. */
static void
notice_add_price(const struct sample *s, const char *price, char *text, size_t size)
{
	unsigned long long pages = s->regions ? s->regions->totals.rss : 0;
	int n = 0;

	if (!price) {
		snprintf(text, size, "; the next write to each of %llu page%s costs a fault", pages,
		         plural(pages));
		return;
	}
	if (s->clears == 1 && s->stopped_ns)
		n = snprintf(text, size, ", one thread paused for %.2f ms",
		             (double)s->stopped_ns / 1e6);
	snprintf(text + n, size - (size_t)n, "; %s", price);
}

/* What a clear did, and what to expect from its tracker. */
static void
notice_describe_clear(const struct sample *s, char *text, size_t size)
{
	const struct tracker_words *w = tracker_words(s->tracker);
	int n;

	if (w->compares) {
		snprintf(text, size, "%s on screen are compared from now on%s%s", w->compares,
		         s->track_why[0] ? "; not userfaultfd: " : "", s->track_why);
		return;
	}
	n = snprintf(text, size, "epoch %u: %s %s in %.1f ms", s->clears, w->label, w->cleared,
	             (double)s->clear_cost_ns / 1e6);
	notice_add_price(s, w->price, text + n, size - (size_t)n);
}

static void
notice_others(struct app *a)
{
	if (a->t.s->others && !a->t.others_seen)
		app_toast(a, ROLE_HOT,
		          "another program cleared soft-dirty: known writes stay; press c to "
		          "start again");
	a->t.others_seen = a->t.s->others;
}

static void
notice_replaced(struct app *a)
{
	bool is = a->t.s->timeline && a->t.s->timeline->replaced;

	if (is && !a->t.replaced_seen)
		app_toast(a, ROLE_HOT,
		          "the file was replaced: this is the old recording; open it again for "
		          "the new one");
	a->t.replaced_seen = is;
}

/* Reports that the clear is lost. true: because of an exec, which is reported separately. */
static bool
notice_let_go(struct app *a)
{
	bool gone = a->t.clears_seen && !a->t.s->clears && !a->t.s->ended,
	     exec = a->t.s->execs != a->t.execs_seen;
	char text[256];

	a->t.clears_seen = a->t.s->clears;
	if (gone && !exec && !a->t.asking) {
		snprintf(text, sizeof(text), "writes are no longer detected: %s",
		         a->t.s->track_why[0]
		             ? a->t.s->track_why
		             : "another tracker would be used now; press c to start again");
		app_toast(a, ROLE_HOT, text);
		a->t.request.auto_clear_ns = 0;
	}
	return gone && exec;
}

static void
notice_no_clear(struct app *a, const struct result *r)
{
	if (a->t.request.auto_clear_ns) {
		a->t.request.auto_clear_ns = 0;
		app_post(a);
	} else if (!r->command.serial) {
		return; /* already reported */
	}
	app_toast_err(a, &r->err);
	if (!r->command.serial)
		return;
	a->t.rearmed = false;
	if (!a->t.s->clears)
		app_consent_withdraw(a);
}

static void
notice_clear(struct app *a, const struct result *r)
{
	char text[400];
	int n = 0;

	if (r->question) {
		app_question(a, r);
		return;
	}
	if (r->err.what[0]) {
		notice_no_clear(a, r);
		return;
	}
	if (a->t.rearmed)
		n = snprintf(text, sizeof(text),
		             "process %d executed a new program, now %s: ", (int)a->t.s->pid,
		             a->t.s->comm);
	a->t.rearmed = false;
	notice_describe_clear(a->t.s, text + n, sizeof(text) - (size_t)n);
	app_toast(a, ROLE_HOT, text);
}

static void
notice_touch(struct app *a, const struct result *r)
{
	struct list_columns *c = &a->ui.list->columns;
	char text[160];

	if (r->err.what[0]) {
		app_toast_err(a, &r->err);
		return;
	}
	if (!list_columns_has(c, COL_REGION_TOUCHED))
		list_columns_toggle(c, COL_REGION_TOUCHED);
	snprintf(text, sizeof(text),
	         "referenced bits cleared in %.1f ms: TOUCHED has what is read or written from "
	         "now on",
	         (double)a->t.s->touched.cost_ns / 1e6);
	app_toast(a, ROLE_HOT, text);
}

/* Of one again and again only the first, and what ends it. */
static void
notice_accesses(struct app *a, const struct result *r)
{
	struct list_columns *c = &a->ui.list->columns;
	char text[120];

	if (r->command.off || r->command.consent != a->t.sample_consent)
		return;
	if (r->err.what[0]) {
		a->t.sample_consent = 0;
		app_toast_err(a, &r->err);
	} else if (!a->t.sampled_seen) {
		a->t.sampled_seen = true;
		if (!list_columns_has(c, COL_LIST_ACCESSED))
			list_columns_toggle(c, COL_LIST_ACCESSED);
		snprintf(text, sizeof(text), "DAMON samples accesses: lens %c, and ACCESSED in the "
		         "list; %s ends it", lens_row(LENS_ACCESSES)->digit,
		         key_of(ACT_SAMPLE, 'R'));
		app_toast(a, ROLE_HOT, text);
	}
}

static void
notice_fault(struct app *a, const struct result *r)
{
	char text[128];

	if (r->err.what[0]) {
		app_toast_err(a, &r->err);
		return;
	}
	snprintf(text, sizeof(text),
	         r->idle ? "page %llx is already in RAM: nothing to do"
	                 : "page %llx was read: the process faulted it in",
	         (unsigned long long)(r->command.at & ~(uint64_t)(a->t.s->page_size - 1)));
	app_toast(a, ROLE_HOT, text);
}

static void
notice_record(struct app *a, const struct result *r)
{
	char text[768];

	if (r->err.what[0]) {
		app_toast(a, ROLE_HOT, err_line(&r->err, text, sizeof(text)));
		return;
	}
	if (r->command.text[0])
		snprintf(text, sizeof(text), "recording to %.400s; %s ends it%s", r->command.text,
		         key_of(ACT_RECORD, 'R'),
		         a->t.paused ? " (paused: only this sample is in it so far)" : "");
	else
		snprintf(text, sizeof(text), "the recording has ended");
	app_toast(a, ROLE_TEXT, text);
}

/* Results that nobody waits for are dropped, except those that changed the target. */
void
app_notice_result(struct app *a, struct result *r)
{
	bool newest = r->command.serial == a->t.newest[r->command.kind];

	a->t.unanswered -= r->command.serial > 0;
	app_once_result(a, r);
	if (r->end != RESULT_DONE || !a->t.s)
		return;
	switch (r->command.kind) {
	case COMMAND_CLEAR: notice_clear(a, r); break;
	case COMMAND_TOUCH: notice_touch(a, r); break;
	case COMMAND_ACCESSES: notice_accesses(a, r); break;
	case COMMAND_FAULT: notice_fault(a, r); break;
	case COMMAND_ASK:
		if (newest)
			app_prompt_answered(a, r);
		break;
	case COMMAND_WORDS:
		if (newest)
			app_words_take(a, r);
		break;
	case COMMAND_FIND:
		if (newest)
			app_notice_found(a, r);
		break;
	case COMMAND_RECORD: notice_record(a, r); break;
	case COMMAND_SNAP: app_snap_result(a, r); break;
	case COMMAND_DIFF: app_diff_result(a, r); break;
	case COMMAND_SMAPS: /* the sample has these five, or why not */
	case COMMAND_CARD:
	case COMMAND_SUM:
	case COMMAND_BY:
	case COMMAND_HEAT:
	case COMMAND_KINDS: break;
	case COMMAND_REFRESH: app_go_on(a, r->command.serial); break;
	}
}

/*
 * Consent ended with the program it was given for. A command that pmtop started stays watched
 * across exec (a script's interpreter runs another program).
 */
static void
notice_exec(struct app *a, bool let_go)
{
	bool ours = a->o->pid && a->o->owner != TRACK_FOREIGN,
	     again = ours && (let_go || a->t.request.auto_clear_ns),
	     grew = a->t.request.baseline > 0;
	char text[200];

	a->t.execs_seen = a->t.s->execs;
	a->t.request.baseline = 0; /* it was of the old address space */
	if (grew)
		app_post(a);
	if (!again)
		a->t.request.auto_clear_ns = 0;
	if (a->t.asking)
		app_consent(a, ACT_BACK);
	app_consent_withdraw(a);
	a->ui.region = 0;
	ui_leave_space(&a->ui);
	a->ui.jumps = (struct jumps){0}; /* these are addresses of the old address space */
	rows_anew(&a->ui);
	snprintf(text, sizeof(text), "process %d executed a new program: now %s%s%s",
	         (int)a->t.s->pid, a->t.s->comm, grew ? "; the baseline is gone" : "",
	         again    ? "; watching its writes again"
	         : let_go ? "; press c to watch its writes"
	                  : "");
	app_toast(a, ROLE_BANNER, text);
	a->t.rearmed = again;
	if (again)
		app_clear(a);
}

static void
notice_life(struct app *a, bool let_go)
{
	char text[160], how[64];

	if (a->t.s->execs != a->t.execs_seen)
		notice_exec(a, let_go);
	if (a->t.s->ended && !a->t.ended_seen) {
		a->t.ended_seen = true;
		if (a->t.asking)
			app_consent(a, ACT_BACK); /* there is nothing left to clear */
		proc_how_it_ended(a->t.s->pid, how, sizeof(how));
		snprintf(text, sizeof(text),
		         "process %d has ended%s%s: this is its last sample", (int)a->t.s->pid,
		         how, a->t.s->recorded.to_end ? ", and the recording with it" : "");
		app_toast(a, ROLE_BANNER, text);
	}
}

/* A full disk, say: once. */
static void
notice_record_failed(struct app *a)
{
	const struct err *e = &a->t.s->recorded_err;
	char text[768];

	if (e->what[0] && !a->t.record_failed)
		app_toast(a, ROLE_HOT, err_line(e, text, sizeof(text)));
	a->t.record_failed = e->what[0] != '\0';
}

void
app_notice(struct app *a)
{
	bool let_go;

	notice_record_failed(a);
	app_recorded_messages(a);
	notice_others(a);
	notice_replaced(a);
	let_go = notice_let_go(a);
	notice_life(a, let_go);
}
