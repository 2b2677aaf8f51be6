/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BLOCK_ROWS_H
#define PM_BLOCK_ROWS_H

#include <sqlite3.h>

#include "record/block.h"

/* Blocks of frames, as rows of a recording (schema.def). -1 with err: they are not in the file. */
struct block_rows;

/* db and path outlive it. */
struct block_rows *block_rows_open(sqlite3 *db, const char *path, struct err *err);
void block_rows_close(struct block_rows *r);

/* Another connection to the same file (statements_move). */
int block_rows_move(struct block_rows *r, sqlite3 *db, struct err *err);

/* A session begins: nothing of its blocks is known. */
void block_rows_begin(struct block_rows *r);

/*
 * Those that were read for a sample, as far as they differ from what was written of them last; of
 * the others, that they do not.
 */
int block_rows_write(struct block_rows *r, int64_t sample, const struct block *v, size_t n,
                     struct err *err);

#endif
