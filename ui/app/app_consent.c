/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions before a clear: whether to run a call in the target, whether to close one of its
 * descriptors first, whether to clear although another program relies on the bits. Consent ends
 * with the program it was given for.
 */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "query/query.h"
#include "term/keys.h"
#include "term/paint.h"

static const uint64_t STAY_NS = UINT64_C(3600000000000); /* a question stays until it is answered */

static const char *
app_ask_about(char letter)
{
	return letter == 'A' ? "touched" : letter == 'D' ? "damon" : "tracker";
}

/* Asks, with the costs, which are read from the target again. */
static void
app_ask_consent(struct app *a, char letter)
{
	struct command c = {.kind = COMMAND_ASK};

	a->t.asking = letter;
	snprintf(c.text, sizeof(c.text), "%s", app_ask_about(letter));
	app_command(a, &c);
}

void
app_question(struct app *a, const struct result *r)
{
	char text[400];

	a->t.auto_clear_asked = a->t.request.auto_clear_ns;
	a->t.request.auto_clear_ns = 0;
	a->t.stray = r->stray;
	if (r->question == CLEAR_CONSENT) {
		app_ask_consent(a, 'Y');
	} else if (r->question == CLEAR_STRAY) {
		app_ask_consent(a, 'F');
	} else {
		a->t.asking = 'Z';
		snprintf(text, sizeof(text), "%s; clear anyway?", r->text);
		app_toast(a, ROLE_HOT, text);
		a->toast.until = time_ns() + STAY_NS;
	}
	app_post(a);
}

static void
app_put_away(struct app *a)
{
	a->t.asking = 0;
	a->t.explains = false;
	a->toast.until = 0;
	app_close_panel(a);
}

static void
app_consent_clear(struct app *a, uint64_t closes)
{
	a->t.request.auto_clear_ns = a->t.auto_clear_asked;
	app_put_away(a);
	app_post(a);
	app_command(a, &(struct command){.kind = COMMAND_CLEAR, .closes = closes});
}

/* The region under the cursor, if there is one. */
static struct track_range
app_here(const struct app *a)
{
	const struct vma *v =
	    a->t.s && a->t.s->regions ? vma_at(&a->t.s->regions->vmas, a->ui.region) : NULL;

	return v ? (struct track_range){v->start, v->end} : (struct track_range){0};
}

bool
app_take_scope(struct app *a)
{
	const struct sample *s = a->t.s;
	struct track_range *w = &a->t.request.scope;
	struct query q;
	struct err err;

	if (a->t.part)
		return true;
	*w = (struct track_range){0};
	if (!a->o->scope || !s || !s->regions)
		return true;
	if (query_parse(a->o->scope, s->page_size, &q, &err) == 0 &&
	    query_range(&q, &s->regions->vmas, s->page_size, &w->start, &w->end, &err) == 0)
		return true;
	app_toast_err(a, &err);
	return false;
}

/* Only one region is watched, as the user chose, and the cursor is in another. */
static bool
app_is_elsewhere(const struct app *a)
{
	struct track_range w = a->t.request.scope, r = app_here(a);

	return a->t.part && a->t.s->clears && tracker_caps(a->t.s->tracker) & TRACKER_RANGES &&
	       r.start < r.end && (r.end <= w.start || r.start >= w.end);
}

void
app_clear(struct app *a)
{
	if (app_refuses_change(a))
		return;
	if (app_is_elsewhere(a)) {
		a->t.auto_clear_asked = a->t.request.auto_clear_ns;
		app_ask_consent(a, 'Y');
	} else if (app_take_scope(a)) {
		app_post(a);
		app_command(a, &(struct command){.kind = COMMAND_CLEAR});
	}
}

void
app_consent_withdraw(struct app *a)
{
	if (!a->t.part)
		return;
	a->t.part = false;
	a->t.request.allow = 0;
	a->t.request.scope = (struct track_range){0};
	app_post(a);
}

bool
app_may_consent_to_region(const struct app *a)
{
	const struct vma *v =
	    a->t.s && a->t.s->regions ? vma_at(&a->t.s->regions->vmas, a->ui.region) : NULL;

	return v && v->perm & VMA_WRITE && v->type != VMA_KERNEL && v->type != VMA_DEVICE;
}

void
app_touch(struct app *a)
{
	if (app_refuses_change(a))
		return;
	if (!a->t.s || a->t.touch_consent != a->t.s->execs + 1)
		app_ask_consent(a, 'A');
	else
		app_command(a, &(struct command){.kind = COMMAND_TOUCH,
		                                 .consent = a->t.touch_consent});
}

/* The lens asks for what is sampled, again and again: app_once. */
static void
app_begin_samples(struct app *a)
{
	a->t.sample_consent = a->t.s->execs + 1;
	a->t.sampled_seen = false;
	a->t.once[COMMAND_ACCESSES] = (struct app_once){0};
	a->ui.lens = LENS_ACCESSES;
}

void
app_sample(struct app *a)
{
	bool on = a->t.s && a->t.sample_consent == a->t.s->execs + 1;

	a->t.sample_consent = 0;
	if (on) {
		app_command(a, &(struct command){.kind = COMMAND_ACCESSES, .off = true});
		app_toast(a, ROLE_TEXT, "DAMON no longer samples accesses");
	} else if (!app_refuses_change(a)) {
		app_ask_consent(a, 'D');
	}
}

bool
app_consent(struct app *a, enum action action)
{
	struct request *w = &a->t.request;
	uint64_t closes = 0;

	if (action == ACT_BACK) {
		app_put_away(a);
		return true;
	}
	if (action == ACT_HELP && strchr("YAD", a->t.asking)) {
		a->t.explains = !a->t.explains;
		return true;
	}
	if (action == ACT_CONSENT && a->t.asking == 'A') {
		app_put_away(a);
		a->t.touch_consent = a->t.s->execs + 1;
		app_touch(a);
		return true;
	}
	if (action == ACT_CONSENT && a->t.asking == 'D') {
		app_put_away(a);
		app_begin_samples(a);
		return true;
	}
	if (action == ACT_CONSENT && a->t.asking == 'Y' && !app_may_consent_to_region(a)) {
		app_toast(a, ROLE_HOT, "the process cannot write in the region under the cursor");
		return true;
	}
	if (action == ACT_CONTENTS)
		w->tracker = tracker_reading();
	else if (a->t.asking == 'Z' && action == ACT_CONSENT)
		w->sure = a->t.s->execs + 1;
	else if (a->t.asking == 'F' && action == ACT_CONSENT)
		closes = a->t.stray;
	else if (action == ACT_CONSENT || action == ACT_CONSENT_ALL)
		w->allow = a->t.s->execs + 1;
	else
		return false;
	if (a->t.asking == 'Y') {
		a->t.part = action == ACT_CONSENT;
		w->scope = app_here(a);
		if (!app_take_scope(a)) {
			app_put_away(a);
			return true;
		}
	}
	app_consent_clear(a, closes);
	return true;
}
