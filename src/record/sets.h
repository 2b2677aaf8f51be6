/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SETS_H
#define PM_SETS_H

#include <sqlite3.h>

#include "base/err.h"
#include "page/extents.h"

/*
 * The sets of pages of a recording, by sample: the pages that were in a state or changed to it, and
 * those that were written. A small one is kept as rows, which any SQL tool reads, a larger one
 * packed (schema.def). What is read may have been written by anybody: -1 with err if it does not
 * fit together. `path` and `doing`: for errors (statements.h); they and db outlive it.
 */
struct sets;
struct sets *sets_open(sqlite3 *db, const char *path, const char *doing, struct err *err);
void sets_close(struct sets *s);

/* Another connection to the same file (statements_move). */
int sets_move(struct sets *s, sqlite3 *db, struct err *err);

/* The size of a page, in bytes; before anything else. */
void sets_set_page_size(struct sets *s, size_t page_size);

/* Adds to `out`, which is empty. */
int sets_read_pages(struct sets *s, int64_t sample, struct extents *out, struct err *err);
int sets_read_written(struct sets *s, int64_t sample, struct extents *out, struct err *err);

/* A sample that has none yet. */
int sets_write_pages(struct sets *s, int64_t sample, const struct extents *e, struct err *err);
int sets_write_written(struct sets *s, int64_t sample, const struct extents *e, struct err *err);

/* All of a sample's. */
int sets_drop(struct sets *s, int64_t sample, struct err *err);

/* How many pages those are. */
uint64_t sets_count(const struct sets *s, const struct extents *e);

#endif
