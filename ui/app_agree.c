/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must be answered before a clear: whether a call may be run in the target, and whether to clear
 * although somebody else lives by the bits. What is agreed to holds for the program that runs now, and
 * for nothing after it.
 */
#include "app_state.h"

#include <stdio.h>

#include "util.h"

static const uint64_t STAY_NS = UINT64_C(3600000000000); /* a question does not go away by itself */

void
app_question(struct app *a)
{
	char text[400];

	if (a->s->questions == a->questions_seen)
		return;
	a->questions_seen = a->s->questions;
	a->pulse_asked = a->want.pulse_ns;
	a->want.pulse_ns = 0;
	if (a->s->question == CLEAR_CONSENT) {
		a->asking = 'Y';
		snprintf(a->want.question, sizeof(a->want.question), "tracker");
		a->asked = ++a->want.ask;
	} else {
		a->asking = 'Z';
		snprintf(text, sizeof(text), "%s; clear all the same?", a->s->question_text);
		app_toast(a, ROLE_HOT, text);
		a->toast_until = time_ns() + STAY_NS;
	}
	app_post(a);
}

static void
put_away(struct app *a)
{
	a->asking = 0;
	a->toast_until = 0;
	app_close_panel(a);
}

static void
clear(struct app *a)
{
	a->want.pulse_ns = a->pulse_asked;
	a->want.clear++;
	put_away(a);
	app_post(a);
}

/* The region under the cursor, if there is one. */
static struct track_range
here(const struct app *a)
{
	const struct vma *v = a->s && a->s->regions ? vma_at(&a->s->regions->vmas, a->ui.region) : NULL;

	return v ? (struct track_range){v->start, v->end} : (struct track_range){0};
}

bool
app_agree(struct app *a, enum action action)
{
	struct want *w = &a->want;

	if (action == ACT_BACK) {
		put_away(a);
		return true;
	}
	if (action == ACT_CONTENTS)
		w->tracker = TRACK_HASH;
	else if (a->asking == 'Z' && action == ACT_AGREE)
		w->sure = a->s->execs + 1;
	else if (action == ACT_AGREE || action == ACT_AGREE_ALL)
		w->allow = a->s->execs + 1;
	else
		return false;
	if (a->asking == 'Y')
		w->scope = action == ACT_AGREE ? here(a) : (struct track_range){0};
	clear(a);
	return true;
}
