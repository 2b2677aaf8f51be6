/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/recorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/kabi.h"
#include "record/causes_rows.h"
#include "record/pack.h"
#include "record/sets.h"
#include "record/thin.h"

#define RECORDER_STATEMENTS                                                    \
	X(SESSION, "INSERT INTO session VALUES (?,?,?,?,?,?)")                 \
	X(META, "INSERT INTO meta VALUES (?,?,?)")                             \
	X(SAMPLE, "INSERT INTO sample VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)") \
	X(REGION, "INSERT INTO region VALUES (?,?,NULL,?,?,?,?,?,?,?,?,?)")    \
	X(REGION_ENDS, "UPDATE region SET last = ? WHERE id = ?")              \
	X(ALL_END, "UPDATE region SET last = ? WHERE last IS NULL")            \
	X(USAGE, "INSERT INTO usage VALUES (?,?,?,?,?,?,?)")                   \
	X(THREAD, "INSERT INTO thread VALUES (?,?,?,?)")                       \
	X(STAMP_SET, "INSERT INTO stamp_set VALUES (?,?)")                     \
	X(BLOCK, "INSERT INTO block VALUES (?,?,?,?)")                         \
	X(SMAPS, "INSERT INTO smaps VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")   \
	X(CONTENT, "INSERT INTO content VALUES (?,?,?)")                       \
	X(FILE, "INSERT INTO cache VALUES (?,?,?,?)")                          \
	X(SAID, "INSERT INTO message VALUES (NULL,?,?)")                       \
	X(CAP, "INSERT OR IGNORE INTO capability VALUES (?,?,?,?,?,?)")        \
	X(BEGIN, "BEGIN IMMEDIATE")                                            \
	X(COMMIT, "COMMIT")                                                    \
	X(ROLLBACK, "ROLLBACK")                                                \
	X(NEWEST, "SELECT ifnull(max(id), 0) FROM sample")                     \
	X(NEWEST_SESSION, "SELECT ifnull(max(id), 0) FROM session")            \
	X(NEWEST_REGION, "SELECT ifnull(max(id), 0) FROM region")

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

/* A region as the file has it. */
struct recorder_region {
	struct vma v; /* with a name of its own */
	int64_t id;
	uint64_t rss, swap, anon, thp; /* as they were written last; */
	uint8_t doubt;
	bool counted;             /* ... if they were */
	struct smaps_entry smaps; /* likewise, unless all is zero */
	uint64_t file_hash;       /* of what its file said; 0: it was not asked */
};

struct recorder_hash {
	uint64_t start, hash;
};

struct recorder {
	char *path;
	bool anonymous;
	uint64_t max_size; /* 0: none */
	int lock; /* the file, locked against a second pmtop */
	sqlite3 *db;
	sqlite3_stmt *s[RECORDER_COUNT];
	struct sets *sets;
	struct causes_rows *causes;
	size_t page_size;
	int64_t session, sample, region; /* the newest of each */
	uint64_t samples;                /* written */
	struct extents pages;            /* as the file has them */
	struct recorder_region *regions; /* ascending; owned */
	size_t regions_n;
	struct thread *threads;
	size_t threads_n;
	struct recorder_hash *blocks; /* of their newest contents, ascending by start */
	size_t blocks_n, blocks_cap;
};

/* --- statements ----------------------------------------------------------------------------- */

static int
recorder_fail(struct recorder *r, struct err *err)
{
	return schema_err(r->db, err, "record to", r->path);
}

static void
recorder_bind(sqlite3_stmt *s, int at, uint64_t v)
{
	sqlite3_bind_int64(s, at, (int64_t)v);
}

/* Binds numbers from the first parameter on. */
static sqlite3_stmt *
recorder_numbers(struct recorder *r, enum recorder_statement which, size_t n, const uint64_t *v)
{
	sqlite3_stmt *s = r->s[which];

	for (size_t i = 0; i < n; i++)
		recorder_bind(s, (int)i + 1, v[i]);
	return s;
}

#define RECORDER_NUMBERS(r, which, ...)                                                  \
	recorder_numbers(r, which, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), \
	                 (const uint64_t[]){__VA_ARGS__})

static void
recorder_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

