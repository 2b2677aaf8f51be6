/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/job.h"

#include "base/clock.h"
#include "base/pattern.h"
#include "filter/filter.h"
#include "query/answer_query.h"
#include "target/attribution_grown.h"
#include "target/growth.h"
#include "target/bytes.h"

void
job_free(struct job *j)
{
	regions_unref(j->regions);
	track_free(&j->track);
	growth_free(j->growth);
	accesses_unref(j->accesses);
	past_free(&j->past);
	causes_unref(j->brought);
	causes_unref(j->causes);
	*j = (struct job){0};
}

bool
job_is_slow(const struct command *c)
{
	switch (c->kind) {
	case COMMAND_FAULT:
	case COMMAND_FIND:
	case COMMAND_SMAPS:
	case COMMAND_CARD:
	case COMMAND_SUM:
	case COMMAND_BY:
	case COMMAND_HEAT:
	case COMMAND_ACCESSES:
	case COMMAND_WORDS: return true;
	case COMMAND_ASK: return !answer_needs_tracker(c->text);
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_RECORD:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_KINDS: break;
	}
	return false;
}

bool
job_is_page(const struct command *c)
{
	return c->kind == COMMAND_CARD && c->card == CARD_PAGE;
}

/* What is asked for all the time does with the reader's regions. */
static bool
job_has_regions(const struct command *c)
{
	return job_is_page(c) || c->kind == COMMAND_BY || c->kind == COMMAND_HEAT ||
	       c->kind == COMMAND_ACCESSES;
}

static int
job_target_is_gone(struct err *err)
{
	return err_set(err, ERR_TARGET, "the process has ended or executed a new program", NULL,
	               "interrupted");
}

/* Opens the program that runs now, if it is another. */
static int
job_open(const struct job *j, struct desk *d, struct err *err)
{
	const struct source_time *time = d->t.source->ops->time;

	if (j->at_ns && time->go(d->t.source, j->at_ns, err) < 0)
		return -1;
	if (d->execs == j->execs)
		return 0;
	codes_free(&d->codes);
	if (target_reopen(&d->t, err) < 0)
		return -1;
	d->execs = j->execs;
	return 0;
}

/* The current regions, of the program that runs now. */
static int
job_read_regions(const struct job *j, struct target *t, struct vma_list *vmas, struct err *err)
{
	if (job_has_regions(&j->command))
		return 0;
	if (target_regions(t, vmas, err) < 0)
		return -1;
	return vmas->n ? 0 : job_target_is_gone(err);
}

/* Lends the target what the reader knows, which another program's end must not make it forget. */
static void
job_lend(struct job *j, struct target *t)
{
	t->track = j->track;
	t->growth = j->growth;
	t->accesses = j->accesses;
	t->brought = j->brought;
	t->causes = j->causes;
	t->no_faults = j->no_faults;
	j->track = (struct track){0};
	j->growth = NULL;
	j->accesses = NULL;
	j->brought = j->causes = NULL;
}

static void
job_take_back(struct target *t)
{
	track_free(&t->track);
	growth_free(t->growth);
	accesses_unref(t->accesses);
	causes_unref(t->brought);
	causes_unref(t->causes);
	t->growth = NULL;
	t->accesses = NULL;
	t->brought = t->causes = NULL;
}

/* --- the commands ----------------------------------------------------------------------------- */

static void
job_find(struct target *t, const struct regions *rs, struct result *r)
{
	const struct command *c = &r->command;
	struct pattern p;
	struct filter f;

	if (c->bytes) {
		if (pattern_parse(c->text, t->source->meta.word, &p, &r->err) == 0)
			seek_bytes(t, &rs->vmas, &p, c->at, c->back, &r->found, &r->err);
	} else if (filter_parse(c->text, FILTER_PAGE, t->page_size, &f, &r->err) == 0) {
		seek_next(t, &rs->vmas, &f, c->at, c->back, &r->found, &r->err);
	}
}

static struct answer *
job_read_page(const struct job *j, struct desk *d)
{
	struct answer *a = answer_symbol_and_writers(&d->t, &d->codes, &j->regions->vmas,
	                                             j->command.at);

	a->writers_ns = j->regions->time_ns;
	return a;
}

