/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The faults are a log, oldest first, which becomes a ring once it has reached its bound. Each
 * links back to the one before it on the same page; a table finds the newest of a page. The faults
 * of a page in an epoch are a group. Within it an instruction is kept once, at its first fault; the
 * first of a group carries its flags.
 */
#include "cause/causes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"

enum {
	FIRST = 1,   /* of its group */
	SEVERAL = 2, /* of the first: the group has several instructions */
	WRITTEN = 4, /* of the first: the page was written in this epoch */

	GROUP_MAX = 8, /* instructions kept of a group */
};

struct entry {
	uint64_t addr : 57, flags : 7;
	uint64_t time_us : 40, thread : 24; /* since base_ns */
	uint32_t chain, epoch;
	uint32_t back; /* distance to the one before it on this page; 0: there is none */
};

/* A table over cause_sums: the number of a row + 1; 0: free. */
struct causes_sums_index {
	struct cause_sums *s;
	uint32_t *table;
	size_t size;
};

struct causes {
	int refs;
	pthread_mutex_t lock;
	size_t page_size;
	uint64_t base_ns;
	struct chains chains;
	struct causes_thread *thread;
	size_t threads, threads_cap, last_thread;

	struct entry *v;
	size_t cap, max;
	uint64_t n;       /* entries ever added: the newest is n - 1, at (n - 1) % max */
	uint64_t oldest;  /* the oldest that is kept */
	uint32_t *table;  /* open addressing: where in v, + 1; 0: free */
	size_t table_size, pages;

	uint32_t epoch, first_epoch;
	bool turning;     /* a clear is under way: which epoch a fault belongs to is not known */
	uint64_t turn;    /* the first entry that was added since it began */
	struct cause_sums past; /* of forgotten entries */
	struct causes_sums_index past_index;
	struct causes_totals totals;
};

/* --- sums ------------------------------------------------------------------------------------- */

static size_t
causes_sums_place(const struct causes_sums_index *x, uint32_t chain, uint32_t thread)
{
	size_t mask = x->size - 1;
	size_t i = (chain * UINT64_C(0x9e3779b97f4a7c15) + thread * UINT64_C(0xff51afd7ed558ccd)) >>
	               20 &
	           mask;

	for (; x->table[i]; i = (i + 1) & mask) {
		const struct cause_sum *r = &x->s->v[x->table[i] - 1];

		if (r->chain == chain && r->thread == thread)
			break;
	}
	return i;
}

static void
causes_sums_grow(struct causes_sums_index *x)
{
	enum { LEAST = 256 };

	if (x->table && x->s->n * 2 < x->size)
		return;
	free(x->table);
	for (x->size = LEAST; x->size <= x->s->n * 2; x->size *= 2)
		;
	x->table = mem_alloc(x->size * sizeof(*x->table));
	for (size_t k = 0; k < x->s->n; k++) {
		const struct cause_sum *r = &x->s->v[k];

		x->table[causes_sums_place(x, r->chain, r->thread)] = (uint32_t)k + 1;
	}
}

static struct cause_sum *
causes_sums_row(struct causes_sums_index *x, uint32_t chain, uint32_t thread)
{
	struct cause_sums *s = x->s;
	size_t i;

	causes_sums_grow(x);
	i = causes_sums_place(x, chain, thread);
	if (!x->table[i]) {
		s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
		s->v[s->n] = (struct cause_sum){.chain = chain, .thread = thread};
		x->table[i] = (uint32_t)++s->n;
	}
	return &s->v[x->table[i] - 1];
}

/* --- the log ---------------------------------------------------------------------------------- */

static struct entry *
causes_entry(const struct causes *c, uint64_t number)
{
	return &c->v[number % c->max];
}

static uint64_t
causes_page(const struct causes *c, uint64_t addr)
{
	return addr / c->page_size;
}

/* The number of the entry that a place of the table names. */
static uint64_t
causes_number(const struct causes *c, uint32_t slot)
{
	uint64_t k = c->n - c->n % c->max + slot - 1;

	return k < c->n ? k : k - c->max;
}

static uint64_t
causes_hash(uint64_t page)
{
	return page * UINT64_C(0x9e3779b97f4a7c15) >> 24;
}

