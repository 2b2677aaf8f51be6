/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/candidates.h"
#include "record/statements.h"
#include "record/suspects.h"

#define RECALL_STATEMENTS                                                                          \
	X(CODES, "SELECT id, address, returns, name, offset, file, source, inlined, flags, "       \
	         "called FROM code WHERE session = ? AND id > ? ORDER BY id")                      \
	X(CHAINS, "SELECT h.id, h.kernel, h.cut, f.code FROM chain h JOIN frame f ON f.chain = "   \
	          "h.id WHERE h.session = ? AND h.id > ? ORDER BY h.id, f.depth")                  \
	X(TASKS, "SELECT id, pid, tid, name FROM task WHERE session = ? AND id > ? ORDER BY id")   \
	X(WHO, "SELECT w.id, w.more, c.chain, c.task FROM who w JOIN candidate c ON c.who = w.id " \
	       "WHERE w.session = ? AND w.id > ? ORDER BY w.id")                                   \
	X(WATCH, "SELECT watched, kernel, period, rests, unwatched, lost, why, how FROM watch "    \
	         "WHERE sample <= ?1 AND sample >= (SELECT min(id) FROM sample WHERE session = "   \
	         "(SELECT session FROM sample WHERE id = ?1)) ORDER BY sample DESC LIMIT 1")       \
	X(FAULTED, "SELECT ifnull(sum(pages + other), 0) FROM fault WHERE sample = ?")             \
	X(PAST, "SELECT who, sum(pages) FROM fault WHERE sample >= ? AND sample < ? AND pages > "  \
	        "0 GROUP BY who")                                                                  \
	X(FAULTS, "SELECT data FROM fault_set WHERE sample = ?")                                   \
	X(COUNTED, "SELECT max(sample) FROM brought WHERE sample >= ? AND sample <= ?")            \
	X(BROUGHT, "SELECT chain, pages, maybe FROM brought WHERE sample = ?")

enum recall_statement {
#define X(id, sql) RECALL_##id,
	RECALL_STATEMENTS
#undef X
	RECALL_COUNT
};

static const char *const recall_sql[] = {
#define X(id, sql) sql,
    RECALL_STATEMENTS
#undef X
};

/* The address of a chain whose names were not recorded: no code is there. */
#define RECALL_UNNAMED (UINT64_C(1) << 62)
enum { RECALL_PAGES = 1 << 20 }; /* of a sample, at most */

struct recall_place {
	uint64_t id, addr;
	bool returns;
	struct source_code is; /* its texts are owned */
};

struct recall_chain {
	uint64_t id;
	uint64_t *frames; /* owned */
	size_t n, cap, kernel;
	bool cut;
};

struct recall_task {
	uint64_t id;
	pid_t pid, tid;
	char name[16];
};

struct recall_who {
	uint64_t id;
	bool more;
	struct suspects_by by[CAUSES_MOST];
	size_t n;
};

struct recall {
	struct statements s;
	int64_t session;
	bool grown; /* there may be more of it */
	size_t page_size;
	/* of the session, ascending by id */
	struct recall_place *places;
	struct recall_chain *chains;
	struct recall_task *tasks;
	struct recall_who *who;
	size_t places_n, places_cap, chains_n, chains_cap, tasks_n, tasks_cap, who_n, who_cap;
	struct recall_place **by_addr; /* places by address */
};

struct recall *
recall_open(sqlite3 *db, const char *path, struct err *err)
{
	struct recall *r = mem_alloc(sizeof(*r));

	r->session = -1;
	if (statements_open(&r->s, db, path, "read", recall_sql, RECALL_COUNT, err) == 0)
		return r;
	recall_close(r);
	return NULL;
}

int
recall_move(struct recall *r, sqlite3 *db, struct err *err)
{
	return statements_move(&r->s, db, err);
}

