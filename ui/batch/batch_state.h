/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_STATE_H
#define PM_BATCH_STATE_H

/* Shared by the batch files: the target as every answer needs it, and one function per answer. */
#include "config/options.h"
#include "filter/filter.h"
#include "kernel/smaps.h"
#include "query/answer.h"
#include "table/columns.h"
#include "table/out.h"
#include "target/target.h"

struct batch {
	const struct options *o;
	struct target t;
	struct vma_list vmas;
	struct smaps smaps;
	bool has_smaps;
	bool blind;                       /* the page tables are refused, the regions are not */
	bool watched;                     /* track holds what was written during --watch */
	struct buf *note;                 /* printed to standard error at the end */
	void (*report)(const char *text); /* prints to standard error at once */
};

int batch_list(struct batch *b, struct err *err);
bool batch_list_needs_writers(const struct options *o); /* a column of --list does */
int batch_pages(struct batch *b, struct err *err);
int batch_query(struct batch *b, struct err *err);
int batch_query_first(struct batch *b, bool *writes, struct err *err);
int batch_summary(struct batch *b, struct err *err);
int batch_watch(struct batch *b, struct err *err);
int batch_grow(struct batch *b, struct err *err);
int batch_touched(struct batch *b, struct err *err);
int batch_record(struct batch *b, struct err *err);
int batch_export(struct batch *b, struct err *err);
int batch_heat(struct batch *b, struct err *err);
int batch_who(struct batch *b, struct err *err);
int batch_metrics(const struct options *o, pid_t pid, void (*report)(const char *text),
                  struct buf *note, struct err *err);

/* Opens the process, or the recording at --at; all but the page tables. Close it in any case. */
int batch_open(struct target *t, const struct options *o, pid_t pid, struct err *err);

struct out_shape batch_shape(const struct options *o, const char *name, bool whole);

/* The columns requested, or the default ones. */
int batch_columns(const struct options *o, enum column_set set, enum column_id ids[ROW_MOST],
                  size_t *n, struct err *err);

/*
 * --filter. Rows for which it is unknown are left out and counted; at the end the note gets their
 * number and the reasons (enum filter_why), or that there was no row. `one` is the noun for a row.
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
/* `one`: what was asked for, "page" or "region"; `where`: "", or a blank and which of them. */
void batch_note_filter(struct batch *b, const struct batch_filter *bf, const char *one,
                       const char *where);

/*
 * -1: the address space that was read is gone, by exec or exit, and part of what was read may be
 * missing. Call between reading and printing: batch_run then tries again.
 */
int batch_check_alive(const struct batch *b, struct err *err);


/*
 * The note says that map counts, and sums of smaps that rest on them, are averages of folios; if
 * they are.
 */
void batch_note_averages(struct batch *b);

/* Reads smaps, once. */
int batch_need_smaps(struct batch *b, struct err *err);

/*
 * Soft-dirty bits of a clear by somebody else are used as they are; a region mapped since then
 * (VmFlags sd) has no meaningful ones. false: this kernel has no soft-dirty.
 */
bool batch_need_written(struct batch *b);

/* The same for single pages: from then on the track says in which of b->vmas it is known. */
void batch_know_written(struct batch *b);

/*
 * Prepares the tracker that the options choose for a clear. -1: it cannot be used, needs
 * --allow-inject first, or a clear would harm somebody.
 */
int batch_tracker(struct batch *b, struct err *err);

/* The same, and refuses one that does not cover the whole process. */
int batch_prepare(struct batch *b, struct err *err);

/* --watch before another answer: clears, waits, and updates the track and b->vmas. */
int batch_watch_once(struct batch *b, struct err *err);

/* --grow before another answer: a baseline, and its interval; the answer's scan is the other. */
int batch_grow_once(struct batch *b, struct err *err);

/* --touched before another answer: clears the referenced bits, and waits. */
int batch_touched_once(struct batch *b, struct err *err);

/* The interval alone: what is asked after it compares page tables, not writes. */
int batch_watch_wait(struct batch *b, struct err *err);

/* Opens a recording at that time of it; NULL: its end. */
int batch_open_recording(struct target *t, const char *path, const char *at, struct err *err);

/* --sort COLUMN, or -COLUMN for ascending order. */
int batch_parse_sort(const char *text, enum column_set set, enum column_id *id, bool *up,
                     struct err *err);

/* Sorts rows by a value of each; `at` is its place before, and decides between equal ones. */
struct batch_key {
	struct value key;
	size_t at;
};
void batch_sort(struct batch_key *keys, size_t n, bool up);

/* RANGE: a range or a place as for -e; NULL: everything. */
int batch_range(struct batch *b, const char *text, uint64_t *start, uint64_t *end, struct err *err);

#endif
