/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/thin.h"

#include "record/pack.h"
#include "record/schema.h"

/* The sample to drop, and its neighbours. */
static const char thin_choice[] =
    "SELECT k.id, k.prev, k.next, s.page_size FROM (SELECT id, session, lag(id) OVER w AS prev,"
    " lead(id) OVER w AS next, lead(time) OVER w - lag(time) OVER w AS gap FROM sample WINDOW w AS"
    " (PARTITION BY session ORDER BY id)) k JOIN session s ON s.id = k.session WHERE prev IS NOT"
    " NULL AND next IS NOT NULL AND k.id <= (SELECT id FROM sample ORDER BY id LIMIT 1 OFFSET"
    " (SELECT count(*) / 2 FROM sample)) ORDER BY gap, k.id LIMIT 1";

/*
 * What has a row for each change goes on to the next sample, unless that has a row of its own, or
 * the region is gone by then.
 */
static const char *const thin_moves[] = {
    "DELETE FROM usage WHERE sample = ?1 AND region IN (SELECT id FROM region WHERE last = ?1)",
    "DELETE FROM cache WHERE sample = ?1 AND region IN (SELECT id FROM region WHERE last = ?1)",
    "DELETE FROM smaps WHERE sample = ?1 AND region IN (SELECT id FROM region WHERE last = ?1)",
    "DELETE FROM region WHERE first = ?1 AND last = ?1",
    "UPDATE region SET first = ?3 WHERE first = ?1",
    "UPDATE region SET last = ?2 WHERE last = ?1",
    "UPDATE OR IGNORE usage SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM usage WHERE sample = ?1",
    "UPDATE sample SET smaps = ifnull(smaps, (SELECT smaps FROM sample WHERE id = ?1)) WHERE id ="
    " ?3",
    "UPDATE OR IGNORE smaps SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM smaps WHERE sample = ?1",
    "DELETE FROM look WHERE sample = ?1 AND EXISTS (SELECT 1 FROM block b WHERE b.start ="
    " look.start AND b.sample = ?3)",
    "UPDATE OR REPLACE look SET sample = ?3 WHERE sample = ?1",
    "UPDATE OR IGNORE block SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM block WHERE sample = ?1",
    "DELETE FROM thread WHERE sample = ?1 AND EXISTS (SELECT 1 FROM thread WHERE sample = ?3)",
    "UPDATE thread SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM stamp_set WHERE sample = ?1",
    "UPDATE OR IGNORE watch SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM watch WHERE sample = ?1",
    "DELETE FROM brought WHERE sample = ?1 AND EXISTS (SELECT 1 FROM brought WHERE sample = ?3)",
    "UPDATE brought SET sample = ?3 WHERE sample = ?1",
    "UPDATE OR IGNORE content SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM content WHERE sample = ?1",
    "UPDATE OR IGNORE cache SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM cache WHERE sample = ?1",
    "UPDATE message SET sample = ?3 WHERE sample = ?1",
    "DELETE FROM sample WHERE id = ?1",
};

struct thin {
	sqlite3 *db;
	struct sets *sets;
	struct causes_rows *causes;
	const char *path;
	int64_t id, prev, next;
	size_t page_size;
};

static int
thin_fail(const struct thin *t, struct err *err)
{
	return schema_err(t->db, err, "thin", t->path);
}

/* Prepares, with the sample and its neighbours as parameters, as far as it has such. NULL with err.
 */
static sqlite3_stmt *
thin_prepare(const struct thin *t, const char *sql, struct err *err)
{
	const int64_t ids[] = {t->id, t->prev, t->next};
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) != SQLITE_OK) {
		thin_fail(t, err);
		return NULL;
	}
	for (int i = 0; i < 3 && i < sqlite3_bind_parameter_count(s); i++)
		sqlite3_bind_int64(s, i + 1, ids[i]);
	return s;
}

static int
thin_do(const struct thin *t, const char *sql, struct err *err)
{
	sqlite3_stmt *s = thin_prepare(t, sql, err);
	int r = s ? 0 : -1;

	if (s && sqlite3_step(s) != SQLITE_DONE)
		r = thin_fail(t, err);
	sqlite3_finalize(s);
	return r;
}

