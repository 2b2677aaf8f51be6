/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_READER_H
#define PM_READER_H

#include "record/keeper.h"
#include "sample/comparison.h"
#include "sample/queue.h"
#include "sample/sample.h"
#include "target/past.h"
#include "target/target.h"

/*
 * Turns a request into a sample. The sampler's thread is its host: it passes one request at a time,
 * and keeps its lock and mailboxes to itself.
 */
struct reader_host {
	/* Publishes the draft; `complete`: it has everything that was requested. */
	void (*publish)(void *arg, bool complete);
	/* A newer request or command waits: unfinished reads are abandoned, and remain due. */
	bool (*superseded)(void *arg);
	/* Opens what is read once more. NULL with err. */
	struct source *(*again)(void *arg, struct err *err);
	/* The thread is to stop. Only this abandons an answer: half of one would be wrong. */
	bool (*stopping)(void *arg);
	void *arg;
};

struct reader {
	struct reader_host host;
	struct target t;
	struct request now;      /* the request being served */
	struct sample draft;  /* the next sample */
	struct results done;  /* results since the draft was last published */
	unsigned sweeps;      /* how often all regions were counted; and what that took */
	uint64_t sweeps_ns;

	/* private to reader.c and reader_*.c */
	struct answer *symbol; /* of the page that it has as its place; NULL: not known yet */
	struct vma symbol_from; /* the mapping that it is from, without a name */
	uint64_t last_full, last_partial;
	/* costs, by source_spent: */
	uint64_t sweep_cost_ns; /* of counting all regions, the last time */
	uint64_t ticks_ns, ticks_cost_ns; /* of ticks since then; between the last two times */
	uint64_t maps_ns, maps_cost_ns; /* when a list of regions was last read; 0: a short one */
	/* the filter of the draft's window */
	char window_filter[sizeof(((struct screen_request *)0)->filter)];
	struct proc_activity activity;
	struct proc_activity strip_activity; /* before the window's strip was counted */
	unsigned strip_clears;
	uint64_t strip_ns;     /* when it was counted */
	struct writes_log writes;
	struct comparison comparison;
	bool compares_anew;    /* what strips show is of the comparison before */
	struct past past;      /* the scans so far; of a recording: none */
	struct keeper *keeper; /* records the samples; NULL: nobody asked for it */
	bool accesses_due;    /* what strips and window show is of before the newest accesses */
	size_t lens_next;     /* the region whose strip is read next */
	bool lens_owed;       /* some strips do not show the lens yet */
};

/* Reads from the source, which it takes over. `owner`: of the process (track.h). */
void reader_open(struct reader *l, struct source *s, enum track_owner owner);

/*
 * Publishes the regions before anything that may take longer, then opens the page tables. -1 with
 * err: they cannot be read.
 */
int reader_begin(struct reader *l, struct err *err);
void reader_close(struct reader *l);

/* Whether the address space that was opened is still the process's. Costs one word of pagemap. */
bool reader_is_alive(struct reader *l);

/*
 * Keeps this moment under a name, in place of one of the same name; `said`: what was kept. A
 * recording that is made has it, too. -1 with err.
 */
int reader_snap(struct reader *l, const char *name, char *said, size_t size, struct err *err);

/* Carries out a COMMAND_DIFF. -1 with err. */
int reader_compare(struct reader *l, const struct command *c, struct err *err);

/* Goes to the time of a recording that is requested: all must be read again. */
void reader_go(struct reader *l);

/*
 * Takes in what a recording has that is still being made. READER_MOVED: it is at a newer sample
 * than before, because its end is requested: all must be read again.
 */
enum reader_growth { READER_SAME, READER_LONGER, READER_MOVED };
enum reader_growth reader_grow(struct reader *l);

/* Reads maps, the grid, then all regions. false: abandoned for something newer, still due. */
bool reader_read_all(struct reader *l);

/*
 * The same, within a budget: what is on screen in any case, all regions only as often as what that
 * takes allows.
 */
bool reader_read_tick(struct reader *l);

/* What is on screen, without counting all regions. */
bool reader_read_shown(struct reader *l);

/* Whether strips on screen show another lens than is asked for. */
bool reader_owes_strips(const struct reader *l);

/*
 * Another lens in the list: publishes its strips, estimated where counting takes long, then reads
 * as above. false: abandoned, still due.
 */
bool reader_read_lens(struct reader *l);

/* Reads the grid alone, with the known regions. false: abandoned. */
bool reader_read_grid(struct reader *l, const struct vma_list *vmas);

/* Nothing faulted since the last scan and no colour fades: another would show the same. */
bool reader_is_quiet(struct reader *l);

/*
 * A quiet target has no faults, but may map and protect memory, and the kernel may move its pages:
 * reads maps, a small window and the bytes on screen. false: the regions have changed.
 */
bool reader_read_lightly(struct reader *l);

/* A new request: what it no longer shows is dropped, before results for it can be adopted. */
void reader_serve(struct reader *l, const struct request *before);

/* Reads what is on screen besides the regions, if it is cheap: a card, bytes. */
void reader_read_extras(struct reader *l);

/* Copies into the draft what a command has read for the screen, if it is still on screen. */
void reader_adopt(struct reader *l, const struct result *r);

/*
 * Watches who writes, before a clear; `again`: also if that failed before. A failure is no error:
 * the sample says why.
 */
void reader_watch_faults(struct reader *l, bool again);

/* Records the samples from now on; a recording that runs is ended. path "": only that. */
int reader_record(struct reader *l, const char *path, bool overwrite, struct err *err);

/* Copies the state of the tracker into the draft. */
void reader_copy_tracker(struct reader *l);

#endif
