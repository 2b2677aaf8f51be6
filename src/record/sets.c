/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/sets.h"

#include <stdlib.h>

#include "kernel/pagemap.h"
#include "record/pack.h"
#include "record/statements.h"

enum { SETS_RUNS = 100 }; /* a larger set is packed */

#define SETS_STATEMENTS                                                                        \
	X(READ, "SELECT state, data FROM run_set WHERE sample = ? AND data IS NOT NULL")       \
	X(READ_RUNS, "SELECT start, length, state FROM run WHERE sample = ?")                  \
	X(READ_WRITTEN, "SELECT 1, data FROM write_set WHERE sample = ? AND data IS NOT NULL") \
	X(READ_WRITES, "SELECT start, length, 1 FROM write WHERE sample = ?")                  \
	X(STATE, "INSERT OR IGNORE INTO state VALUES (?,?)")                                   \
	X(SET, "INSERT INTO run_set VALUES (?,?,?,?,?)")                                       \
	X(RUN, "INSERT INTO run VALUES (?,?,?,?)")                                             \
	X(WRITTEN, "INSERT INTO write_set VALUES (?,?,?,?)")                                   \
	X(WRITE, "INSERT INTO write VALUES (?,?,?)")                                           \
	X(DROP, "DELETE FROM run_set WHERE sample = ?")                                        \
	X(DROP_RUNS, "DELETE FROM run WHERE sample = ?")                                       \
	X(DROP_WRITTEN, "DELETE FROM write_set WHERE sample = ?")                              \
	X(DROP_WRITES, "DELETE FROM write WHERE sample = ?")

enum sets_statement {
#define X(id, sql) SETS_##id,
	SETS_STATEMENTS
#undef X
	SETS_COUNT
};

static const char *const sets_sql[] = {
#define X(id, sql) sql,
    SETS_STATEMENTS
#undef X
};

struct sets {
	struct statements s;
	size_t page_size;
};

struct sets *
sets_open(sqlite3 *db, const char *path, const char *doing, struct err *err)
{
	struct sets *s = mem_alloc(sizeof(*s));

	if (statements_open(&s->s, db, path, doing, sets_sql, SETS_COUNT, err) == 0)
		return s;
	sets_close(s);
	return NULL;
}

void
sets_close(struct sets *s)
{
	if (!s)
		return;
	statements_close(&s->s);
	free(s);
}

int
sets_move(struct sets *s, sqlite3 *db, struct err *err)
{
	return statements_move(&s->s, db, err);
}

void
sets_set_page_size(struct sets *s, size_t page_size)
{
	s->page_size = page_size;
}

uint64_t
sets_count(const struct sets *s, const struct extents *e)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < e->n; i++)
		bytes += e->v[i].end - e->v[i].start;
	return bytes / s->page_size;
}

/* --- reading -------------------------------------------------------------------------------- */

static void
sets_put(struct extents *to, const struct extent *run)
{
	to->v = vec_room(to->v, to->n, &to->cap, sizeof(*to->v));
	to->v[to->n++] = *run;
}

/* A row of runs. false: it is none. */
static bool
sets_put_row(const struct sets *s, sqlite3_stmt *row, struct extents *to)
{
	struct extent run = {.start = (uint64_t)sqlite3_column_int64(row, 0)};
	uint64_t length = (uint64_t)sqlite3_column_int64(row, 1);
	uint64_t state = (uint64_t)sqlite3_column_int64(row, 2);

	run.state = (uint32_t)state;
	if (run.start % s->page_size || !length || length % s->page_size || state > UINT32_MAX ||
	    __builtin_add_overflow(run.start, length, &run.end))
		return false;
	sets_put(to, &run);
	return true;
}

/* A row of packed runs. */
static bool
sets_put_packed(const struct sets *s, sqlite3_stmt *row, struct extents *to)
{
	uint32_t state = (uint32_t)sqlite3_column_int64(row, 0);
	struct extents set = {0};
	bool ok = unpack_runs(sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1),
	                      s->page_size, state, &set);

	for (size_t i = 0; ok && i < set.n; i++)
		sets_put(to, &set.v[i]);
	extents_free(&set);
	return ok;
}

static int
sets_gather(struct sets *s, enum sets_statement which, int64_t sample,
            bool (*put)(const struct sets *s, sqlite3_stmt *row, struct extents *to),
            struct extents *to, struct err *err)
{
	sqlite3_stmt *row = STATEMENTS_BIND(&s->s, which, (uint64_t)sample);
	int got;

	while ((got = statements_step(&s->s, which, err)) > 0)
		if (!put(s, row, to)) {
			statements_reset(&s->s, which);
			return statements_damaged(&s->s, err);
		}
	return got;
}

