/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/commands.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/util.h"
#include "query/answer_query.h"
#include "target/writes.h"

void
command_choose(struct reader *l)
{
	struct track *t = &l->t.track;

	t->allow = l->now.allow == l->draft.execs + 1;
	t->scope = l->now.scope;
	track_choose(t, l->now.tracker);
	if (t->can == TRACK_UNKNOWN)
		target_probe_trackers(&l->t);
}

/* --- a clear ---------------------------------------------------------------------------------- */

/* Whether the user requested it: the first clear of an auto-clear, or one outside it. */
static bool
command_is_asked_for(const struct reader *l, const struct command *c)
{
	return !l->t.track.clears || c->serial;
}

static void
command_choose_anew(struct reader *l, const struct command *c)
{
	if (command_is_asked_for(l, c))
		track_reconsider(&l->t.track);
	command_choose(l);
}

/* What must be answered before a clear. */
static enum clear_question
command_find_question(struct reader *l, struct result *r)
{
	const struct track *t = &l->t.track;
	struct buf text = {0};
	bool hazard;

	if (t->can == TRACK_ASK)
		return CLEAR_CONSENT;
	r->stray = t->stray.ino;
	if (command_is_asked_for(l, &r->command) && track_offers_close(t))
		return CLEAR_STRAY;
	if (t->can != TRACK_YES || l->now.sure == l->draft.execs + 1)
		return CLEAR_NO_QUESTION;
	hazard = target_hazard(&l->t, &l->draft.regions->vmas, &text);
	if (hazard)
		snprintf(r->text, sizeof(r->text), "%s", text.s);
	buf_free(&text);
	return hazard ? CLEAR_HAZARD : CLEAR_NO_QUESTION;
}

/*
 * Closes the userfaultfd that the user consented to close, if it still prevents the clear; then
 * chooses a tracker again.
 */
static int
command_unblock(struct reader *l, uint64_t closes, struct err *err)
{
	struct track *t = &l->t.track;

	if (!closes || closes != t->stray.ino || !track_offers_close(t))
		return 0;
	if (l->t.source->ops->writes->unblock(l->t.source, t, err) < 0)
		return -1;
	t->can = TRACK_UNKNOWN;
	command_choose(l);
	return 0;
}

/* With fresh regions: writes to regions mapped since the last scan would be unknown otherwise. */
static void
command_clear_marks(struct reader *l, bool asked, struct err *err)
{
	struct vma_list vmas = {0};

	reader_watch_faults(l, asked);
	if (target_regions(&l->t, &vmas, err) == 0 && vmas.n)
		target_clear(&l->t, &vmas, err);
	else if (!err->what[0])
		err_set(err, ERR_TARGET, "the process has ended or executed a new program", NULL,
		        "cannot track writes");
	vma_free(&vmas);
}

static void
command_clear(struct reader *l, struct result *r)
{
	command_choose_anew(l, &r->command);
	if (command_unblock(l, r->command.closes, &r->err) == 0)
		r->question = command_find_question(l, r);
	if (!r->question && !r->err.what[0])
		command_clear_marks(l, command_is_asked_for(l, &r->command), &r->err);
	reader_copy_tracker(l);
}

/* What fails without a process. */
static const char *
command_cannot(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_CLEAR: return "cannot track writes";
	case COMMAND_TOUCH: return "cannot watch what is touched";
	case COMMAND_FAULT:
	case COMMAND_SMAPS:
	case COMMAND_CARD: return "cannot read";
	case COMMAND_BY: return "cannot tell who writes";
	case COMMAND_ACCESSES: return "cannot sample accesses";
	case COMMAND_HEAT: return "no picture of the past";
	case COMMAND_SUM: return "cannot count";
	case COMMAND_FIND: return "cannot search";
	case COMMAND_RECORD: return "cannot record";
	case COMMAND_SNAP: return "cannot take a snapshot";
	case COMMAND_DIFF: return "cannot compare";
	case COMMAND_REFRESH:
	case COMMAND_ASK:
	case COMMAND_WORDS:
	case COMMAND_KINDS: break;
	}
	return "cannot answer";
}