/* Where in the table a page is, or would be. */
static size_t
causes_place(const struct causes *c, uint64_t page)
{
	size_t mask = c->table_size - 1, i = causes_hash(page) & mask;

	while (c->table[i]) {
		const struct entry *e = causes_entry(c, causes_number(c, c->table[i]));

		if (causes_page(c, e->addr) == page)
			break;
		i = (i + 1) & mask;
	}
	return i;
}

/* Empties a place, and moves up what would no longer be found beyond it. */
static void
causes_unplace(struct causes *c, size_t i)
{
	size_t mask = c->table_size - 1;

	c->pages--;
	for (size_t j = (i + 1) & mask; c->table[j]; j = (j + 1) & mask) {
		uint64_t page =
		    causes_page(c, causes_entry(c, causes_number(c, c->table[j]))->addr);
		size_t home = causes_hash(page) & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			c->table[i] = c->table[j];
			i = j;
		}
	}
	c->table[i] = 0;
}

static void
causes_grow_table(struct causes *c)
{
	enum { LEAST = 4096 };

	if (c->pages * 2 < c->table_size)
		return;
	free(c->table);
	c->table_size = c->table_size ? c->table_size * 2 : LEAST;
	c->table = mem_alloc(c->table_size * sizeof(*c->table));
	for (uint64_t k = c->oldest; k < c->n; k++)
		c->table[causes_place(c, causes_page(c, causes_entry(c, k)->addr))] =
		    (uint32_t)(k % c->max) + 1;
}

/* The newest entry of a page; n: none. */
static uint64_t
causes_newest(const struct causes *c, uint64_t page)
{
	size_t i;

	if (!c->table_size)
		return c->n;
	i = causes_place(c, page);
	return c->table[i] ? causes_number(c, c->table[i]) : c->n;
}

/* The one before it on its page; n: none, or it is forgotten. */
static uint64_t
causes_before(const struct causes *c, uint64_t k)
{
	uint32_t back = causes_entry(c, k)->back;

	return back && k - c->oldest >= back ? k - back : c->n;
}

/*
 * The entries of a page in an epoch, newest first; at most GROUP_MAX. Of a page that is not known
 * there are none.
 */
static size_t
causes_group(const struct causes *c, uint64_t page, uint32_t epoch, uint64_t out[GROUP_MAX])
{
	size_t n = 0;

	for (uint64_t k = causes_newest(c, page); k != c->n && n < GROUP_MAX;
	     k = causes_before(c, k)) {
		uint32_t is = causes_entry(c, k)->epoch;

		if (is == epoch)
			out[n++] = k;
		else if (is < epoch)
			break;
	}
	return n;
}

static uint64_t
causes_ip(const struct causes *c, const struct entry *e)
{
	return chains_at(&c->chains, e->chain).frames[0];
}

static bool
causes_is_written(const struct track *t, uint64_t addr, uint32_t epoch)
{
	return t && track_was_written(t, addr, epoch);
}

/* Adds the group of which k is the first. */
static void
causes_add_group(const struct causes *c, struct causes_sums_index *x, uint64_t k)
{
	const struct entry *e = causes_entry(c, k);
	uint64_t group[GROUP_MAX];
	size_t n;

	if (!(e->flags & SEVERAL)) {
		causes_sums_row(x, e->chain, e->thread)->pages++;
		x->s->one++;
		return;
	}
	n = causes_group(c, causes_page(c, e->addr), e->epoch, group);
	for (size_t i = 0; i < n; i++) {
		const struct entry *one = causes_entry(c, group[i]);

		causes_sums_row(x, one->chain, one->thread)->maybe++;
	}
	x->s->some++;
}

static void
causes_forget_oldest(struct causes *c)
{
	struct entry *e = causes_entry(c, c->oldest);
	size_t i = causes_place(c, causes_page(c, e->addr));

	if (e->flags & FIRST && e->flags & WRITTEN && e->epoch >= c->first_epoch)
		causes_add_group(c, &c->past_index, c->oldest);
	c->totals.unjudged += e->flags & FIRST && e->epoch == c->epoch && !(e->flags & WRITTEN);
	c->totals.forgotten_ns = c->base_ns + e->time_us * 1000;
	if (c->table[i] && causes_number(c, c->table[i]) == c->oldest)
		causes_unplace(c, i);
	c->oldest++;
}

