/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_STATE_H
#define PM_BATCH_STATE_H

/* What the files of the batch share: the target as every answer needs it, one function an answer.
 */
#include "config/options.h"
#include "filter/filter.h"
#include "kernel/smaps.h"
#include "table/columns.h"
#include "table/out.h"
#include "target/target.h"

struct batch {
	const struct options *o;
	struct target t;
	struct vma_list vmas;
	struct smaps smaps;
	bool has_smaps;
	bool watched;     /* the track knows what was written while it was */
	struct buf *note; /* for standard error, in the end */
	void (*tell)(const char *text); /* the same, at once */
};

int batch_list(struct batch *b, struct err *err);
int batch_pages(struct batch *b, struct err *err);
int batch_query(struct batch *b, struct err *err);
int batch_summary(struct batch *b, struct err *err);
int batch_watch(struct batch *b, struct err *err);

struct out_shape batch_shape(const struct options *o, const char *name, bool whole);

/* The columns that were asked for, or else the usual ones. */
int batch_columns(const struct options *o, enum column_set set, enum column_id ids[COL_COUNT],
                  size_t *n, struct err *err);

/*
 * --filter. Rows of which it is not known whether they match are left out, and counted; in the end
 * their number and the reasons (enum filter_why) are noted, and that there was no row. `one` is
 * what a row is.
 */
struct batch_filter {
	struct filter f;
	bool on;
	uint64_t passed, left_out;
	unsigned why;
};
int batch_filter(const struct batch *b, enum filter_scope scope, struct batch_filter *out,
                 struct err *err);
bool batch_passes(struct batch_filter *bf, const struct filter_facts *x);
void batch_note_filter(struct batch *b, const struct batch_filter *bf, const char *one);

/* Reads smaps, once. */
int batch_need_smaps(struct batch *b, struct err *err);

/*
 * Soft-dirty bits that somebody else's clear left behind count as they stand; a region that was
 * mapped since (VmFlags sd) has none that mean anything. false: this kernel has none at all.
 */
bool batch_need_written(struct batch *b);

/* After that: whether it is known which pages of v, one of b->vmas, are written. */
bool batch_written_known(const struct batch *b, const struct vma *v);

/*
 * The tracker that the options choose, ready to clear. -1: it cannot, it must be allowed first, or
 * the clear would harm somebody.
 */
int batch_tracker(struct batch *b, struct err *err);

/* --watch before another answer: clears, waits, and leaves the track, and b->vmas, as of the end.
 */
int batch_watch_once(struct batch *b, struct err *err);

/* RANGE: what -e takes as a range or as a place; NULL is everything. */
int batch_range(struct batch *b, const char *text, uint64_t *start, uint64_t *end, struct err *err);

#endif
