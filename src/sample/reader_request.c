/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serves a request: what it asks for besides scans, and what commands have found for it. */
#include "sample/reader_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "query/answer_query.h"
#include "target/growth.h"
#include "target/pointers.h"
#include "target/symbol.h"

enum { SYMBOLS_MS = 20 }; /* per scan for the symbols that pointers point to */

/* Why who writes cannot even be asked for; NULL: it can. */
static const char *
reader_unattributed(const struct reader *l)
{
	if (!l->now.attribution)
		return "attribution is switched off";
	if (!l->t.source->meta.faults)
		return l->draft.timeline ? "page faults were not recorded"
		                         : "only a running process has page faults";
	return tracker_caps(l->t.track.tracker) & TRACKER_CHANGES
	           ? "this tracker compares, which makes no page faults"
	           : NULL;
}

void
reader_watch_faults(struct reader *l, bool again)
{
	struct causes_totals is;
	struct err kept; /* by the causes */

	if (reader_unattributed(l))
		return;
	if (l->t.causes) {
		causes_totals(l->t.causes, &is);
		if (is.watch.on || !again)
			return;
	}
	l->t.budget = l->now.budget;
	target_watch_faults(&l->t, &kept);
}

/* Whether what it is of is still counted. */
static bool
reader_has_causes(const struct reader *l, const struct attribution *a)
{
	const struct growth *g = l->t.growth;

	if (a->of.grown)
		return growth_known(g) && g->base->time_ns == a->since_ns;
	return l->t.causes != NULL;
}

/* Without a clear there is nothing to attribute. */
static void
reader_copy_causes(struct reader *l)
{
	const char *why = reader_unattributed(l);

	if (!l->t.track.clears || why)
		target_unwatch_faults(&l->t);
	l->draft.unattributed = why;
	if (l->draft.attribution && !reader_has_causes(l, l->draft.attribution)) {
		attribution_unref(l->draft.attribution);
		l->draft.attribution = NULL;
	}
	l->draft.causes = (struct causes_totals){0};
	if (l->t.causes)
		causes_totals(l->t.causes, &l->draft.causes);
}

void
reader_copy_tracker(struct reader *l)
{
	const struct track *t = &l->t.track;

	reader_copy_causes(l);
	l->draft.can_track = t->can;
	l->draft.tracker = t->tracker;
	snprintf(l->draft.track_why, sizeof(l->draft.track_why), "%s", t->why);
	snprintf(l->draft.track_how, sizeof(l->draft.track_how), "%s", t->how);
	l->draft.clears = t->clears;
	l->draft.clear_ns = t->clear_ns;
	l->draft.clear_cost_ns = t->cost_ns;
	l->draft.stopped_ns = t->injected.stopped_ns;
	l->draft.others = t->others;
	l->draft.scope = t->scope;
}

/* Drops the card: the next one is another. */
static void
reader_drop_card(struct reader *l)
{
	answer_unref(l->draft.card);
	l->draft.card = NULL;
	l->draft.card_whole = false;
	l->draft.card_err.what[0] = '\0';
}

/* The next one is another. */
static void
reader_drop_smaps(struct reader *l)
{
	smaps_reading_unref(l->draft.smaps);
	l->draft.smaps = NULL;
	l->draft.smaps_err.what[0] = '\0';
}

void
reader_forget_moment(struct reader *l)
{
	if (l->draft.card_kind == CARD_REGION)
		reader_drop_card(l);
	reader_drop_smaps(l);
}

/* Drops what commands have read of the previous program. */
void
reader_forget_once(struct reader *l)
{
	struct sample *d = &l->draft;

	past_free(&l->past);
	heatmap_unref(d->heat);
	d->heat = NULL;
	d->heat_err.what[0] = '\0';
	reader_drop_card(l);
	answer_unref(l->symbol);
	l->symbol = NULL;
	reader_drop_smaps(l);
	d->touched = (struct touched){0};
	accesses_unref(d->accesses);
	d->accesses = NULL;
	d->accesses_err.what[0] = '\0';
	d->range = (struct range_sum){0};
	d->range_err.what[0] = '\0';
}