/* 1: there is none. */
static int
thin_choose(struct thin *t, struct err *err)
{
	sqlite3_stmt *s = thin_prepare(t, thin_choice, err);
	int got = s ? sqlite3_step(s) : SQLITE_ERROR;
	int r = got == SQLITE_DONE ? 1 : got == SQLITE_ROW ? 0 : -1;

	if (s && r < 0)
		thin_fail(t, err);
	if (r == 0) {
		t->id = sqlite3_column_int64(s, 0);
		t->prev = sqlite3_column_int64(s, 1);
		t->next = sqlite3_column_int64(s, 2);
		t->page_size = (size_t)sqlite3_column_int64(s, 3);
		sets_set_page_size(t->sets, t->page_size);
	}
	sqlite3_finalize(s);
	return r;
}

/* A sample, as far as the next one depends on it. */
struct thin_sample {
	bool whole, tracked;
	uint64_t time_ns;
	uint32_t epoch;
	struct extents pages, written;
};

static void
thin_sample_free(struct thin_sample *k)
{
	extents_free(&k->pages);
	extents_free(&k->written);
}

static int
thin_read(const struct thin *t, int64_t id, struct thin_sample *out, struct err *err)
{
	sqlite3_stmt *s = thin_prepare(
	    t, "SELECT whole, time, epoch, tracker IS NOT NULL FROM sample WHERE id = ?", err);
	int r = s ? 0 : -1;

	*out = (struct thin_sample){0};
	if (s) {
		sqlite3_bind_int64(s, 1, id);
		r = sqlite3_step(s) == SQLITE_ROW ? 0 : thin_fail(t, err);
		out->whole = sqlite3_column_int(s, 0);
		out->time_ns = (uint64_t)sqlite3_column_int64(s, 1);
		out->epoch = (uint32_t)sqlite3_column_int64(s, 2);
		out->tracked = sqlite3_column_int(s, 3);
	}
	sqlite3_finalize(s);
	if (r == 0)
		r = sets_read_pages(t->sets, id, &out->pages, err);
	return r == 0 ? sets_read_written(t->sets, id, &out->written, err) : r;
}

/* --- when pages were written ---------------------------------------------------------------- */

static int
thin_read_stamps(const struct thin *t, struct stamps *out, struct err *err)
{
	sqlite3_stmt *s = thin_prepare(t, "SELECT data FROM stamp_set WHERE sample = ?1", err);
	int got = s ? sqlite3_step(s) : SQLITE_ERROR, r = 0;

	if (got != SQLITE_ROW && got != SQLITE_DONE)
		r = s ? thin_fail(t, err) : -1;
	else if (got == SQLITE_ROW && !unpack_stamps(sqlite3_column_blob(s, 0),
	                                             (size_t)sqlite3_column_bytes(s, 0), 0, out))
		r = err_set(err, ERR_TARGET, "its contents contradict each other", NULL,
		            "cannot thin %.160s", t->path);
	sqlite3_finalize(s);
	return r;
}

static int
thin_write_stamps(const struct thin *t, const struct stamps *stamps, struct err *err)
{
	sqlite3_stmt *s = thin_prepare(t, "INSERT OR REPLACE INTO stamp_set VALUES (?3, ?4)", err);
	struct buf packed = {0};
	int r = s ? 0 : -1;

	pack_stamps(stamps, &packed);
	if (s) {
		sqlite3_bind_int64(s, 3, t->next);
		sqlite3_bind_blob64(s, 4, packed.s, packed.len, SQLITE_STATIC);
		r = sqlite3_step(s) == SQLITE_DONE ? 0 : thin_fail(t, err);
	}
	sqlite3_finalize(s);
	buf_free(&packed);
	return r;
}

/* The stamps of a whole sample, as of the next one, which takes its place. */
static int
thin_carry_stamps(const struct thin *t, const struct thin_sample *next, struct err *err)
{
	struct stamps stamps = {0};
	const struct extents *e = &next->written;
	int r = thin_read_stamps(t, &stamps, err);

	for (size_t i = 0; r == 0 && i < e->n; i++)
		stamps_update(&stamps, e->v[i].start, e->v[i].end,
		              &(struct pm_run){e->v[i].start, e->v[i].end, 0}, 1, true, next->epoch,
		              next->time_ns);
	if (r == 0)
		r = thin_write_stamps(t, &stamps, err);
	stamps_free(&stamps);
	return r;
}

/* --- what was written in which region ------------------------------------------------------- */

