/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_REGION_ROWS_H
#define PM_REGION_ROWS_H

#include <sqlite3.h>

#include "record/moment.h"

/*
 * Regions and what is counted in them, as rows of a recording (schema.def): one when something
 * changes. -1 with err: they are not in the file.
 */
struct region_rows;

/* anonymous: without names. db and path outlive it. */
struct region_rows *region_rows_open(sqlite3 *db, const char *path, bool anonymous,
                                     struct err *err);
void region_rows_close(struct region_rows *r);

/* Another connection to the same file (statements_move). */
int region_rows_move(struct region_rows *r, sqlite3 *db, struct err *err);

/* A session begins: what was there has ended, with that sample. */
int region_rows_begin(struct region_rows *r, int64_t last, size_t page_size, struct err *err);

/* A sample's; `before`: the one before it. */
int region_rows_write(struct region_rows *r, int64_t sample, int64_t before,
                      const struct moment *m, struct err *err);

#endif
