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
#include "sample/window.h"
#include "target/accesses.h"
#include "target/attribution.h"
#include "target/heatmap.h"

/*
 * Commands are things done once. Each command in the queue is answered by exactly one result,
 * whatever happens to it. Pure: threads that share a queue lock it themselves.
 */
enum command_kind {
	COMMAND_REFRESH,  /* scans all that is on screen, now */
	COMMAND_CLEAR, /* the write marks, as struct request says */
	COMMAND_TOUCH, /* clears the referenced bits of the program that `consent` is for */
	COMMAND_FAULT, /* reads a page that is not in RAM */
	COMMAND_FIND,  /* the next page, or the next bytes */
	COMMAND_ASK,   /* a question */
	COMMAND_WORDS, /* the same, for the words that Tab completes */
	COMMAND_SMAPS, /* reads smaps; samples include it from then on */
	COMMAND_CARD,  /* the slow part of the card on screen; samples include it from then on */
	COMMAND_SUM,   /* counts the chosen range; samples include it from then on */
	COMMAND_BY,    /* who writes; samples include it from then on */
	COMMAND_SNAP,  /* keeps this moment under the name `text` */
	/*
	 * From then on the baseline, request.baseline `at`, is the snapshot `text`; "A B": A, and
	 * what is compared is B; of a recording: the moment `end`, which is `text` in words.
	 */
	COMMAND_DIFF,
	COMMAND_HEAT,  /* memory over time; samples include it from then on */
	/* what DAMON saw, which begins to sample; samples include it; `off`: ends it */
	COMMAND_ACCESSES,
	COMMAND_RECORD, /* the samples, from now on, in the file `text`; "": ends it */
	COMMAND_KINDS
};

/* Facts about the page or the region under the cursor, or about what the kernel allows. */
enum card_kind { CARD_NONE, CARD_PAGE, CARD_REGION, CARD_CAPABILITIES };

struct command {
	enum command_kind kind;
	uint64_t serial;   /* set by queue_add; above 0 */
	uint64_t since_ns; /* when it was requested */
	char text[512];    /* ASK: the question; FIND: a filter, or a pattern for `bytes` */
	/* FAULT: the page; FIND: where to begin; bytes: in its region only; CARD; SUM: [at, end) */
	uint64_t at, end;
	enum card_kind card; /* CARD */
	enum lens lens;    /* SUM */
	struct attribution_of by; /* BY */
	struct heatmap_of heat; /* HEAT */
	bool bytes, back;  /* FIND; back: the one before */
	bool overwrite;    /* RECORD: a recording of that name */
	bool again;        /* SMAPS: it is read again and again */
	unsigned consent;  /* TOUCH, ACCESSES: 1 + sample.execs */
	bool off;          /* ACCESSES */
	uint64_t closes;   /* CLEAR: the inode of a userfaultfd to close first; 0: none */
};

/* Why a clear needs an answer first; nothing was done yet. */
enum clear_question {
	CLEAR_NO_QUESTION,
	CLEAR_HAZARD,  /* `text`: another program relies on the bits; repeat with request.sure */
	CLEAR_CONSENT, /* it needs a call run in the target; repeat with request.allow */
	CLEAR_STRAY,   /* a userfaultfd, perhaps unused, prevents it; repeat with `closes` */
};

enum result_end {
	RESULT_DONE,      /* or failed: err */
	RESULT_CANCELLED, /* by the user */
	RESULT_REPLACED,  /* by a newer one of its kind */
};

struct result {
	struct command command;   /* serial 0: not a command, but a clear of the auto-clear */
	enum result_end end;
	struct err err;           /* what[0] == 0: none; then, by kind: */
	struct answer *answer;    /* ASK; CARD: of a page its symbol */
	struct range_sum sum;     /* SUM */
	struct seek_found found;  /* FIND */
	struct smaps_reading *smaps; /* SMAPS */
	struct attribution *attribution; /* BY */
	struct heatmap *heat;     /* HEAT */
	struct accesses *accesses; /* ACCESSES */
	unsigned execs;           /* those of the answerer: sample.execs when it was asked */
	uint64_t at_ns;           /* the time that a recording was at then; 0: a process */
	bool idle;                /* FAULT: the page was present, nothing was done */
	enum clear_question question; /* CLEAR; unless none, what must be answered first: */
	char text[200];           /* and of SNAP: what was kept */
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

/* Whether a newer command makes an older one redundant. */
bool command_replaces(const struct command *newer, const struct command *older);

/* Whether both ask for the same. */
bool command_same(const struct command *a, const struct command *b);

/*
 * Appends a command and returns its serial. A waiting command of the same kind is replaced, and its
 * result added to `out`; but COMMAND_FAULT and COMMAND_SNAP replace none.
 */
uint64_t queue_add(struct queue *q, const struct command *c, struct results *out);

/* Appends one that has a serial. */
void queue_put(struct queue *q, const struct command *c);

/* Takes the i-th out. */
struct command queue_take(struct queue *q, size_t i);

/* Removes the command with this serial, with the result `end`. false: it is not there. */
bool queue_drop(struct queue *q, uint64_t serial, enum result_end end, struct results *out);
void queue_free(struct queue *q);

#endif