static int
thin_put_wrote(const struct thin *t, sqlite3_stmt *to, int64_t region, uint64_t bytes,
               struct err *err)
{
	sqlite3_bind_int64(to, 1, t->next);
	sqlite3_bind_int64(to, 2, region);
	sqlite3_bind_int64(to, 3, (int64_t)(bytes / t->page_size));
	if (sqlite3_step(to) != SQLITE_DONE)
		return thin_fail(t, err);
	return sqlite3_reset(to) == SQLITE_OK ? 0 : thin_fail(t, err);
}

/* A page that was written in both counts once, so that all regions of the next are counted anew. */
static int
thin_put_regions(const struct thin *t, sqlite3_stmt *of, sqlite3_stmt *to,
                 const struct extents *both, struct err *err)
{
	size_t at = 0;
	int got;

	while ((got = sqlite3_step(of)) == SQLITE_ROW) {
		uint64_t start = (uint64_t)sqlite3_column_int64(of, 1);
		uint64_t bytes = extents_within(
		    both, start, start + (uint64_t)sqlite3_column_int64(of, 2), &at);

		if (bytes && thin_put_wrote(t, to, sqlite3_column_int64(of, 0), bytes, err) < 0)
			return -1;
	}
	return got == SQLITE_DONE ? 0 : thin_fail(t, err);
}

static int
thin_wrote(const struct thin *t, const struct extents *both, struct err *err)
{
	static const char regions[] = "SELECT id, start, length FROM region WHERE first <= ?3 AND"
	                              " (last IS NULL OR last >= ?3) ORDER BY start < 0, start";
	sqlite3_stmt *of = NULL, *to = NULL;
	int r = thin_do(t, "DELETE FROM wrote WHERE sample IN (?1, ?3)", err);

	if (r < 0 || !both->n)
		return r;
	of = thin_prepare(t, regions, err);
	to = of ? thin_prepare(t, "INSERT OR REPLACE INTO wrote VALUES (?, ?, ?)", err) : NULL;
	r = to ? thin_put_regions(t, of, to, both, err) : -1;
	sqlite3_finalize(of);
	sqlite3_finalize(to);
	return r;
}

/* --- one of them ---------------------------------------------------------------------------- */

static struct extents
thin_both(const struct extents *a, const struct extents *b)
{
	struct extents out = {0};

	extents_unite(&out, a);
	extents_unite(&out, b);
	return out;
}

/* Makes the next sample say what both said. */
static int
thin_join(const struct thin *t, struct thin_sample *k, struct thin_sample *next, struct err *err)
{
	static const char whole[] = "UPDATE sample SET whole = 1 WHERE id = ?3";
	static const char written[] =
	    "UPDATE sample SET written = (SELECT ifnull(sum(pages), 0) FROM"
	    " write_set WHERE sample = ?3) WHERE id = ?3 AND written IS NOT"
	    " NULL";
	bool carry = k->whole && !next->whole;
	struct extents *pages = next->whole ? &next->pages : &k->pages, both;
	struct causes_rows_join faults;

	if (carry)
		extents_apply(&k->pages, &next->pages);
	else if (!next->whole)
		extents_unite(&k->pages, &next->pages);
	if (carry && k->tracked && thin_carry_stamps(t, next, err) < 0)
		return -1;
	both = thin_both(&k->written, &next->written);
	faults = (struct causes_rows_join){.sample = t->id, .next = t->next,
	                                   .page_size = t->page_size, .written = &k->written,
	                                   .next_written = &next->written, .both = &both};
	if (causes_rows_unite(t->causes, &faults, err) < 0) {
		extents_free(&both);
		return -1;
	}
	extents_free(&k->written);
	k->written = both;
	if (sets_drop(t->sets, t->id, err) < 0 || sets_drop(t->sets, t->next, err) < 0 ||
	    sets_write_pages(t->sets, t->next, pages, err) < 0 ||
	    sets_write_written(t->sets, t->next, &k->written, err) < 0 ||
	    thin_wrote(t, &k->written, err) < 0)
		return -1;
	return (carry && thin_do(t, whole, err) < 0) || thin_do(t, written, err) < 0 ? -1 : 0;
}

