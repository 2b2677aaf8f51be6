/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/causes_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/statements.h"

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
	X(BASELINE, "INSERT OR REPLACE INTO meta VALUES (?,'baseline',?)")                   \
	X(BASE_TASK, "SELECT ifnull(max(id) + 1, 1) FROM task")                              \
	X(BASE_CODE, "SELECT ifnull(max(id) + 1, 1) FROM code")                              \
	X(BASE_CHAIN, "SELECT ifnull(max(id) + 1, 1) FROM (SELECT id FROM chain UNION ALL "  \
	              "SELECT chain FROM candidate UNION ALL SELECT chain FROM brought)")    \
	X(BASE_WHO, "SELECT ifnull(max(id) + 1, 1) FROM who")                                \
	X(SET, "SELECT c.chain, c.task, w.more, w.session FROM who w JOIN candidate c ON "    \
	       "c.who = w.id WHERE w.id = ? ORDER BY c.chain, c.task")                        \
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

/* Sets made of two others by thinning: their numbers are above all that a session gets to. */
#define CAUSES_ROWS_UNITED (UINT64_C(1) << 40)

struct causes_rows_set {
	uint64_t id, session, more, n;
	struct suspects_by by[CAUSES_MOST]; /* ascending */
};

struct causes_rows {
	struct statements s;
	int64_t session;
	size_t page_size;
	int64_t task, code, chain, who; /* what number 0 is in the file */
	uint64_t baseline_ns; /* as it was told last */
	bool watch_told;
	struct causes_rows_watch { /* as it was told last */
		uint64_t on, kernel, period, rests, unwatched, lost;
		const char *why;
	} watch;
	struct causes_rows_pair {
		uint64_t a, b, both;
	} * pairs; /* that were united lately */
	struct causes_rows_set *united; /* those that were made of them */
	size_t pairs_n, pairs_cap, united_n, united_cap;
};

struct causes_rows *
causes_rows_open(sqlite3 *db, const char *path, struct err *err)
{
	struct causes_rows *r = mem_alloc(sizeof(*r));

	if (statements_open(&r->s, db, path, "record to", causes_rows_sql, CAUSES_ROWS_COUNT,
	                    err) == 0)
		return r;
	causes_rows_close(r);
	return NULL;
}

void
causes_rows_close(struct causes_rows *r)
{
	if (!r)
		return;
	statements_close(&r->s);
	free(r->pairs);
	free(r->united);
	free(r);
}

int
causes_rows_move(struct causes_rows *r, sqlite3 *db, struct err *err)
{
	return statements_move(&r->s, db, err);
}

int
causes_rows_begin(struct causes_rows *r, int64_t session, size_t page_size, struct err *err)
{
	r->session = session;
	r->page_size = page_size;
	r->watch_told = false;
	return statements_ask(&r->s, CAUSES_ROWS_BASE_TASK, &r->task, err) < 0 ||
	               statements_ask(&r->s, CAUSES_ROWS_BASE_CODE, &r->code, err) < 0 ||
	               statements_ask(&r->s, CAUSES_ROWS_BASE_CHAIN, &r->chain, err) < 0 ||
	               statements_ask(&r->s, CAUSES_ROWS_BASE_WHO, &r->who, err) < 0
	           ? -1
	           : 0;
}

/* --- what is new ---------------------------------------------------------------------------- */

static int
causes_rows_task(struct causes_rows *r, const struct suspects_task *t, bool anonymous,
                 struct err *err)
{
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, CAUSES_ROWS_TASK, (uint64_t)r->task + t->number,
	                                   (uint64_t)r->session, (uint64_t)t->pid,
	                                   (uint64_t)t->tid);

	statements_bind_text(s, 5, anonymous ? "" : t->comm);
	return statements_do(&r->s, CAUSES_ROWS_TASK, err);
}

