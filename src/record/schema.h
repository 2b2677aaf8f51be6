/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SCHEMA_H
#define PM_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * The database of a recording (schema.def): opening one, and a first look at it. Only files of this
 * room know SQLite. A file may come from anybody: it is never trusted to be what pmtop wrote.
 */
enum {
	RECORDING_ID = 0x706d7470, /* application_id: "pmtp" */
	RECORDING_VERSION = 1,     /* user_version */
};

/* What stands for a name that is left out. */
#define SCHEMA_LEFT_OUT "(left out)"

/* Whether the file at path says that it is a recording. Does not change errno's meaning for others.
 */
bool schema_is_recording(const char *path);

/* Opens one to be read. -1 with err: it is none, of a later version, or it cannot be read. */
int schema_open(const char *path, sqlite3 **db, struct err *err);

enum schema_how { SCHEMA_NEW, SCHEMA_APPEND, SCHEMA_OVERWRITE };

/*
 * Whether one may be made there, or be added to or replaced: what is there must be a recording
 * then. Changes nothing. -1 with err: it may not.
 */
int schema_room(const char *path, enum schema_how how, struct err *err);

/* Opens one to be written; `name`: what errors call it. */
int schema_write(const char *path, const char *name, sqlite3 **db, struct err *err);

/* The same of a file that is empty, which becomes one. */
int schema_make(const char *path, const char *name, sqlite3 **db, struct err *err);

/* Fills err from the database. Returns -1. */
int schema_err(sqlite3 *db, struct err *err, const char *what, const char *path);

/* Of the documents: its tables, their columns, its views and questions, as in schema.def. */
enum schema_kind { SCHEMA_TABLE, SCHEMA_COLUMN, SCHEMA_VIEW, SCHEMA_QUERY };
struct schema_row {
	enum schema_kind kind;
	const char *name, *type; /* type: of a view and a question its SQL */
	const char *sentence;
};
const struct schema_row *schema_rows(size_t *n);

#endif
