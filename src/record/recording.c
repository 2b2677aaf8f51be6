/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/util.h"
#include "record/recording_parts.h"
#include "record/schema.h"

static const char *const recording_sql[] = {
#define X(id, sql) sql,
    RECORDING_STATEMENTS
#undef X
};

/* --- going there ---------------------------------------------------------------------------- */

/* The pages of the sample, after those of the one before it. */
static int
recording_go_pages(struct recording *r, struct extents *pages, size_t i, struct err *err)
{
	struct extents change = {0};
	int got = sets_read_pages(r->sets, r->samples[i].id, &change, err);

	if (got == 0 && r->samples[i].whole)
		extents_free(pages);
	if (got == 0)
		extents_apply(pages, &change);
	extents_free(&change);
	return got;
}

int
recording_seek(struct recording *r, size_t i, struct err *err)
{
	bool same = r->samples[i].session == r->session && r->there;
	struct recording_writes writes;
	struct extents pages = {0};
	struct err ignored;
	size_t from = recording_begin_at(r, i, same && i > r->at ? r->at : SIZE_MAX);

	if (same && i == r->at)
		return 0;
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
		got = recording_read_session(r, i, err);
		if (got == 0)
			got = recording_go_pages(r, &pages, i, err);
		if (got == 0 && i >= from)
			got = sets_read_written(r->sets, r->samples[i].id, &written, err);
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

/* --- opening -------------------------------------------------------------------------------- */

static int
recording_begin(struct recording *r, struct err *err)
{
	if (schema_open(r->path, &r->db, err) < 0 ||
	    statements_open(&r->s, r->db, r->path, "read", recording_sql, RECORDING_COUNT, err) < 0)
		return -1;
	r->sets = sets_open(r->db, r->path, "read", err);
	r->recall = recall_open(r->db, r->path, err);
	if (!r->sets || !r->recall || recording_read_samples(r, err) < 0)
		return -1;
	return recording_seek(r, r->samples_n - 1, err);
}

struct recording *
recording_open(const char *path, struct err *err)
{
	struct recording *r = mem_alloc(sizeof(*r));

	r->path = mem_strdup(path);
	r->session = -1;
	if (recording_begin(r, err) == 0)
		return r;
	recording_close(r);
	return NULL;
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
	extents_free(&r->pages);
	stamps_free(&r->stamps);
	free(r->doubts.v);
	free(r->samples);
	free(r->path);
	free(r);
}