/* --- the working set -------------------------------------------------------------------------- */

/* Consent is for one program. */
static void
command_touch(struct reader *l, struct result *r)
{
	if (r->command.consent != l->draft.execs + 1 || !target_is_alive(&l->t))
		err_set(&r->err, ERR_TARGET, "the process has ended or executed a new program",
		        NULL, "%s", command_cannot(COMMAND_TOUCH));
	else if (touched_clear(&l->t.touched, l->t.source, &r->err) == 0)
		l->draft.touched = l->t.touched;
}

/* --- any ------------------------------------------------------------------------------------ */

/* Questions about the tracker; the answerer takes the others. */
static void
command_ask(struct reader *l, struct result *r)
{
	l->t.source->stop = l->host.stopping;
	r->answer = answer_query(&l->t, &l->draft.regions->vmas, r->command.text, &r->err);
	l->t.source->stop = l->host.superseded;
	reader_copy_tracker(l);
}

bool
command_is_impossible(const struct reader *l, struct result *r)
{
	if (l->draft.ended)
		err_set(&r->err, ERR_TARGET, "the process has ended", NULL, "%s",
		        command_cannot(r->command.kind));
	else if (!l->draft.regions)
		err_set(&r->err, ERR_TARGET, "nothing of it could be read yet", NULL, "%s",
		        command_cannot(r->command.kind));
	return r->err.what[0];
}

bool
command_needs_scan(const struct command *c)
{
	return c->kind == COMMAND_REFRESH || c->kind == COMMAND_CLEAR || c->kind == COMMAND_SNAP ||
	       c->kind == COMMAND_DIFF || (c->kind == COMMAND_RECORD && c->text[0]);
}

void
command_carry_out(struct reader *l, const struct command *c)
{
	struct result r = {.command = *c};

	if (c->kind == COMMAND_CLEAR && !command_is_impossible(l, &r))
		command_clear(l, &r);
	else if (c->kind == COMMAND_TOUCH && !command_is_impossible(l, &r))
		command_touch(l, &r);
	else if (c->kind == COMMAND_ASK && !command_is_impossible(l, &r))
		command_ask(l, &r);
	else if (c->kind == COMMAND_SNAP && !command_is_impossible(l, &r))
		reader_snap(l, c->text, r.text, sizeof(r.text), &r.err);
	else if (c->kind == COMMAND_DIFF && !command_is_impossible(l, &r))
		reader_compare(l, c, &r.err);
	else if (c->kind == COMMAND_RECORD && (!c->text[0] || !command_is_impossible(l, &r)))
		reader_record(l, c->text, c->overwrite, &r.err);
	results_add(&l->done, &r);
}

/* Only a clear that failed gets a result: the sample shows the others. */
static void
command_clear_again(struct reader *l)
{
	struct result r = {.command.kind = COMMAND_CLEAR};

	if (!command_is_impossible(l, &r))
		command_clear(l, &r);
	if (!r.err.what[0] && !r.question)
		return;
	l->now.auto_clear_ns = 0;
	results_add(&l->done, &r);
}

/*
 * In an auto-clear a scan follows each clear, then the next clear: writes between that scan and
 * the next clear are missed unless the tracker's clear reports them (TRACKER_LOSSLESS).
 */
void
command_auto_clear(struct reader *l)
{
	struct track *t = &l->t.track;
	uint64_t pages = (t->fresh - t->fresh_before) / l->t.page_size;
	uint64_t watch_ns = target_watch_ns(&l->t, pages);
	uint64_t least = writes_least_auto_clear(t->cost_ns + watch_ns, pages, l->t.budget);

	t->auto_clear = l->now.auto_clear_ns > 0;
	l->draft.auto_clear_ns = t->auto_clear ? u64_max(l->now.auto_clear_ns, least) : 0;
	if (t->auto_clear && !l->draft.ended &&
	    (!t->clears || source_now(l->t.source) - t->clear_ns >= l->draft.auto_clear_ns))
		command_clear_again(l);
}