static int
recorder_step(struct recorder *r, enum recorder_statement which, struct err *err)
{
	sqlite3_stmt *s = r->s[which];
	int got = sqlite3_step(s);
	int result = got == SQLITE_DONE || got == SQLITE_ROW ? 0 : recorder_fail(r, err);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return result;
}

static int
recorder_ask(struct recorder *r, enum recorder_statement which, int64_t *out, struct err *err)
{
	if (sqlite3_step(r->s[which]) != SQLITE_ROW)
		return recorder_fail(r, err);
	*out = sqlite3_column_int64(r->s[which], 0);
	sqlite3_reset(r->s[which]);
	return 0;
}

/* --- opening and closing -------------------------------------------------------------------- */

/* Held as long as the recorder lives: closing it earlier would drop SQLite's own locks. */
static int
recorder_lock(struct recorder *r, struct err *err)
{
	r->lock = file_open(AT_FDCWD, r->path, O_RDONLY);
	if (r->lock < 0)
		return err_sys(err, NULL, "cannot record to %.160s", r->path);
	if (flock(r->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return err_set(err, ERR_TARGET, "another pmtop records to it", "give another name",
	               "cannot record to %.160s", r->path);
}

static int
recorder_prepare(struct recorder *r, struct err *err)
{
	if (sqlite3_exec(r->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL) != SQLITE_OK)
		return recorder_fail(r, err);
	for (int i = 0; i < RECORDER_COUNT; i++)
		if (sqlite3_prepare_v3(r->db, recorder_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		                       &r->s[i], NULL) != SQLITE_OK)
			return recorder_fail(r, err);
	r->sets = sets_open(r->db, r->path, err);
	r->causes = r->sets ? causes_rows_open(r->db, r->path, err) : NULL;
	return !r->causes || recorder_ask(r, RECORDER_NEWEST, &r->sample, err) < 0 ||
	               recorder_ask(r, RECORDER_NEWEST_SESSION, &r->session, err) < 0 ||
	               recorder_ask(r, RECORDER_NEWEST_REGION, &r->region, err) < 0
	           ? -1
	           : 0;
}

/* A file that another pmtop records to is neither replaced nor added to. */
static int
recorder_create(struct recorder *r, enum schema_how how, struct err *err)
{
	bool old = how != SCHEMA_NEW && access(r->path, F_OK) == 0;

	if (old && recorder_lock(r, err) < 0)
		return -1;
	if (schema_create(r->path, how, &r->db, err) < 0)
		return -1;
	if (old && how == SCHEMA_APPEND)
		return 0;
	if (r->lock >= 0)
		close(r->lock); /* of the file that was replaced */
	return recorder_lock(r, err);
}

struct recorder *
recorder_open(const struct recorder_options *o, struct err *err)
{
	struct recorder *r = mem_alloc(sizeof(*r));

	r->lock = -1;
	r->path = mem_strdup(o->path);
	r->anonymous = o->anonymous;
	r->max_size = o->max_size;
	if (recorder_create(r, o->how, err) == 0 && recorder_prepare(r, err) == 0)
		return r;
	recorder_close(r);
	return NULL;
}

static void
recorder_forget_regions(struct recorder *r)
{
	for (size_t i = 0; i < r->regions_n; i++)
		free((char *)(uintptr_t)r->regions[i].v.name);
	free(r->regions);
	r->regions = NULL;
	r->regions_n = 0;
}

void
recorder_close(struct recorder *r)
{
	if (!r)
		return;
	for (int i = 0; i < RECORDER_COUNT; i++)
		sqlite3_finalize(r->s[i]);
	sets_close(r->sets);
	causes_rows_close(r->causes);
	sqlite3_close(r->db);
	if (r->lock >= 0)
		close(r->lock);
	recorder_forget_regions(r);
	extents_free(&r->pages);
	free(r->threads);
	free(r->blocks);
	free(r->path);
	free(r);
}

uint64_t
recorder_bytes(const struct recorder *r)
{
	struct stat st;

	return fstat(r->lock, &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t
recorder_samples(const struct recorder *r)
{
	return r->samples;
}

/* --- a session ------------------------------------------------------------------------------ */

static int
recorder_meta(struct recorder *r, const char *key, const char *text, uint64_t number,
              struct err *err)
{
	sqlite3_stmt *s = r->s[RECORDER_META];

	recorder_bind(s, 1, (uint64_t)r->session);
	recorder_text(s, 2, key);
	if (text)
		recorder_text(s, 3, text);
	else
		recorder_bind(s, 3, number);
	return recorder_step(r, RECORDER_META, err);
}

static int
recorder_caps(struct recorder *r, const struct session *s, struct err *err)
{
	for (size_t i = 0; i < s->caps_n; i++) {
		const struct cap *c = &s->caps[i];
		sqlite3_stmt *to = r->s[RECORDER_CAP];

		recorder_bind(to, 1, (uint64_t)r->session);
		recorder_text(to, 2, c->name);
		recorder_text(to, 3, c->gives);
		recorder_bind(to, 4, c->ok);
		recorder_text(to, 5, c->detail);
		recorder_text(to, 6, c->how);
		if (recorder_step(r, RECORDER_CAP, err) < 0)
			return -1;
	}
	return 0;
}

static int
recorder_session(struct recorder *r, const struct session *is, struct err *err)
{
	sqlite3_stmt *s = r->s[RECORDER_SESSION];
	int got;

	recorder_bind(s, 1, (uint64_t)r->session);
	recorder_bind(s, 2, (uint64_t)is->pid);
	if (!r->anonymous)
		recorder_text(s, 3, is->comm);
	recorder_text(s, 4, is->began);
	recorder_bind(s, 5, is->time_ns);
	recorder_bind(s, 6, is->page_size);
	RECORDER_NUMBERS(r, RECORDER_ALL_END, (uint64_t)r->sample);
	got = recorder_step(r, RECORDER_SESSION, err);
	if (got == 0)
		got = causes_rows_begin(r->causes, r->session, r->page_size, err);
	for (size_t i = 0; got == 0 && i < is->n; i++) {
		const struct session_fact *f = &is->v[i];

		got = recorder_meta(r, f->key, f->name && r->anonymous ? "(left out)" : f->text,
		                    f->number, err);
	}
	if (got == 0)
		got = recorder_caps(r, is, err);
	return got == 0 ? recorder_step(r, RECORDER_ALL_END, err) : got;
}

/* Ends a transaction, by what became of it. */
static int
recorder_close_all(struct recorder *r, int got, struct err *err)
{
	if (got == 0 && recorder_step(r, RECORDER_COMMIT, err) == 0)
		return 0;
	recorder_step(r, RECORDER_ROLLBACK, &(struct err){0});
	return -1;
}

int
recorder_begin(struct recorder *r, const struct session *s, struct err *err)
{
	recorder_forget_regions(r);
	extents_free(&r->pages);
	r->threads_n = r->blocks_n = 0;
	r->page_size = s->page_size;
	sets_set_page_size(r->sets, s->page_size);
	r->session++;
	if (recorder_step(r, RECORDER_BEGIN, err) < 0)
		return -1;
	return recorder_close_all(r, recorder_session(r, s, err), err);
}

/* --- regions -------------------------------------------------------------------------------- */

static bool
recorder_is_same(const struct vma *a, const struct vma *b)
{
	return a->start == b->start && a->end == b->end && a->perm == b->perm &&
	       a->offset == b->offset && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->inode == b->inode && a->type == b->type &&
	       a->behind == b->behind && !strcmp(a->name, b->name);
}

/* A path or a name; what the kernel itself calls a region remains. */
static const char *
recorder_name(const struct recorder *r, const struct vma *v)
{
	return r->anonymous && v->name[0] && v->name[0] != '[' ? "(left out)" : v->name;
}

static int
recorder_new_region(struct recorder *r, const struct vma *v, struct err *err)
{
	sqlite3_stmt *s;
	char perm[5], dev[32];

	vma_perm_text(v, perm);
	snprintf(dev, sizeof(dev), "%u:%u", v->dev_major, v->dev_minor);
	s = RECORDER_NUMBERS(r, RECORDER_REGION, (uint64_t)++r->region, (uint64_t)r->sample,
	                     v->start, vma_size(v));
	recorder_text(s, 5, perm);
	recorder_bind(s, 6, v->offset);
	recorder_text(s, 7, dev);
	recorder_bind(s, 8, v->inode);
	recorder_text(s, 9, vma_type_name(v->type));
	recorder_bind(s, 10, v->behind);
	recorder_text(s, 11, recorder_name(r, v));
	return recorder_step(r, RECORDER_REGION, err);
}

static int
recorder_usage(struct recorder *r, struct recorder_region *k, const struct region *is,
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
	RECORDER_NUMBERS(r, RECORDER_USAGE, (uint64_t)k->id, (uint64_t)r->sample, k->rss, k->swap,
	                 k->anon, k->thp, k->doubt);
	return recorder_step(r, RECORDER_USAGE, err);
}

static int
recorder_smaps(struct recorder *r, struct recorder_region *k, const struct smaps_entry *e,
               struct err *err)
{
	sqlite3_stmt *s;

	if (!e || !memcmp(e, &k->smaps, sizeof(*e)))
		return 0;
	k->smaps = *e;
	s = RECORDER_NUMBERS(r, RECORDER_SMAPS, (uint64_t)k->id, (uint64_t)r->sample, e->pss,
	                     e->uss, e->shared, e->referenced, e->locked, e->thp, e->ksm,
	                     e->lazyfree, e->swap, e->pkey, e->thp_eligible, e->known);
	recorder_text(s, 15, e->flags);
	return recorder_step(r, RECORDER_SMAPS, err);
}

static int
recorder_region_ends(struct recorder *r, const struct recorder_region *k, int64_t before,
                     struct err *err)
{
	RECORDER_NUMBERS(r, RECORDER_REGION_ENDS, (uint64_t)before, (uint64_t)k->id);
	return recorder_step(r, RECORDER_REGION_ENDS, err);
}

/* Takes over old[*i] if it still is region v; those before it have ended. */
static int
recorder_follow(struct recorder *r, struct recorder_region *old, size_t old_n, size_t *i,
                int64_t before, const struct vma *v, struct recorder_region *k, struct err *err)
{
	for (; *i < old_n && old[*i].v.start < v->start; ++*i)
		if (recorder_region_ends(r, &old[*i], before, err) < 0)
			return -1;
	if (*i < old_n && recorder_is_same(&old[*i].v, v)) {
		*k = old[*i];
		old[(*i)++].v.name = NULL; /* moved */
		return 0;
	}
	*k = (struct recorder_region){.v = *v};
	k->v.name = mem_strdup(v->name);
	if (recorder_new_region(r, v, err) < 0)
		return -1;
	k->id = r->region;
	return 0;
}

/* The regions, with what was counted in each. `before`: the sample that was the newest. */
static int
recorder_regions(struct recorder *r, const struct moment *m, int64_t before, struct err *err)
{
	const struct vma_list *vmas = &m->regions->vmas;
	struct recorder_region *old = r->regions, *now = mem_alloc((vmas->n + 1) * sizeof(*now));
	size_t old_n = r->regions_n, at = 0;
	int got = 0;

	r->regions = now;
	r->regions_n = 0;
	for (size_t i = 0; got == 0 && i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];
		struct recorder_region *k = &now[r->regions_n];

		got = recorder_follow(r, old, old_n, &at, before, v, k, err);
		r->regions_n++;
		if (got == 0)
			got = recorder_usage(r, k, regions_at(m->regions, i), err);
		if (got == 0 && m->smaps)
			got = recorder_smaps(r, k, smaps_find(&m->smaps->smaps, v->start), err);
	}
	for (; got == 0 && at < old_n; at++)
		got = recorder_region_ends(r, &old[at], before, err);
	for (size_t i = 0; i < old_n; i++)
		free((char *)(uintptr_t)old[i].v.name);
	free(old);
	return got;
}

static int
recorder_threads(struct recorder *r, const struct thread *v, size_t n, struct err *err)
{
	if (r->threads_n == n && (!n || !memcmp(r->threads, v, n * sizeof(*v))))
		return 0;
	free(r->threads);
	r->threads = mem_copy(v, n * sizeof(*v));
	r->threads_n = n;
	for (size_t i = 0; i < n; i++) {
		sqlite3_stmt *s = RECORDER_NUMBERS(r, RECORDER_THREAD, (uint64_t)r->sample,
		                                   (uint64_t)v[i].tid, v[i].sp);

		recorder_text(s, 4, r->anonymous ? "(left out)" : v[i].comm);
		if (recorder_step(r, RECORDER_THREAD, err) < 0)
			return -1;
	}
	return 0;
}

/* --- pages ---------------------------------------------------------------------------------- */

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
	int got;

	if (!m->whole || !m->track.clears)
		return 0;
	pack_stamps(&m->track.stamps, &packed);
	RECORDER_NUMBERS(r, RECORDER_STAMP_SET, (uint64_t)r->sample);
	sqlite3_bind_blob64(r->s[RECORDER_STAMP_SET], 2, packed.s, packed.len, SQLITE_STATIC);
	got = recorder_step(r, RECORDER_STAMP_SET, err);
	buf_free(&packed);
	return got;
}

/* --- frames --------------------------------------------------------------------------------- */

/* FNV-1a: whether the contents are those of the last time. */
static uint64_t
recorder_hash(const struct buf *b)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < b->len; i++)
		h = (h ^ (unsigned char)b->s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Notes the new contents of a block. false: they are the old ones. */
static bool
recorder_is_news(struct recorder *r, uint64_t start, uint64_t hash)
{
	size_t i = vec_above(r->blocks, r->blocks_n, sizeof(*r->blocks),
	                     offsetof(struct recorder_hash, start), start);
	bool old = i && r->blocks[i - 1].start == start;
	bool same = old && r->blocks[i - 1].hash == hash;

	if (!old) {
		r->blocks = vec_room(r->blocks, r->blocks_n, &r->blocks_cap, sizeof(*r->blocks));
		memmove(r->blocks + i + 1, r->blocks + i, (r->blocks_n++ - i) * sizeof(*r->blocks));
		r->blocks[i++].start = start;
	}
	r->blocks[i - 1].hash = hash;
	return !same;
}

static int
recorder_block(struct recorder *r, const struct block *b, struct err *err)
{
	struct buf packed = {0};
	int got;

	if (!recorder_is_news(r, b->start, block_hash(b)))
		return 0;
	block_pack(b, &packed);
	RECORDER_NUMBERS(r, RECORDER_BLOCK, b->start, (uint64_t)r->sample, b->time_ns);
	sqlite3_bind_blob64(r->s[RECORDER_BLOCK], 4, packed.s, packed.len, SQLITE_STATIC);
	got = recorder_step(r, RECORDER_BLOCK, err);
	buf_free(&packed);
	return got;
}

static int
recorder_blocks(struct recorder *r, const struct moment *m, struct err *err)
{
	char key[40];

	for (size_t i = 0; i < m->cgroups_n; i++) {
		snprintf(key, sizeof(key), "cgroup %ju", (uintmax_t)m->cgroups[i].inode);
		if (recorder_meta(r, key, r->anonymous ? "(left out)" : m->cgroups[i].path, 0,
		                  err) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->blocks_n; i++)
		if (recorder_block(r, &m->blocks[i], err) < 0)
			return -1;
	return 0;
}

/* --- a moment ------------------------------------------------------------------------------- */

static int
recorder_sample(struct recorder *r, const struct moment *m, struct err *err)
{
	const struct regions *rs = m->regions;
	const struct moment_track *t = &m->track;
	sqlite3_stmt *s = RECORDER_NUMBERS(
	    r, RECORDER_SAMPLE, (uint64_t)r->sample, (uint64_t)r->session, rs->time_ns, rs->cost_ns,
	    m->whole, rs->vmas.n, rs->totals.rss, rs->totals.swap);

	if (m->written_known)
		recorder_bind(s, 9, sets_count(r->sets, &m->written));
	if (t->clears)
		recorder_text(s, 10, tracker_words(t->tracker)->name);
	recorder_bind(s, 11, t->clears);
	recorder_bind(s, 12, t->epoch);
	recorder_bind(s, 14, t->first_epoch);
	if (t->clears) {
		recorder_bind(s, 13, t->clear_ns);
		recorder_bind(s, 15, t->first_ns);
	}
	return recorder_step(r, RECORDER_SAMPLE, err);
}

/* The pages that changed, each packed; NULL: it is not there. */
static int
recorder_contents(struct recorder *r, const struct moment *m, struct err *err)
{
	for (size_t i = 0; i < m->contents.n; i++) {
		const struct contents_page *p = &m->contents.v[i];
		struct buf packed = {0};
		int got;

		RECORDER_NUMBERS(r, RECORDER_CONTENT, p->addr, (uint64_t)r->sample);
		if (p->data) {
			pack_close(&(struct buf){.s = (char *)p->data, .len = r->page_size},
			           &packed);
			sqlite3_bind_blob64(r->s[RECORDER_CONTENT], 3, packed.s, packed.len,
			                    SQLITE_STATIC);
		}
		got = recorder_step(r, RECORDER_CONTENT, err);
		buf_free(&packed);
		if (got < 0)
			return -1;
	}
	return 0;
}

/* What the file of a region says, if it is news. */
static int
recorder_file(struct recorder *r, struct recorder_region *k, const struct file_facts *f,
              struct err *err)
{
	struct buf packed = {0};
	uint64_t hash;
	int got = 0;

	file_facts_pack(f, r->page_size, &packed);
	hash = recorder_hash(&packed) | 1;
	if (hash != k->file_hash) {
		RECORDER_NUMBERS(r, RECORDER_FILE, (uint64_t)k->id, (uint64_t)r->sample, f->size);
		sqlite3_bind_blob64(r->s[RECORDER_FILE], 4, packed.s, packed.len, SQLITE_STATIC);
		got = recorder_step(r, RECORDER_FILE, err);
	}
	k->file_hash = hash;
	buf_free(&packed);
	return got;
}

static int
recorder_files(struct recorder *r, const struct moment *m, struct err *err)
{
	size_t i = 0;

	for (size_t k = 0; k < m->files_n; k++) {
		while (i < r->regions_n && r->regions[i].v.start < m->files[k].start)
			i++;
		if (i < r->regions_n && r->regions[i].v.start == m->files[k].start &&
		    recorder_file(r, &r->regions[i], &m->files[k], err) < 0)
			return -1;
	}
	return 0;
}

static int
recorder_messages(struct recorder *r, const struct moment *m, struct err *err)
{
	for (size_t i = 0; i < m->said_n; i++) {
		recorder_bind(r->s[RECORDER_SAID], 1, (uint64_t)r->sample);
		recorder_text(r->s[RECORDER_SAID], 2, m->said[i]);
		if (recorder_step(r, RECORDER_SAID, err) < 0)
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
	return recorder_sample(r, m, err) < 0 || recorder_regions(r, m, before, err) < 0 ||
	               recorder_threads(r, m->threads, m->threads_n, err) < 0 ||
	               recorder_page_runs(r, m, err) < 0 ||
	               (m->written_known &&
	                sets_write_written(r->sets, r->sample, &m->written, err) < 0) ||
	               recorder_stamps(r, m, err) < 0 || recorder_blocks(r, m, err) < 0 ||
	               causes_rows_write(r->causes, r->sample, &m->causes,
	                                 m->written_known ? &m->written : &not_known,
	                                 r->anonymous, err) < 0 ||
	               recorder_files(r, m, err) < 0 || recorder_contents(r, m, err) < 0 ||
	               recorder_messages(r, m, err) < 0
	           ? -1
	           : 0;
}

/* A few at a time, so that no sample is late for it. */
static int
recorder_thin(struct recorder *r, struct err *err)
{
	enum { ONCE = 16 };
	size_t page_size = r->page_size;
	int got = 0;

	for (int i = 0; got == 0 && i < ONCE && r->max_size && thin_used(r->db) > r->max_size; i++)
		got = thin_one(r->db, r->sets, r->causes, r->path, err);
	sets_set_page_size(r->sets, page_size);
	return got < 0 ? -1 : 0;
}

int
recorder_add(struct recorder *r, const struct moment *m, struct err *err)
{
	if (recorder_step(r, RECORDER_BEGIN, err) < 0 ||
	    recorder_close_all(r, recorder_add_all(r, m, err), err) < 0)
		return -1;
	if (!m->regions)
		return 0;
	r->samples++;
	return recorder_thin(r, err);
}
