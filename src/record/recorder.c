/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "record/block_rows.h"
#include "record/causes_rows.h"
#include "record/hold.h"
#include "record/pack.h"
#include "record/recover.h"
#include "record/region_rows.h"
#include "record/session_rows.h"
#include "record/sets.h"
#include "record/statements.h"
#include "record/thin.h"

#define RECORDER_STATEMENTS                                                    \
	X(SAMPLE, "INSERT INTO sample VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)") \
	X(THREAD, "INSERT INTO thread VALUES (?,?,?,?)")                       \
	X(STAMP_SET, "INSERT INTO stamp_set VALUES (?,?)")                     \
	X(CONTENT, "INSERT INTO content VALUES (?,?,?)")                       \
	X(SAID, "INSERT INTO message VALUES (NULL,?,?)")                       \
	X(BEGIN, "BEGIN IMMEDIATE")                                            \
	X(COMMIT, "COMMIT")                                                    \
	X(ROLLBACK, "ROLLBACK")                                                \
	X(NEWEST, "SELECT ifnull(max(id), 0) FROM sample")                     \
	X(KEPT, "SELECT count(*) FROM sample")                                 \
	X(NAMELESS, "SELECT EXISTS(SELECT 1 FROM session WHERE name IS NULL)")

enum recorder_statement {
#define X(id, sql) RECORDER_##id,
	RECORDER_STATEMENTS
#undef X
	RECORDER_COUNT
};

static const char *const recorder_sql[] = {
#define X(id, sql) sql,
    RECORDER_STATEMENTS
#undef X
};

struct recorder {
	char *path;
	bool anonymous;
	uint64_t max_size; /* 0: none */
	struct recorder_limit { /* of the file; as it was when it was weighed last */
		uint64_t bytes;
		uint64_t samples, dropped; /* since then */
		bool due, said;
	} limit;
	int held; /* the file, against a second pmtop */
	/* what it replaces, likewise, until the first sample is in the new one; -1: nothing */
	int old;
	struct file_new made;
	bool is_new; /* it was not there */
	sqlite3 *db;
	struct statements s;
	struct session_rows *sessions;
	struct region_rows *regions;
	struct block_rows *blocks;
	struct causes_rows *causes;
	struct sets *sets;
	size_t page_size;
	int64_t session, sample; /* the newest of each */
	uint64_t samples;        /* written */
	bool gone;               /* the file has no longer its name */
	struct extents pages;    /* as the file has them */
	struct thread *threads;  /* likewise */
	size_t threads_n;
};

/* --- opening and closing -------------------------------------------------------------------- */

/* Until the recorder ends: closing a file of SQLite's drops the locks that SQLite has on it. */
static int
recorder_hold(const struct recorder *r, const char *path, int *fd, struct err *err)
{
	int got = hold_take(path, fd);

	return got < 0   ? err_sys(err, NULL, "cannot record to %.160s", r->path)
	       : got > 0 ? err_set(err, ERR_TARGET, "another pmtop is recording to it",
	                           "give another name", "cannot record to %.160s", r->path)
	                 : 0;
}

static int
recorder_prepare(struct recorder *r, struct err *err)
{
	int64_t nameless;

	if (statements_open(&r->s, r->db, r->path, "record to", recorder_sql, RECORDER_COUNT, err) <
	        0 ||
	    statements_ask(&r->s, RECORDER_NEWEST, &r->sample, err) < 0 ||
	    statements_ask(&r->s, RECORDER_NAMELESS, &nameless, err) < 0)
		return -1;
	if (nameless && !r->anonymous)
		return err_set(err, ERR_TARGET, "names are left out of it",
		               "add --anonymous-names, or give another name",
		               "cannot record to %.160s", r->path);
	r->sessions = session_rows_open(r->db, r->path, r->anonymous, err);
	r->regions = r->sessions ? region_rows_open(r->db, r->path, r->anonymous, err) : NULL;
	r->blocks = r->regions ? block_rows_open(r->db, r->path, err) : NULL;
	r->causes = r->blocks ? causes_rows_open(r->db, r->path, err) : NULL;
	r->sets = r->causes ? sets_open(r->db, r->path, "record to", err) : NULL;
	return r->sets ? 0 : -1;
}

