/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CAUSES_ROWS_H
#define PM_CAUSES_ROWS_H

#include <sqlite3.h>

#include "record/suspects.h"

/* Who wrote, as rows of a recording (schema.def). -1 with err: they are not in the file. */
struct causes_rows;
struct causes_rows *causes_rows_open(sqlite3 *db, const char *path, struct err *err);
void causes_rows_close(struct causes_rows *r);

/* Another connection to the same file (statements_move). */
int causes_rows_move(struct causes_rows *r, sqlite3 *db, struct err *err);

/* A session begins: numbers begin again, above all that the file has. */
int causes_rows_begin(struct causes_rows *r, int64_t session, size_t page_size, struct err *err);

/* A sample's; anonymous: without names of functions, files and threads. */
int causes_rows_write(struct causes_rows *r, int64_t sample, const struct suspects_news *news,
                      const struct extents *written, bool anonymous, struct err *err);

/* What a sample that is dropped has, and the next one: the pages written in each, and in both. */
struct causes_rows_join {
	int64_t sample, next;
	size_t page_size;
	const struct extents *written, *next_written, *both;
};
int causes_rows_unite(struct causes_rows *r, const struct causes_rows_join *j, struct err *err);

#endif
