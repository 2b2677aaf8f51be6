/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWERER_H
#define PM_ANSWERER_H

#include "base/progress.h"
#include "base/worker.h"
#include "sample/job.h"

/*
 * Carries out slow commands, one at a time, on a thread beside the reader's.
 *
 * The threads share nothing that either of them writes: the answerer opens the target for itself,
 * with its own descriptors, helper and caches. Its owner, the sampler, lends it a lock; unless
 * they say otherwise, these functions are called with it held.
 */
struct answerer_host {
	/* with the lock held: the one result of a command, which the host takes over */
	void (*answer)(void *arg, const struct result *r);
	/* with the lock held: it is free for another command */
	void (*freed)(void *arg);
	void (*release)(void *arg); /* the thread has ended: the last use of the answerer */
	void *arg;
};

struct answerer {
	struct answerer_host host;
	pthread_mutex_t *lock;
	struct worker worker;
	bool started;
	struct command running; /* serial 0: none */
	bool answered;          /* it has its result: whatever is still found is discarded */
	struct job job;         /* not yet begun; serial 0: none */
	struct progress progress; /* of the running command; atomic */

	/* owned by its thread once that has started */
	struct desk desk;
};

void answerer_init(struct answerer *a, pthread_mutex_t *lock, const struct answerer_host *host);

/* A command is taken: it runs from now on, and must be passed, or finished. */
void answerer_take(struct answerer *a, const struct command *c);

/* The running command ends so, with its result; the thread gives up when it can. false: it has. */
bool answerer_end(struct answerer *a, enum result_end end);

/* Whether a command has no result yet; whether none can be taken: the thread has yet to give up. */
bool answerer_is_running(const struct answerer *a);
bool answerer_is_busy(const struct answerer *a);

/*
 * Takes over a source that was opened a second time, without the lock and before the thread is
 * started; NULL: that failed, with err. It is the same process if the one that was open before is
 * still alive afterwards. Call answerer_close after a failure, and if the thread is not started.
 */
int answerer_open(struct answerer *a, struct source *source, unsigned execs, struct err *err);
void answerer_close(struct answerer *a);

/* Starts the thread. 0, or an errno: then nothing is released. */
int answerer_start(struct answerer *a);

/* The running command begins; without the lock. Consumes j. */
void answerer_pass(struct answerer *a, struct job *j);

/* The running command has this result, unless it has one; without the lock. Takes over r. */
void answerer_finish(struct answerer *a, struct result *r);

/* As of worker.h, without the lock; a thread that was not started has stopped. */
void answerer_ask_to_stop(struct answerer *a);
bool answerer_stop(struct answerer *a, uint64_t until);

/* Once no thread uses it. */
void answerer_free(struct answerer *a);

#endif
