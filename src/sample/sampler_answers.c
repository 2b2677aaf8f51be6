/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reading thread has the answerer do, and what becomes of its results. */
#include <errno.h>
#include <sys/eventfd.h>

#include "base/refs.h"
#include "base/util.h"
#include "sample/commands.h"
#include "sample/sampler_parts.h"
#include "target/growth.h"

/* These results are published together with a sample that shows them. */
static bool
sampler_adopts(const struct result *r)
{
	if (r->end != RESULT_DONE)
		return false;
	switch (r->command.kind) {
	case COMMAND_FAULT:
	case COMMAND_SMAPS:
	case COMMAND_CARD:
	case COMMAND_SUM:
	case COMMAND_HEAT:
	case COMMAND_ACCESSES:
	case COMMAND_BY: return true;
	case COMMAND_REFRESH:
	case COMMAND_CLEAR:
	case COMMAND_TOUCH:
	case COMMAND_FIND:
	case COMMAND_ASK:
	case COMMAND_WORDS:
	case COMMAND_RECORD:
	case COMMAND_SNAP:
	case COMMAND_DIFF:
	case COMMAND_KINDS: break;
	}
	return false;
}

/* With the lock held. */
void
sampler_answer(void *arg, const struct result *r)
{
	struct sampler *s = arg;

	results_add(sampler_adopts(r) ? &s->adopt : &s->results, r);
	eventfd_write(s->event, 1);
}

/* With the lock held: the next command may begin, and what was found be adopted. */
void
sampler_next(void *arg)
{
	struct sampler *s = arg;

	worker_wake(&s->worker);
}

/* Its thread has a reference to the sampler, which it is a part of. */
static int
sampler_start_answerer(struct sampler *s)
{
	int failed = ECANCELED;

	pthread_mutex_lock(&s->lock);
	refs_take(&s->refs);
	if (!s->worker.stop)
		failed = answerer_start(&s->answerer);
	pthread_mutex_unlock(&s->lock);
	if (failed)
		refs_drop(&s->refs); /* ours remains */
	return failed;
}

struct source *
sampler_open_source(const struct sampler *s, struct err *err)
{
	return s->what.open ? s->what.open(s->path, err) : source_open(s->root, s->what.pid, err);
}

struct source *
sampler_open_again(void *arg, struct err *err)
{
	return sampler_open_source(arg, err);
}

/* On its first command. The source that is open already shows that the PID was not reused. */
static int
sampler_need_answerer(struct sampler *s, struct err *err)
{
	struct reader *l = &s->reader;
	struct answerer *a = &s->answerer;

	if (a->started)
		return 0;
	if (answerer_open(a, sampler_open_source(s, err), l->draft.execs, err) < 0)
		goto failed;
	if (l->t.source->ops->life(l->t.source) == PROC_ENDED) {
		err_set(err, ERR_TARGET, "the process has ended", NULL, "cannot answer");
		goto failed;
	}
	errno = sampler_start_answerer(s);
	if (!errno)
		return 0;
	err_sys(err, err_start_how(errno), "cannot start the answering thread");
failed:
	answerer_close(a);
	return -1;
}

/* The stamps that a job needs: of a page, its own. */
static void
sampler_copy_track(const struct track *of, struct job *j)
{
	if (job_is_page(&j->command))
		track_copy_page(&j->track, of, j->command.at);
	else
		track_copy(&j->track, of);
}

void
sampler_hand_over(struct sampler *s)
{
	struct reader *l = &s->reader;
	struct result r = {.command = s->next};
	struct job j = {.command = s->next,
	                .execs = l->draft.execs,
	                .no_faults = !l->now.attribution};

	if (!s->next.serial)
		return;
	s->next = (struct command){0};
	if (command_is_impossible(l, &r) || sampler_need_answerer(s, &r.err) < 0) {
		answerer_finish(&s->answerer, &r);
		return;
	}
	j.at_ns = l->draft.timeline ? source_now(l->t.source) : 0;
	/* the answerer's target has the same causes, but no faults of its own to take in */
	target_take_faults(&l->t);
	j.regions = regions_ref(l->draft.regions);
	j.causes = causes_ref(l->t.causes);
	sampler_copy_track(&l->t.track, &j);
	j.growth = growth_copy(l->t.growth);
	j.accesses = accesses_ref(l->t.accesses);
	if (j.command.kind == COMMAND_HEAT)
		past_copy(&j.past, &l->past);
	j.brought = causes_ref(l->t.brought);
	answerer_pass(&s->answerer, &j);
}