static int
sets_by_start(const void *pa, const void *pb)
{
	const struct extent *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

static int
sets_read(struct sets *s, enum sets_statement packed, enum sets_statement rows, int64_t sample,
          struct extents *out, struct err *err)
{
	struct extents all = {0};
	int got = sets_gather(s, packed, sample, sets_put_packed, &all, err);

	if (got == 0)
		got = sets_gather(s, rows, sample, sets_put_row, &all, err);
	vec_sort(all.v, all.n, sizeof(*all.v), sets_by_start);
	for (size_t i = 0; got == 0 && i < all.n; i++)
		extents_add(out, all.v[i].start, all.v[i].end, all.v[i].state);
	extents_free(&all);
	return got;
}

int
sets_read_pages(struct sets *s, int64_t sample, struct extents *out, struct err *err)
{
	return sets_read(s, SETS_READ, SETS_READ_RUNS, sample, out, err);
}

int
sets_read_written(struct sets *s, int64_t sample, struct extents *out, struct err *err)
{
	return sets_read(s, SETS_READ_WRITTEN, SETS_READ_WRITES, sample, out, err);
}

/* --- writing -------------------------------------------------------------------------------- */

static int
sets_write_state(struct sets *s, uint32_t state, struct err *err)
{
	struct buf name = {0};
	int got;

	if (state == EXTENT_GONE)
		buf_str(&name, "gone");
	else
		pagemap_cat_names(&name, state, " ");
	statements_bind_text(STATEMENTS_BIND(&s->s, SETS_STATE, state), 2, name.s ? name.s : "");
	got = statements_do(&s->s, SETS_STATE, err);
	buf_free(&name);
	return got;
}

/* The row of a set, with its runs if they are many, as parameter n + 1. */
static int
sets_write_row(struct sets *s, enum sets_statement which, const uint64_t *v, size_t n,
               const struct extents *e, struct err *err)
{
	sqlite3_stmt *row = statements_bind(&s->s, which, v, n);
	struct buf packed = {0};
	int got;

	if (e->n > SETS_RUNS) {
		pack_runs(e, s->page_size, &packed);
		sqlite3_bind_blob64(row, (int)n + 1, packed.s, packed.len, SQLITE_STATIC);
	}
	got = statements_do(&s->s, which, err);
	buf_free(&packed);
	return got;
}

static int
sets_write_state_set(struct sets *s, uint64_t sample, const struct extents *e, struct err *err)
{
	uint64_t row[] = {sample, e->v[0].state, sets_count(s, e), e->n};

	if (sets_write_state(s, e->v[0].state, err) < 0 ||
	    sets_write_row(s, SETS_SET, row, 4, e, err) < 0)
		return -1;
	for (size_t i = 0; e->n <= SETS_RUNS && i < e->n; i++) {
		const struct extent *k = &e->v[i];

		STATEMENTS_BIND(&s->s, SETS_RUN, sample, k->start, k->end - k->start, k->state);
		if (statements_do(&s->s, SETS_RUN, err) < 0)
			return -1;
	}
	return 0;
}

static int
sets_by_state(const void *pa, const void *pb)
{
	const struct extent *a = pa, *b = pb;

	if (a->state != b->state)
		return a->state < b->state ? -1 : 1;
	return sets_by_start(pa, pb);
}

int
sets_write_pages(struct sets *s, int64_t sample, const struct extents *e, struct err *err)
{
	struct extent *v = mem_copy(e->v, e->n * sizeof(*v));
	int got = 0;

	vec_sort(v, e->n, sizeof(*v), sets_by_state);
	for (size_t i = 0, n; got == 0 && i < e->n; i += n) {
		for (n = 1; i + n < e->n && v[i + n].state == v[i].state; n++)
			;
		got = sets_write_state_set(s, (uint64_t)sample,
		                           &(struct extents){.v = v + i, .n = n}, err);
	}
	free(v);
	return got;
}

int
sets_write_written(struct sets *s, int64_t sample, const struct extents *e, struct err *err)
{
	uint64_t row[] = {(uint64_t)sample, sets_count(s, e), e->n};

	if (!e->n)
		return 0;
	if (sets_write_row(s, SETS_WRITTEN, row, 3, e, err) < 0)
		return -1;
	for (size_t i = 0; e->n <= SETS_RUNS && i < e->n; i++) {
		STATEMENTS_BIND(&s->s, SETS_WRITE, row[0], e->v[i].start,
		                e->v[i].end - e->v[i].start);
		if (statements_do(&s->s, SETS_WRITE, err) < 0)
			return -1;
	}
	return 0;
}

int
sets_drop(struct sets *s, int64_t sample, struct err *err)
{
	for (int which = SETS_DROP; which <= SETS_DROP_WRITES; which++) {
		STATEMENTS_BIND(&s->s, which, (uint64_t)sample);
		if (statements_do(&s->s, which, err) < 0)
			return -1;
	}
	return 0;
}
