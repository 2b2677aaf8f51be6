/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/region_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/schema.h"
#include "record/statements.h"

#define REGION_ROWS_STATEMENTS                                               \
	X(REGION, "INSERT INTO region VALUES (?,?,NULL,?,?,?,?,?,?,?,?,?)")  \
	X(ENDS, "UPDATE region SET last = ? WHERE id = ?")                   \
	X(ALL_END, "UPDATE region SET last = ? WHERE last IS NULL")          \
	X(USAGE, "INSERT INTO usage VALUES (?,?,?,?,?,?,?)")                 \
	X(WROTE, "INSERT INTO wrote VALUES (?,?,?)")                         \
	X(SMAPS, "INSERT INTO smaps VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)") \
	X(FILE, "INSERT INTO cache VALUES (?,?,?,?)")                        \
	X(NEWEST, "SELECT ifnull(max(id), 0) FROM region")

enum region_rows_statement {
#define X(id, sql) REGION_ROWS_##id,
	REGION_ROWS_STATEMENTS
#undef X
	REGION_ROWS_COUNT
};

static const char *const region_rows_sql[] = {
#define X(id, sql) sql,
    REGION_ROWS_STATEMENTS
#undef X
};

/* A region as the file has it. */
struct region_rows_one {
	struct vma v; /* with a name of its own */
	int64_t id;
	uint64_t rss, swap, anon, thp; /* as they were written last; */
	uint8_t doubt;
	bool counted;             /* ... if they were */
	struct smaps_entry smaps; /* likewise, unless all is zero */
	uint64_t file_hash;       /* of what its file said; 0: it was not asked */
};

struct region_rows {
	struct statements s;
	bool anonymous;
	size_t page_size;
	int64_t id, sample;        /* the newest region; the sample being written */
	struct region_rows_one *v; /* ascending; owned */
	size_t n;
};

struct region_rows *
region_rows_open(sqlite3 *db, const char *path, bool anonymous, struct err *err)
{
	struct region_rows *r = mem_alloc(sizeof(*r));

	r->anonymous = anonymous;
	if (statements_open(&r->s, db, path, "record to", region_rows_sql, REGION_ROWS_COUNT,
	                    err) == 0 &&
	    statements_ask(&r->s, REGION_ROWS_NEWEST, &r->id, err) == 0)
		return r;
	region_rows_close(r);
	return NULL;
}

static void
region_rows_forget(struct region_rows_one *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)v[i].v.name);
	free(v);
}

void
region_rows_close(struct region_rows *r)
{
	if (!r)
		return;
	statements_close(&r->s);
	region_rows_forget(r->v, r->n);
	free(r);
}

int
region_rows_move(struct region_rows *r, sqlite3 *db, struct err *err)
{
	return statements_move(&r->s, db, err);
}

int
region_rows_begin(struct region_rows *r, int64_t last, size_t page_size, struct err *err)
{
	region_rows_forget(r->v, r->n);
	r->v = NULL;
	r->n = 0;
	r->page_size = page_size;
	STATEMENTS_BIND(&r->s, REGION_ROWS_ALL_END, (uint64_t)last);
	return statements_do(&r->s, REGION_ROWS_ALL_END, err);
}

/* --- regions ---------------------------------------------------------------------------------- */

static bool
region_rows_is_same(const struct vma *a, const struct vma *b)
{
	return a->start == b->start && a->end == b->end && a->perm == b->perm &&
	       a->offset == b->offset && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->inode == b->inode && a->type == b->type &&
	       a->behind == b->behind && !strcmp(a->name, b->name);
}

/* A path or a name; what the kernel itself calls a region remains. */
static const char *
region_rows_name(const struct region_rows *r, const struct vma *v)
{
	return r->anonymous && v->name[0] && v->name[0] != '[' ? SCHEMA_LEFT_OUT : v->name;
}

