/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_QUEUE_H
#define PM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/smaps.h"
#include "query/answer.h"
#include "query/seek.h"

/*
 * Commands are what is asked for once. Each that is put into the queue is answered by exactly one
 * result, whatever happens to it. Pure: who shares a queue between threads has the lock.
 */
enum command_kind {
	COMMAND_LOOK,  /* at all that is on screen, now */
	COMMAND_CLEAR, /* the write marks, as struct request says */
	COMMAND_FAULT, /* reads a page that is not in RAM */
	COMMAND_FIND,  /* the next page, or the next bytes */
	COMMAND_ASK,   /* a question */
	COMMAND_SMAPS, /* reads smaps, which the samples have from then on */
	COMMAND_KINDS
};

struct command {
	enum command_kind kind;
	uint64_t serial;   /* queue_add gives it; above 0 */
	uint64_t since_ns; /* when it was asked for */
	char text[512];    /* ASK: the question; FIND: a filter, or a pattern for `bytes` */
	uint64_t at;       /* FAULT: the page; FIND: where to begin, in whose region bytes are */
	bool bytes, back;  /* FIND; back: the one before */
	uint64_t closes;   /* CLEAR: the inode of a userfaultfd to close first; 0: none */
};

/* Why a clear was not done at once; nothing was done. */
enum clear_question {
	CLEAR_NO_QUESTION,
	CLEAR_HAZARD,  /* `text`: somebody else lives by the bits; again with request.sure */
	CLEAR_CONSENT, /* it takes a call run in the target; again with request.allow */
	CLEAR_STRAY,   /* a userfaultfd is in the way, perhaps nobody's; again with closes */
};

enum result_end {
	RESULT_DONE,      /* or it failed: err */
	RESULT_CANCELLED, /* by a person */
	RESULT_REPLACED,  /* by a newer one of its kind */
};

struct result {
	struct command command;   /* serial 0: nobody's, a clear due by request.auto_clear_ns */
	enum result_end end;
	struct err err;           /* what[0] == 0: well; then, by kind: */
	struct answer *answer;    /* ASK */
	struct seek_found found;  /* FIND */
	struct smaps_look *smaps; /* SMAPS */
	bool idle;                /* FAULT: the page was there, nothing was done */
	enum clear_question question; /* CLEAR; not none: it waits for an answer, with: */
	char text[200];
	uint64_t stray;
};

/* Frees what r holds. */
void result_empty(struct result *r);

struct results {
	struct result *v;
	size_t n, cap;
};

/* Takes over what r holds. */
void results_add(struct results *rs, const struct result *r);
/* Moves all of `from` behind those of `to`. */
void results_move(struct results *to, struct results *from);
void results_free(struct results *rs);

struct queue {
	struct command *v; /* in the order they came */
	size_t n, cap;
	uint64_t serial;   /* of the newest */
};

/* Whether a newer command makes it needless to carry out an older one. */
bool command_replaces(const struct command *newer, const struct command *older);

/*
 * Puts a command at the end, and returns its serial. One of its kind that still waits is replaced,
 * which `out` gets the result of; but every page that is to be read in is read.
 */
uint64_t queue_add(struct queue *q, const struct command *c, struct results *out);

/* Puts one that has a serial at the end. */
void queue_put(struct queue *q, const struct command *c);

/* Takes the i-th out. */
struct command queue_take(struct queue *q, size_t i);

/* Takes the one with this serial out, if it is still there: it ends so. */
bool queue_drop(struct queue *q, uint64_t serial, enum result_end end, struct results *out);
void queue_free(struct queue *q);

#endif
