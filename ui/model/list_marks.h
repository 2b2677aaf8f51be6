/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_MARKS_H
#define PM_LIST_MARKS_H

#include "sample/sample.h"

/*
 * Which regions came and went a moment ago. A region that only grew, was split or had its
 * permissions changed is the same one still: what counts is whether anything of it was mapped
 * before, of the same file.
 */
struct list_marks {
	struct regions *seen; /* the newest look that was compared; NULL: none yet */
	unsigned execs;
	struct list_born {
		uint64_t start, ns;
	} *born;
	size_t born_n, born_cap;
	struct list_gone {
		struct regions *in; /* where it was last seen; a reference */
		size_t at;
		uint64_t ns;
	} *gone;                    /* ascending by start of those of one look */
	size_t gone_n, gone_cap;
};

/*
 * Compares the sample's regions with those seen before, and forgets marks that are too old at
 * `now`. Looking back in time, and a new program, begin afresh. Returns whether regions came, went
 * or were forgotten.
 */
bool list_marks_see(struct list_marks *m, const struct sample *s, uint64_t now);
void list_marks_free(struct list_marks *m);

/* Whether that region is new. */
bool list_marks_born(const struct list_marks *m, uint64_t start);

/* The region that is no more and was at start; NULL: none went lately. */
const struct list_gone *list_marks_gone(const struct list_marks *m, uint64_t start);

/* When the next mark is too old, in ms from now; -1: there is none. */
int list_marks_wait_ms(const struct list_marks *m, uint64_t now);

#endif