static int
thin_drop(const struct thin *t, struct err *err)
{
	struct thin_sample k, next = {0};
	int r = thin_read(t, t->id, &k, err);

	if (r == 0)
		r = thin_read(t, t->next, &next, err);
	if (r == 0)
		r = thin_join(t, &k, &next, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(thin_moves); i++)
		r = thin_do(t, thin_moves[i], err);
	thin_sample_free(&k);
	thin_sample_free(&next);
	return r;
}

int
thin_one(sqlite3 *db, struct sets *sets, struct causes_rows *causes, const char *path,
         struct err *err)
{
	struct thin t = {.db = db, .sets = sets, .causes = causes, .path = path};
	int r = thin_do(&t, "BEGIN IMMEDIATE", err);

	if (r == 0)
		r = thin_choose(&t, err);
	if (r == 0)
		r = thin_drop(&t, err);
	if (r == 0)
		return thin_do(&t, "COMMIT", err);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static uint64_t
thin_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	uint64_t v = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		v = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return v;
}

uint64_t
thin_used(sqlite3 *db)
{
	return (thin_number(db, "PRAGMA page_count") - thin_number(db, "PRAGMA freelist_count")) *
	       thin_number(db, "PRAGMA page_size");
}

/* --- what it cannot drop -------------------------------------------------------------------- */

/* The samples that it may drop, each with the last one of its session. */
#define THIN_FREE                                                                              \
	"WITH k AS (SELECT id, min(id) OVER w AS first, max(id) OVER w AS last FROM sample"    \
	" WINDOW w AS (PARTITION BY session)), free AS (SELECT id, last FROM k WHERE id > first" \
	" AND id < last) "

/* Of sets that become one. */
#define THIN_SETS(table, bytes) \
	THIN_FREE "SELECT " bytes " FROM " table " t JOIN free ON free.id = t.sample"

/* Of rows that stand for all samples up to the next one of the same key: those that have one. */
#define THIN_ROWS(table, key, bytes)                                                       \
	THIN_FREE "SELECT " bytes " FROM " table " t JOIN free ON free.id = t.sample WHERE" \
	          " EXISTS (SELECT 1 FROM " table " n WHERE n." key " = t." key " AND"     \
	          " n.sample > t.sample AND n.sample <= free.last)"

/* Bytes, about, of rows that go if all samples go that may; large ones first, small tables not. */
static const struct {
	const char *sql;
	bool sets; /* the largest stays */
} thin_gains[] = {
    {THIN_SETS("run_set", "ifnull(length(data), 25 * runs) + 30"), true},
    {THIN_SETS("write_set", "ifnull(length(data), 20 * runs) + 25"), true},
    {THIN_SETS("fault_set", "length(data) + 20"), true},
    {THIN_SETS("stamp_set", "length(data) + 20"), true},
    {THIN_ROWS("block", "start", "length(data) + 40"), false},
    {THIN_ROWS("content", "address", "ifnull(length(data), 0) + 20"), false},
    {THIN_ROWS("cache", "region", "length(data) + 25"), false},
    {THIN_FREE "SELECT 110 FROM free", false},
    {THIN_SETS("fault", "15"), true},
    {THIN_SETS("wrote", "15"), true},
    {THIN_SETS("brought", "15"), true},
    {THIN_ROWS("smaps", "region", "90"), false},
    {THIN_ROWS("usage", "region", "25"), false},
    {THIN_FREE "SELECT 120 FROM region r JOIN free a ON a.id = r.first JOIN free b ON b.id ="
               " r.last",
     false},
};

/* Up to `enough`. */
static uint64_t
thin_gain(sqlite3 *db, const char *sql, bool sets, uint64_t enough)
{
	sqlite3_stmt *s = NULL;
	uint64_t all = 0, most = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK)
		while (all - most < enough && sqlite3_step(s) == SQLITE_ROW) {
			uint64_t n = (uint64_t)sqlite3_column_int64(s, 0);

			all += n;
			most = sets ? u64_max(most, n) : 0;
		}
	sqlite3_finalize(s);
	return all - most;
}

uint64_t
thin_least(sqlite3 *db, uint64_t enough)
{
	uint64_t least = thin_used(db);

	for (size_t i = 0; i < ARRAY_LEN(thin_gains) && least > enough; i++) {
		uint64_t gain =
		    thin_gain(db, thin_gains[i].sql, thin_gains[i].sets, least - enough);

		least -= gain < least ? gain : least;
	}
	return least;
}
