/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RECALL_H
#define PM_RECALL_H

#include <sqlite3.h>

#include "cause/causes.h"
#include "page/extents.h"
#include "target/growth.h"
#include "target/source.h"

/*
 * Who wrote, out of a recording: the page faults of its samples, as if they were watched, and the
 * names of the code. What does not fit together is left out, which is the same as not known.
 */
struct recall;
struct recall *recall_open(sqlite3 *db, const char *path, struct err *err);
void recall_close(struct recall *r);

/* Another connection to the same file (statements_move). */
int recall_move(struct recall *r, sqlite3 *db, struct err *err);

/* There may be more: the next call of recall_session reads it. */
void recall_grow(struct recall *r);

/* Goes to a session; what was given out of another is gone. -1 with err. */
int recall_session(struct recall *r, int64_t session, size_t page_size, struct err *err);

/* What was known of the code at addr: see source_ops. */
bool recall_code(const struct recall *r, uint64_t addr, bool returns, struct source_code *out);

/* How the faults of a sample were watched. false: nothing was recorded of them. */
bool recall_watch(struct recall *r, int64_t sample, struct causes_watch *out, uint64_t *lost);

/* How many pages faulted. */
uint64_t recall_count(struct recall *r, int64_t sample);

/* Adds the sums of the samples from `from` to before `to`. */
void recall_past(struct recall *r, int64_t from, int64_t to, struct causes *into);

/* Adds the faults of a sample, which was taken at time_ns, and of which these were written. */
void recall_faults(struct recall *r, int64_t sample, uint64_t time_ns,
                   const struct extents *written, struct causes *into);

/*
 * Who brought in what came since the baseline, by the last sample of [from, to] that counted it:
 * returns that; 0: none did.
 */
int64_t recall_brought(struct recall *r, int64_t from, int64_t to, struct causes *into,
                       struct growth_told *out);

#endif
