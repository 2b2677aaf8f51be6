/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RECORDER_H
#define PM_RECORDER_H

#include "record/moment.h"
#include "record/schema.h"
#include "record/session.h"

/*
 * Writes a recording (schema.def). Each moment is one transaction: whatever happens, the file holds
 * all moments but perhaps the last. One thread at a time uses it.
 */
struct recorder_options {
	const char *path;
	enum schema_how how;
	bool anonymous; /* names of files and regions are left out */
	/* bytes of the file; then the older samples are thinned (thin.h). 0: it may grow. If what
	 * is never thinned has more, it is that, and some samples more. */
	uint64_t max_size;
};
struct recorder *recorder_open(const struct recorder_options *o, struct err *err);

/* Whether it would find something in its way. Changes nothing; -1 with err. */
static inline int
recorder_check(const struct recorder_options *o, struct err *err)
{
	return schema_room(o->path, o->how, err);
}

/* Begins a session: a target, or the next program after an exec. -1 with err. */
int recorder_begin(struct recorder *r, const struct session *s, struct err *err);

/*
 * Adds a moment, or if it has no regions only its messages. -1 with err: it is not in the file.
 */
int recorder_add(struct recorder *r, const struct moment *m, struct err *err);

/* Bytes of the file, and how many moments went into it. */
uint64_t recorder_bytes(const struct recorder *r);
uint64_t recorder_samples(const struct recorder *r);

/*
 * What the file may have instead of max_size, if that is too small for what is never thinned: 0: it
 * is not. It is in the recording, too, in these words.
 */
uint64_t recorder_least(const struct recorder *r);
void recorder_least_text(uint64_t max_size, uint64_t least, struct buf *out);

/* How many the file has: with those of before, without those that were thinned. */
uint64_t recorder_kept(const struct recorder *r);

/* Whether one was refused because the file was removed, or another has its name. */
bool recorder_is_gone(const struct recorder *r);

/* A file that it made, and into which no moment went, is removed. */
void recorder_close(struct recorder *r);

#endif