static struct answer *
job_read_card(const struct job *j, struct desk *d, const struct vma_list *vmas, struct err *err)
{
	const struct command *c = &j->command;
	struct target *t = &d->t;

	switch (c->card) {
	case CARD_PAGE: return job_read_page(j, d);
	case CARD_REGION: return answer_region(t, vmas, c->at, err);
	case CARD_CAPABILITIES: return answer_capabilities(t);
	case CARD_NONE: break;
	}
	return NULL;
}

static struct attribution *
job_attribute(const struct job *j, struct desk *d, struct err *err)
{
	if (j->command.by.grown && growth_known(d->t.growth))
		return attribution_make_grown(&d->t, &d->codes, j->regions, &j->command.by);
	if (j->command.by.grown) {
		err_set(err, ERR_TARGET, "there is no baseline", NULL, "cannot tell what grew");
		return NULL;
	}
	if (d->t.causes)
		return attribution_make(&d->t, &d->codes, j->regions, &j->command.by);
	err_set(err, ERR_TARGET, "page faults are not watched", NULL, "cannot tell who writes");
	return NULL;
}

static struct heatmap *
job_heat(const struct job *j, struct target *t, struct err *err)
{
	const struct heatmap_of *of = &j->command.heat;

	const struct vma_list *vmas = &j->regions->vmas;
	uint64_t began = time_ns();
	struct heatmap *h;

	if (t->source->ops->time)
		h = heatmap_of_source(t->source, t->progress, vmas, of, err);
	else
		h = past_heatmap(&j->past, t->page_size, t->progress, vmas, of, err);
	if (h)
		h->cost_ns = time_ns() - began;
	return h;
}

/* Consent is for one program. */
static void
job_accesses(const struct job *j, struct target *t, struct result *r)
{
	const struct source_sampling *ops = t->source->ops->sampling;

	if (j->command.off && ops)
		ops->end(t->source);
	else if (j->command.consent != j->execs + 1)
		job_target_is_gone(&r->err);
	else
		r->accesses = accesses_read(t->source, &r->err);
}

static void
job_do(const struct job *j, struct desk *d, const struct vma_list *vmas, struct result *r)
{
	struct target *t = &d->t;

	switch (j->command.kind) {
	case COMMAND_FAULT:
		r->idle = bytes_fault(t, vmas, j->command.at, &r->err) == 1;
		break;
	case COMMAND_FIND:
		job_find(t, j->regions, r);
		break;
	case COMMAND_ASK:
	case COMMAND_WORDS:
		r->answer = answer_query(t, vmas, j->command.text, &r->err);
		break;
	case COMMAND_SMAPS:
		r->smaps = target_smaps(t, &r->err);
		break;
	case COMMAND_CARD:
		r->answer = job_read_card(j, d, vmas, &r->err);
		break;
	case COMMAND_BY:
		r->attribution = job_attribute(j, d, &r->err);
		break;
	case COMMAND_HEAT:
		r->heat = job_heat(j, t, &r->err);
		break;
	case COMMAND_ACCESSES:
		job_accesses(j, t, r);
		break;
	case COMMAND_SUM:
		window_sum(t, vmas, j->command.at, j->command.end, j->command.lens, &r->sum,
		           &r->err);
		break;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_RECORD:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_KINDS: break;
	}
}

void
job_carry_out(struct job *j, struct desk *d, struct result *r)
{
	struct target *t = &d->t;
	struct vma_list vmas = {0};

	*r = (struct result){.command = j->command, .execs = j->execs, .at_ns = j->at_ns};
	if (job_open(j, d, &r->err) == 0) {
		job_lend(j, t);
		if (job_read_regions(j, t, &vmas, &r->err) == 0 && !source_stopped(t->source))
			job_do(j, d, job_has_regions(&j->command) ? &j->regions->vmas : &vmas, r);
		job_take_back(t);
	}
	/* an address space that is gone reads as empty */
	if (!r->err.what[0] && !(r->answer && r->answer->stands) && !target_is_alive(t))
		job_target_is_gone(&r->err);
	if (r->err.what[0])
		result_empty(r);
	vma_free(&vmas);
	job_free(j);
}