/* The kernel's functions are no names of the process's; its addresses are nobody's business. */
static int
causes_rows_code(struct causes_rows *r, const struct suspects_code *c, bool anonymous,
                 struct err *err)
{
	bool kernel = c->flags & SUSPECTS_KERNEL, hide = anonymous && !kernel;
	uint64_t id = (uint64_t)r->code + c->number;
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, CAUSES_ROWS_CODE, id, (uint64_t)r->session,
	                                   kernel ? UINT64_C(1) << 63 | id : c->addr, c->returns);
	char name[32];

	snprintf(name, sizeof(name), "%#llx", (unsigned long long)(c->addr - c->offset));
	statements_bind_text(s, 5, hide ? name : c->name);
	statements_bind_number(s, 6, c->offset);
	statements_bind_text(s, 7, hide ? "" : c->file);
	statements_bind_text(s, 8, hide ? NULL : c->source);
	statements_bind_text(s, 9, hide ? NULL : c->inlined);
	statements_bind_number(s, 10, c->flags);
	statements_bind_number(s, 11, c->called);
	return statements_do(&r->s, CAUSES_ROWS_CODE, err);
}

static int
causes_rows_chain(struct causes_rows *r, const struct suspects_chain *c, bool anonymous,
                  struct err *err)
{
	uint64_t id = (uint64_t)r->chain + c->number;
	sqlite3_stmt *s =
	    STATEMENTS_BIND(&r->s, CAUSES_ROWS_CHAIN, id, (uint64_t)r->session);
	char name[32] = "the kernel";
	bool hide = anonymous && (c->start || !strncmp(c->function, name, strlen(name)));

