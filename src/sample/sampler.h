/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SAMPLER_H
#define PM_SAMPLER_H

#include "base/err.h"
#include "sample/queue.h"
#include "sample/sample.h"

/*
 * The threads that read the target, so that the screen never waits for the kernel. Two mailboxes
 * in which the latest letter wins: requests in, samples out. A queue: commands in, each answered
 * by exactly one result.
 */
struct sampler;

/* The process to be read, below a proc root; or what `open` opens. */
struct sampler_target {
	const char *root;
	pid_t pid;
	struct source *(*open)(const char *path, struct err *err); /* NULL: the process */
	const char *path;
	uint64_t at_ns; /* of a recording: the first request.at_ns */
	enum track_owner owner;
	/* waits on the thread until it can be read, and closes `ready`. NULL: it can be now */
	int (*await)(int ready, struct err *err);
	int ready;
};

/* Starts reading it. Returns at once. After a failure `ready` is still open. */
struct sampler *sampler_start(const struct sampler_target *what, struct err *err);

/* Readable when there is a new sample, or a result. */
int sampler_fd(const struct sampler *s);

/* A descriptor that becomes readable when the target ends, or -1; known after the first sample. */
int sampler_pidfd(struct sampler *s);

/* When the thread began its present work; 0: it is idle. */
uint64_t sampler_busy_ns(struct sampler *s);

void sampler_request(struct sampler *s, struct request *request); /* gives it its serial */

/*
 * Carried out after the earlier commands of its thread, by the request current at that time; or
 * answered with an error, if the target cannot be opened. Returns its serial.
 */
uint64_t sampler_command(struct sampler *s, const struct command *c);

/*
 * The slow command that is running, or waits for one. false: there is none. `part`: how much of it
 * is done, from 0 to 1; negative: not known.
 */
struct sampler_work {
	struct command command;
	double part;
};
bool sampler_work(struct sampler *s, struct sampler_work *out);

/*
 * Cancels a command: its result, RESULT_CANCELLED, is there at once and is its only one. Its thread
 * stops when it can. false: it has its result already, or cannot be cancelled.
 */
bool sampler_cancel(struct sampler *s, uint64_t serial);

/*
 * The newest sample, the caller's to free; NULL: none since the last call. Adds the results since
 * then to `out`: their effects are in that sample or an earlier one.
 */
struct sample *sampler_take(struct sampler *s, struct results *out);

/* false with err: the target could not be opened at all, and the thread has ended. */
bool sampler_opened(struct sampler *s, struct err *err);

/*
 * Ends the threads and frees s. A thread stuck in the kernel is left behind, with s, until its call
 * returns or the process ends: returns false then.
 */
bool sampler_stop(struct sampler *s);

#endif
