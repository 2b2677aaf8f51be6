/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/job.h"

#include "base/pattern.h"
#include "filter/filter.h"
#include "query/answer_query.h"
#include "target/growth.h"
#include "target/bytes.h"

void
job_free(struct job *j)
{
	regions_unref(j->regions);
	track_free(&j->track);
	growth_free(j->growth);
	causes_unref(j->brought);
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
	case COMMAND_WORDS: return true;
	case COMMAND_ASK: return !answer_needs_tracker(c->text);
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_KINDS: break;
	}
	return false;
}

bool
job_is_symbol(const struct command *c)
{
	return c->kind == COMMAND_CARD && c->card == CARD_PAGE;
}

static int
job_target_is_gone(struct err *err)
{
	return err_set(err, ERR_TARGET, "the process has ended or executed a new program", NULL,
	               "interrupted");
}

/* The current regions, of the program that runs now; but not for a symbol. */
static int
job_read_regions(const struct job *j, struct target *t, unsigned *execs, struct vma_list *vmas,
                 struct err *err)
{
	if (*execs != j->execs && target_reopen(t, err) < 0)
		return -1;
	*execs = j->execs;
	if (job_is_symbol(&j->command))
		return 0;
	if (target_regions(t, vmas, err) < 0)
		return -1;
	return vmas->n ? 0 : job_target_is_gone(err);
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
job_read_card(struct target *t, const struct vma_list *vmas, const struct command *c,
              struct err *err)
{
	switch (c->card) {
	case CARD_PAGE: return answer_symbol(t, vmas, c->at);
	case CARD_REGION: return answer_region(t, vmas, c->at, err);
	case CARD_CAPABILITIES: return answer_capabilities(t);
	case CARD_NONE: break;
	}
	return NULL;
}

/* Lends the target what is known of growth: a scan for another question must not add to it. */
static void
job_ask(const struct job *j, struct target *t, const struct vma_list *vmas, struct result *r)
{
	t->growth = j->growth;
	t->brought = j->brought;
	r->answer = answer_query(t, vmas, j->command.text, &r->err);
	t->growth = NULL;
	t->brought = NULL;
}

static void
job_do(const struct job *j, struct target *t, const struct vma_list *vmas, struct result *r)
{
	switch (j->command.kind) {
	case COMMAND_FAULT:
		r->idle = bytes_fault(t, vmas, j->command.at, &r->err) == 1;
		break;
	case COMMAND_FIND:
		job_find(t, j->regions, r);
		break;
	case COMMAND_ASK:
	case COMMAND_WORDS:
		job_ask(j, t, vmas, r);
		break;
	case COMMAND_SMAPS:
		r->smaps = target_smaps(t, &r->err);
		break;
	case COMMAND_CARD:
		r->answer = job_read_card(t, vmas, &j->command, &r->err);
		break;
	case COMMAND_SUM:
		window_sum(t, vmas, j->command.at, j->command.end, j->command.lens, &r->sum,
		           &r->err);
		break;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_KINDS: break;
	}
}

void
job_carry_out(struct job *j, struct target *t, unsigned *execs, struct result *r)
{
	struct vma_list vmas = {0};

	*r = (struct result){.command = j->command, .execs = j->execs};
	track_free(&t->track);
	t->track = j->track;
	t->no_faults = j->no_faults;
	j->track = (struct track){0};
	if (job_read_regions(j, t, execs, &vmas, &r->err) == 0 && !source_stopped(t->source))
		job_do(j, t, job_is_symbol(&j->command) ? &j->regions->vmas : &vmas, r);
	/* an address space that is gone reads as empty */
	if (!r->err.what[0] && !target_is_alive(t))
		job_target_is_gone(&r->err);
	if (r->err.what[0])
		result_empty(r);
	vma_free(&vmas);
	job_free(j);
}
