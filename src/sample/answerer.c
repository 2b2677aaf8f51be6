/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/answerer.h"

#include "base/pattern.h"
#include "filter/filter.h"
#include "query/answer_query.h"
#include "target/bytes.h"

void
job_free(struct job *j)
{
	regions_unref(j->regions);
	track_free(&j->track);
	*j = (struct job){0};
}

bool
answerer_takes(const struct command *c)
{
	switch (c->kind) {
	case COMMAND_FAULT:
	case COMMAND_FIND:
	case COMMAND_SMAPS:
	case COMMAND_CARD:
	case COMMAND_SUM: return true;
	case COMMAND_ASK: return !answer_needs_tracker(c->text);
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_KINDS: break;
	}
	return false;
}

/* --- the target ------------------------------------------------------------------------------- */

int
answerer_open(struct answerer *a, const char *root, pid_t pid, unsigned execs,
              bool (*stop)(void *arg), void *arg, struct progress *progress, struct err *err)
{
	a->execs = execs;
	if (target_open(&a->t, root, pid, err) < 0)
		return -1;
	a->t.source->stop = stop;
	a->t.source->stop_arg = arg;
	a->t.source->stop_waits = true;
	a->t.progress = progress;
	return target_open_pages(&a->t, err);
}

void
answerer_close(struct answerer *a)
{
	target_close(&a->t);
}

static int
answerer_gone(struct err *err)
{
	return err_set(err, ERR_TARGET, "the process has ended or executed a new program", NULL,
	               "interrupted");
}

/* The current regions, of the program that runs now. */
static int
answerer_read_regions(struct answerer *a, unsigned execs, struct vma_list *vmas, struct err *err)
{
	if (a->execs != execs && target_reopen(&a->t, err) < 0)
		return -1;
	a->execs = execs;
	if (target_regions(&a->t, vmas, err) < 0)
		return -1;
	return vmas->n ? 0 : answerer_gone(err);
}

/* --- the commands ----------------------------------------------------------------------------- */

static void
answerer_find(struct answerer *a, const struct regions *rs, struct result *r)
{
	const struct command *c = &r->command;
	struct pattern p;
	struct filter f;

	if (c->bytes) {
		if (pattern_parse(c->text, a->t.source->meta.word, &p, &r->err) == 0)
			seek_bytes(&a->t, &rs->vmas, &p, c->at, c->back, &r->found, &r->err);
	} else if (filter_parse(c->text, FILTER_PAGE, a->t.page_size, &f, &r->err) == 0) {
		seek_next(&a->t, &rs->vmas, &f, c->at, c->back, &r->found, &r->err);
	}
}

static struct answer *
answerer_read_card(struct answerer *a, const struct vma_list *vmas, const struct command *c,
                   struct err *err)
{
	switch (c->card) {
	case CARD_PAGE: return answer_symbol(&a->t, vmas, c->at);
	case CARD_REGION: return answer_region(&a->t, vmas, c->at, err);
	case CARD_CAPABILITIES: return answer_capabilities(&a->t);
	case CARD_NONE: break;
	}
	return NULL;
}

static void
answerer_do(struct answerer *a, const struct job *j, const struct vma_list *vmas, struct result *r)
{
	switch (j->command.kind) {
	case COMMAND_FAULT:
		r->idle = bytes_fault(&a->t, vmas, j->command.at, &r->err) == 1;
		break;
	case COMMAND_FIND:
		answerer_find(a, j->regions, r);
		break;
	case COMMAND_ASK:
		r->answer = answer_query(&a->t, vmas, j->command.text, &r->err);
		break;
	case COMMAND_SMAPS:
		r->smaps = target_smaps(&a->t, &r->err);
		break;
	case COMMAND_CARD:
		r->answer = answerer_read_card(a, vmas, &j->command, &r->err);
		break;
	case COMMAND_SUM:
		window_sum(&a->t, vmas, j->command.at, j->command.end, j->command.lens, &r->sum,
		           &r->err);
		break;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_KINDS: break;
	}
}

void
answerer_carry_out(struct answerer *a, struct job *j, struct result *r)
{
	struct vma_list vmas = {0};

	*r = (struct result){.command = j->command, .execs = j->execs};
	track_free(&a->t.track);
	a->t.track = j->track;
	j->track = (struct track){0};
	if (answerer_read_regions(a, j->execs, &vmas, &r->err) == 0 &&
	    !source_stopped(a->t.source))
		answerer_do(a, j, &vmas, r);
	/* an address space that is gone reads as empty */
	if (!r->err.what[0] && !target_is_alive(&a->t))
		answerer_gone(&r->err);
	if (r->err.what[0])
		result_empty(r);
	vma_free(&vmas);
	job_free(j);
}
