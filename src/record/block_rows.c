/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/block_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/statements.h"

enum { BLOCK_ROWS_NEW, BLOCK_ROWS_AGAIN };

/* That it was the same again is kept of its newest row, which thinning may have moved. */
static const char *const block_rows_sql[] = {
    [BLOCK_ROWS_NEW] = "INSERT INTO block VALUES (?,?,?,?)",
    [BLOCK_ROWS_AGAIN] = "INSERT OR REPLACE INTO look SELECT start, sample, ?2 FROM block WHERE"
                         " start = ?1 ORDER BY sample DESC LIMIT 1",
};

struct block_rows {
	struct statements s;
	struct block_rows_one {
		uint64_t start, hash;
	} * v; /* what was written last, ascending by start; owned */
	size_t n, cap;
};

struct block_rows *
block_rows_open(sqlite3 *db, const char *path, struct err *err)
{
	struct block_rows *r = mem_alloc(sizeof(*r));

	if (statements_open(&r->s, db, path, "record to", block_rows_sql,
	                    ARRAY_LEN(block_rows_sql), err) == 0)
		return r;
	block_rows_close(r);
	return NULL;
}

void
block_rows_close(struct block_rows *r)
{
	if (!r)
		return;
	statements_close(&r->s);
	free(r->v);
	free(r);
}

int
block_rows_move(struct block_rows *r, sqlite3 *db, struct err *err)
{
	return statements_move(&r->s, db, err);
}

void
block_rows_begin(struct block_rows *r)
{
	r->n = 0;
}

/* Notes the new contents of a block. false: they are the old ones. */
static bool
block_rows_is_news(struct block_rows *r, const struct block *b)
{
	size_t i = vec_above(r->v, r->n, sizeof(*r->v), offsetof(struct block_rows_one, start),
	                     b->start);
	struct block_rows_one is = {b->start, block_hash(b)};

	if (i && r->v[i - 1].start == b->start) {
		bool same = r->v[i - 1].hash == is.hash;

		r->v[i - 1] = is;
		return !same;
	}
	r->v = vec_room(r->v, r->n, &r->cap, sizeof(*r->v));
	memmove(r->v + i + 1, r->v + i, (r->n++ - i) * sizeof(*r->v));
	r->v[i] = is;
	return true;
}

/* The row is there from the beginning: when it is written again the file does not grow. */
static int
block_rows_look(struct block_rows *r, const struct block *b, struct err *err)
{
	STATEMENTS_BIND(&r->s, BLOCK_ROWS_AGAIN, b->start, b->time_ns);
	return statements_do(&r->s, BLOCK_ROWS_AGAIN, err);
}

static int
block_rows_one(struct block_rows *r, int64_t sample, const struct block *b, struct err *err)
{
	struct buf packed = {0};
	sqlite3_stmt *s;
	int got;

	if (!block_rows_is_news(r, b))
		return block_rows_look(r, b, err);
	block_pack(b, &packed);
	s = STATEMENTS_BIND(&r->s, BLOCK_ROWS_NEW, b->start, (uint64_t)sample, b->time_ns);
	sqlite3_bind_blob64(s, 4, packed.s, packed.len, SQLITE_STATIC);
	got = statements_do(&r->s, BLOCK_ROWS_NEW, err);
	buf_free(&packed);
	return got < 0 ? -1 : block_rows_look(r, b, err);
}

int
block_rows_write(struct block_rows *r, int64_t sample, const struct block *v, size_t n,
                 struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (block_rows_one(r, sample, &v[i], err) < 0)
			return -1;
	return 0;
}