/*
 * Whether what was looked up is of the page, and of the file that is mapped there now. from NULL:
 * no file with symbols; the page may have writers all the same.
 */
static bool
reader_has_symbol(const struct reader *l, uint64_t at, const struct vma *from)
{
	static const struct vma none;
	const struct vma *was = &l->symbol_from;

	if (!from)
		from = &none;
	return l->symbol && l->symbol->place == at && from->start == was->start &&
	       from->offset == was->offset && from->inode == was->inode &&
	       from->dev_major == was->dev_major && from->dev_minor == was->dev_minor;
}

/* The symbol comes by a command (reader_adopt), if it is a page that may have one. */
static void
reader_read_page(struct reader *l, const struct vma_list *vmas)
{
	uint64_t at = l->now.screen.card;
	const struct vma *from = symbol_source(vmas, at);
	bool has = reader_has_symbol(l, at, from);
	struct answer *was = answer_ref(l->draft.card), *is;

	reader_drop_card(l);
	is = answer_page_with(&l->t, vmas, at, has ? l->symbol : NULL, &l->draft.card_err);
	if (is && was && answer_same_page(is, was)) {
		answer_unref(is);
		is = answer_ref(was);
	}
	answer_unref(was);
	l->draft.card = is;
	l->draft.card_whole = has || (!from && !l->draft.causes.watch.on);
}

/*
 * The facts that need no command; the cards of a region and of the capabilities need one for the
 * rest.
 */
void
reader_read_card(struct reader *l, const struct vma_list *vmas)
{
	struct sample *d = &l->draft;

	if (d->card_kind == CARD_PAGE)
		reader_read_page(l, vmas);
	else if (d->card_kind == CARD_REGION && !d->card && !d->card_err.what[0])
		d->card =
		    answer_region_maps(&l->t, vmas, l->now.screen.card, &d->card_err);
}

void
reader_read_bytes(struct reader *l, const struct vma_list *vmas)
{
	const struct request *w = &l->now;
	const struct vma *v = vma_at(vmas, w->screen.hex_at);
	uint64_t room = v ? v->end - w->screen.hex_at : 0,
		 len = u64_min(room, (uint64_t)w->screen.hex_rows * BYTES_ROW);
	struct bytes *b;

	l->draft.bytes_err.what[0] = '\0';
	b = bytes_read(&l->t, vmas, w->screen.hex_at, w->screen.hex_at + len, l->draft.bytes,
	               &l->draft.bytes_err);
	if (b)
		pointers_find(b, &l->t, vmas, l->draft.bytes,
		              w->interval_ns ? SYMBOLS_MS * TIME_MS : UINT64_MAX);
	bytes_unref(l->draft.bytes);
	l->draft.bytes = b;
}

/* Another than what is compared with, or none. */
static void
reader_set_baseline(struct reader *l)
{
	reader_end_comparison(l);
	if (l->now.baseline)
		target_grow(&l->t, l->now.attribution); /* by the next scan */
	else
		target_stop_growing(&l->t);
}

/* Tried only once something on screen rests on map counts: that takes a fork. */
static void
reader_note_averages(struct reader *l)
{
	l->draft.averages = l->t.source->ops->others->averages(l->t.source) == TRUTH_YES;
}

/* Why the lens may have nothing to show, before anybody asks for it. */
static void
reader_note_accesses(struct reader *l)
{
	bool left;

	l->draft.accesses_err.what[0] = '\0';
	if (!l->draft.accesses)
		accesses_probe(l->t.source, &left, &l->draft.accesses_err);
}

void
reader_serve(struct reader *l, const struct request *before)
{
	const struct screen_request *w = &l->now.screen, *was = &before->screen;

	l->draft.trouble.what[0] = '\0';
	if (before->paused && !l->now.paused)
		reader_resume_keeping(l);
	if (l->now.baseline != before->baseline &&
	    (!l->now.baseline || l->now.baseline != l->comparison.baseline))
		reader_set_baseline(l);
	if (was->card_on != w->card_on || was->card != w->card)
		reader_drop_card(l);
	l->draft.card_kind = w->card_on;
	l->draft.accesses_on = w->accesses_on;
	if (w->lens == LENS_SHARING)
		reader_note_averages(l);
	if (w->lens == LENS_ACCESSES && was->lens != w->lens)
		reader_note_accesses(l);
}