static int
region_rows_add(struct region_rows *r, const struct vma *v, struct err *err)
{
	char perm[5], dev[32];
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, REGION_ROWS_REGION, (uint64_t)++r->id,
	                                  (uint64_t)r->sample, v->start, vma_size(v));

	vma_perm_text(v, perm);
	snprintf(dev, sizeof(dev), "%u:%u", v->dev_major, v->dev_minor);
	statements_bind_text(s, 5, perm);
	statements_bind_number(s, 6, v->offset);
	statements_bind_text(s, 7, dev);
	statements_bind_number(s, 8, v->inode);
	statements_bind_text(s, 9, vma_type_name(v->type));
	statements_bind_number(s, 10, v->behind);
	statements_bind_text(s, 11, region_rows_name(r, v));
	return statements_do(&r->s, REGION_ROWS_REGION, err);
}

static int
region_rows_end(struct region_rows *r, const struct region_rows_one *k, int64_t before,
                struct err *err)
{
	STATEMENTS_BIND(&r->s, REGION_ROWS_ENDS, (uint64_t)before, (uint64_t)k->id);
	return statements_do(&r->s, REGION_ROWS_ENDS, err);
}

/* --- what is counted in them ------------------------------------------------------------------ */

static int
region_rows_usage(struct region_rows *r, struct region_rows_one *k, const struct region *is,
                  struct err *err)
{
	if (!is->known || (k->counted && k->rss == is->rss && k->swap == is->swap &&
	                   k->anon == is->anon && k->thp == is->thp && k->doubt == is->doubt))
		return 0;
	k->counted = true;
	k->rss = is->rss;
	k->swap = is->swap;
	k->anon = is->anon;
	k->thp = is->thp;
	k->doubt = is->doubt;
	STATEMENTS_BIND(&r->s, REGION_ROWS_USAGE, (uint64_t)k->id, (uint64_t)r->sample, k->rss,
	                k->swap, k->anon, k->thp, k->doubt);
	return statements_do(&r->s, REGION_ROWS_USAGE, err);
}

/* What was written in it since the sample before, if that is known; *at: as of extents_within. */
static int
region_rows_wrote(struct region_rows *r, const struct region_rows_one *k, const struct moment *m,
                  size_t *at, struct err *err)
{
	uint64_t bytes =
	    m->written_known ? extents_within(&m->written, k->v.start, k->v.end, at) : 0;

	if (!bytes)
		return 0;
	STATEMENTS_BIND(&r->s, REGION_ROWS_WROTE, (uint64_t)r->sample, (uint64_t)k->id,
	                bytes / r->page_size);
	return statements_do(&r->s, REGION_ROWS_WROTE, err);
}

static int
region_rows_smaps(struct region_rows *r, struct region_rows_one *k, const struct smaps_entry *e,
                  struct err *err)
{
	sqlite3_stmt *s;

	if (!e || !memcmp(e, &k->smaps, sizeof(*e)))
		return 0;
	k->smaps = *e;
	s = STATEMENTS_BIND(&r->s, REGION_ROWS_SMAPS, (uint64_t)k->id, (uint64_t)r->sample, e->pss,
	                    e->uss, e->shared, e->referenced, e->locked, e->thp, e->ksm,
	                    e->lazyfree, e->swap, e->pkey, e->thp_eligible, e->known);
	statements_bind_text(s, 15, e->flags);
	return statements_do(&r->s, REGION_ROWS_SMAPS, err);
}

/* FNV-1a; never 0. */
static uint64_t
region_rows_hash(const struct buf *b)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < b->len; i++)
		h = (h ^ (unsigned char)b->s[i]) * UINT64_C(0x100000001b3);
	return h | 1;
}

/* What the file of a region says, if it is news. */
static int
region_rows_file(struct region_rows *r, struct region_rows_one *k, const struct file_facts *f,
                 struct err *err)
{
	struct buf packed = {0};
	uint64_t hash;
	int got = 0;

