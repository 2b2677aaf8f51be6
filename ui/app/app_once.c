/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the screen needs: the request, and the commands for facts that are read once. They are
 * cancelled when the screen no longer needs them, and sent again when it does.
 */
#include "app/app_state.h"

#include "base/clock.h"
#include "base/util.h"
#include "model/list_rows.h"
#include "target/symbol.h"

static const enum command_kind once_kinds[] = {COMMAND_SMAPS, COMMAND_CARD, COMMAND_SUM,
                                              COMMAND_BY, COMMAND_HEAT,
                                              COMMAND_ACCESSES};
static const uint64_t CHEAP_NS = 50000000; /* a range that takes less is counted for each sample */

/* How often these are read again, at most: */
static const uint64_t HEAT_NS = UINT64_C(900000000);      /* the past */
static const uint64_t BY_NS = UINT64_C(1000000000);       /* who writes */
static const uint64_t TOUCHED_NS = UINT64_C(1000000000);  /* smaps, for TOUCHED */
static const uint64_t ACCESSES_NS = UINT64_C(1000000000); /* what DAMON saw */

/* And for what share of the time, at most, one part in: */
enum {
	TOUCHED_SHARE = 20,
	ACCESSES_SHARE = 5, /* mostly waiting */
	BY_SHARE = 10,      /* who writes, the past, and the writers of a page */
};

/* Of a page only its symbol takes time, and its writers. */
static bool
once_card_takes_time(const struct app *a)
{
	const struct screen_request *r = &a->t.request.screen;

	return r->card_on == CARD_PAGE ? a->t.s->causes.watch.on ||
	                                     symbol_source(&a->t.s->regions->vmas, r->card)
	                               : r->card_on != CARD_NONE;
}

/* The command of that kind that the screen needs. false: none. */
static bool
once_needed(const struct app *a, enum command_kind kind, struct command *c)
{
	const struct screen_request *r = &a->t.request.screen;

	*c = (struct command){.kind = kind};
	if (kind == COMMAND_SMAPS) {
		c->again = r->touched_on;
		return r->smaps_on;
	}
	if (kind == COMMAND_CARD) {
		c->card = r->card_on;
		c->at = r->card;
		return once_card_takes_time(a);
	}
	if (kind == COMMAND_ACCESSES) {
		c->consent = a->t.sample_consent;
		return r->accesses_on;
	}
	if (kind == COMMAND_HEAT) {
		c->heat = r->heat;
		return r->heat_on;
	}
	if (kind == COMMAND_BY) {
		c->by = r->by;
		return r->by_on && (r->by.grown ? a->t.s->regions->totals.grown.known
		                                : a->t.s->causes.watch.on);
	}
	c->at = r->range_lo;
	c->end = r->range_hi;
	c->lens = r->lens;
	return r->range_lo < r->range_hi;
}

/* Whether the regions are of a later scan; in a recording also of an earlier one. */
static bool
once_is_of_another_time(const struct sample *s, uint64_t time_ns)
{
	uint64_t now = s->regions->time_ns;

	return s->timeline ? now != time_ns : now > time_ns;
}

/* There was a scan since the writers of the page were looked up. Other cards have none. */
static bool
once_has_old_writers(const struct sample *s)
{
	const struct answer *is = s->card->looked_up;

	return s->card_kind == CARD_PAGE && s->causes.watch.on &&
	       (!is || once_is_of_another_time(s, is->writers_ns));
}

/*
 * For TOUCHED: it is of before the clear, or has become old, be it that there was no scan since:
 * who touches memory that is there makes no fault.
 */
static bool
once_has_old_smaps(const struct app *a)
{
	const struct sample *s = a->t.s;
	const struct smaps_reading *is = s->smaps;
	bool goes_on = a->t.request.interval_ns && !a->t.paused;

	return !touched_is_in(&s->touched, is) ||
	       (goes_on && sample_clock(s, time_ns()) >
	                       is->time_ns + u64_max(TOUCHED_NS, TOUCHED_SHARE * is->cost_ns));
}

/* The last time that there is. */
static uint64_t
once_newest(const struct sample *s)
{
	const struct timeline *t = s->timeline;

	return t ? t->v[t->n - 1].time_ns : s->regions->time_ns;
}

static bool
once_has_old_accesses(const struct app *a)
{
	const struct accesses *is = a->t.s->accesses;

	return is && a->t.request.interval_ns && !a->t.paused &&
	       sample_clock(a->t.s, time_ns()) >
	           is->time_ns + u64_max(ACCESSES_NS, ACCESSES_SHARE * is->cost_ns);
}