/* Whether a recorder that was killed left it: nobody holds it, and it is a recording, or empty. */
static bool
recorder_is_left(const char *name)
{
	struct stat st;
	int fd;

	if (hold_take(name, &fd) != 0)
		return false;
	close(fd);
	return stat(name, &st) == 0 && (!st.st_size || schema_is_recording(name));
}

/* Beside the one that it replaces, which is held. Returns as file_new_begin. */
static int
recorder_begin_beside(struct recorder *r)
{
	char name[PATH_MAX];
	int n = snprintf(name, sizeof(name), "%s.pmtop-new", r->path), fd;

	if (n < 0 || (size_t)n >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (recorder_is_left(name))
		unlink(name);
	if (access(name, F_OK) < 0)
		recover_forget(name);
	fd = file_new_begin(&r->made, name, false);
	r->made.replace = true;
	snprintf(r->made.path, sizeof(r->made.path), "%s", r->path);
	return fd;
}

/* Only its owner may read what a process looks like. SQLite takes an empty file for a new one. */
static int
recorder_make(struct recorder *r, bool replace, struct err *err)
{
	int fd = replace ? recorder_begin_beside(r) : file_new_begin(&r->made, r->path, false);

	if (fd < 0 && replace && errno == EEXIST)
		return err_set(err, ERR_TARGET, "FILE.pmtop-new is there, and is not a recording",
		               "rename it, or give another name", "cannot replace %.160s", r->path);
	if (fd < 0)
		return err_sys(err, NULL, "cannot record to %.160s", r->path);
	close(fd);
	if (recorder_hold(r, r->made.made, &r->held, err) == 0 &&
	    schema_make(r->made.made, r->path, &r->db, err) == 0)
		return 0;
	file_new_end(&r->made, false);
	return -1;
}

/*
 * A file that another pmtop records to is neither replaced nor added to. One that is replaced is
 * there until the new one, beside it, has a sample.
 */
static int
recorder_create(struct recorder *r, enum schema_how how, struct err *err)
{
	if (schema_room(r->path, how, err) < 0)
		return -1;
	if (access(r->path, F_OK) < 0) {
		r->is_new = recorder_make(r, false, err) == 0;
		return r->is_new ? 0 : -1;
	}
	if (how == SCHEMA_APPEND)
		return recorder_hold(r, r->path, &r->held, err) < 0
		           ? -1
		           : schema_write(r->path, r->path, &r->db, err);
	if (recorder_hold(r, r->path, &r->old, err) < 0)
		return -1;
	if (recorder_make(r, true, err) == 0)
		return 0;
	close(r->old);
	r->old = -1;
	return -1;
}

/* What SQLite knows of a file goes by its name: it is opened anew. */
static int
recorder_move(struct recorder *r, struct err *err)
{
	sqlite3 *made = r->db;

	if (schema_write(r->path, r->path, &r->db, err) < 0) {
		r->db = made;
		return -1;
	}
	if (statements_move(&r->s, r->db, err) < 0 ||
	    session_rows_move(r->sessions, r->db, err) < 0 ||
	    region_rows_move(r->regions, r->db, err) < 0 ||
	    block_rows_move(r->blocks, r->db, err) < 0 ||
	    causes_rows_move(r->causes, r->db, err) < 0 || sets_move(r->sets, r->db, err) < 0) {
		sqlite3_close_v2(made); /* once its statements are closed, too */
		return -1;
	}
	sqlite3_close(made);
	return 0;
}

/* The first sample is in the new file, which takes the place of the old one. */
static int
recorder_replace(struct recorder *r, struct err *err)
{
	recover_for_good(r->path);
	close(r->old);
	r->old = -1;
	return file_new_end(&r->made, true) < 0
	           ? err_sys(err, NULL, "cannot replace %.160s", r->path)
	           : recorder_move(r, err);
}

/* Whether the file that is held still has its name. */
static bool
recorder_has_name(const struct recorder *r)
{
	struct stat is, there;

	return fstat(r->held, &is) == 0 &&
	       stat(r->old >= 0 ? r->made.made : r->path, &there) == 0 &&
	       is.st_ino == there.st_ino && is.st_dev == there.st_dev;
}

struct recorder *
recorder_open(const struct recorder_options *o, struct err *err)
{
	struct recorder *r = mem_alloc(sizeof(*r));
	char path[PATH_MAX];

	file_follow(o->path, path);
	r->held = r->old = -1;
	r->path = mem_strdup(path);
	r->anonymous = o->anonymous;
	r->max_size = r->limit.bytes = o->max_size;
	r->limit.due = true;
	if (recorder_create(r, o->how, err) == 0 && recorder_prepare(r, err) == 0)
		return r;
	recorder_close(r);
	return NULL;
}

void
recorder_close(struct recorder *r)
{
	if (!r)
		return;
	statements_close(&r->s);
	session_rows_close(r->sessions);
	region_rows_close(r->regions);
	block_rows_close(r->blocks);
	causes_rows_close(r->causes);
	sets_close(r->sets);
	sqlite3_close(r->db);
	/* what it replaces stays, and a new one without a sample is none */
	if (r->old >= 0 || (r->is_new && !r->samples && recorder_has_name(r)))
		file_new_end(&r->made, false);
	if (r->old >= 0)
		close(r->old);
	if (r->held >= 0)
		close(r->held);
	extents_free(&r->pages);
	free(r->threads);
	free(r->path);
	free(r);
	pack_end();
}

uint64_t
recorder_bytes(const struct recorder *r)
{
	struct stat st;

	return fstat(r->held, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t
recorder_samples(const struct recorder *r)
{
	return r->samples;
}

uint64_t
recorder_kept(const struct recorder *r)
{
	struct err ignored;
	int64_t n;

	return statements_ask(&r->s, RECORDER_KEPT, &n, &ignored) < 0 ? r->samples : (uint64_t)n;
}

/* --- a transaction -------------------------------------------------------------------------- */

/* Ends it, by what became of it. */
static int
recorder_close_all(struct recorder *r, int got, struct err *err)
{
	if (got == 0 && statements_do(&r->s, RECORDER_COMMIT, err) == 0)
		return 0;
	statements_do(&r->s, RECORDER_ROLLBACK, &(struct err){0});
	return -1;
}

static int
recorder_session(struct recorder *r, const struct session *s, struct err *err)
{
	return session_rows_begin(r->sessions, s, &r->session, err) < 0 ||
	               region_rows_begin(r->regions, r->sample, s->page_size, err) < 0 ||
	               causes_rows_begin(r->causes, r->session, s->page_size, err) < 0
	           ? -1
	           : 0;
}

int
recorder_begin(struct recorder *r, const struct session *s, struct err *err)
{
	extents_free(&r->pages);
	r->threads_n = 0;
	r->page_size = s->page_size;
	block_rows_begin(r->blocks);
	sets_set_page_size(r->sets, s->page_size);
	if (statements_do(&r->s, RECORDER_BEGIN, err) < 0)
		return -1;
	return recorder_close_all(r, recorder_session(r, s, err), err);
}

/* --- parts of a moment ---------------------------------------------------------------------- */

static int
recorder_threads(struct recorder *r, const struct thread *v, size_t n, struct err *err)
{
	if (r->threads_n == n && (!n || !memcmp(r->threads, v, n * sizeof(*v))))
		return 0;
	free(r->threads);
	r->threads = mem_copy(v, n * sizeof(*v));
	r->threads_n = n;
	for (size_t i = 0; i < n; i++) {
		sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDER_THREAD, (uint64_t)r->sample,
		                                  (uint64_t)v[i].tid, v[i].sp);

		statements_bind_text(s, 4, r->anonymous ? SCHEMA_LEFT_OUT : v[i].comm);
		if (statements_do(&r->s, RECORDER_THREAD, err) < 0)
			return -1;
	}
	return 0;
}

/* All pages, or what changed; and then the file has them. */
static int
recorder_page_runs(struct recorder *r, const struct moment *m, struct err *err)
{
	struct extents told = {0}, none = {0};
	int got;

	extents_compare(m->whole ? &none : &r->pages, &m->pages, &told);
	got = sets_write_pages(r->sets, r->sample, &told, err);
	extents_free(&told);
	extents_free(&r->pages);
	extents_compare(&none, &m->pages, &r->pages);
	return got;
}

/* The stamps, from which those of the samples that are not whole go on. */
static int
recorder_stamps(struct recorder *r, const struct moment *m, struct err *err)
{
	struct buf packed = {0};
	sqlite3_stmt *s;
	int got;

	if (!m->whole || !m->track.clears)
		return 0;
	pack_stamps(&m->track.stamps, &packed);
	s = STATEMENTS_BIND(&r->s, RECORDER_STAMP_SET, (uint64_t)r->sample);
	sqlite3_bind_blob64(s, 2, packed.s, packed.len, SQLITE_STATIC);
	got = statements_do(&r->s, RECORDER_STAMP_SET, err);
	buf_free(&packed);
	return got;
}

/* --- a moment ------------------------------------------------------------------------------- */

static int
recorder_sample(struct recorder *r, const struct moment *m, struct err *err)
{
	const struct regions *rs = m->regions;
	const struct moment_track *t = &m->track;
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDER_SAMPLE, (uint64_t)r->sample,
	                                  (uint64_t)r->session, rs->time_ns, rs->cost_ns, m->whole,
	                                  rs->vmas.n, rs->totals.rss, rs->totals.swap);

	if (m->written_known)
		statements_bind_number(s, 9, sets_count(r->sets, &m->written));
	if (t->clears)
		statements_bind_text(s, 10, tracker_words(t->tracker)->name);
	statements_bind_number(s, 11, t->clears);
	statements_bind_number(s, 12, t->epoch);
	statements_bind_number(s, 14, t->first_epoch);
	if (t->clears) {
		statements_bind_number(s, 13, t->clear_ns);
		statements_bind_number(s, 15, t->first_ns);
	}
	if (m->smaps)
		statements_bind_number(s, 16, m->smaps->time_ns);
	return statements_do(&r->s, RECORDER_SAMPLE, err);
}

/* The pages that changed, each packed; NULL: it is not there. */
static int
recorder_contents(struct recorder *r, const struct moment *m, struct err *err)
{
	for (size_t i = 0; i < m->contents.n; i++) {
		const struct contents_page *p = &m->contents.v[i];
		sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDER_CONTENT, p->addr,
		                                  (uint64_t)r->sample);
		struct buf packed = {0};
		int got;

		if (p->data) {
			pack_close(&(struct buf){.s = (char *)p->data, .len = r->page_size},
			           &packed);
			sqlite3_bind_blob64(s, 3, packed.s, packed.len, SQLITE_STATIC);
		}
		got = statements_do(&r->s, RECORDER_CONTENT, err);
		buf_free(&packed);
		if (got < 0)
			return -1;
	}
	return 0;
}