	if (c->start)
		snprintf(name, sizeof(name), "%#llx", (unsigned long long)c->start);
	statements_bind_text(s, 3, hide ? name : c->function);
	statements_bind_text(s, 4, hide ? "" : c->file);
	statements_bind_number(s, 5, c->kernel);
	statements_bind_number(s, 6, c->cut);
	statements_bind_number(s, 7, c->reads);
	if (statements_do(&r->s, CAUSES_ROWS_CHAIN, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		STATEMENTS_BIND(&r->s, CAUSES_ROWS_FRAME, id, i, (uint64_t)r->code + c->codes[i]);
		if (statements_do(&r->s, CAUSES_ROWS_FRAME, err) < 0)
			return -1;
	}
	return 0;
}

static int
causes_rows_who(struct causes_rows *r, const struct suspects_who *w, struct err *err)
{
	uint64_t id = (uint64_t)r->who + w->number;

	STATEMENTS_BIND(&r->s, CAUSES_ROWS_WHO, id, (uint64_t)r->session, w->more);
	if (statements_do(&r->s, CAUSES_ROWS_WHO, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		STATEMENTS_BIND(&r->s, CAUSES_ROWS_CANDIDATE, id,
		                (uint64_t)r->chain + w->by[i].chain,
		                (uint64_t)r->task + w->by[i].task);
		if (statements_do(&r->s, CAUSES_ROWS_CANDIDATE, err) < 0)
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
	s = STATEMENTS_BIND(&r->s, CAUSES_ROWS_WATCH, (uint64_t)sample, is.on, is.kernel, is.period,
	                     is.rests, is.unwatched, is.lost);
	if (!is.on)
		statements_bind_text(s, 8, w->why.why);
	if (!is.on)
		statements_bind_text(s, 9, w->why.how);
	r->watch = is;
	r->watch_told = true;
	return statements_do(&r->s, CAUSES_ROWS_WATCH, err);
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
		STATEMENTS_BIND(&r->s, CAUSES_ROWS_FAULT, (uint64_t)sample, of->who,
		                wrote / page_size, (bytes - wrote) / page_size);
		got = statements_do(&r->s, CAUSES_ROWS_FAULT, err);
	}
	if (got == 0 && c->n) {
		candidates_pack(c, written, page_size, &packed);
		sqlite3_bind_blob64(STATEMENTS_BIND(&r->s, CAUSES_ROWS_FAULT_SET,
		                                    (uint64_t)sample),
		                    2, packed.s, packed.len, SQLITE_STATIC);
		got = statements_do(&r->s, CAUSES_ROWS_FAULT_SET, err);
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
	if (news->grown && news->baseline_ns != r->baseline_ns) {
		r->baseline_ns = news->baseline_ns;
		STATEMENTS_BIND(&r->s, CAUSES_ROWS_BASELINE, (uint64_t)r->session, r->baseline_ns);
		if (statements_do(&r->s, CAUSES_ROWS_BASELINE, err) < 0)
			return -1;
	}
	for (size_t i = 0; news->grown && i < news->brought_n; i++) {
		const struct suspects_brought *b = &news->brought[i];

		STATEMENTS_BIND(&r->s, CAUSES_ROWS_BROUGHT, (uint64_t)sample,
		                 (uint64_t)r->chain + b->chain, b->pages, b->maybe);
		if (statements_do(&r->s, CAUSES_ROWS_BROUGHT, err) < 0)
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
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, CAUSES_ROWS_READ, (uint64_t)sample);
	int got = statements_step(&r->s, CAUSES_ROWS_READ, err);

	if (got > 0 && !candidates_unpack(sqlite3_column_blob(s, 0),
	                                  (size_t)sqlite3_column_bytes(s, 0), written, page_size,
	                                  out))
		got = statements_damaged(&r->s, err);
	statements_reset(&r->s, CAUSES_ROWS_READ);
	return got < 0 ? -1 : 0;
}

static int
causes_rows_drop(struct causes_rows *r, int64_t sample, struct err *err)
{
	STATEMENTS_BIND(&r->s, CAUSES_ROWS_DROP, (uint64_t)sample);
	STATEMENTS_BIND(&r->s, CAUSES_ROWS_DROP_SET, (uint64_t)sample);
	return statements_do(&r->s, CAUSES_ROWS_DROP, err) < 0 ||
	               statements_do(&r->s, CAUSES_ROWS_DROP_SET, err) < 0
	           ? -1
	           : 0;
}

static int
causes_rows_read_set(struct causes_rows *r, uint64_t id, struct causes_rows_set *out,
                     struct err *err)
{
	int got;

	*out = (struct causes_rows_set){.id = id};
	STATEMENTS_BIND(&r->s, CAUSES_ROWS_SET, id);
	while ((got = statements_step(&r->s, CAUSES_ROWS_SET, err)) > 0) {
		out->more |= statements_number(&r->s, CAUSES_ROWS_SET, 2);
		out->session = statements_number(&r->s, CAUSES_ROWS_SET, 3);
		if (out->n < CAUSES_MOST)
			out->by[out->n++] = (struct suspects_by){
			    statements_number(&r->s, CAUSES_ROWS_SET, 0),
			    statements_number(&r->s, CAUSES_ROWS_SET, 1)};
	}
	return got;
}

static int
causes_rows_order(const struct suspects_by *a, const struct suspects_by *b)
{
	if (a->chain != b->chain)
		return a->chain < b->chain ? -1 : 1;
	return (a->task > b->task) - (a->task < b->task);
}

/* The candidates of both, as far as so many are kept. */
static struct causes_rows_set
causes_rows_join_sets(const struct causes_rows_set *a, const struct causes_rows_set *b)
{
	struct causes_rows_set out = {.session = a->n ? a->session : b->session,
	                              .more = a->more | b->more};
	size_t i = 0, k = 0;

	while (i < a->n || k < b->n) {
		int order = i == a->n   ? 1
		            : k == b->n ? -1
		                        : causes_rows_order(&a->by[i], &b->by[k]);
		struct suspects_by by = order <= 0 ? a->by[i] : b->by[k];

		i += order <= 0;
		k += order >= 0;
		if (out.n == CAUSES_MOST) {
			out.more = 1;
			break;
		}
		out.by[out.n++] = by;
	}
	return out;
}

static bool
causes_rows_same_set(const struct causes_rows_set *a, const struct causes_rows_set *b)
{
	bool same = a->n == b->n && a->more == b->more && a->session == b->session;

	for (size_t i = 0; same && i < a->n; i++)
		same = !causes_rows_order(&a->by[i], &b->by[i]);
	return same;
}

/* A set that is in the file, or now comes into it. */
static int
causes_rows_put_set(struct causes_rows *r, struct causes_rows_set *is, struct err *err)
{
	int64_t next;

	for (size_t i = 0; i < r->united_n; i++)
		if (causes_rows_same_set(&r->united[i], is)) {
			is->id = r->united[i].id;
			return 0;
		}
	if (statements_ask(&r->s, CAUSES_ROWS_BASE_WHO, &next, err) < 0)
		return -1;
	is->id = u64_max((uint64_t)next, (uint64_t)r->who + CAUSES_ROWS_UNITED);
	STATEMENTS_BIND(&r->s, CAUSES_ROWS_WHO, is->id, is->session, is->more);
	if (statements_do(&r->s, CAUSES_ROWS_WHO, err) < 0)
		return -1;
	for (size_t i = 0; i < is->n; i++) {
		STATEMENTS_BIND(&r->s, CAUSES_ROWS_CANDIDATE, is->id, is->by[i].chain,
		                is->by[i].task);
		if (statements_do(&r->s, CAUSES_ROWS_CANDIDATE, err) < 0)
			return -1;
	}
	r->united = vec_room(r->united, r->united_n, &r->united_cap, sizeof(*r->united));
	r->united[r->united_n++] = *is;
	return 0;
}

static int
causes_rows_make_both(struct causes_rows *r, uint64_t id_a, uint64_t id_b, uint64_t *both,
                      struct err *err)
{
	struct causes_rows_set a, b, is;

	if (causes_rows_read_set(r, id_a, &a, err) < 0 ||
	    causes_rows_read_set(r, id_b, &b, err) < 0)
		return -1;
	is = causes_rows_join_sets(&a, &b);
	*both = causes_rows_same_set(&is, &a) ? id_a : id_b;
	if (causes_rows_same_set(&is, &a) || causes_rows_same_set(&is, &b))
		return 0;
	if (causes_rows_put_set(r, &is, err) < 0)
		return -1;
	*both = is.id;
	return 0;
}

/* As struct candidates_unite has it: mostly of a pair that was asked for before. */
static int
causes_rows_both(void *arg, uint64_t a, uint64_t b, uint64_t *both, struct err *err)
{
	enum { MOST = 4096 };
	struct causes_rows *r = arg;

	for (size_t i = r->pairs_n; i > 0; i--)
		if (r->pairs[i - 1].a == a && r->pairs[i - 1].b == b) {
			*both = r->pairs[i - 1].both;
			return 0;
		}
	if (causes_rows_make_both(r, a, b, both, err) < 0)
		return -1;
	if (r->pairs_n == MOST)
		r->pairs_n = 0;
	r->pairs = vec_room(r->pairs, r->pairs_n, &r->pairs_cap, sizeof(*r->pairs));
	r->pairs[r->pairs_n++] = (struct causes_rows_pair){a, b, *both};
	return 0;
}

int
causes_rows_unite(struct causes_rows *r, const struct causes_rows_join *j, struct err *err)
{
	struct candidates pages = {0}, later = {0};
	int got = causes_rows_read(r, j->sample, j->written, j->page_size, &pages, err);

	if (got == 0)
		got = causes_rows_read(r, j->next, j->next_written, j->page_size, &later, err);
	if (got == 0)
		got = candidates_unite(
		    &pages, &later,
		    &(struct candidates_unite){.written = j->written,
		                               .later_written = j->next_written,
		                               .both = j->both,
		                               .who = causes_rows_both,
		                               .arg = r},
		    err);
	if (got == 0) {
		got = causes_rows_drop(r, j->sample, err) < 0 ||
		              causes_rows_drop(r, j->next, err) < 0
		          ? -1
		          : causes_rows_pages(r, j->next, &pages, j->both, j->page_size, err);
	}
	candidates_free(&pages);
	candidates_free(&later);
	return got;
}
