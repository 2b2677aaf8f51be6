/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "record/hold.h"
#include "record/recording_parts.h"
#include "record/recover.h"
#include "record/schema.h"

static const char *const recording_sql[] = {
#define X(id, sql) sql,
    RECORDING_STATEMENTS
#undef X
};

/* --- going there ---------------------------------------------------------------------------- */

/*
 * What is read until the end is of one moment, whatever somebody records meanwhile. It is short:
 * who records has to wait for it.
 */
static int
recording_hold(struct recording *r, struct err *err)
{
	return statements_do(&r->s, RECORDING_HOLD, err);
}

static void
recording_let_go(struct recording *r)
{
	struct err ignored;

	statements_do(&r->s, RECORDING_LET_GO, &ignored);
}

/*
 * Whether it has all pages. Of one that was dropped meanwhile the next one has what it had: it
 * changes nothing.
 */
static int
recording_is_whole(struct recording *r, size_t i, bool *whole, struct err *err)
{
	int got;

	STATEMENTS_BIND(&r->s, RECORDING_WHOLE, (uint64_t)r->samples[i].id);
	got = statements_step(&r->s, RECORDING_WHOLE, err);
	*whole = got > 0 && statements_number(&r->s, RECORDING_WHOLE, 0);
	statements_reset(&r->s, RECORDING_WHOLE);
	return got < 0 ? -1 : 0;
}

/* The pages of the sample, after those of the one before it. */
static int
recording_go_pages(struct recording *r, struct extents *pages, size_t i, struct err *err)
{
	struct extents change = {0};
	bool whole;
	int got = recording_is_whole(r, i, &whole, err);

	if (got == 0)
		got = sets_read_pages(r->sets, r->samples[i].id, &change, err);
	if (got == 0 && whole)
		extents_free(pages);
	if (got == 0)
		extents_apply(pages, &change);
	extents_free(&change);
	return got;
}

/* Of every 60th sample a recorder has all pages: without that, the end could be millions away. */
enum { RECORDING_AWAY = 1000 };

static int
recording_go_to(struct recording *r, size_t i, struct err *err)
{
	bool same = r->samples[i].session == r->session && r->there;
	struct recording_writes writes;
	struct extents pages = {0};
	struct err ignored;
	size_t from = recording_begin_at(r, i, same && i > r->at ? r->at : SIZE_MAX);

	if (i - from >= RECORDING_AWAY)
		return statements_damaged(&r->s, err);
	if (recording_read_session(r, i, err) < 0)
		return -1;
	if (same && from == r->at + 1 && !r->samples[from].whole) {
		pages = r->pages;
		r->pages = (struct extents){0};
	}
	r->there = false;
	for (; from <= i; from++)
		if (recording_go_pages(r, &pages, from, err) < 0)
			break;
	if (from <= i || recording_read_track(r, i, &writes, err) < 0) {
		extents_free(&pages);
		recording_read_session(r, r->at, &ignored);
		return -1;
	}
	recording_forget(r, true);
	extents_free(&r->pages);
	r->pages = pages;
	r->writes = writes;
	r->doubts.read = false;
	r->at = i;
	r->there = true;
	return 0;
}

int
recording_seek(struct recording *r, size_t i, struct err *err)
{
	int got;

	if (i == r->at && r->there && r->samples[i].session == r->session)
		return 0;
	if (recording_hold(r, err) < 0)
		return -1;
	got = recording_go_to(r, i, err);
	recording_let_go(r);
	return got;
}

/* A sample of a walk: all of it is of one moment. */
static int
recording_step(struct recording *r, size_t i, struct extents *pages, struct extents *written,
               struct err *err)
{
	int got = recording_hold(r, err);

	if (got < 0)
		return -1;
	got = recording_read_session(r, i, err);
	if (got == 0)
		got = recording_go_pages(r, pages, i, err);
	if (got == 0 && written)
		got = sets_read_written(r->sets, r->samples[i].id, written, err);
	recording_let_go(r);
	return got;
}

int
recording_walk(struct recording *r, size_t from, size_t to, recording_fn *fn, void *arg,
               struct err *err)
{
	struct extents pages = {0}, written = {0};
	struct err ignored;
	size_t i = from;
	int got = 0;

	while (i > 0 && !r->samples[i].whole)
		i--;
	for (; got == 0 && i <= to; i++) {
		got = recording_step(r, i, &pages, i >= from ? &written : NULL, err);
		if (got == 0 && i >= from)
			got = fn(arg, i, &pages, &written);
		extents_free(&written);
	}
	extents_free(&pages);
	recording_read_session(r, r->at, &ignored);
	return got;
}

size_t
recording_at(const struct recording *r)
{
	return r->at;
}

const struct extents *
recording_pages(const struct recording *r)
{
	return &r->pages;
}

/* --- opening, and what is recorded meanwhile ------------------------------------------------- */

/* Reads which samples there are, and where it is then if they are not there yet. */
static int
recording_read(struct recording *r, struct err *err)
{
	int got = recording_hold(r, err);

	if (got < 0)
		return -1;
	if (statements_ask(&r->s, RECORDING_CHANGES, &r->version, err) < 0 ||
	    recording_read_samples(r, err) < 0)
		got = -1;
	if (got == 0 && !r->there)
		got = recording_go_to(r, r->samples_n - 1, err);
	recording_let_go(r);
	return got;
}

