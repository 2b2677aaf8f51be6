/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_CHANGES_H
#define PM_LIST_CHANGES_H

#include "sample/sample.h"

/*
 * Which regions were mapped or unmapped in the last seconds. A region that only grew, was split or
 * changed its permissions is no change: what counts is whether any part of it was mapped before,
 * from the same file. And which are gone since the moment that is compared with: these stay.
 */
struct list_changes {
	struct regions *seen; /* the regions compared last; NULL: none yet */
	unsigned execs;
	/* ascending by time, and within one scan by start, with which both begin */
	struct list_born {
		uint64_t start, ns;
	} *born;
	size_t born_n, born_cap;
	struct list_gone {
		uint64_t start, ns;
		struct regions *in; /* where it was last seen; a reference */
		size_t at;
		const struct diff_region *of; /* since the other moment; NULL: lately */
	} *gone;
	size_t gone_n, gone_cap;
	struct difference *diff;    /* a reference, or NULL; those that are gone by it: */
	struct list_gone *stay;     /* ascending by start */
	size_t stay_n;
};

/*
 * Compares the sample's regions with the previous ones, and drops changes that are too old at
 * `now`. Starts again after a rewind and an exec. Returns whether the rows have changed.
 */
bool list_changes_update(struct list_changes *m, const struct sample *s, uint64_t now);
void list_changes_free(struct list_changes *m);

/* Whether the region at start is new. */
bool list_changes_born(const struct list_changes *m, uint64_t start);

/* The region that was unmapped at start; NULL: none was. */
const struct list_gone *list_changes_gone(const struct list_changes *m, uint64_t start);

/* The i-th of so many; NULL: it is one of the others, too. */
size_t list_changes_count(const struct list_changes *m);
const struct list_gone *list_changes_at(const struct list_changes *m, size_t i);

/* When the next change is too old, in ms from now; -1: there is none. */
int list_changes_wait_ms(const struct list_changes *m, uint64_t now);

#endif
