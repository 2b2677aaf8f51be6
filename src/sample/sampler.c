/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/refs.h"
#include "base/util.h"
#include "sample/sampler_parts.h"

enum {
	STOP_WAIT_MS = 250,
	LEAVE_WAIT_MS = 750, /* the same if it has a userfaultfd to release, region by region, */
	RELEASE_WAIT_MS = 5000, /* and once it does so: it is not stuck in the kernel */
};

/* --- mailboxes -------------------------------------------------------------------------------- */

struct sample *
sampler_take(struct sampler *s, struct results *out)
{
	struct sample *got;
	eventfd_t ignored;

	eventfd_read(s->event, &ignored);
	pthread_mutex_lock(&s->lock);
	got = s->out;
	s->out = NULL;
	results_move(out, &s->results);
	pthread_mutex_unlock(&s->lock);
	return got;
}

void
sampler_request(struct sampler *s, struct request *request)
{
	pthread_mutex_lock(&s->lock);
	request->serial = s->request.serial + 1;
	s->request = *request;
	worker_wake(&s->worker);
	pthread_mutex_unlock(&s->lock);
}

uint64_t
sampler_command(struct sampler *s, const struct command *c)
{
	uint64_t serial;

	pthread_mutex_lock(&s->lock);
	if (command_replaces(c, &s->answerer.running))
		answerer_end(&s->answerer, RESULT_REPLACED);
	serial = queue_add(&s->queue, c, &s->results);
	s->queue.v[s->queue.n - 1].since_ns = time_ns();
	if (s->open_failed)
		sampler_refuse(s);
	if (s->results.n)
		eventfd_write(s->event, 1);
	worker_wake(&s->worker);
	pthread_mutex_unlock(&s->lock);
	return serial;
}

bool
sampler_cancel(struct sampler *s, uint64_t serial)
{
	bool done;

	pthread_mutex_lock(&s->lock);
	done = queue_drop(&s->queue, serial, RESULT_CANCELLED, &s->results) ||
	       (s->answerer.running.serial == serial &&
	        answerer_end(&s->answerer, RESULT_CANCELLED));
	if (done)
		eventfd_write(s->event, 1);
	pthread_mutex_unlock(&s->lock);
	return done;
}

bool
sampler_work(struct sampler *s, struct sampler_work *out)
{
	bool running;
	size_t i = 0;

	pthread_mutex_lock(&s->lock);
	running = answerer_is_running(&s->answerer);
	while (i < s->queue.n && !job_is_slow(&s->queue.v[i]))
		i++;
	if (running)
		*out = (struct sampler_work){s->answerer.running,
		                             progress_part(&s->answerer.progress)};
	else if (i < s->queue.n)
		*out = (struct sampler_work){s->queue.v[i], -1};
	running |= i < s->queue.n;
	pthread_mutex_unlock(&s->lock);
	return running;
}

/* --- its life --------------------------------------------------------------------------------- */

static void
sampler_release(void *arg)
{
	struct sampler *s = arg;

	if (!refs_drop(&s->refs))
		return;
	sample_free(s->out);
	results_free(&s->results);
	results_free(&s->adopt);
	queue_free(&s->queue);
	answerer_free(&s->answerer);
	close(s->event);
	pthread_mutex_destroy(&s->lock);
	free(s->root);
	free(s->path);
	free(s);
}

struct sampler *
sampler_start(const struct sampler_target *what, struct err *err)
{
	struct sampler *s = mem_alloc(sizeof(*s));
	int failed;

	s->reader.host =
	    (struct reader_host){.publish = sampler_publish,
	                         .superseded = sampler_superseded,
	                         .again = sampler_open_again,
	                         .stopping = sampler_stopping,
	                         .arg = s};
	s->refs = 2;
	s->what = *what;
	s->pidfd = -1;
	s->busy_ns = time_ns();
	s->root = mem_strdup(what->root);
	s->path = what->path ? mem_strdup(what->path) : NULL;
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	answerer_init(&s->answerer, &s->lock,
	              &(struct answerer_host){sampler_answer, sampler_next, sampler_release, s});
	failed = s->event < 0
	             ? errno
	             : worker_start(&s->worker, &s->lock, sampler_run, sampler_release, s);
	if (failed) {
		errno = failed;
		err_sys(err, err_start_how(errno), "cannot start the reading thread");
		s->refs = 1;
		sampler_release(s);
		return NULL;
	}
	return s;
}

int
sampler_fd(const struct sampler *s)
{
	return s->event;
}

int
sampler_pidfd(struct sampler *s)
{
	int fd;

	pthread_mutex_lock(&s->lock);
	fd = s->pidfd;
	pthread_mutex_unlock(&s->lock);
	return fd;
}

uint64_t
sampler_busy_ns(struct sampler *s)
{
	uint64_t ns;

	pthread_mutex_lock(&s->lock);
	ns = s->busy_ns;
	pthread_mutex_unlock(&s->lock);
	return ns;
}

bool
sampler_opened(struct sampler *s, struct err *err)
{
	bool failed;

	pthread_mutex_lock(&s->lock);
	failed = s->open_failed;
	if (failed)
		*err = s->open_err;
	pthread_mutex_unlock(&s->lock);
	return !failed;
}

/* Until when it may take to end, after it was asked to. */
static uint64_t
sampler_patience(struct sampler *s)
{
	uint64_t now = time_ns(), until = now + STOP_WAIT_MS * TIME_MS;

	pthread_mutex_lock(&s->lock);
	while (s->holds && !s->leaves && worker_wait(&s->worker, now + LEAVE_WAIT_MS * TIME_MS))
		;
	if (s->holds && s->leaves)
		until = now + RELEASE_WAIT_MS * TIME_MS;
	pthread_mutex_unlock(&s->lock);
	return until;
}

bool
sampler_stop(struct sampler *s)
{
	uint64_t until;
	bool ended;

	worker_ask_to_stop(&s->worker); /* from now on it starts no other */
	answerer_ask_to_stop(&s->answerer);
	until = sampler_patience(s);
	ended = worker_stop(&s->worker, until);
	ended &= answerer_stop(&s->answerer, u64_min(until, time_ns() + STOP_WAIT_MS * TIME_MS));
	sampler_release(s);
	return ended;
}
