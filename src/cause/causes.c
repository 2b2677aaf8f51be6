/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The faults are a log, oldest first, which becomes a ring once it has reached its bound. Each
 * links back to the one before it on the same page; a table finds the newest of a page. The faults
 * of a page in an epoch are a group. Within it a call chain of a thread is kept once, at its first
 * fault; the first of a group carries its flags.
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
	WRITTEN = 2, /* of the first: the page was written in this epoch */
	SEVERAL = 4, /* of the first: there are others */
	MORE = 8,    /* of the first: there were more than are kept */

	HUGE = 2 << 20,

	THREADS_MOST = 1 << 16, /* from the next on they are one */
};

struct entry {
	uint64_t addr : 57, flags : 7;
	uint64_t time_us : 44, thread : 20; /* since base_ns */
	uint32_t chain, epoch;
	uint32_t back; /* distance to the one before it on this page; 0: there is none */
};

struct causes {
	int refs;
	pthread_mutex_t lock;
	size_t page_size;
	uint64_t base_ns;
	struct chains chains;
	struct causes_thread *thread;
	size_t threads, threads_cap, last_thread;
	uint32_t *thread_table; /* open addressing: number + 1; 0: free */
	size_t thread_table_size;

	struct entry *v;
	size_t cap, max;
	uint64_t n;       /* entries ever added: the newest is n - 1, at (n - 1) % max */
	uint64_t oldest;  /* the oldest that is kept */
	uint32_t *table;  /* open addressing: where in v, + 1; 0: free */
	size_t table_size, pages;

	uint32_t epoch, first_epoch;
	bool counter;     /* everything is only counted, in past */
	bool no_writes;   /* the log is not kept */
	struct newest *newest; /* NULL: not kept */
	bool turning;     /* a clear is under way: which epoch a fault belongs to is not known */
	uint64_t turn;    /* the first entry that was added since it began */
	/* of forgotten entries: those of one epoch, and of all before it */
	struct cause_sums part, past;
	uint32_t part_epoch;
	struct causes_totals totals;
};

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
 * The entries of a page in an epoch, newest first; at most CAUSES_MOST. Of a page that is not known
 * there are none.
 */
static size_t
causes_group(const struct causes *c, uint64_t page, uint32_t epoch, uint64_t out[CAUSES_MOST])
{
	size_t n = 0;

	for (uint64_t k = causes_newest(c, page); k != c->n && n < CAUSES_MOST;
	     k = causes_before(c, k)) {
		uint32_t is = causes_entry(c, k)->epoch;

		if (is == epoch)
			out[n++] = k;
		else if (is < epoch)
			break;
	}
	return n;
}

static bool
causes_is_written(const struct track *t, uint64_t addr, uint32_t epoch)
{
	return t && track_was_written(t, addr, epoch);
}

static int
causes_by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Adds the group of which k is the first. */
static void
causes_add_group(const struct causes *c, struct cause_sums *s, uint64_t k)
{
	const struct entry *first = causes_entry(c, k);
	uint64_t set[CAUSES_MOST] = {k};
	size_t n = 1;

	if (first->flags & SEVERAL)
		n = causes_group(c, causes_page(c, first->addr), first->epoch, set);
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = causes_entry(c, set[i]);

		set[i] = (uint64_t)e->chain << 32 | e->thread;
	}
	qsort(set, n, sizeof(*set), causes_by_number);
	cause_sums_add(s, set, n, first->flags & MORE, 1);
}

/* Keeps what was written according to the oldest entry, which is about to be forgotten. */
static void
causes_keep_sum(struct causes *c, const struct entry *e)
{
	if (!(e->flags & FIRST) || !(e->flags & WRITTEN) || e->epoch < c->first_epoch)
		return;
	if (e->epoch != c->part_epoch) {
		cause_sums_join(&c->past, &c->part);
		cause_sums_free(&c->part);
		cause_sums_init(&c->part);
		c->part_epoch = e->epoch;
	}
	causes_add_group(c, &c->part, c->oldest);
}

static void
causes_forget_oldest(struct causes *c)
{
	struct entry *e = causes_entry(c, c->oldest);
	size_t i = causes_place(c, causes_page(c, e->addr));

	causes_keep_sum(c, e);
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
	cause_sums_init(&c->past);
	cause_sums_init(&c->part);
	return c;
}

struct causes *
causes_new_counter(void)
{
	enum { BYTES = 4 << 20 };
	struct causes *c = causes_new(1, BYTES);

	c->counter = true;
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
	free(c->thread_table);
	cause_sums_free(&c->past);
	cause_sums_free(&c->part);
	if (c->newest)
		newest_free(c->newest);
}