static void
recall_forget(struct recall *r)
{
	for (size_t i = 0; i < r->places_n; i++) {
		const struct source_code *is = &r->places[i].is;

		free((char *)(uintptr_t)is->name);
		free((char *)(uintptr_t)is->file);
		free((char *)(uintptr_t)is->source);
		free((char *)(uintptr_t)is->inlined);
	}
	for (size_t i = 0; i < r->chains_n; i++)
		free(r->chains[i].frames);
	r->places_n = r->chains_n = r->tasks_n = r->who_n = 0;
	free(r->by_addr);
	r->by_addr = NULL;
}

void
recall_close(struct recall *r)
{
	if (!r)
		return;
	statements_close(&r->s);
	recall_forget(r);
	free(r->places);
	free(r->chains);
	free(r->tasks);
	free(r->who);
	free(r);
}

/* --- a session ------------------------------------------------------------------------------ */

static uint64_t
recall_number(sqlite3_stmt *s, int i)
{
	return (uint64_t)sqlite3_column_int64(s, i);
}

/* NULL: it is NULL. The caller frees it. */
static char *
recall_text(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? mem_strdup(text) : NULL;
}

static char *
recall_words(sqlite3_stmt *s, int i)
{
	char *text = recall_text(s, i);

	return text ? text : mem_strdup("");
}

static void
recall_take_place(struct recall *r, sqlite3_stmt *s)
{
	unsigned flags = (unsigned)recall_number(s, 8);
	struct recall_place *p;

	r->places = vec_room(r->places, r->places_n, &r->places_cap, sizeof(*r->places));
	p = &r->places[r->places_n++];
	*p = (struct recall_place){.id = recall_number(s, 0),
	                           .addr = recall_number(s, 1),
	                           .returns = recall_number(s, 2)};
	p->is = (struct source_code){.name = recall_words(s, 3),
	                             .offset = recall_number(s, 4),
	                             .file = recall_words(s, 5),
	                             .source = recall_text(s, 6),
	                             .inlined = recall_text(s, 7),
	                             .known = flags & SUSPECTS_KNOWN,
	                             .kernel = flags & SUSPECTS_KERNEL,
	                             .runs = flags & SUSPECTS_RUNS,
	                             .framed = flags & SUSPECTS_FRAMED,
	                             .reads = flags & SUSPECTS_READS,
	                             .called = recall_number(s, 9)};
}

/* What has `id` of n structs, which begin with theirs, ascending; NULL: none. */
static void *
recall_find(const void *v, size_t n, size_t size, uint64_t id)
{
	size_t i = vec_above(v, n, size, 0, id);
	const char *at = v;

	if (!i)
		return NULL;
	at += (i - 1) * size;
	return *(const uint64_t *)(const void *)at == id ? (void *)(uintptr_t)at : NULL;
}

static void
recall_take_frame(struct recall *r, sqlite3_stmt *s)
{
	uint64_t id = recall_number(s, 0);
	const struct recall_place *p =
	    recall_find(r->places, r->places_n, sizeof(*r->places), recall_number(s, 3));
	struct recall_chain *c = r->chains_n ? &r->chains[r->chains_n - 1] : NULL;

	if (!c || c->id != id) {
		r->chains = vec_room(r->chains, r->chains_n, &r->chains_cap, sizeof(*r->chains));
		c = &r->chains[r->chains_n++];
		*c = (struct recall_chain){.id = id, .cut = recall_number(s, 2)};
	}
	if (!p || c->n == CAUSES_DEPTH)
		return;
	c->kernel += c->kernel == c->n && c->n < recall_number(s, 1);
	c->frames = vec_room(c->frames, c->n, &c->cap, sizeof(*c->frames));
	c->frames[c->n++] = p->addr;
}

static void
recall_take_task(struct recall *r, sqlite3_stmt *s)
{
	struct recall_task *t;
	char *name = recall_words(s, 3);

	r->tasks = vec_room(r->tasks, r->tasks_n, &r->tasks_cap, sizeof(*r->tasks));
	t = &r->tasks[r->tasks_n++];
	*t = (struct recall_task){.id = recall_number(s, 0),
	                          .pid = (pid_t)recall_number(s, 1),
	                          .tid = (pid_t)recall_number(s, 2)};
	snprintf(t->name, sizeof(t->name), "%s", name);
	free(name);
}