	file_facts_pack(f, r->page_size, &packed);
	hash = region_rows_hash(&packed);
	if (hash != k->file_hash) {
		sqlite3_stmt *s = STATEMENTS_BIND(&r->s, REGION_ROWS_FILE, (uint64_t)k->id,
		                                  (uint64_t)r->sample, f->size);

		sqlite3_bind_blob64(s, 4, packed.s, packed.len, SQLITE_STATIC);
		got = statements_do(&r->s, REGION_ROWS_FILE, err);
	}
	k->file_hash = hash;
	buf_free(&packed);
	return got;
}

static int
region_rows_files(struct region_rows *r, const struct moment *m, struct err *err)
{
	size_t i = 0;

	for (size_t k = 0; k < m->files_n; k++) {
		while (i < r->n && r->v[i].v.start < m->files[k].start)
			i++;
		if (i < r->n && r->v[i].v.start == m->files[k].start &&
		    region_rows_file(r, &r->v[i], &m->files[k], err) < 0)
			return -1;
	}
	return 0;
}

/* --- a sample --------------------------------------------------------------------------------- */

static bool
region_rows_are_same(const struct region_rows *r, const struct vma_list *vmas)
{
	bool same = r->n == vmas->n;

	for (size_t i = 0; same && i < vmas->n; i++)
		same = region_rows_is_same(&r->v[i].v, &vmas->v[i]);
	return same;
}

/* What the regions were, while others take their place. */
struct region_rows_old {
	struct region_rows_one *v;
	size_t n, at; /* those before `at` are done */
	int64_t sample;
};

/* Those before an address, from the first that is not done on, have ended. */
static int
region_rows_end_before(struct region_rows *r, struct region_rows_old *old, uint64_t start,
                       struct err *err)
{
	for (; old->at < old->n && old->v[old->at].v.start < start; old->at++)
		if (region_rows_end(r, &old->v[old->at], old->sample, err) < 0)
			return -1;
	return 0;
}

/* Takes over what still is region v, or begins it. */
static int
region_rows_follow(struct region_rows *r, struct region_rows_old *old, const struct vma *v,
                   struct err *err)
{
	struct region_rows_one *k = &r->v[r->n++];

	if (region_rows_end_before(r, old, v->start, err) < 0)
		return -1;
	if (old->at < old->n && region_rows_is_same(&old->v[old->at].v, v)) {
		*k = old->v[old->at];
		old->v[old->at++].v.name = NULL; /* moved */
		return 0;
	}
	*k = (struct region_rows_one){.v = *v};
	k->v.name = mem_strdup(v->name);
	if (region_rows_add(r, v, err) < 0)
		return -1;
	k->id = r->id;
	return 0;
}

static int
region_rows_follow_all(struct region_rows *r, int64_t before, const struct vma_list *vmas,
                       struct err *err)
{
	struct region_rows_old old = {.v = r->v, .n = r->n, .sample = before};
	int got = 0;

	if (region_rows_are_same(r, vmas))
		return 0;
	r->v = mem_alloc(vmas->n * sizeof(*r->v));
	r->n = 0;
	for (size_t i = 0; got == 0 && i < vmas->n; i++)
		got = region_rows_follow(r, &old, &vmas->v[i], err);
	if (got == 0)
		got = region_rows_end_before(r, &old, UINT64_MAX, err);
	region_rows_forget(old.v, old.n);
	return got;
}

int
region_rows_write(struct region_rows *r, int64_t sample, int64_t before, const struct moment *m,
                  struct err *err)
{
	size_t at = 0;

	r->sample = sample;
	if (region_rows_follow_all(r, before, &m->regions->vmas, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		struct region_rows_one *k = &r->v[i];

		if (region_rows_usage(r, k, regions_at(m->regions, i), err) < 0 ||
		    region_rows_wrote(r, k, m, &at, err) < 0 ||
		    (m->smaps && region_rows_smaps(r, k, smaps_find(&m->smaps->smaps, k->v.start),
		                                   err) < 0))
			return -1;
	}
	return region_rows_files(r, m, err);
}