void
causes_unref(struct causes *c)
{
	if (!c || !refs_drop(&c->refs))
		return;
	causes_empty(c);
	free(c->newest);
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
	c->thread_table = NULL;
	c->threads = c->threads_cap = c->last_thread = c->thread_table_size = 0;
	c->v = NULL;
	c->n = c->oldest = c->cap = 0;
	c->table = NULL;
	c->table_size = c->pages = 0;
	cause_sums_init(&c->past);
	cause_sums_init(&c->part);
	c->totals = (struct causes_totals){.watch = c->totals.watch};
	c->base_ns = 0;
	if (c->newest)
		newest_init(c->newest, c->page_size);
	c->turning = false;
	pthread_mutex_unlock(&c->lock);
}

static size_t
causes_thread_place(const struct causes *c, pid_t pid, pid_t tid)
{
	size_t mask = c->thread_table_size - 1;
	uint64_t key = (uint64_t)tid << 32 ^ (uint64_t)pid;
	size_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> 40 & mask;

	for (; c->thread_table[i]; i = (i + 1) & mask) {
		const struct causes_thread *t = &c->thread[c->thread_table[i] - 1];

		if (t->tid == tid && t->pid == pid)
			break;
	}
	return i;
}

static void
causes_grow_threads(struct causes *c)
{
	enum { LEAST = 64 };

	if (c->threads * 2 < c->thread_table_size)
		return;
	free(c->thread_table);
	c->thread_table_size = c->thread_table_size ? c->thread_table_size * 2 : LEAST;
	c->thread_table = mem_alloc(c->thread_table_size * sizeof(*c->thread_table));
	for (uint32_t k = 0; k < c->threads; k++)
		c->thread_table[causes_thread_place(c, c->thread[k].pid, c->thread[k].tid)] = k + 1;
}

static size_t
causes_find_thread(struct causes *c, pid_t pid, pid_t tid)
{
	size_t i;

	causes_grow_threads(c);
	i = causes_thread_place(c, pid, tid);
	if (c->thread_table[i])
		return c->thread_table[i] - 1;
	if (c->threads >= THREADS_MOST && tid)
		return causes_find_thread(c, pid, 0);
	c->thread = vec_room(c->thread, c->threads, &c->threads_cap, sizeof(*c->thread));
	c->thread[c->threads] = (struct causes_thread){.pid = pid, .tid = tid};
	c->thread_table[i] = (uint32_t)++c->threads;
	return c->threads - 1;
}

/* Threads fault in turns: the last one again, mostly. */
static uint32_t
causes_thread_number(struct causes *c, pid_t pid, pid_t tid)
{
	size_t i = c->last_thread;

	if (i >= c->threads || c->thread[i].tid != tid || c->thread[i].pid != pid)
		i = causes_find_thread(c, pid, tid);
	c->thread[i].fresh = c->thread[i].tid;
	c->last_thread = i;
	return (uint32_t)i;
}

/*
 * Whether it is in its group already. During a clear it is kept all the same: it may belong to the
 * next epoch.
 */
static bool
causes_is_known(const struct causes *c, const struct entry *e, const uint64_t *group, size_t n)
{
	for (size_t i = 0; i < n && !c->turning; i++) {
		const struct entry *is = causes_entry(c, group[i]);

		if (is->chain == e->chain && is->thread == e->thread)
			return true;
	}
	return false;
}

static void
causes_add_entry(struct causes *c, struct entry e)
{
	uint64_t group[CAUSES_MOST], k;
	size_t n = causes_group(c, causes_page(c, e.addr), e.epoch, group);

	if (causes_is_known(c, &e, group, n))
		return;
	if (n == CAUSES_MOST && !c->turning) {
		causes_entry(c, group[n - 1])->flags |= MORE;
		return;
	}
	k = causes_append(c, &e);
	if (n && group[n - 1] < c->oldest)
		n--; /* it was the oldest of all */
	if (n)
		causes_entry(c, group[n - 1])->flags |= SEVERAL;
	else
		causes_entry(c, k)->flags |= FIRST;
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
	if (c->counter)
		cause_sums_add(&c->past, &(uint64_t){(uint64_t)e.chain << 32 | e.thread}, 1, false,
		                1);
	else if (!c->no_writes)
		causes_add_entry(c, e);
	if (c->newest)
		c->newest->sampled |= c->totals.watch.period > 1;
	if (c->newest)
		newest_put(c->newest, &(struct newest_fault){.addr = s->addr,
		                                             .time_us = e.time_us,
		                                             .chain = e.chain,
		                                             .thread = e.thread});
	pthread_mutex_unlock(&c->lock);
}

void
causes_keep_writes(struct causes *c, bool on)
{
	pthread_mutex_lock(&c->lock);
	c->no_writes = !on;
	pthread_mutex_unlock(&c->lock);
}