static void
recall_take_who(struct recall *r, sqlite3_stmt *s)
{
	uint64_t id = recall_number(s, 0);
	struct recall_who *w = r->who_n ? &r->who[r->who_n - 1] : NULL;

	if (!w || w->id != id) {
		r->who = vec_room(r->who, r->who_n, &r->who_cap, sizeof(*r->who));
		w = &r->who[r->who_n++];
		*w = (struct recall_who){.id = id, .more = recall_number(s, 1)};
	}
	if (w->n < CAUSES_MOST)
		w->by[w->n++] = (struct suspects_by){recall_number(s, 2), recall_number(s, 3)};
}

/* Those of n structs that are not there yet, which begin with their numbers. */
static int
recall_take(struct recall *r, enum recall_statement which, const void *v, size_t n, size_t size,
            void (*take)(struct recall *r, sqlite3_stmt *s), struct err *err)
{
	const uint64_t *last = n ? (const void *)((const char *)v + (n - 1) * size) : NULL;
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, which, (uint64_t)r->session,
	                                  last ? *last : (uint64_t)INT64_MIN);
	int got;

	while ((got = statements_step(&r->s, which, err)) > 0)
		take(r, s);
	return got;
}

static int
recall_by_addr(const void *pa, const void *pb)
{
	const struct recall_place *const *a = pa, *const *b = pb;

	if ((*a)->addr != (*b)->addr)
		return (*a)->addr < (*b)->addr ? -1 : 1;
	return (*a)->returns - (*b)->returns;
}

/*
 * Names of threads may have been learnt meanwhile, and sets been made by thinning: those are read
 * again.
 */
static int
recall_read(struct recall *r, struct err *err)
{
	r->tasks_n = r->who_n = 0;
	return recall_take(r, RECALL_CODES, r->places, r->places_n, sizeof(*r->places),
	                   recall_take_place, err) < 0 ||
	               recall_take(r, RECALL_CHAINS, r->chains, r->chains_n, sizeof(*r->chains),
	                           recall_take_frame, err) < 0 ||
	               recall_take(r, RECALL_TASKS, r->tasks, r->tasks_n, sizeof(*r->tasks),
	                           recall_take_task, err) < 0 ||
	               recall_take(r, RECALL_WHO, r->who, r->who_n, sizeof(*r->who),
	                           recall_take_who, err) < 0
	           ? -1
	           : 0;
}

void
recall_grow(struct recall *r)
{
	r->grown = true;
}

int
recall_session(struct recall *r, int64_t session, size_t page_size, struct err *err)
{
	if (r->session == session && !r->grown)
		return 0;
	if (r->session != session)
		recall_forget(r);
	r->session = session;
	r->page_size = page_size;
	r->grown = false;
	if (recall_read(r, err) < 0) {
		recall_forget(r);
		r->session = -1;
		return -1;
	}
	free(r->by_addr);
	r->by_addr = mem_alloc((r->places_n + 1) * sizeof(*r->by_addr));
	for (size_t i = 0; i < r->places_n; i++)
		r->by_addr[i] = &r->places[i];
	vec_sort(r->by_addr, r->places_n, sizeof(*r->by_addr), recall_by_addr);
	return 0;
}

bool
recall_code(const struct recall *r, uint64_t addr, bool returns, struct source_code *out)
{
	const struct recall_place key = {.addr = addr, .returns = returns}, *at = &key;
	struct recall_place **found;

	if (addr & RECALL_UNNAMED && !(addr >> 63)) {
		*out = (struct source_code){.name = "[not recorded]", .file = ""};
		return true;
	}
	found = r->by_addr ? bsearch(&at, r->by_addr, r->places_n, sizeof(*r->by_addr),
	                             recall_by_addr)
	                   : NULL;
	if (found)
		*out = (*found)->is;
	return found;
}