static int
recorder_messages(struct recorder *r, const struct moment *m, struct err *err)
{
	for (size_t i = 0; i < m->said_n; i++) {
		sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDER_SAID, (uint64_t)r->sample);

		statements_bind_text(s, 2, m->said[i]);
		if (statements_do(&r->s, RECORDER_SAID, err) < 0)
			return -1;
	}
	return 0;
}

/* Messages alone are of the last sample. */
static int
recorder_add_all(struct recorder *r, const struct moment *m, struct err *err)
{
	static const struct extents not_known;
	int64_t before = r->sample;

	if (!m->regions)
		return recorder_messages(r, m, err);
	r->sample++;
	return recorder_sample(r, m, err) < 0 ||
	               region_rows_write(r->regions, r->sample, before, m, err) < 0 ||
	               recorder_threads(r, m->threads, m->threads_n, err) < 0 ||
	               recorder_page_runs(r, m, err) < 0 ||
	               (m->written_known &&
	                sets_write_written(r->sets, r->sample, &m->written, err) < 0) ||
	               recorder_stamps(r, m, err) < 0 ||
	               session_rows_cgroups(r->sessions, m, err) < 0 ||
	               block_rows_write(r->blocks, r->sample, m->blocks, m->blocks_n, err) < 0 ||
	               causes_rows_write(r->causes, r->sample, &m->causes,
	                                 m->written_known ? &m->written : &not_known,
	                                 r->anonymous, err) < 0 ||
	               recorder_contents(r, m, err) < 0 || recorder_messages(r, m, err) < 0
	           ? -1
	           : 0;
}

