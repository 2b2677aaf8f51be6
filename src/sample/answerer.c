/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/answerer.h"

void
answerer_init(struct answerer *a, pthread_mutex_t *lock, const struct answerer_host *host)
{
	*a = (struct answerer){.host = *host, .lock = lock};
}

void
answerer_free(struct answerer *a)
{
	job_free(&a->job);
}

/* --- the running command ---------------------------------------------------------------------- */

void
answerer_take(struct answerer *a, const struct command *c)
{
	a->running = *c;
	a->answered = false;
	progress_begin(&a->progress, 0);
}

bool
answerer_is_busy(const struct answerer *a)
{
	return a->running.serial;
}

bool
answerer_is_running(const struct answerer *a)
{
	return a->running.serial && !a->answered;
}

bool
answerer_end(struct answerer *a, enum result_end end)
{
	if (!answerer_is_running(a))
		return false;
	a->answered = true;
	a->host.answer(a->host.arg, &(struct result){.command = a->running, .end = end});
	return true;
}

void
answerer_finish(struct answerer *a, struct result *r)
{
	bool answered;

	pthread_mutex_lock(a->lock);
	answered = a->answered;
	a->running = (struct command){0};
	a->answered = false;
	if (answered)
		result_empty(r);
	else
		a->host.answer(a->host.arg, r);
	a->host.freed(a->host.arg);
	pthread_mutex_unlock(a->lock);
}

void
answerer_pass(struct answerer *a, struct job *j)
{
	pthread_mutex_lock(a->lock);
	a->job = *j;
	worker_wake(&a->worker);
	pthread_mutex_unlock(a->lock);
	*j = (struct job){0};
}

/* --- its target ------------------------------------------------------------------------------- */

/* Whether to abandon the running command. */
static bool
answerer_gives_up(void *arg)
{
	struct answerer *a = arg;
	bool yes;

	pthread_mutex_lock(a->lock);
	yes = a->worker.stop || a->answered;
	pthread_mutex_unlock(a->lock);
	return yes;
}

int
answerer_open(struct answerer *a, struct source *source, unsigned execs, struct err *err)
{
	a->desk.execs = execs;
	if (!source)
		return -1;
	target_take(&a->desk.t, source);
	a->desk.t.source->stop = answerer_gives_up;
	a->desk.t.source->stop_arg = a;
	a->desk.t.source->stop_waits = true;
	a->desk.t.progress = &a->progress;
	return target_open_pages(&a->desk.t, err);
}

void
answerer_close(struct answerer *a)
{
	target_close(&a->desk.t);
	codes_free(&a->desk.codes);
}

/* --- its thread ------------------------------------------------------------------------------- */

/* Waits for a job. false: stop. */
static bool
answerer_wait(struct answerer *a, struct job *j)
{
	bool stop;

	pthread_mutex_lock(a->lock);
	while (!a->worker.stop && !a->job.command.serial)
		worker_wait(&a->worker, WORKER_FOREVER);
	stop = a->worker.stop;
	*j = a->job;
	a->job = (struct job){0};
	pthread_mutex_unlock(a->lock);
	if (stop)
		job_free(j);
	return !stop;
}

static void
answerer_run(void *arg)
{
	struct answerer *a = arg;
	struct result r;
	struct job j;

	while (answerer_wait(a, &j)) {
		job_carry_out(&j, &a->desk, &r);
		answerer_finish(a, &r);
	}
	answerer_close(a);
}

static void
answerer_release(void *arg)
{
	struct answerer *a = arg;

	a->host.release(a->host.arg); /* perhaps with this answerer */
}

int
answerer_start(struct answerer *a)
{
	int failed = worker_start(&a->worker, a->lock, answerer_run, answerer_release, a);

	a->started = !failed;
	return failed;
}

void
answerer_ask_to_stop(struct answerer *a)
{
	if (a->started)
		worker_ask_to_stop(&a->worker);
}

bool
answerer_stop(struct answerer *a, uint64_t until)
{
	return !a->started || worker_stop(&a->worker, until);
}