void
causes_keep_newest(struct causes *c, bool on)
{
	pthread_mutex_lock(&c->lock);
	if (c->newest) {
		newest_free(c->newest);
		free(c->newest);
	}
	c->newest = on ? mem_alloc(sizeof(*c->newest)) : NULL;
	if (on)
		newest_init(c->newest, c->page_size);
	pthread_mutex_unlock(&c->lock);
}

void
causes_set_lost(struct causes *c, uint64_t n)
{
	pthread_mutex_lock(&c->lock);
	c->totals.lost = n;
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
	if (thread < c->threads) {
		struct causes_thread *t = &c->thread[thread];

		t->fresh = false;
		if (*comm)
			snprintf(t->comm, sizeof(t->comm), "%s", comm);
	}
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
 * Whether a fault while the clear ran may have been before the page was protected again: the page
 * was written in the old epoch, and no scan before the clear saw that.
 */
static bool
causes_is_before(const struct causes *c, const struct track *t, const struct entry *e)
{
	uint64_t group[CAUSES_MOST];
	size_t n = causes_group(c, causes_page(c, e->addr), c->epoch, group);

	return causes_is_written(t, e->addr, c->epoch) &&
	       !(n && causes_entry(c, group[n - 1])->flags & WRITTEN);
}

/*
 * Puts back the faults that happened while the clear ran, or just before. Those of the old epoch
 * first: the groups of the log are in the order of their epochs.
 */
static void
causes_put_back(struct causes *c, const struct track *t, struct entry *v, size_t n,
                uint64_t begin_ns)
{
	uint32_t old = c->epoch;

	for (size_t i = 0; i < n; i++) {
		bool before = c->base_ns + v[i].time_us * 1000 + 999 < begin_ns;

		v[i].flags = 0;
		v[i].epoch = before || t->epoch == old ? old : t->epoch;
		if (v[i].epoch == old || causes_is_before(c, t, &v[i])) {
			struct entry e = v[i];

			e.epoch = old;
			causes_add_entry(c, e);
		}
	}
	if (t->auto_clear)
		causes_settle(c, t);
	c->epoch = t->epoch;
	for (size_t i = 0; i < n; i++)
		if (v[i].epoch != old)
			causes_add_entry(c, v[i]);
}

void
causes_after_clear(struct causes *c, const struct track *t, uint64_t begin_ns)
{
	struct entry *v;
	size_t n;

	pthread_mutex_lock(&c->lock);
	v = causes_take_back(c, &n);
	c->turning = false;
	causes_put_back(c, t, v, n, begin_ns);
	free(v);
	if (c->first_epoch != t->first_epoch || !c->totals.since_ns) {
		c->first_epoch = t->first_epoch;
		c->totals.since_ns = t->first_ns;
		cause_sums_free(&c->past);
		cause_sums_free(&c->part);
		cause_sums_init(&c->past);
		cause_sums_init(&c->part);
	}
	pthread_mutex_unlock(&c->lock);
}

uint32_t
causes_turn(struct causes *c)
{
	uint32_t epoch;

	pthread_mutex_lock(&c->lock);
	epoch = ++c->epoch;
	pthread_mutex_unlock(&c->lock);
	return epoch;
}

/* --- growth ----------------------------------------------------------------------------------- */

void
causes_baseline(struct causes *c, const struct pageset *base)
{
	pthread_mutex_lock(&c->lock);
	if (c->newest)
		newest_set_base(c->newest, base);
	pthread_mutex_unlock(&c->lock);
}

void
causes_resident(struct causes *c, const struct pageset *now, uint64_t begin_ns, bool armed)
{
	uint64_t us;

	pthread_mutex_lock(&c->lock);
	us = begin_ns > c->base_ns ? (begin_ns - c->base_ns) / 1000 : 0;
	if (c->newest)
		newest_scanned(c->newest, now, us, armed);
	pthread_mutex_unlock(&c->lock);
}

struct newest_fault *
causes_newest_faults(struct causes *c, const struct pageset *base, const struct pageset *now,
                     size_t *n, uint64_t *dropped)
{
	struct newest_fault *out = NULL;
	const struct newest *from;

	*n = *dropped = 0;
	pthread_mutex_lock(&c->lock);
	from = c->newest;
	if (from) {
		out = mem_alloc((from->used + 1) * sizeof(*out));
		*dropped = from->dropped;
	}
	for (size_t i = 0; from && i < from->size; i++) {
		const struct newest_fault *f = &from->v[i];

		if (f->addr && pageset_has(now, f->addr) && !pageset_has(base, f->addr))
			out[(*n)++] = *f;
		if (*n)
			out[*n - 1].several |= from->sampled;
	}
	pthread_mutex_unlock(&c->lock);
	return out;
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

/* Adds what is forgotten, as far as it is of these epochs. */
static void
causes_add_past(const struct causes *c, const struct causes_range *of, struct cause_sums *out)
{
	if (of->end)
		return;
	if (of->from <= c->first_epoch && (uint64_t)of->to + 1 >= c->part_epoch)
		cause_sums_join(out, &c->past);
	if (of->from <= c->part_epoch && of->to >= c->part_epoch)
		cause_sums_join(out, &c->part);
}

/* Pages that were written in an epoch, by the 2 MiB they are in. */
struct causes_huge {
	struct causes_block {
		uint64_t at;
		uint32_t epoch, pages;
	} *v;
	size_t n, cap;
};

static void
causes_huge_add(struct causes_huge *h, const struct entry *e)
{
	uint64_t at = (uint64_t)e->addr / HUGE * HUGE;

	if (h->n && h->v[h->n - 1].at == at && h->v[h->n - 1].epoch == e->epoch) {
		h->v[h->n - 1].pages++;
		return;
	}
	h->v = vec_room(h->v, h->n, &h->cap, sizeof(*h->v));
	h->v[h->n++] = (struct causes_block){at, e->epoch, 1};
}

static int
causes_block_order(const void *pa, const void *pb)
{
	const struct causes_block *a = pa, *b = pb;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* A huge page that was written reads as written everywhere, for one fault. */
static uint64_t
causes_beside(const struct causes *c, const struct track *t, struct causes_huge *h)
{
	uint64_t sum = 0, pages = 0;

	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), causes_block_order);
	for (size_t i = 0; i < h->n; i++) {
		const struct causes_block *b = &h->v[i];

		pages += b->pages;
		if (i + 1 < h->n && !causes_block_order(b, b + 1))
			continue;
		if (track_bytes_in(t, b->at, b->at + HUGE, b->epoch) == HUGE)
			sum += HUGE / c->page_size - pages;
		pages = 0;
	}
	free(h->v);
	return sum;
}

/* Whether an entry is the first of a group in the range; whether its page was written. */
static bool
causes_is_in(const struct entry *e, const struct causes_range *of)
{
	return e->flags & FIRST && e->epoch >= of->from && e->epoch <= of->to &&
	       (!of->end || (e->addr >= of->start && e->addr < of->end));
}

static bool
causes_is_write(const struct causes *c, const struct track *t, const struct entry *e)
{
	return !t || e->flags & WRITTEN ||
	       (e->epoch == c->epoch && causes_is_written(t, e->addr, e->epoch));
}

void
causes_sum(struct causes *c, const struct track *t, const struct causes_range *of,
           struct cause_sums *out)
{
	bool whole = t && tracker_caps(t->tracker) & TRACKER_HUGE;
	struct causes_huge huge = {0};

	cause_sums_init(out);
	pthread_mutex_lock(&c->lock);
	causes_add_past(c, of, out);
	for (uint64_t k = c->oldest; k < c->n; k++) {
		const struct entry *e = causes_entry(c, k);

		if (!causes_is_in(e, of))
			continue;
		if (causes_is_write(c, t, e)) {
			causes_add_group(c, out, k);
			if (whole)
				causes_huge_add(&huge, e);
		} else {
			out->other++;
		}
	}
	out->beside = causes_beside(c, t, &huge);
	pthread_mutex_unlock(&c->lock);
}

static void
causes_make_page(const struct causes *c, uint64_t k, struct cause_page *out)
{
	const struct entry *first = causes_entry(c, k);
	uint64_t set[CAUSES_MOST] = {k};
	size_t n = 1;

	if (first->flags & SEVERAL)
		n = causes_group(c, causes_page(c, first->addr), first->epoch, set);
	*out = (struct cause_page){.addr = first->addr,
	                           .time_ns = c->base_ns + first->time_us * 1000,
	                           .epoch = first->epoch,
	                           .n = (uint32_t)n,
	                           .all = !(first->flags & MORE)};
	for (size_t i = 0; i < n; i++)
		out->by[i] = (struct cause_by){causes_entry(c, set[i])->chain,
		                               causes_entry(c, set[i])->thread};
}

size_t
causes_pages(struct causes *c, const struct track *t, const struct causes_range *of, uint64_t *from,
             struct cause_page *out, size_t max)
{
	enum { AT_ONCE = 1 << 14 }; /* the watch waits for the lock */
	uint64_t k, end;
	size_t n = 0;

	pthread_mutex_lock(&c->lock);
	k = u64_max(*from, c->oldest);
	end = u64_min(c->n, k + AT_ONCE);
	for (; k < end && n < max; k++) {
		const struct entry *e = causes_entry(c, k);

		if (causes_is_in(e, of) && causes_is_write(c, t, e))
			causes_make_page(c, k, &out[n++]);
	}
	*from = k < c->n ? k : UINT64_MAX;
	pthread_mutex_unlock(&c->lock);
	return n;
}