static uint64_t
causes_append(struct causes *c, const struct entry *e)
{
	uint64_t page = causes_page(c, e->addr), before;
	size_t i;

	if (c->n - c->oldest == c->max)
		causes_forget_oldest(c);
	if (c->n < c->max)
		c->v = vec_room(c->v, c->n, &c->cap, sizeof(*c->v));
	causes_grow_table(c);
	before = causes_newest(c, page);
	*causes_entry(c, c->n) = *e;
	causes_entry(c, c->n)->back = before == c->n ? 0 : (uint32_t)(c->n - before);
	i = causes_place(c, page);
	c->pages += !c->table[i];
	c->table[i] = (uint32_t)(c->n % c->max) + 1;
	return c->n++;
}

/* --- faults come in --------------------------------------------------------------------------- */

struct causes *
causes_new(size_t page_size, size_t bytes)
{
	struct causes *c = mem_alloc(sizeof(*c));

	c->refs = 1;
	pthread_mutex_init(&c->lock, NULL);
	c->page_size = page_size;
	/* of the bound an eighth is for frames; an entry needs up to four places of the table */
	chains_init(&c->chains, bytes / 8);
	c->max = bytes / 8 * 7 / (sizeof(*c->v) + 4 * sizeof(*c->table));
	c->past_index.s = &c->past;
	return c;
}

struct causes *
causes_ref(struct causes *c)
{
	if (c)
		refs_take(&c->refs);
	return c;
}

static void
causes_empty(struct causes *c)
{
	chains_free(&c->chains);
	free(c->thread);
	free(c->v);
	free(c->table);
	free(c->past.v);
	free(c->past_index.table);
}

