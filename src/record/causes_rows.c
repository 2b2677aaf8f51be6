/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/causes_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/schema.h"

#define CAUSES_ROWS_STATEMENTS                                                               \
	X(TASK, "INSERT INTO task VALUES (?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET name = " \
	        "excluded.name WHERE excluded.name != ''")                                   \
	X(CODE, "INSERT INTO code VALUES (?,?,?,?,?,?,?,?,?,?,?)")                           \
	X(CHAIN, "INSERT INTO chain VALUES (?,?,?,?,?,?,?)")                                 \
	X(FRAME, "INSERT INTO frame VALUES (?,?,?)")                                         \
	X(WHO, "INSERT INTO who VALUES (?,?,?)")                                             \
	X(CANDIDATE, "INSERT INTO candidate VALUES (?,?,?)")                                 \
	X(FAULT, "INSERT INTO fault VALUES (?,?,?,?)")                                       \
	X(FAULT_SET, "INSERT INTO fault_set VALUES (?,?)")                                   \
	X(WATCH, "INSERT INTO watch VALUES (?,?,?,?,?,?,?,?,?)")                             \
	X(BROUGHT, "INSERT INTO brought VALUES (?,?,?,?)")                                   \
	X(BASE_TASK, "SELECT ifnull(max(id) + 1, 1) FROM task")                              \
	X(BASE_CODE, "SELECT ifnull(max(id) + 1, 1) FROM code")                              \
	X(BASE_CHAIN, "SELECT ifnull(max(id) + 1, 1) FROM (SELECT id FROM chain UNION ALL "  \
	              "SELECT chain FROM candidate UNION ALL SELECT chain FROM brought)")    \
	X(BASE_WHO, "SELECT ifnull(max(id) + 1, 1) FROM who")                                \
	X(READ, "SELECT data FROM fault_set WHERE sample = ?")                               \
	X(DROP, "DELETE FROM fault WHERE sample = ?")                                        \
	X(DROP_SET, "DELETE FROM fault_set WHERE sample = ?")

enum causes_rows_statement {
#define X(id, sql) CAUSES_ROWS_##id,
	CAUSES_ROWS_STATEMENTS
#undef X
	CAUSES_ROWS_COUNT
};

static const char *const causes_rows_sql[] = {
#define X(id, sql) sql,
    CAUSES_ROWS_STATEMENTS
#undef X
};

struct causes_rows {
	sqlite3 *db;
	const char *path;
	sqlite3_stmt *s[CAUSES_ROWS_COUNT];
	int64_t session;
	size_t page_size;
	int64_t task, code, chain, who; /* what number 0 is in the file */
	bool watch_told;
	struct causes_rows_watch { /* as it was told last */
		uint64_t on, kernel, period, rests, unwatched, lost;
		const char *why;
	} watch;
};

struct causes_rows *
causes_rows_open(sqlite3 *db, const char *path, struct err *err)
{
	struct causes_rows *r = mem_alloc(sizeof(*r));

	r->db = db;
	r->path = path;
	for (int i = 0; i < CAUSES_ROWS_COUNT; i++)
		if (sqlite3_prepare_v3(db, causes_rows_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		                       &r->s[i], NULL) != SQLITE_OK) {
			schema_err(db, err, "record to", path);
			causes_rows_close(r);
			return NULL;
		}
	return r;
}

void
causes_rows_close(struct causes_rows *r)
{
	for (int i = 0; r && i < CAUSES_ROWS_COUNT; i++)
		sqlite3_finalize(r->s[i]);
	free(r);
}

/* --- statements ----------------------------------------------------------------------------- */

static sqlite3_stmt *
causes_rows_bind(struct causes_rows *r, enum causes_rows_statement which, const uint64_t *v, int n)
{
	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(r->s[which], i + 1, (int64_t)v[i]);
	return r->s[which];
}

