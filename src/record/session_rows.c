/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/session_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "record/schema.h"
#include "record/statements.h"

#define SESSION_ROWS_STATEMENTS                                                       \
	X(SESSION, "INSERT INTO session VALUES (?,?,?,?,?,?)")                        \
	X(META, "INSERT INTO meta VALUES (?,?,?)")                                    \
	X(CAP, "INSERT OR IGNORE INTO capability VALUES (?,?,?,?,?,?)")               \
	X(NEWEST, "SELECT ifnull(max(id), 0) FROM session")

enum session_rows_statement {
#define X(id, sql) SESSION_ROWS_##id,
	SESSION_ROWS_STATEMENTS
#undef X
	SESSION_ROWS_COUNT
};

static const char *const session_rows_sql[] = {
#define X(id, sql) sql,
    SESSION_ROWS_STATEMENTS
#undef X
};

struct session_rows {
	struct statements s;
	bool anonymous;
	int64_t id; /* the newest */
};

struct session_rows *
session_rows_open(sqlite3 *db, const char *path, bool anonymous, struct err *err)
{
	struct session_rows *r = mem_alloc(sizeof(*r));

	r->anonymous = anonymous;
	if (statements_open(&r->s, db, path, "record to", session_rows_sql, SESSION_ROWS_COUNT,
	                    err) == 0 &&
	    statements_ask(&r->s, SESSION_ROWS_NEWEST, &r->id, err) == 0)
		return r;
	session_rows_close(r);
	return NULL;
}

void
session_rows_close(struct session_rows *r)
{
	if (!r)
		return;
	statements_close(&r->s);
	free(r);
}

int
session_rows_move(struct session_rows *r, sqlite3 *db, struct err *err)
{
	return statements_move(&r->s, db, err);
}

/* text NULL: the number. */
static int
session_rows_meta(struct session_rows *r, const char *key, const char *text, uint64_t number,
                  struct err *err)
{
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, SESSION_ROWS_META, (uint64_t)r->id);

	statements_bind_text(s, 2, key);
	if (text)
		statements_bind_text(s, 3, text);
	else
		statements_bind_number(s, 3, number);
	return statements_do(&r->s, SESSION_ROWS_META, err);
}

static int
session_rows_cap(struct session_rows *r, const struct cap *c, struct err *err)
{
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, SESSION_ROWS_CAP, (uint64_t)r->id);

	statements_bind_text(s, 2, c->name);
	statements_bind_text(s, 3, c->gives);
	statements_bind_number(s, 4, c->ok);
	statements_bind_text(s, 5, c->detail);
	statements_bind_text(s, 6, c->how);
	return statements_do(&r->s, SESSION_ROWS_CAP, err);
}

int
session_rows_begin(struct session_rows *r, const struct session *is, int64_t *id, struct err *err)
{
	sqlite3_stmt *s =
	    STATEMENTS_BIND(&r->s, SESSION_ROWS_SESSION, (uint64_t)++r->id, (uint64_t)is->pid);
	int got;

	*id = r->id;
	if (!r->anonymous)
		statements_bind_text(s, 3, is->comm);
	statements_bind_text(s, 4, is->began);
	statements_bind_number(s, 5, is->time_ns);
	statements_bind_number(s, 6, is->page_size);
	got = statements_do(&r->s, SESSION_ROWS_SESSION, err);
	for (size_t i = 0; got == 0 && i < is->n; i++) {
		const struct session_fact *f = &is->v[i];

		got = session_rows_meta(r, f->key,
		                        f->name && r->anonymous ? SCHEMA_LEFT_OUT : f->text,
		                        f->number, err);
	}
	for (size_t i = 0; got == 0 && i < is->caps_n; i++)
		got = session_rows_cap(r, &is->caps[i], err);
	return got;
}

int
session_rows_cgroups(struct session_rows *r, const struct moment *m, struct err *err)
{
	char key[40];

	for (size_t i = 0; i < m->cgroups_n; i++) {
		snprintf(key, sizeof(key), "cgroup %ju", (uintmax_t)m->cgroups[i].inode);
		if (session_rows_meta(r, key, r->anonymous ? SCHEMA_LEFT_OUT : m->cgroups[i].path,
		                      0, err) < 0)
			return -1;
	}
	return 0;
}