/* --- samples -------------------------------------------------------------------------------- */

/* Whether a statement that has begun has a row. Reset it afterwards. */
static bool
recall_more(struct recall *r, enum recall_statement which)
{
	struct err ignored;

	return statements_step(&r->s, which, &ignored) > 0;
}

static bool
recall_ask(struct recall *r, enum recall_statement which, int64_t sample)
{
	STATEMENTS_BIND(&r->s, which, (uint64_t)sample);
	return recall_more(r, which);
}

bool
recall_watch(struct recall *r, int64_t sample, struct causes_watch *out, uint64_t *lost)
{
	sqlite3_stmt *s = r->s.v[RECALL_WATCH];
	bool is = recall_ask(r, RECALL_WATCH, sample);
	char *why, *how;

	*out = (struct causes_watch){0};
	*lost = 0;
	if (!is)
		return false;
	*out = (struct causes_watch){.on = recall_number(s, 0),
	                             .kernel = recall_number(s, 1),
	                             .period = u64_max(recall_number(s, 2), 1),
	                             .rests = recall_number(s, 3),
	                             .unwatched = (size_t)recall_number(s, 4)};
	*lost = recall_number(s, 5);
	why = recall_words(s, 6);
	how = recall_text(s, 7);
	if (!out->on)
		err_set(&out->why, ERR_TARGET, why, how, "cannot watch page faults");
	free(why);
	free(how);
	statements_reset(&r->s, RECALL_WATCH);
	return true;
}

uint64_t
recall_count(struct recall *r, int64_t sample)
{
	uint64_t n = recall_ask(r, RECALL_FAULTED, sample)
	                 ? statements_number(&r->s, RECALL_FAULTED, 0)
	                 : 0;

	statements_reset(&r->s, RECALL_FAULTED);
	return n;
}

/* A fault of a candidate. */
static struct perf_sample
recall_fault(const struct recall *r, const struct suspects_by *by, uint64_t time_ns)
{
	const struct recall_chain *c =
	    recall_find(r->chains, r->chains_n, sizeof(*r->chains), by->chain);
	const struct recall_task *t =
	    recall_find(r->tasks, r->tasks_n, sizeof(*r->tasks), by->task);
	struct perf_sample p = {.time_ns = time_ns, .pid = t ? t->pid : 0, .tid = t ? t->tid : 0};

	p.ip = RECALL_UNNAMED | (by->chain & (RECALL_UNNAMED - 1));
	if (!c || !c->n)
		return p;
	p.ip = c->frames[0];
	p.frames = c->frames;
	p.n = c->cut && c->n == 1 ? 0 : c->n; /* what has no chain is cut */
	p.kernel = c->kernel;
	return p;
}

static void
recall_name(const struct recall *r, const struct suspects_by *by, uint32_t thread,
            struct causes *into)
{
	const struct recall_task *t =
	    recall_find(r->tasks, r->tasks_n, sizeof(*r->tasks), by->task);

	if (t && t->name[0])
		causes_name_thread(into, thread, t->name);
}

static const struct recall_who *
recall_who(const struct recall *r, uint64_t id)
{
	return recall_find(r->who, r->who_n, sizeof(*r->who), id);
}

void
recall_past(struct recall *r, int64_t from, int64_t to, struct causes *into)
{
	sqlite3_stmt *s =
	    STATEMENTS_BIND(&r->s, RECALL_PAST, (uint64_t)from, (uint64_t)to);

	while (recall_more(r, RECALL_PAST)) {
		const struct recall_who *w = recall_who(r, recall_number(s, 0));
		struct cause_by by[CAUSES_MOST];

		for (size_t i = 0; w && i < w->n; i++) {
			struct perf_sample p = recall_fault(r, &w->by[i], 0);

			by[i] = causes_recall_by(into, &p);
			recall_name(r, &w->by[i], by[i].thread, into);
		}
		if (w)
			causes_recall_past(into, by, w->n, w->more, recall_number(s, 1));
	}
}

