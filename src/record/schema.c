/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "record/recover.h"

static const char schema_sql[] =
#define T(name, sentence) "CREATE TABLE " #name "("
#define C(name, type, sentence) #name " " type ","
#define E(how, ...) "PRIMARY KEY (" #__VA_ARGS__ "))" how ";"
#define V(name, query, sentence) "CREATE VIEW " #name " AS " query ";"
#define Q(query, sentence)
#include "record/schema.def"
#undef T
#undef C
#undef E
#undef V
#undef Q
    ;

static const struct schema_row schema_table[] = {
#define T(name, sentence) {SCHEMA_TABLE, #name, NULL, sentence},
#define C(name, type, sentence) {SCHEMA_COLUMN, #name, type, sentence},
#define E(how, ...)
#define V(name, query, sentence) {SCHEMA_VIEW, #name, query, sentence},
#define Q(query, sentence) {SCHEMA_QUERY, NULL, query, sentence},
#include "record/schema.def"
#undef T
#undef C
#undef E
#undef V
#undef Q
};

const struct schema_row *
schema_rows(size_t *n)
{
	*n = ARRAY_LEN(schema_table);
	return schema_table;
}

int
schema_err(sqlite3 *db, struct err *err, const char *what, const char *path)
{
	int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
	const char *how = code == SQLITE_FULL      ? "make room on the disk"
	                  : code == SQLITE_CORRUPT ? "sqlite3's .recover may save what is left"
	                  : code == SQLITE_IOERR   ? "see whether `ulimit -f` limits files"
	                                           : NULL;

	const char *why = db ? sqlite3_errmsg(db) : "out of memory";

	if (code == SQLITE_CANTOPEN && sqlite3_system_errno(db))
		why = strerror(sqlite3_system_errno(db));
	err_set(err, ERR_TARGET, why, how, "cannot %s %.160s", what, path);
	err->sys = code == SQLITE_FULL ? ENOSPC : 0;
	return -1;
}

static int
schema_close(sqlite3 **db)
{
	sqlite3_close(*db);
	*db = NULL;
	return -1;
}

/* --- what a file says of itself ------------------------------------------------------------- */

/* The header of a database: its magic at 0, user_version at 60, application_id at 68; big-endian.
 */
enum { SCHEMA_HEADER = 100 };

static uint32_t
schema_number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Returns whether it is a recording; *version is then its version. */
static bool
schema_peek(int fd, uint32_t *version)
{
	unsigned char head[SCHEMA_HEADER];

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head, "SQLite format 3", 16) || schema_number(head + 68) != RECORDING_ID)
		return false;
	*version = schema_number(head + 60);
	return true;
}

bool
schema_is_recording(const char *path)
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY);
	uint32_t version;
	bool yes = fd >= 0 && schema_peek(fd, &version);

	if (fd >= 0)
		close(fd);
	return yes;
}

/* -1 with err: no recording, or none that this pmtop knows. */
static int
schema_check(const char *path, struct err *err)
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY);
	uint32_t version;
	bool is;

	if (fd < 0)
		return err_sys(err, NULL, "cannot open %.160s", path);
	is = schema_peek(fd, &version);
	close(fd);
	if (!is)
		return err_set(err, ERR_TARGET, "it is not a recording made by pmtop",
		               "make one with `pmtop --record FILE PID`", "cannot open %.160s",
		               path);
	if (version != RECORDING_VERSION)
		return err_set(err, ERR_TARGET, "a later version of pmtop made it",
		               "open it with that version", "cannot open %.160s", path);
	return 0;
}

/* Who writes waits so long for those that read, as a question in SQL may: nobody waits for it. */
enum { SCHEMA_WAIT_MS = 3600 * 1000 };

/* --- opening -------------------------------------------------------------------------------- */

/* Nothing in the file may act: no triggers, no views of its own, no functions with effects. */
static void
schema_distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 64 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

/* 1: it can be read once it is recovered. */
static int
schema_try(const char *path, sqlite3 **db, struct err *err)
{
	int r = 0;

	/* one thread at a time uses it: to lock each step costs a seventh of the first frame */
	if (sqlite3_open_v2(path, db,
	                    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
	                    NULL) != SQLITE_OK) {
		schema_err(*db, err, "open", path);
		return schema_close(db);
	}
	sqlite3_extended_result_codes(*db, 1);
	schema_distrust(*db);
	sqlite3_busy_timeout(*db, 1000);
	if (sqlite3_exec(*db, "PRAGMA cell_size_check = 1; SELECT count(*) FROM session", NULL,
	                 NULL, NULL) == SQLITE_OK)
		return 0;
	r = recover_is_due(*db);
	schema_err(*db, err, "read", path);
	schema_close(db);
	return r ? 1 : -1;
}

int
schema_open(const char *path, sqlite3 **db, struct err *err)
{
	char real[PATH_MAX], copy[PATH_MAX];
	int r;

	*db = NULL;
	if (schema_check(path, err) < 0)
		return -1;
	file_follow(path, real); /* SQLite follows no link */
	r = schema_try(real, db, err);
	if (r <= 0)
		return r;
	if (recover(real, copy, err) < 0)
		return -1;
	r = schema_try(copy[0] ? copy : real, db, err);
	recover_drop(copy); /* what is open stays */
	return r ? -1 : 0;
}

int
schema_room(const char *path, enum schema_how how, struct err *err)
{
	struct stat st;

	if (!path[0])
		return err_set(err, ERR_USAGE, "it has no name", "give the name of a file",
		               "cannot record to a file");
	if (stat(path, &st) < 0)
		return 0;
	/* an empty one, as mktemp makes it: nothing is lost */
	if (how == SCHEMA_OVERWRITE && S_ISREG(st.st_mode) && !st.st_size)
		return 0;
	if (how == SCHEMA_NEW)
		return err_set(err, ERR_TARGET, "it exists", "give another name",
		               "cannot record to %.160s", path);
	return schema_check(path, err);
}

int
schema_write(const char *path, const char *name, sqlite3 **db, struct err *err)
{
	*db = NULL;
	if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) !=
	    SQLITE_OK) {
		schema_err(*db, err, "record to", name);
		return schema_close(db);
	}
	schema_distrust(*db);
	sqlite3_busy_timeout(*db, SCHEMA_WAIT_MS);
	return 0;
}

int
schema_make(const char *path, const char *name, sqlite3 **db, struct err *err)
{
	char pragmas[160];

	if (schema_write(path, name, db, err) < 0)
		return -1;
	snprintf(pragmas, sizeof(pragmas),
	         "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN;", RECORDING_ID,
	         RECORDING_VERSION);
	if (sqlite3_exec(*db, pragmas, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(*db, schema_sql, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(*db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	schema_err(*db, err, "record to", name);
	return schema_close(db);
}