void
causes_unref(struct causes *c)
{
	if (!c || !refs_drop(&c->refs))
		return;
	causes_empty(c);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void
causes_forget(struct causes *c)
{
	size_t bytes = c->chains.max_bytes;

	pthread_mutex_lock(&c->lock);
	causes_empty(c);
	chains_init(&c->chains, bytes);
	c->thread = NULL;
	c->threads = c->threads_cap = c->last_thread = 0;
	c->v = NULL;
	c->n = c->oldest = c->cap = 0;
	c->table = NULL;
	c->table_size = c->pages = 0;
	c->past = (struct cause_sums){0};
	c->past_index = (struct causes_sums_index){.s = &c->past};
	c->totals = (struct causes_totals){.watch = c->totals.watch};
	c->base_ns = 0;
	c->turning = false;
	pthread_mutex_unlock(&c->lock);
}

/* Threads fault in turns: the last one again, mostly. */
static uint32_t
causes_thread_number(struct causes *c, pid_t pid, pid_t tid)
{
	size_t i = c->last_thread;

	if (i < c->threads && c->thread[i].tid == tid && c->thread[i].pid == pid)
		return (uint32_t)i;
	for (i = 0; i < c->threads; i++)
		if (c->thread[i].tid == tid && c->thread[i].pid == pid)
			break;
	if (i == c->threads) {
		c->thread = vec_room(c->thread, i, &c->threads_cap, sizeof(*c->thread));
		c->thread[c->threads++] = (struct causes_thread){.pid = pid, .tid = tid};
	}
	c->last_thread = i;
	return (uint32_t)i;
}

/*
 * Whether an instruction is in its group already. During a clear it is kept all the same: it may
 * belong to the next epoch.
 */
static bool
causes_is_known(const struct causes *c, const struct entry *e, const uint64_t *group, size_t n)
{
	for (size_t i = 0; i < n && !c->turning; i++)
		if (causes_ip(c, causes_entry(c, group[i])) == causes_ip(c, e))
			return true;
	return n == GROUP_MAX;
}

/* Sets the flags of an entry that was just added to its group. */
static void
causes_join(struct causes *c, uint64_t k, const uint64_t *group, size_t n)
{
	struct entry *e = causes_entry(c, k), *first;

	if (!n) {
		e->flags |= FIRST;
		return;
	}
	first = causes_entry(c, group[n - 1]);
	if (!c->turning && causes_ip(c, first) != causes_ip(c, e))
		first->flags |= SEVERAL;
}

static void
causes_add_entry(struct causes *c, struct entry e)
{
	uint64_t group[GROUP_MAX], k;
	size_t n = causes_group(c, causes_page(c, e.addr), e.epoch, group);

	if (causes_is_known(c, &e, group, n))
		return;
	k = causes_append(c, &e);
	if (n && group[n - 1] < c->oldest)
		n--; /* it was the oldest of all */
	causes_join(c, k, group, n);
}

/* The call chain begins with the instruction; the kernel may have found no chain at all. */
static uint32_t
causes_chain_number(struct causes *c, const struct perf_sample *s)
{
	if (!s->n || s->frames[0] != s->ip) {
		bool kernel = s->ip >> 63;

		return chains_number(&c->chains, &s->ip, 1, kernel, true);
	}
	return chains_number(&c->chains, s->frames, s->n, s->kernel, s->n >= CAUSES_DEPTH);
}

void
causes_add(struct causes *c, const struct perf_sample *s)
{
	struct entry e = {.addr = s->addr, .epoch = c->epoch};

	pthread_mutex_lock(&c->lock);
	if (!c->base_ns)
		c->base_ns = s->time_ns - u64_min(s->time_ns, UINT64_C(1000000000));
	c->totals.faults++;
	e.epoch = c->epoch;
	e.time_us = s->time_ns > c->base_ns ? (s->time_ns - c->base_ns) / 1000 : 0;
	e.chain = causes_chain_number(c, s);
	e.thread = causes_thread_number(c, s->pid, s->tid);
	causes_add_entry(c, e);
	pthread_mutex_unlock(&c->lock);
}

void
causes_lost(struct causes *c, uint64_t n)
{
	pthread_mutex_lock(&c->lock);
	c->totals.lost += n;
	pthread_mutex_unlock(&c->lock);
}

void
causes_set_watch(struct causes *c, const struct causes_watch *w)
{
	pthread_mutex_lock(&c->lock);
	c->totals.watch = *w;
	pthread_mutex_unlock(&c->lock);
}

void
causes_name_thread(struct causes *c, uint32_t thread, const char *comm)
{
	pthread_mutex_lock(&c->lock);
	if (thread < c->threads)
		snprintf(c->thread[thread].comm, sizeof(c->thread[thread].comm), "%s", comm);
	pthread_mutex_unlock(&c->lock);
}

size_t
causes_threads(struct causes *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->threads;
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* --- clears ----------------------------------------------------------------------------------- */

/* Marks what the stamps say was written in the epoch under way. */
static void
causes_settle(struct causes *c, const struct track *t)
{
	for (uint64_t k = c->n; k > c->oldest; k--) {
		struct entry *e = causes_entry(c, k - 1);

		if (e->epoch != c->epoch)
			break;
		if (e->flags & FIRST && causes_is_written(t, e->addr, e->epoch))
			e->flags |= WRITTEN;
	}
}

void
causes_scanned(struct causes *c, const struct track *t)
{
	pthread_mutex_lock(&c->lock);
	if (c->n - c->oldest > c->max / 2)
		causes_settle(c, t);
	pthread_mutex_unlock(&c->lock);
}

void
causes_before_clear(struct causes *c, const struct track *t)
{
	pthread_mutex_lock(&c->lock);
	causes_settle(c, t);
	c->turning = true;
	c->turn = c->n;
	pthread_mutex_unlock(&c->lock);
}

/* Takes out of the log what was added since the clear began; NULL: nothing. */
static struct entry *
causes_take_back(struct causes *c, size_t *n)
{
	uint64_t from = u64_max(c->turn, c->oldest);
	struct entry *out = NULL;

	*n = (size_t)(c->n - from);
	if (*n)
		out = mem_alloc(*n * sizeof(*out));
	for (size_t i = *n; i > 0; i--) {
		uint64_t k = c->n - 1;
		struct entry *e = causes_entry(c, k);
		size_t place = causes_place(c, causes_page(c, e->addr));
		uint64_t before = causes_before(c, k);

		out[i - 1] = *e;
		if (before == c->n)
			causes_unplace(c, place);
		else
			c->table[place] = (uint32_t)(before % c->max) + 1;
		c->n--;
	}
	return out;
}

/*
 * A fault while the clear ran: before the page was protected again, or after. It was before if the
 * page was written in the epoch that ended, and no earlier fault explains that.
 */
static bool
causes_is_before(const struct causes *c, const struct track *t, const struct entry *e,
                 uint32_t epoch)
{
	uint64_t group[GROUP_MAX];

	return causes_is_written(t, e->addr, epoch) &&
	       !causes_group(c, causes_page(c, e->addr), epoch, group);
}

void
causes_after_clear(struct causes *c, const struct track *t, uint64_t begin_ns)
{
	uint32_t old;
	struct entry *v;
	size_t n;

	pthread_mutex_lock(&c->lock);
	old = c->epoch;
	v = causes_take_back(c, &n);
	c->turning = false;
	for (size_t i = 0; i < n; i++) {
		v[i].flags = 0;
		if (t->epoch != old && c->base_ns + v[i].time_us * 1000 + 999 >= begin_ns &&
		    !causes_is_before(c, t, &v[i], old))
			v[i].epoch = t->epoch;
	}
	/* those of the old epoch first: the groups of the log are in the order of their epochs */
	for (size_t i = 0; i < n; i++)
		if (v[i].epoch == old)
			causes_add_entry(c, v[i]);
	if (t->auto_clear)
		causes_settle(c, t);
	c->epoch = t->epoch;
	for (size_t i = 0; i < n; i++)
		if (v[i].epoch != old)
			causes_add_entry(c, v[i]);
	free(v);
	if (c->first_epoch != t->first_epoch || !c->totals.since_ns) {
		c->first_epoch = t->first_epoch;
		c->totals.since_ns = t->first_ns;
		free(c->past.v);
		free(c->past_index.table);
		c->past = (struct cause_sums){0};
		c->past_index = (struct causes_sums_index){.s = &c->past};
	}
	pthread_mutex_unlock(&c->lock);
}

/* --- answers ---------------------------------------------------------------------------------- */

void
causes_totals(struct causes *c, struct causes_totals *out)
{
	pthread_mutex_lock(&c->lock);
	*out = c->totals;
	out->cost_ns = c->totals.faults * CAUSES_COST_NS;
	pthread_mutex_unlock(&c->lock);
}

void
causes_chain(struct causes *c, uint32_t chain, struct causes_chain *out)
{
	struct chain is;

	*out = (struct causes_chain){0};
	pthread_mutex_lock(&c->lock);
	if (chain < c->chains.n) {
		is = chains_at(&c->chains, chain);
		out->frames = mem_copy(is.frames, is.n * sizeof(*is.frames));
		out->n = is.n;
		out->kernel = is.kernel;
		out->cut = is.cut;
	}
	pthread_mutex_unlock(&c->lock);
}

void
causes_thread(struct causes *c, uint32_t thread, struct causes_thread *out)
{
	*out = (struct causes_thread){0};
	pthread_mutex_lock(&c->lock);
	if (thread < c->threads)
		*out = c->thread[thread];
	pthread_mutex_unlock(&c->lock);
}

size_t
causes_of_page(struct causes *c, uint64_t addr, struct cause *out, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&c->lock);
	for (uint64_t k = causes_newest(c, causes_page(c, addr)); k != c->n && n < max;
	     k = causes_before(c, k)) {
		const struct entry *e = causes_entry(c, k);

		out[n++] = (struct cause){.time_ns = c->base_ns + e->time_us * 1000,
		                          .addr = e->addr,
		                          .epoch = e->epoch,
		                          .chain = e->chain,
		                          .thread = e->thread,
		                          .first = e->flags & FIRST,
		                          .written = e->flags & WRITTEN};
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* Adds what is forgotten, which was written since the first epoch. */
static void
causes_add_past(const struct causes *c, struct causes_sums_index *x)
{
	for (size_t i = 0; i < c->past.n; i++) {
		const struct cause_sum *p = &c->past.v[i];
		struct cause_sum *row = causes_sums_row(x, p->chain, p->thread);

		row->pages += p->pages;
		row->maybe += p->maybe;
	}
	x->s->one += c->past.one;
	x->s->some += c->past.some;
}

void
causes_sum(struct causes *c, const struct track *t, const struct causes_range *of,
           struct cause_sums *out)
{
	struct causes_sums_index x = {.s = out};

	*out = (struct cause_sums){0};
	pthread_mutex_lock(&c->lock);
	if (of->from <= c->first_epoch && !of->end)
		causes_add_past(c, &x);
	for (uint64_t k = c->oldest; k < c->n; k++) {
		const struct entry *e = causes_entry(c, k);

		if (!(e->flags & FIRST) || e->epoch < of->from || e->epoch > of->to ||
		    (of->end && (e->addr < of->start || e->addr >= of->end)))
			continue;
		if (!t || e->flags & WRITTEN ||
		    (e->epoch == c->epoch && causes_is_written(t, e->addr, e->epoch)))
			causes_add_group(c, &x, k);
		else
			out->other++;
	}
	pthread_mutex_unlock(&c->lock);
	free(x.table);
}
