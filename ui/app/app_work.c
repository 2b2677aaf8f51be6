/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The running command: the status line names it, and Esc or ^C cancels it. */
#include "app/app_state.h"

#include <stdio.h>

#include "base/clock.h"
#include "term/keys.h"

static const uint64_t SHOW_NS = UINT64_C(300000000); /* shorter commands are not shown */
/* how long after its end a ^C may still be meant for it */
static const uint64_t LATE_NS = UINT64_C(1000000000);

void
app_see_work(struct app *a)
{
	uint64_t now = time_ns(), shown = a->t.work.command.serial;

	if (!a->t.sampler || !sampler_work(a->t.sampler, &a->t.work) ||
	    now - u64_min(now, a->t.work.command.since_ns) < SHOW_NS)
		a->t.work.command.serial = 0;
	if (shown && !a->t.work.command.serial)
		a->t.work_ended_ns = now;
}

static void
work_say_card(const struct command *c, struct buf *out)
{
	unsigned long long at = c->at;

	switch (c->card) {
	case CARD_PAGE: buf_fmt(out, "looking up the symbol of %llx", at); break;
	case CARD_REGION: buf_fmt(out, "counting region %llx", at); break;
	case CARD_CAPABILITIES: buf_str(out, "trying what works here"); break;
	case CARD_NONE: break;
	}
}

/* "searching for thp" */
static void
app_say_command(const struct command *c, struct buf *out)
{
	switch (c->kind) {
	case COMMAND_ASK: buf_fmt(out, "answering \"%s\"", c->text); break;
	case COMMAND_FIND: buf_fmt(out, "searching for %s", c->text); break;
	case COMMAND_FAULT: buf_fmt(out, "reading page %llx", (unsigned long long)c->at); break;
	case COMMAND_SMAPS: buf_str(out, "reading smaps"); break;
	case COMMAND_CARD: work_say_card(c, out); break;
	case COMMAND_SUM: buf_str(out, "counting the range"); break;
	case COMMAND_BY: buf_str(out, "counting who writes"); break;
	case COMMAND_ACCESSES: buf_str(out, "reading what DAMON saw"); break;
	case COMMAND_HEAT: buf_str(out, "going through the past"); break;
	case COMMAND_WORDS: buf_str(out, "looking for symbols"); break;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_RECORD:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_KINDS: break;
	}
}

/* The key that cancels comes first, since the line may be cut. */
bool
app_say_work(const struct app *a, struct buf *out)
{
	const struct sampler_work *w = &a->t.work;
	uint64_t now = time_ns();
	enum action back = ui_view(&a->ui) == VIEW_REGIONS ? ACT_STAY : ACT_BACK;

	if (!w->command.serial)
		return false;
	if (w->part >= 0)
		buf_fmt(out, "%.0f%%, ", 100 * w->part);
	buf_fmt(out, "%.0f s, %s cancels: ",
	        (double)(now - u64_min(now, w->command.since_ns)) / 1e9,
	        key_of(back, ui_letter(&a->ui)));
	app_say_command(&w->command, out);
	return true;
}

static void
work_report_cancelled(struct app *a, const struct command *c)
{
	struct buf text = {0};

	buf_str(&text, "cancelled: ");
	app_say_command(c, &text);
	if (c->kind == COMMAND_FAULT)
		buf_str(&text, "; the kernel may still read it in");
	app_toast(a, ROLE_TEXT, text.s);
	buf_free(&text);
}

bool
app_cancel_work(struct app *a)
{
	struct command c = a->t.work.command;

	a->t.work.command.serial = 0;
	if (!c.serial || !sampler_cancel(a->t.sampler, c.serial))
		return false;
	app_once_cancelled(a, &c);
	work_report_cancelled(a, &c);
	return true;
}

/* Whether a key or the prompt requested it, rather than the screen. */
static bool
work_is_asked_for(const struct command *c)
{
	return c->kind == COMMAND_ASK || c->kind == COMMAND_FIND || c->kind == COMMAND_FAULT;
}

/*
 * Without a command ^C quits, so one that was asked for and is not shown yet counts, and one that
 * has just ended.
 */
bool
app_interrupt_work(struct app *a)
{
	uint64_t ended = a->t.work_ended_ns;
	bool shown = a->t.work.command.serial;

	a->t.work_ended_ns = 0;
	if (a->t.sampler && sampler_work(a->t.sampler, &a->t.work) &&
	    (shown || work_is_asked_for(&a->t.work.command)) && app_cancel_work(a))
		return true;
	if (!ended || time_ns() - ended >= LATE_NS)
		return false;
	app_toast(a, ROLE_TEXT, "the command has just ended; ^C again quits");
	return true;
}
