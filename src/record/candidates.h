/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CANDIDATES_H
#define PM_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/util.h"
#include "page/extents.h"

/*
 * The pages of one sample on which code faulted, by who may have written them: a number for each
 * set of candidates. Each page is in one set.
 */
struct candidates {
	struct candidates_of {
		uint64_t who;
		struct extents pages; /* their state is 1 */
	} * v;                        /* ascending by who; owned */
	size_t n, cap;
};
void candidates_free(struct candidates *c);

/* Those of `who`, which is added if it is new. Valid until another is added. */
struct extents *candidates_at(struct candidates *c, uint64_t who);

/*
 * Adds those of a later sample, so that both are one, in which `both` were written. Of a page that
 * was written in one of them only the faults in the other wrote nothing. A page that is in two sets
 * comes into that of both, which `who` finds; -1 with err: it cannot.
 */
struct candidates_unite {
	const struct extents *written, *later_written, *both;
	int (*who)(void *arg, uint64_t a, uint64_t b, uint64_t *both, struct err *err);
	void *arg;
};
int candidates_unite(struct candidates *c, const struct candidates *later,
                     const struct candidates_unite *how, struct err *err);

/* How many of its pages are in `written`. In bytes. */
uint64_t candidates_written(const struct candidates_of *of, const struct extents *written);

/*
 * As a blob. A written page is given by its place among the written pages: mostly one
 * candidate has long runs of these, however scattered they lie.
 */
void candidates_pack(const struct candidates *c, const struct extents *written, size_t page_size,
                     struct buf *out);
bool candidates_unpack(const void *data, size_t n, const struct extents *written, size_t page_size,
                       struct candidates *out);

#endif
