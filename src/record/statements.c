/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/statements.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "record/schema.h"

static int
statements_fail(const struct statements *s, struct err *err)
{
	return schema_err(s->db, err, s->doing, s->path);
}

int
statements_open(struct statements *s, sqlite3 *db, const char *path, const char *doing,
                const char *const *sql, int n, struct err *err)
{
	*s = (struct statements){.db = db, .path = path, .doing = doing, .sql = sql};
	s->v = mem_alloc((size_t)n * sizeof(*s->v));
	for (; s->n < n; s->n++)
		if (sqlite3_prepare_v3(db, sql[s->n], -1, SQLITE_PREPARE_PERSISTENT, &s->v[s->n],
		                       NULL) != SQLITE_OK)
			return statements_fail(s, err);
	return 0;
}

void
statements_close(struct statements *s)
{
	for (int i = 0; i < s->n; i++)
		sqlite3_finalize(s->v[i]);
	free(s->v);
	*s = (struct statements){0};
}

int
statements_move(struct statements *s, sqlite3 *db, struct err *err)
{
	struct statements old = *s;
	int r = statements_open(s, db, old.path, old.doing, old.sql, old.n, err);

	statements_close(&old);
	return r;
}

int
statements_damaged(const struct statements *s, struct err *err)
{
	return err_set(err, ERR_TARGET, "its contents contradict each other",
	               "sqlite3's .recover may save what is left", "cannot %s %.160s", s->doing,
	               s->path);
}

/* --- parameters ------------------------------------------------------------------------------- */

void
statements_bind_number(sqlite3_stmt *s, int at, uint64_t v)
{
	sqlite3_bind_int64(s, at, (int64_t)v);
}

/* Names may have any bytes. */
static void
statements_bind_foreign(sqlite3_stmt *s, int at, const char *text, size_t n)
{
	struct buf b = {0};
	uint32_t cp;

	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		len = utf8_next(text + i, n - i, &cp);
		if (len)
			buf_add(&b, text + i, len);
		else
			buf_fmt(&b, "\\%03o", (unsigned char)text[i]);
	}
	sqlite3_bind_text(s, at, b.s, -1, SQLITE_TRANSIENT);
	buf_free(&b);
}

void
statements_bind_text(sqlite3_stmt *s, int at, const char *text)
{
	size_t n = text ? strlen(text) : 0, valid = 0, len;
	uint32_t cp;

	while (valid < n && (len = utf8_next(text + valid, n - valid, &cp)))
		valid += len;
	if (valid < n)
		statements_bind_foreign(s, at, text, n);
	else
		sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

sqlite3_stmt *
statements_bind(const struct statements *s, int which, const uint64_t *v, size_t n)
{
	sqlite3_reset(s->v[which]);
	for (size_t i = 0; i < n; i++)
		statements_bind_number(s->v[which], (int)i + 1, v[i]);
	return s->v[which];
}

/* --- carrying out ----------------------------------------------------------------------------- */

void
statements_reset(const struct statements *s, int which)
{
	sqlite3_reset(s->v[which]);
}

int
statements_step(const struct statements *s, int which, struct err *err)
{
	int got = sqlite3_step(s->v[which]);

	if (got == SQLITE_ROW)
		return 1;
	if (got != SQLITE_DONE)
		statements_fail(s, err);
	sqlite3_reset(s->v[which]);
	return got == SQLITE_DONE ? 0 : -1;
}

int
statements_do(const struct statements *s, int which, struct err *err)
{
	int got = statements_step(s, which, err);

	sqlite3_reset(s->v[which]);
	sqlite3_clear_bindings(s->v[which]);
	return got < 0 ? -1 : 0;
}

int
statements_ask(const struct statements *s, int which, int64_t *out, struct err *err)
{
	int got = statements_step(s, which, err);

	if (got > 0)
		*out = sqlite3_column_int64(s->v[which], 0);
	sqlite3_reset(s->v[which]);
	return got > 0 ? 0 : got < 0 ? -1 : statements_damaged(s, err);
}

/* --- rows ------------------------------------------------------------------------------------- */

uint64_t
statements_number(const struct statements *s, int which, int column)
{
	return (uint64_t)sqlite3_column_int64(s->v[which], column);
}

const char *
statements_text(const struct statements *s, int which, int column)
{
	const char *text = (const char *)sqlite3_column_text(s->v[which], column);

	return text ? text : "";
}
