/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SESSION_ROWS_H
#define PM_SESSION_ROWS_H

#include <sqlite3.h>

#include "record/moment.h"
#include "record/session.h"

/* Sessions, as rows of a recording (schema.def). -1 with err: they are not in the file. */
struct session_rows;

/* anonymous: without names. db and path outlive it. */
struct session_rows *session_rows_open(sqlite3 *db, const char *path, bool anonymous,
                                       struct err *err);
void session_rows_close(struct session_rows *r);

/* Another connection to the same file (statements_move). */
int session_rows_move(struct session_rows *r, sqlite3 *db, struct err *err);

/* One begins; *id: its number. */
int session_rows_begin(struct session_rows *r, const struct session *s, int64_t *id,
                       struct err *err);

/* The memory cgroups that a moment is the first to have. */
int session_rows_cgroups(struct session_rows *r, const struct moment *m, struct err *err);

#endif