#define CAUSES_ROWS_BIND(r, which, ...)                             \
	causes_rows_bind(r, which, (const uint64_t[]){__VA_ARGS__}, \
	                 sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* text NULL: NULL. */
static void
causes_rows_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

static int
causes_rows_do(struct causes_rows *r, enum causes_rows_statement which, struct err *err)
{
	int got = sqlite3_step(r->s[which]);

	if (got != SQLITE_DONE && got != SQLITE_ROW)
		schema_err(r->db, err, "record to", r->path);
	sqlite3_reset(r->s[which]);
	sqlite3_clear_bindings(r->s[which]);
	return got == SQLITE_DONE || got == SQLITE_ROW ? 0 : -1;
}

static int
causes_rows_base(struct causes_rows *r, enum causes_rows_statement which, int64_t *out,
                 struct err *err)
{
	if (sqlite3_step(r->s[which]) != SQLITE_ROW) {
		sqlite3_reset(r->s[which]);
		return schema_err(r->db, err, "record to", r->path);
	}
	*out = sqlite3_column_int64(r->s[which], 0);
	sqlite3_reset(r->s[which]);
	return 0;
}

int
causes_rows_begin(struct causes_rows *r, int64_t session, size_t page_size, struct err *err)
{
	r->session = session;
	r->page_size = page_size;
	r->watch_told = false;
	return causes_rows_base(r, CAUSES_ROWS_BASE_TASK, &r->task, err) < 0 ||
	               causes_rows_base(r, CAUSES_ROWS_BASE_CODE, &r->code, err) < 0 ||
	               causes_rows_base(r, CAUSES_ROWS_BASE_CHAIN, &r->chain, err) < 0 ||
	               causes_rows_base(r, CAUSES_ROWS_BASE_WHO, &r->who, err) < 0
	           ? -1
	           : 0;
}

/* --- what is new ---------------------------------------------------------------------------- */

static int
causes_rows_task(struct causes_rows *r, const struct suspects_task *t, bool anonymous,
                 struct err *err)
{
	sqlite3_stmt *s = CAUSES_ROWS_BIND(r, CAUSES_ROWS_TASK, (uint64_t)r->task + t->number,
	                                   (uint64_t)r->session, (uint64_t)t->pid,
	                                   (uint64_t)t->tid);

	causes_rows_text(s, 5, anonymous ? "" : t->comm);
	return causes_rows_do(r, CAUSES_ROWS_TASK, err);
}

/* The kernel's functions are no names of the process's; its addresses are nobody's business. */
static int
causes_rows_code(struct causes_rows *r, const struct suspects_code *c, bool anonymous,
                 struct err *err)
{
	bool kernel = c->flags & SUSPECTS_KERNEL, hide = anonymous && !kernel;
	uint64_t id = (uint64_t)r->code + c->number;
	sqlite3_stmt *s = CAUSES_ROWS_BIND(r, CAUSES_ROWS_CODE, id, (uint64_t)r->session,
	                                   kernel ? UINT64_C(1) << 63 | id : c->addr, c->returns);
	char name[32];

	snprintf(name, sizeof(name), "%#llx", (unsigned long long)(c->addr - c->offset));
	causes_rows_text(s, 5, hide ? name : c->name);
	sqlite3_bind_int64(s, 6, (int64_t)c->offset);
	causes_rows_text(s, 7, hide ? "" : c->file);
	causes_rows_text(s, 8, hide ? NULL : c->source);
	causes_rows_text(s, 9, hide ? NULL : c->inlined);
	sqlite3_bind_int64(s, 10, c->flags);
	sqlite3_bind_int64(s, 11, (int64_t)c->called);
	return causes_rows_do(r, CAUSES_ROWS_CODE, err);
}

static int
causes_rows_chain(struct causes_rows *r, const struct suspects_chain *c, bool anonymous,
                  struct err *err)
{
	uint64_t id = (uint64_t)r->chain + c->number;
	sqlite3_stmt *s =
	    CAUSES_ROWS_BIND(r, CAUSES_ROWS_CHAIN, id, (uint64_t)r->session);
	char name[32] = "the kernel";
	bool hide = anonymous && (c->start || !strncmp(c->function, name, strlen(name)));

	if (c->start)
		snprintf(name, sizeof(name), "%#llx", (unsigned long long)c->start);
	causes_rows_text(s, 3, hide ? name : c->function);
	causes_rows_text(s, 4, hide ? "" : c->file);
	sqlite3_bind_int64(s, 5, (int64_t)c->kernel);
	sqlite3_bind_int64(s, 6, c->cut);
	sqlite3_bind_int64(s, 7, c->reads);
	if (causes_rows_do(r, CAUSES_ROWS_CHAIN, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		CAUSES_ROWS_BIND(r, CAUSES_ROWS_FRAME, id, i, (uint64_t)r->code + c->codes[i]);
		if (causes_rows_do(r, CAUSES_ROWS_FRAME, err) < 0)
			return -1;
	}
	return 0;
}

static int
causes_rows_who(struct causes_rows *r, const struct suspects_who *w, struct err *err)
{
	uint64_t id = (uint64_t)r->who + w->number;

	CAUSES_ROWS_BIND(r, CAUSES_ROWS_WHO, id, (uint64_t)r->session, w->more);
	if (causes_rows_do(r, CAUSES_ROWS_WHO, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		CAUSES_ROWS_BIND(r, CAUSES_ROWS_CANDIDATE, id, (uint64_t)r->chain + w->by[i].chain,
		                 (uint64_t)r->task + w->by[i].task);
		if (causes_rows_do(r, CAUSES_ROWS_CANDIDATE, err) < 0)
			return -1;
	}
	return 0;
}

static int
causes_rows_news(struct causes_rows *r, const struct suspects_news *news, bool anonymous,
                 struct err *err)
{
	int got = 0;

	for (size_t i = 0; got == 0 && i < news->tasks_n; i++)
		got = causes_rows_task(r, &news->tasks[i], anonymous, err);
	for (size_t i = 0; got == 0 && i < news->codes_n; i++)
		got = causes_rows_code(r, &news->codes[i], anonymous, err);
	for (size_t i = 0; got == 0 && i < news->chains_n; i++)
		got = causes_rows_chain(r, &news->chains[i], anonymous, err);
	for (size_t i = 0; got == 0 && i < news->who_n; i++)
		got = causes_rows_who(r, &news->who[i], err);
	return got;
}

/* --- a sample ------------------------------------------------------------------------------- */

/* Not watched, and never was: there is no row. */
static int
causes_rows_watch(struct causes_rows *r, int64_t sample, const struct suspects_news *news,
                  struct err *err)
{
	const struct causes_watch *w = &news->totals.watch;
	struct causes_rows_watch is = {.on = w->on,
	                               .kernel = w->kernel,
	                               .period = w->period,
	                               .rests = w->rests,
	                               .unwatched = w->unwatched,
	                               .lost = news->totals.lost,
	                               .why = w->why.why};
	sqlite3_stmt *s;

	if ((!news->watched && !r->watch_told) ||
	    (r->watch_told && is.on == r->watch.on && is.kernel == r->watch.kernel &&
	     is.period == r->watch.period && is.rests == r->watch.rests &&
	     is.unwatched == r->watch.unwatched && is.lost == r->watch.lost))
		return 0;
	s = CAUSES_ROWS_BIND(r, CAUSES_ROWS_WATCH, (uint64_t)sample, is.on, is.kernel, is.period,
	                     is.rests, is.unwatched, is.lost);
	if (!is.on)
		causes_rows_text(s, 8, w->why.why);
	if (!is.on)
		causes_rows_text(s, 9, w->why.how);
	r->watch = is;
	r->watch_told = true;
	return causes_rows_do(r, CAUSES_ROWS_WATCH, err);
}

/* The pages of a sample, with the numbers of the file. */
static int
causes_rows_pages(struct causes_rows *r, int64_t sample, const struct candidates *c,
                  const struct extents *written, size_t page_size, struct err *err)
{
	struct buf packed = {0};
	int got = 0;

	for (size_t i = 0; got == 0 && i < c->n; i++) {
		const struct candidates_of *of = &c->v[i];
		uint64_t bytes = 0, wrote = candidates_written(of, written);

		for (size_t k = 0; k < of->pages.n; k++)
			bytes += of->pages.v[k].end - of->pages.v[k].start;
		CAUSES_ROWS_BIND(r, CAUSES_ROWS_FAULT, (uint64_t)sample, of->who, wrote / page_size,
		                 (bytes - wrote) / page_size);
		got = causes_rows_do(r, CAUSES_ROWS_FAULT, err);
	}
	if (got == 0 && c->n) {
		candidates_pack(c, written, page_size, &packed);
		CAUSES_ROWS_BIND(r, CAUSES_ROWS_FAULT_SET, (uint64_t)sample);
		sqlite3_bind_blob64(r->s[CAUSES_ROWS_FAULT_SET], 2, packed.s, packed.len,
		                    SQLITE_STATIC);
		got = causes_rows_do(r, CAUSES_ROWS_FAULT_SET, err);
	}
	buf_free(&packed);
	return got;
}

/* With the numbers of the file: a shallow copy. */
static struct candidates
causes_rows_number(const struct causes_rows *r, const struct candidates *c)
{
	struct candidates out = {.v = mem_copy(c->v, c->n * sizeof(*c->v)), .n = c->n};

	for (size_t i = 0; i < out.n; i++)
		out.v[i].who += (uint64_t)r->who;
	return out;
}

static int
causes_rows_brought(struct causes_rows *r, int64_t sample, const struct suspects_news *news,
                    struct err *err)
{
	for (size_t i = 0; news->grown && i < news->brought_n; i++) {
		const struct suspects_brought *b = &news->brought[i];

		CAUSES_ROWS_BIND(r, CAUSES_ROWS_BROUGHT, (uint64_t)sample,
		                 (uint64_t)r->chain + b->chain, b->pages, b->maybe);
		if (causes_rows_do(r, CAUSES_ROWS_BROUGHT, err) < 0)
			return -1;
	}
	return 0;
}

int
causes_rows_write(struct causes_rows *r, int64_t sample, const struct suspects_news *news,
                  const struct extents *written, bool anonymous, struct err *err)
{
	struct candidates pages;
	int got = causes_rows_watch(r, sample, news, err);

	if (got < 0 || !news->watched)
		return got;
	pages = causes_rows_number(r, &news->pages);
	got = causes_rows_news(r, news, anonymous, err) < 0 ||
	              causes_rows_pages(r, sample, &pages, written, r->page_size, err) < 0 ||
	              causes_rows_brought(r, sample, news, err) < 0
	          ? -1
	          : 0;
	free(pages.v);
	return got;
}

/* --- thinning ------------------------------------------------------------------------------- */

static int
causes_rows_read(struct causes_rows *r, int64_t sample, const struct extents *written,
                 size_t page_size, struct candidates *out, struct err *err)
{
	sqlite3_stmt *s = CAUSES_ROWS_BIND(r, CAUSES_ROWS_READ, (uint64_t)sample);
	int step = sqlite3_step(s), got = 0;

	if (step != SQLITE_ROW && step != SQLITE_DONE)
		got = schema_err(r->db, err, "thin", r->path);
	else if (step == SQLITE_ROW &&
	         !candidates_unpack(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
	                            written, page_size, out))
		got = err_set(err, ERR_TARGET, "what it holds does not fit together", NULL,
		              "cannot thin %.160s", r->path);
	sqlite3_reset(s);
	return got;
}

static int
causes_rows_drop(struct causes_rows *r, int64_t sample, struct err *err)
{
	CAUSES_ROWS_BIND(r, CAUSES_ROWS_DROP, (uint64_t)sample);
	CAUSES_ROWS_BIND(r, CAUSES_ROWS_DROP_SET, (uint64_t)sample);
	return causes_rows_do(r, CAUSES_ROWS_DROP, err) < 0 ||
	               causes_rows_do(r, CAUSES_ROWS_DROP_SET, err) < 0
	           ? -1
	           : 0;
}

int
causes_rows_unite(struct causes_rows *r, const struct causes_rows_join *j, struct err *err)
{
	struct candidates pages = {0}, later = {0};
	int got = causes_rows_read(r, j->sample, j->written, j->page_size, &pages, err);

	if (got == 0)
		got = causes_rows_read(r, j->next, j->next_written, j->page_size, &later, err);
	if (got == 0) {
		candidates_unite(&pages, &later);
		got = causes_rows_drop(r, j->sample, err) < 0 ||
		              causes_rows_drop(r, j->next, err) < 0
		          ? -1
		          : causes_rows_pages(r, j->next, &pages, j->both, j->page_size, err);
	}
	candidates_free(&pages);
	candidates_free(&later);
	return got;
}
