/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_READER_H
#define PM_READER_H

#include "sample/queue.h"
#include "sample/sample.h"
#include "target/target.h"

/*
 * Looks: how a request becomes a sample. They run on the sampler's thread, which is their host and
 * gives them one request at a time; they know neither its lock nor its mailboxes.
 */
struct reader_host {
	/* What has been found so far is worth showing; `complete`: it is all that was wanted. */
	void (*publish)(void *arg, bool complete);
	/* Something newer is wanted: what is not finished is given up, and owed. */
	bool (*superseded)(void *arg);
	/* All is over. An answer is given up for nothing less: half of one would be a wrong one. */
	bool (*stopping)(void *arg);
	void *arg;
};

struct reader {
	struct reader_host host;
	struct target t;
	struct request now;      /* the request being served */
	struct sample draft;  /* what the next sample will say */
	struct results done;  /* the commands that were carried out since that was published */

	/* reader.c's own */
	uint64_t last_full, last_partial;
	/* what the draft's window was filtered by */
	char window_filter[sizeof(((struct screen_request *)0)->filter)];
	struct proc_activity activity;
	struct writes_log writes;
	size_t lens_next;     /* the region whose strip is to be made next */
	bool lens_owed;       /* some strips are not of the lens yet */
};

/* Reads from that source, which it takes over. `owner`: whose process it is (track.h). */
void reader_open(struct reader *l, struct source *s, enum track_owner owner);

/*
 * Shows its regions before anything that may take longer, then finds out what can be seen of its
 * pages. -1 with err: nothing can.
 */
int reader_begin(struct reader *l, struct err *err);
void reader_close(struct reader *l);

/* The address space we read from is still the process's. Costs one word of pagemap. */
bool reader_is_alive(struct reader *l);

/* maps, the grid, then all the rest. false: given up for something newer, and owed. */
bool reader_at_all(struct reader *l);

/* The grid alone, of the regions that are known. false: given up. */
bool reader_at_grid(struct reader *l, const struct vma_list *vmas);

/* Nothing faulted since the last look and nothing is fading: all of it would show the same again.
 */
bool reader_is_quiet(struct reader *l);

/*
 * A quiet target faults nothing in, but may still map and protect, and others move its pages: maps
 * and a small window are read all the same. false: more than that has changed.
 */
bool reader_lightly(struct reader *l);

/*
 * What stands beside the regions: a range, a card, bytes. `looked`: these were just read;
 * `again`: what is read once is read anew.
 */
void reader_besides(struct reader *l, const struct request *before, bool looked, bool again);

/* Copies what the tracker says of itself into the draft. */
void reader_copy_tracker(struct reader *l);

#endif