/* --- its size ------------------------------------------------------------------------------- */

uint64_t
recorder_least(const struct recorder *r)
{
	return r->limit.bytes > r->max_size ? r->limit.bytes : 0;
}

void
recorder_least_text(uint64_t max_size, uint64_t least, struct buf *out)
{
	char size[8], need[8];

	buf_fmt(out,
	        "--max-size %s is too small for this process: what is never thinned, and room for "
	        "some samples, take %s now",
	        size_text(size, max_size), size_text(need, least));
}

/* That thinning does not lead to the size that was asked for, once. */
static int
recorder_say_least(struct recorder *r, struct err *err)
{
	struct buf text = {0};
	sqlite3_stmt *s;
	int got;

	if (r->limit.said || !recorder_least(r))
		return 0;
	r->limit.said = true;
	recorder_least_text(r->max_size, recorder_least(r), &text);
	s = STATEMENTS_BIND(&r->s, RECORDER_SAID, (uint64_t)r->sample);
	statements_bind_text(s, 2, text.s);
	got = statements_do(&r->s, RECORDER_SAID, err);
	buf_free(&text);
	return got;
}

/*
 * What thinning leaves may be more than the file may have: then it may have an eighth more than
 * that, so that there is room for samples, and thinning does not drop them for nothing.
 */
