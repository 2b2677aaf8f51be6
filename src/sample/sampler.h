/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SAMPLER_H
#define PM_SAMPLER_H

#include "base/err.h"
#include "sample/queue.h"
#include "sample/sample.h"

/*
 * The thread that reads the target, so that a kernel that makes it wait makes nobody else wait.
 * Two mailboxes, the latest letter wins in each: a request goes in, a sample comes out. And a
 * queue: a command goes in, and its result comes out, once.
 */
struct sampler;

/*
 * Starts reading process `pid` below the proc root `root`. Returns at once. `owner`: whose process
 * it is (track.h).
 */
struct sampler *sampler_start(const char *root, pid_t pid, enum track_owner owner, struct err *err);

/* Readable when there is a new sample, or a result. */
int sampler_fd(const struct sampler *s);

/* A descriptor that becomes readable when the target ends, or -1; known after the first sample. */
int sampler_pidfd(struct sampler *s);

/* Since when the thread has been at what it does now; 0: it waits for something to do. */
uint64_t sampler_busy_ns(struct sampler *s);

void sampler_request(struct sampler *s, struct request *request); /* gives it its serial */

/* Carried out after what was asked for before; by the request there is then. Returns its serial. */
uint64_t sampler_command(struct sampler *s, const struct command *c);

/*
 * The command that takes its time now, or waits for one that does. false: none does. `part` is how
 * much of it is done, from 0 to 1; negative: not known.
 */
struct sampler_work {
	struct command command;
	double part;
};
bool sampler_work(struct sampler *s, struct sampler_work *out);

/*
 * Cancels a command: its result, RESULT_CANCELLED, is there at once, and nothing else comes of it.
 * What does it stops when it can. false: it has its result already, or cannot be cancelled.
 */
bool sampler_cancel(struct sampler *s, uint64_t serial);

/*
 * The newest sample, the caller's to free; NULL if there is none since the last call. The results
 * since then are added to `out`: what they did to the target is in that sample, or one before it.
 */
struct sample *sampler_take(struct sampler *s, struct results *out);

/* false with err: the target could not be opened at all, and the thread has ended. */
bool sampler_opened(struct sampler *s, struct err *err);

/*
 * Ends the thread, and s. One that is stuck in the kernel is left behind, with s (they end when it
 * comes back, or with the process): returns false then.
 */
bool sampler_stop(struct sampler *s);

#endif