static int
recording_begin(struct recording *r, struct err *err)
{
	if (schema_open(r->path, &r->db, err) < 0 ||
	    statements_open(&r->s, r->db, r->path, "read", recording_sql, RECORDING_COUNT, err) < 0)
		return -1;
	r->sets = sets_open(r->db, r->path, "read", err);
	r->recall = recall_open(r->db, r->path, err);
	if (!r->sets || !r->recall || recording_read(r, err) < 0)
		return -1;
	r->fd = file_open(AT_FDCWD, r->path, O_RDONLY);
	r->grows = r->fd >= 0 && hold_is_taken(r->fd);
	return 0;
}

struct recording *
recording_open(const char *path, struct err *err)
{
	struct recording *r = mem_alloc(sizeof(*r));

	r->path = mem_strdup(path);
	r->session = r->version = -1;
	r->fd = -1;
	if (recording_begin(r, err) == 0)
		return r;
	recording_close(r);
	return NULL;
}

/* What has its name now. */
enum named { NAMED_NOTHING, NAMED_IT, NAMED_ANOTHER };

static enum named
recording_named(const struct recording *r)
{
	struct stat is, there;

	if (r->fd < 0 || fstat(r->fd, &is) < 0 || stat(r->path, &there) < 0)
		return NAMED_NOTHING;
	return is.st_ino == there.st_ino && is.st_dev == there.st_dev ? NAMED_IT : NAMED_ANOTHER;
}

/* Its recorder was killed in a transaction: it is opened anew, which undoes that. */
static void
recording_open_again(struct recording *r)
{
	sqlite3 *old = r->db, *db;
	struct err ignored;

	if (recording_named(r) != NAMED_IT || schema_open(r->path, &db, &ignored) < 0)
		return;
	r->db = db;
	r->version = -1;
	statements_move(&r->s, db, &ignored);
	sets_move(r->sets, db, &ignored);
	recall_move(r->recall, db, &ignored);
	sqlite3_close_v2(old);
}

/* The sample that has the number, or the next one that is left. */
static size_t
recording_left(const struct recording *r, int64_t id)
{
	size_t i = 0;

	while (i + 1 < r->samples_n && r->samples[i].id < id)
		i++;
	return i;
}

/* All of them again, or none. */
static int
recording_read_others(struct recording *r, struct err *err)
{
	struct recording old = *r;

	r->samples = NULL;
	r->samples_n = r->samples_cap = 0;
	if (recording_read_samples(r, err) < 0) {
		free(r->samples);
		r->samples = old.samples;
		r->samples_n = old.samples_n;
		r->samples_cap = old.samples_cap;
		return -1;
	}
	r->at = recording_left(r, old.samples[old.at].id);
	r->first = recording_left(r, old.samples[old.first].id);
	r->there = false;
	r->stamped = 0;
	r->recalled.first = r->recalled.window = r->recalled.to = 0;
	free(old.samples);
	return 0;
}

/* In a transaction. What cannot be read now is read the next time. */
static enum recording_growth
recording_read_growth(struct recording *r, struct err *err)
{
	size_t n = r->samples_n;
	int64_t left = 0;

	STATEMENTS_BIND(&r->s, RECORDING_HOW_MANY, (uint64_t)r->samples[n - 1].id);
	if (statements_ask(&r->s, RECORDING_HOW_MANY, &left, err) < 0)
		return RECORDING_SAME;
	if ((size_t)left != n)
		return recording_read_others(r, err) < 0 ? RECORDING_SAME : RECORDING_OTHERS;
	if (recording_read_samples(r, err) < 0)
		r->samples_n = n;
	return r->samples_n > n ? RECORDING_LONGER : RECORDING_SAME;
}

/* Who records to it, and what has its name. Whether that is another than before. */
static bool
recording_look(struct recording *r)
{
	bool grew = r->grows, was = r->replaced;

	r->grows = r->fd >= 0 && hold_is_taken(r->fd);
	r->replaced = recording_named(r) == NAMED_ANOTHER;
	return r->grows != grew || r->replaced != was;
}

enum recording_growth
recording_grow(struct recording *r)
{
	/* its line says so */
	enum recording_growth got = recording_look(r) ? RECORDING_LONGER : RECORDING_SAME;
	struct err err = {0};
	int64_t version;

	if (statements_ask(&r->s, RECORDING_CHANGES, &version, &err) < 0) {
		if (recover_is_due(r->db))
			recording_open_again(r);
		return got;
	}
	if (version != r->version && recording_hold(r, &err) == 0) {
		enum recording_growth read = recording_read_growth(r, &err);

		recording_let_go(r);
		got = read == RECORDING_SAME ? got : read;
		if (!err.what[0])
			r->version = version;
		recall_grow(r->recall);
	}
	return got;
}

void
recording_close(struct recording *r)
{
	recording_forget(r, true);
	free(r->blocks.v);
	statements_close(&r->s);
	sets_close(r->sets);
	recall_close(r->recall);
	sqlite3_close(r->db);
	if (r->fd >= 0)
		close(r->fd);
	extents_free(&r->pages);
	stamps_free(&r->stamps);
	stamps_free(&r->recalled.written);
	free(r->doubts.v);
	free(r->samples);
	free(r->path);
	free(r);
}