static void
recall_add_more(struct recall *r, const struct candidates_of *of, struct causes *into)
{
	uint64_t left = RECALL_PAGES;

	for (size_t k = 0; k < of->pages.n; k++)
		for (uint64_t at = of->pages.v[k].start; at < of->pages.v[k].end && left;
		     at += r->page_size, left--)
			causes_recall_more(into, at);
}

static void
recall_add(struct recall *r, const struct candidates_of *of, const struct recall_who *w,
           uint64_t time_ns, struct causes *into)
{
	uint64_t left = RECALL_PAGES;

	for (size_t i = 0; i < w->n; i++) {
		struct perf_sample p = recall_fault(r, &w->by[i], time_ns);
		struct cause_by by = causes_recall_by(into, &p);

		recall_name(r, &w->by[i], by.thread, into);
		for (size_t k = 0; k < of->pages.n; k++)
			for (p.addr = of->pages.v[k].start; p.addr < of->pages.v[k].end && left;
			     p.addr += r->page_size, left--)
				causes_add(into, &p);
	}
	if (w->more)
		recall_add_more(r, of, into);
}

void
recall_faults(struct recall *r, int64_t sample, uint64_t time_ns,
              const struct extents *written, struct causes *into)
{
	sqlite3_stmt *s = r->s.v[RECALL_FAULTS];
	struct candidates c = {0};
	struct pm_run *v = mem_alloc((written->n + 1) * sizeof(*v));

	if (recall_ask(r, RECALL_FAULTS, sample) &&
	    candidates_unpack(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
	                      written, r->page_size, &c))
		for (size_t i = 0; i < c.n; i++) {
			const struct recall_who *w = recall_who(r, c.v[i].who);

			if (w)
				recall_add(r, &c.v[i], w, time_ns, into);
		}
	statements_reset(&r->s, RECALL_FAULTS);
	for (size_t i = 0; i < written->n; i++)
		v[i] = (struct pm_run){written->v[i].start, written->v[i].end, 0};
	causes_recall_written(into, v, written->n);
	free(v);
	candidates_free(&c);
}

/* --- growth --------------------------------------------------------------------------------- */

int64_t
recall_brought(struct recall *r, int64_t from, int64_t to, struct causes *into,
               struct growth_told *out)
{
	sqlite3_stmt *s = r->s.v[RECALL_BROUGHT];
	int64_t at = 0;
	size_t cap = 0;

	STATEMENTS_BIND(&r->s, RECALL_COUNTED, (uint64_t)from, (uint64_t)to);
	if (recall_more(r, RECALL_COUNTED))
		at = (int64_t)statements_number(&r->s, RECALL_COUNTED, 0);
	statements_reset(&r->s, RECALL_COUNTED);
	if (at < from)
		return 0;
	STATEMENTS_BIND(&r->s, RECALL_BROUGHT, (uint64_t)at);
	while (recall_more(r, RECALL_BROUGHT) && out->n < SUSPECTS_MOST_BROUGHT) {
		struct suspects_by by = {.chain = recall_number(s, 0)};
		struct perf_sample p = recall_fault(r, &by, 0);
		struct cause_by of;

		p.pid = -1; /* no thread of the process */
		of = causes_recall_by(into, &p);
		causes_name_thread(into, of.thread, "[not recorded]");
		out->v = vec_room(out->v, out->n, &cap, sizeof(*out->v));
		out->v[out->n++] = (struct growth_sum){.chain = of.chain,
		                                       .thread = of.thread,
		                                       .pages = recall_number(s, 1),
		                                       .maybe = recall_number(s, 2)};
	}
	out->more = out->n == SUSPECTS_MOST_BROUGHT;
	statements_reset(&r->s, RECALL_BROUGHT);
	return at;
}