/* Whether what was read of it is outdated. */
static bool
once_is_stale(const struct sample *s, const struct command *c)
{
	const struct attribution *by = s->attribution;

	if (c->kind == COMMAND_CARD)
		return s->card && s->card_kind == c->card && s->card->place == c->at &&
		       (!s->card_whole || once_has_old_writers(s)) && !s->card_err.what[0];
	if (c->kind == COMMAND_BY && by && s->timeline)
		return once_is_of_another_time(s, by->time_ns);
	if (c->kind == COMMAND_HEAT)
		return s->heat && once_newest(s) > s->heat->made_ns +
		           u64_max(HEAT_NS, BY_SHARE * s->heat->cost_ns);
	if (c->kind == COMMAND_BY)
		return !by || s->regions->time_ns >=
		                  by->time_ns + u64_max(BY_NS, BY_SHARE * by->cost_ns);
	return c->kind == COMMAND_SUM && once_is_of_another_time(s, s->range.time_ns) &&
	       s->range.cost_ns < CHEAP_NS;
}

static bool
once_is_due(const struct app *a, const struct app_once *o, const struct command *c)
{
	if (o->execs != a->t.s->execs + 1 || !command_same(&o->of, c))
		return true;
	if (o->state == ONCE_DONE && c->kind == COMMAND_SMAPS)
		return a->t.s->timeline ? !a->t.s->smaps : c->again && once_has_old_smaps(a);
	if (o->state == ONCE_DONE && c->kind == COMMAND_ACCESSES)
		return once_has_old_accesses(a);
	/* if the past has nothing newer than what was read, asking again at once does not help */
	if (c->kind == COMMAND_HEAT && time_ns() < o->asked_ns + HEAT_NS)
		return false;
	if (c->kind == COMMAND_CARD && a->t.s->card_whole &&
	    time_ns() < o->asked_ns + BY_SHARE * o->took_ns)
		return false;
	return o->state == ONCE_DONE && once_is_stale(a->t.s, c);
}

/* The screen does not need it now. What smaps has reported stays valid until it is read again. */
static void
once_drop(struct app *a, struct app_once *o)
{
	if (o->state == ONCE_ASKED)
		sampler_cancel(a->t.sampler, o->of.serial);
	if (o->of.kind != COMMAND_SMAPS || o->state != ONCE_DONE)
		*o = (struct app_once){0};
}

static void
app_ask_once(struct app *a)
{
	const struct sample *s = a->t.s;
	struct command c;

	if (!s || !s->regions)
		return;
	for (size_t i = 0; i < ARRAY_LEN(once_kinds); i++) {
		struct app_once *o = &a->t.once[once_kinds[i]];

		if (s->ended || !once_needed(a, once_kinds[i], &c)) {
			once_drop(a, o);
		} else if (once_is_due(a, o, &c)) {
			app_command(a, &c);
			c.serial = a->t.newest[c.kind];
			*o = (struct app_once){
			    c, s->execs + 1, ONCE_ASKED, .asked_ns = time_ns()};
		}
	}
}

void
app_post_view(struct app *a)
{
	const struct view *v = view_of(ui_view(&a->ui));
	struct screen_request r = {.lens = a->ui.lens};

	if (ui_is_bare(&a->ui)) /* the view below stays as it is */
		return;
	if (v->needs)
		v->needs(&a->ui, a->t.s, &r);
	r.accesses_on = a->t.s && a->t.sample_consent == a->t.s->execs + 1 &&
	                (r.lens == LENS_ACCESSES || (ui_view(&a->ui) == VIEW_REGIONS &&
	                                             list_shows_accessed(&a->ui, a->t.s)));
	if ((!a->t.request.interval_ns || a->t.paused) && !lens_needs_pages(r.lens))
		r.rows.n = 0; /* nothing is counted by itself */
	if (!screen_same(&a->t.request.screen, &r)) {
		a->t.request.screen = r;
		app_post(a);
	}
	app_ask_once(a);
}

void
app_refresh(struct app *a)
{
	for (size_t i = 0; i < ARRAY_LEN(once_kinds); i++)
		if (once_kinds[i] != COMMAND_SMAPS || a->t.request.screen.smaps_on)
			a->t.once[once_kinds[i]] = (struct app_once){0};
	app_command(a, &(struct command){.kind = COMMAND_REFRESH});
}

void
app_once_result(struct app *a, const struct result *r)
{
	struct app_once *o = &a->t.once[r->command.kind];

	if (o->of.serial != r->command.serial || r->end != RESULT_DONE)
		return;
	o->state = r->err.what[0] ? ONCE_FAILED : ONCE_DONE;
	o->took_ns = time_ns() - o->asked_ns;
}

void
app_once_cancelled(struct app *a, const struct command *c)
{
	struct app_once *o = &a->t.once[c->kind];

	if (o->of.serial == c->serial)
		o->state = ONCE_CANCELLED;
}

static enum ui_once
once_state(const struct app *a, enum command_kind kind)
{
	const struct app_once *o = &a->t.once[kind];
	bool shown = o->of.serial && a->t.work.command.serial == o->of.serial;

	return o->state == ONCE_ASKED && shown ? ONCE_LATE : o->state;
}

void
app_once_show(struct app *a)
{
	a->ui.card_read = once_state(a, COMMAND_CARD);
	a->ui.sum_read = once_state(a, COMMAND_SUM);
}
