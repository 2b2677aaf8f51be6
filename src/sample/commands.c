/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/commands.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/pattern.h"
#include "base/util.h"
#include "filter/filter.h"
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
		track_probe(t, &l->t.proc, &l->t.pm);
}

/* A person wants it now: the first clear of an auto-clear, and any that is not of one. */
static bool
command_is_asked_for(const struct reader *l)
{
	return !l->t.track.clears || l->now.clear != l->draft.cleared;
}

static void
command_choose_anew(struct reader *l)
{
	if (command_is_asked_for(l))
		track_reconsider(&l->t.track);
	command_choose(l);
}

/* What must be asked before a clear is done. */
static enum clear_question
command_find_question(struct reader *l)
{
	const struct track *t = &l->t.track;
	struct buf text = {0};
	bool hazard;

	if (t->can == TRACK_ASK)
		return CLEAR_CONSENT;
	l->draft.stray = t->stray.ino;
	if (command_is_asked_for(l) && track_offers_close(t))
		return CLEAR_STRAY;
	if (t->can != TRACK_YES || l->now.sure == l->draft.execs + 1)
		return CLEAR_NO_QUESTION;
	hazard = track_hazard(t, &l->t.proc, &l->draft.regions->vmas, &text);
	if (hazard)
		snprintf(l->draft.question_text, sizeof(l->draft.question_text), "%s", text.s);
	buf_free(&text);
	return hazard ? CLEAR_HAZARD : CLEAR_NO_QUESTION;
}

/*
 * The one that was consented to, if it is still in the way; then the way is free, or something else
 * is in it.
 */
static int
command_close_stray(struct reader *l, struct err *err)
{
	struct track *t = &l->t.track;

	if (!l->now.closes || l->now.closes != t->stray.ino || !track_offers_close(t))
		return 0;
	if (inject_close(&l->t.proc, &t->stray, err) < 0)
		return -1;
	t->can = TRACK_UNKNOWN;
	command_choose(l);
	return 0;
}

/* By the regions there are: of what has come since the last look it would not be known what was
 * written. */
static void
commands_clear(struct reader *l, struct err *err)
{
	struct vma_list vmas = {0};

	if (target_regions(&l->t, &vmas, err) == 0 && vmas.n)
		track_clear(&l->t.track, &l->t.proc, &l->t.pm, &vmas, err);
	else if (!err->what[0])
		err_set(err, ERR_TARGET, "it ended, or executed another program", NULL,
		        "cannot track writes");
	vma_free(&vmas);
}

void
command_clear(struct reader *l)
{
	struct err *err = &l->draft.clear_err;

	err->what[0] = '\0';
	l->draft.question = CLEAR_NO_QUESTION;
	if (l->draft.ended) {
		err_set(err, ERR_TARGET, "the process has ended", NULL, "cannot track writes");
	} else if (l->draft.regions) {
		command_choose_anew(l);
		if (command_close_stray(l, err) == 0)
			l->draft.question = command_find_question(l);
		l->draft.questions += l->draft.question != CLEAR_NO_QUESTION;
		if (!l->draft.question && !err->what[0])
			commands_clear(l, err);
	}
	l->draft.cleared = l->now.clear;
	reader_copy_tracker(l);
}

void
command_fault(struct reader *l)
{
	struct err *err = &l->draft.fault_err;

	err->what[0] = '\0';
	l->draft.fault_idle = false;
	if (l->draft.ended)
		err_set(err, ERR_TARGET, "the process has ended", NULL, "cannot read");
	else if (l->draft.regions)
		l->draft.fault_idle =
		    bytes_fault(&l->t, &l->draft.regions->vmas, l->now.fault_at, err) == 1;
	l->draft.faulted = l->now.fault;
}

/* Bytes are many, and nobody waits for them who has gone elsewhere: it is given up for a newer
 * request. */
static void
command_find_bytes(struct reader *l)
{
	struct pattern p;

	if (pattern_parse(l->now.find_what, &p, &l->draft.find_err) == 0 &&
	    seek_bytes(&l->t, &l->draft.regions->vmas, &p, l->now.find_from, l->now.find_back,
	               &l->draft.found, &l->draft.find_err) == 1)
		l->draft.found.stopped = true;
}

/* As an answer it is not given up: who asked waits for it. */
static void
command_find_page(struct reader *l)
{
	struct filter f;

	l->t.pm.stop = l->host.stopping;
	if (filter_parse(l->now.find_what, FILTER_PAGE, l->t.pm.page_size, &f,
	                 &l->draft.find_err) == 0)
		seek_next(&l->t, l->draft.regions, &f, l->now.find_from, l->now.find_back,
		          &l->draft.found, &l->draft.find_err);
	l->t.pm.stop = l->host.superseded;
}

void
command_find(struct reader *l)
{
	l->draft.find_err.what[0] = '\0';
	l->draft.found = (struct seek_found){0};
	if (!l->draft.ended && l->draft.regions && l->now.find_bytes)
		command_find_bytes(l);
	else if (!l->draft.ended && l->draft.regions)
		command_find_page(l);
	l->draft.find = l->now.find;
}

void
command_ask(struct reader *l)
{
	answer_unref(l->draft.answer);
	l->draft.answer = NULL;
	l->draft.answer_err.what[0] = '\0';
	if (l->draft.ended)
		err_set(&l->draft.answer_err, ERR_TARGET, "the process has ended", NULL,
		        "cannot answer");
	l->t.pm.stop = l->host.stopping;
	if (!l->draft.ended && l->draft.regions)
		l->draft.answer = answer_query(&l->t, &l->draft.regions->vmas, l->now.question,
		                               &l->draft.answer_err);
	l->t.pm.stop = l->host.superseded;
	l->draft.asked = l->now.ask;
	reader_copy_tracker(l);
}

/*
 * In an auto-clear each clear is followed by a look, and then by the next clear: what is written
 * between the two is seen in no epoch, unless the tracker tells of it in its clear.
 */
void
command_auto_clear(struct reader *l)
{
	struct track *t = &l->t.track;
	uint64_t least =
	    writes_least_auto_clear(t->cost_ns, (t->fresh - t->fresh_before) / l->t.pm.page_size);

	t->auto_clear = l->now.auto_clear_ns > 0;
	l->draft.auto_clear_ns = t->auto_clear ? u64_max(l->now.auto_clear_ns, least) : 0;
	if (t->auto_clear && !l->draft.ended &&
	    (!t->clears || time_ns() - t->clear_ns >= l->draft.auto_clear_ns)) {
		command_clear(l);
		if (l->draft.clear_err.what[0] || l->draft.question)
			l->now.auto_clear_ns = 0;
	}
}
