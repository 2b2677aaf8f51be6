/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/sets.h"

#include <stdlib.h>

#include "kernel/pagemap.h"
#include "record/pack.h"
#include "record/schema.h"

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
	sqlite3 *db;
	const char *path;
	size_t page_size;
	sqlite3_stmt *s[SETS_COUNT];
};

struct sets *
sets_open(sqlite3 *db, const char *path, struct err *err)
{
	struct sets *s = mem_alloc(sizeof(*s));

	s->db = db;
	s->path = path;
	for (int i = 0; i < SETS_COUNT; i++)
		if (sqlite3_prepare_v3(db, sets_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->s[i],
		                       NULL) != SQLITE_OK) {
			schema_err(db, err, "read", path);
			sets_close(s);
			return NULL;
		}
	return s;
}

void
sets_close(struct sets *s)
{
	for (int i = 0; s && i < SETS_COUNT; i++)
		sqlite3_finalize(s->s[i]);
	free(s);
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

static int
sets_damaged(const struct sets *s, struct err *err)
{
	return err_set(err, ERR_TARGET, "what it holds does not fit together",
	               "sqlite3's .recover may save what is left", "cannot read %.160s", s->path);
}

/* 1: there is a row; 0: there are no more; -1 with err. */
static int
sets_step(struct sets *s, enum sets_statement which, struct err *err)
{
	int got = sqlite3_step(s->s[which]);

	if (got == SQLITE_ROW)
		return 1;
	if (got != SQLITE_DONE)
		schema_err(s->db, err, "read", s->path);
	sqlite3_reset(s->s[which]);
	return got == SQLITE_DONE ? 0 : -1;
}

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
	int got;

	sqlite3_reset(s->s[which]);
	sqlite3_bind_int64(s->s[which], 1, sample);
	while ((got = sets_step(s, which, err)) > 0)
		if (!put(s, s->s[which], to)) {
			sqlite3_reset(s->s[which]);
			return sets_damaged(s, err);
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

/* Carries out a statement with numbers as its first parameters. */
static int
sets_do(struct sets *s, enum sets_statement which, const uint64_t *v, int n, struct err *err)
{
	int got;

	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(s->s[which], i + 1, (int64_t)v[i]);
	got = sqlite3_step(s->s[which]);
	if (got != SQLITE_DONE)
		schema_err(s->db, err, "record to", s->path);
	sqlite3_reset(s->s[which]);
	sqlite3_clear_bindings(s->s[which]);
	return got == SQLITE_DONE ? 0 : -1;
}

static int
sets_write_state(struct sets *s, uint32_t state, struct err *err)
{
	struct buf name = {0};
	int got;

	if (state == EXTENT_GONE)
		buf_str(&name, "gone");
	else
		pagemap_cat_names(&name, state, " ");
	sqlite3_bind_text(s->s[SETS_STATE], 2, name.s ? name.s : "", -1, SQLITE_TRANSIENT);
	got = sets_do(s, SETS_STATE, &(uint64_t){state}, 1, err);
	buf_free(&name);
	return got;
}

/* The row of a set, with its runs if they are many, as parameter n + 1. */
static int
sets_write_row(struct sets *s, enum sets_statement which, const uint64_t *v, int n,
               const struct extents *e, struct err *err)
{
	struct buf packed = {0};
	int got;

	if (e->n > SETS_RUNS) {
		pack_runs(e, s->page_size, &packed);
		sqlite3_bind_blob64(s->s[which], n + 1, packed.s, packed.len, SQLITE_STATIC);
	}
	got = sets_do(s, which, v, n, err);
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

		if (sets_do(s, SETS_RUN,
		            (uint64_t[]){sample, k->start, k->end - k->start, k->state}, 4,
		            err) < 0)
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
	for (size_t i = 0; e->n <= SETS_RUNS && i < e->n; i++)
		if (sets_do(s, SETS_WRITE,
		            (uint64_t[]){row[0], e->v[i].start, e->v[i].end - e->v[i].start}, 3,
		            err) < 0)
			return -1;
	return 0;
}

int
sets_drop(struct sets *s, int64_t sample, struct err *err)
{
	for (int which = SETS_DROP; which <= SETS_DROP_WRITES; which++)
		if (sets_do(s, (enum sets_statement)which, &(uint64_t){(uint64_t)sample}, 1, err) <
		    0)
			return -1;
	return 0;
}