static int
recorder_weigh(struct recorder *r, struct err *err)
{
	enum { OFTEN = 64 };
	struct recorder_limit *l = &r->limit;
	uint64_t least;

	if (!l->due && r->samples - l->samples < OFTEN && l->dropped < OFTEN)
		return 0;
	least = thin_least(r->db, r->max_size - r->max_size / 8);
	l->bytes = u64_max(r->max_size, least + least / 8);
	l->samples = r->samples;
	l->dropped = 0;
	l->due = false;
	return recorder_say_least(r, err);
}

/* A few at a time, so that no sample is late for it. */
static int
recorder_thin(struct recorder *r, struct err *err)
{
	enum { ONCE = 16 };
	size_t page_size = r->page_size;
	int got = 0;

	if (!r->max_size || thin_used(r->db) <= r->limit.bytes)
		return 0;
	if (recorder_weigh(r, err) < 0)
		return -1;
	for (int i = 0; got == 0 && i < ONCE && thin_used(r->db) > r->limit.bytes; i++) {
		got = thin_one(r->db, r->sets, r->causes, r->path, err);
		r->limit.dropped += got == 0;
	}
	r->limit.due = got > 0;
	sets_set_page_size(r->sets, page_size);
	return got < 0 ? -1 : 0;
}

/* --- adding one ------------------------------------------------------------------------------ */

/* SQLite would say no more than that it is read-only. */
static int
recorder_is_there(struct recorder *r, struct err *err)
{
	if (recorder_has_name(r))
		return 0;
	r->gone = true;
	return err_set(err, ERR_TARGET, "it was removed, renamed or replaced meanwhile",
	               "record again", "cannot record to %.160s", r->path);
}

bool
recorder_is_gone(const struct recorder *r)
{
	return r->gone;
}

int
recorder_add(struct recorder *r, const struct moment *m, struct err *err)
{
	if (recorder_is_there(r, err) < 0 || statements_do(&r->s, RECORDER_BEGIN, err) < 0 ||
	    recorder_close_all(r, recorder_add_all(r, m, err), err) < 0)
		return -1;
	if (!m->regions)
		return 0;
	if (r->old >= 0 && recorder_replace(r, err) < 0)
		return -1;
	r->samples++;
	return recorder_thin(r, err);
}