/* The card of the page itself is read again. */
static void
reader_adopt_symbol(struct reader *l, const struct result *r)
{
	const struct vma *from = symbol_source(&l->draft.regions->vmas, r->command.at);

	answer_unref(l->symbol);
	l->symbol = answer_ref(r->answer);
	l->symbol_from = from ? *from : (struct vma){0};
	l->symbol_from.name = NULL;
}

static void
reader_adopt_card(struct reader *l, const struct result *r)
{
	const struct command *c = &r->command;

	if (c->card != l->now.screen.card_on || c->at != l->now.screen.card)
		return;
	if (c->card == CARD_PAGE) {
		reader_adopt_symbol(l, r);
		return;
	}
	if (r->err.what[0]) {
		l->draft.card_err = r->err;
		return;
	}
	reader_drop_card(l);
	l->draft.card = answer_ref(r->answer);
	l->draft.card_whole = true;
}

static void
reader_adopt_sum(struct reader *l, const struct result *r)
{
	const struct command *c = &r->command;

	l->draft.range = r->sum;
	l->draft.range_err = r->err;
	if (r->err.what[0])
		l->draft.range = (struct range_sum){.lo = c->at, .hi = c->end, .lens = c->lens};
}

/* Whether it says what was so at a time of the recording that is shown no more. */
static bool
reader_is_past(const struct reader *l, const struct result *r)
{
	bool moment = r->command.kind == COMMAND_CARD || r->command.kind == COMMAND_SMAPS;

	return moment && r->at_ns && r->at_ns != source_now(l->t.source);
}

static void
reader_adopt_smaps(struct reader *l, const struct result *r)
{
	smaps_reading_unref(l->draft.smaps);
	l->draft.smaps = smaps_reading_ref(r->smaps);
	l->draft.smaps_err = r->err;
	reader_note_averages(l);
	if (touched_is_in(&l->draft.touched, r->smaps))
		l->draft.touched_sum = touched_sum(&l->draft.regions->vmas, &r->smaps->smaps);
}

static void
reader_adopt_attribution(struct reader *l, const struct result *r)
{
	l->draft.attribution_err = r->err;
	if (r->attribution && !reader_has_causes(l, r->attribution))
		return;
	if (r->attribution && !r->attribution->of.grown &&
	    r->attribution->totals.since_ns != l->t.track.first_ns)
		return; /* of before a clear */
	attribution_unref(l->draft.attribution);
	l->draft.attribution = attribution_ref(r->attribution);
}

static void
reader_adopt_heat(struct reader *l, const struct result *r)
{
	heatmap_unref(l->draft.heat);
	l->draft.heat = heatmap_ref(r->heat);
	l->draft.heat_err = r->err;
}

static void
reader_adopt_accesses(struct reader *l, const struct result *r)
{
	l->draft.accesses_err = r->err;
	accesses_unref(l->draft.accesses);
	accesses_unref(l->t.accesses);
	l->draft.accesses = accesses_ref(r->accesses);
	l->t.accesses = accesses_ref(r->accesses);
	l->accesses_due = l->now.screen.lens == LENS_ACCESSES;
}

void
reader_adopt(struct reader *l, const struct result *r)
{
	if (r->execs != l->draft.execs)
		return; /* of a program that no longer runs */
	if (reader_is_past(l, r))
		return;
	if (r->err.what[0] && !target_is_alive(&l->t))
		return; /* the last reading belongs to the last sample */
	switch (r->command.kind) {
	case COMMAND_CARD: reader_adopt_card(l, r); break;
	case COMMAND_SUM: reader_adopt_sum(l, r); break;
	case COMMAND_SMAPS: reader_adopt_smaps(l, r); break;
	case COMMAND_BY: reader_adopt_attribution(l, r); break;
	case COMMAND_HEAT: reader_adopt_heat(l, r); break;
	case COMMAND_ACCESSES: reader_adopt_accesses(l, r); break;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_FAULT:
	case COMMAND_FIND:
	case COMMAND_ASK:
	case COMMAND_WORDS:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_RECORD:
	case COMMAND_KINDS: break;
	}
}
