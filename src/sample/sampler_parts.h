/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SAMPLER_PARTS_H
#define PM_SAMPLER_PARTS_H

#include "base/worker.h"
#include "sample/answerer.h"
#include "sample/reader.h"
#include "sample/sampler.h"

/* What the owner's side, sampler.c, shares with the thread's: sampler_run and sampler_answers. */
struct sampler {
	int refs; /* the owner's, and one per thread */
	int event;
	struct sampler_target what;
	char *root, *path;

	pthread_mutex_t lock; /* guards what follows, down to the next comment */
	struct worker worker;
	struct request request;
	struct queue queue;
	struct answerer answerer;
	struct results adopt;   /* the answerer's, to be published with the next sample */
	struct sample *out;
	struct results results;
	bool open_failed;
	bool holds; /* a userfaultfd in the target has to be released, or a file written */
	bool leaves; /* the thread does that, and then ends */
	struct err open_err;
	int pidfd;
	uint64_t busy_ns;

	/* owned by the thread */
	struct reader reader;
	struct queue todo; /* taken out of the queue */
	struct results faults; /* of pages read in: wait for a scan that shows them */
	struct command next; /* to be passed to the answerer; serial 0: none */
	uint64_t next_scan;
	struct sample *published; /* the last one; NULL: none yet */
	/*
	 * the last scan was abandoned for a newer request, and is still due; of all regions,
	 * whatever it costs; or that of the grid
	 */
	bool stale, stale_all, grid_stale;
};

/* --- the thread ------------------------------------------------------------------------------- */

void sampler_run(void *arg);

/* With the lock held: a target that cannot be opened answers nothing. */
void sampler_refuse(struct sampler *s);

/* What the reader asks of its host: see reader.h. */
void sampler_publish(void *arg, bool complete);
bool sampler_superseded(void *arg);
bool sampler_stopping(void *arg);
struct source *sampler_open_again(void *arg, struct err *err);

/* --- the answerer ----------------------------------------------------------------------------- */

struct source *sampler_open_source(const struct sampler *s, struct err *err);

/* Passes the next command to it, with the regions and stamps as of now. */
void sampler_hand_over(struct sampler *s);

/* What it asks of its host: see answerer.h. */
void sampler_answer(void *arg, const struct result *r);
void sampler_next(void *arg);

#endif
