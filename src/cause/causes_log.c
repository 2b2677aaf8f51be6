/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log of faults, oldest first, which becomes a ring once it has reached its bound. Each links
 * back to the one before it on the same page; a table finds the newest of a page. The faults of a
 * page in an epoch are a group. Within it a call chain of a thread is kept once, at its first
 * fault; the first of a group carries its flags.
 */
#include "cause/causes_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/util.h"

/* The number of the entry that a place of the table names. */
static uint64_t
causes_number(const struct causes *c, uint32_t slot)
{
	uint64_t k = c->n - causes_index(c, c->n) + slot - 1;

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
		const struct causes_entry *e = causes_at(c, causes_number(c, c->table[i]));

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
		    causes_page(c, causes_at(c, causes_number(c, c->table[j]))->addr);
		size_t home = causes_hash(page) & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			c->table[i] = c->table[j];
			i = j;
		}
	}
	c->table[i] = 0;
}

/* A look anywhere in a large array costs less in huge pages: those touched later are of them. */
static void
causes_huge(void *p, size_t size)
{
	enum { HUGE = 2 << 20 };
	uintptr_t from = ((uintptr_t)p + HUGE - 1) / HUGE * HUGE;
	uintptr_t to = ((uintptr_t)p + size) / HUGE * HUGE;

	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}

/* Makes a place name an entry. */
static void
causes_name(struct causes *c, size_t place, uint64_t number)
{
	c->table[place] = (uint32_t)causes_index(c, number) + 1;
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
	causes_huge(c->table, c->table_size * sizeof(*c->table));
	for (uint64_t k = c->oldest; k < c->n; k++)
		causes_name(c, causes_place(c, causes_page(c, causes_at(c, k)->addr)), k);
}

/* The newest entry of the page of a place; n: none. */
static uint64_t
causes_newest_at(const struct causes *c, size_t place)
{
	return c->table[place] ? causes_number(c, c->table[place]) : c->n;
}

uint64_t
causes_newest(const struct causes *c, uint64_t page)
{
	return c->table_size ? causes_newest_at(c, causes_place(c, page)) : c->n;
}

uint64_t
causes_before(const struct causes *c, uint64_t k)
{
	uint32_t back = causes_at(c, k)->back;

	return back && k - c->oldest >= back ? k - back : c->n;
}

size_t
causes_group(const struct causes *c, uint64_t page, uint32_t epoch, uint64_t out[CAUSES_MOST])
{
	size_t n = 0;

	for (uint64_t k = causes_newest(c, page); k != c->n && n < CAUSES_MOST;
	     k = causes_before(c, k)) {
		uint32_t is = causes_at(c, k)->epoch;

		if (is == epoch)
			out[n++] = k;
		else if (is < epoch)
			break;
	}
	return n;
}

static int
causes_by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

void
causes_add_group(const struct causes *c, struct cause_sums *s, uint64_t k)
{
	const struct causes_entry *first = causes_at(c, k);
	uint64_t set[CAUSES_MOST] = {k};
	bool more;
	size_t n = 1;

	if (first->flags & CAUSES_SEVERAL)
		n = causes_group(c, causes_page(c, first->addr), first->epoch, set);
	for (size_t i = 0; i < n; i++) {
		const struct causes_entry *e = causes_at(c, set[i]);

		set[i] = (uint64_t)e->chain << 32 | e->thread;
	}
	vec_sort(set, n, sizeof(*set), causes_by_number);
	more = first->flags & CAUSES_MORE || causes_part(c, first->epoch, first->epoch);
	cause_sums_add(s, set, n, more, 1);
}

/* Keeps what was written according to the oldest entry, which is about to be forgotten. */
static void
causes_keep_sum(struct causes *c, const struct causes_entry *e)
{
	if (!(e->flags & CAUSES_FIRST) || !(e->flags & CAUSES_WRITTEN) || e->epoch < c->first_epoch)
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
	struct causes_entry *e = causes_at(c, c->oldest);
	size_t i = causes_place(c, causes_page(c, e->addr));

	causes_keep_sum(c, e);
	c->totals.unjudged += e->epoch == c->epoch &&
	                      (e->flags & (CAUSES_FIRST | CAUSES_WRITTEN)) == CAUSES_FIRST;
	c->totals.forgotten_ns = c->base_ns + e->time_us * 1000;
	if (c->table[i] && causes_number(c, c->table[i]) == c->oldest)
		causes_unplace(c, i);
	c->oldest++;
}

static uint64_t
causes_append(struct causes *c, const struct causes_entry *e)
{
	uint64_t page = causes_page(c, e->addr), before;
	size_t i;

	if (c->n - c->oldest == c->max)
		causes_forget_oldest(c);
	if (c->n - c->base == c->cap && c->cap < c->max) {
		c->v = vec_room(c->v, c->cap, &c->cap, sizeof(*c->v));
		causes_huge(c->v, c->cap * sizeof(*c->v));
	}
	causes_grow_table(c);
	i = causes_place(c, page);
	before = causes_newest_at(c, i);
	*causes_at(c, c->n) = *e;
	causes_at(c, c->n)->back = before == c->n ? 0 : (uint32_t)(c->n - before);
	c->pages += !c->table[i];
	causes_name(c, i, c->n);
	return c->n++;
}

/*
 * Whether it is in its group already; the time of one while the clear ran gives way to its own.
 * During a clear it is kept all the same: it may belong to the next epoch.
 */
static bool
causes_is_known(struct causes *c, const struct causes_entry *e, const uint64_t *group, size_t n)
{
	for (size_t i = 0; i < n && !c->turning; i++) {
		struct causes_entry *is = causes_at(c, group[i]);

		if (is->chain != e->chain || is->thread != e->thread)
			continue;
		if (e->epoch == c->epoch && c->base_ns + is->time_us * 1000 < c->clear_ns)
			is->time_us = e->time_us;
		return true;
	}
	return false;
}

void
causes_add_entry(struct causes *c, struct causes_entry e)
{
	uint64_t group[CAUSES_MOST], k;
	size_t n = causes_group(c, causes_page(c, e.addr), e.epoch, group);

	if (causes_is_known(c, &e, group, n))
		return;
	if (n == CAUSES_MOST && !c->turning) {
		causes_at(c, group[n - 1])->flags |= CAUSES_MORE;
		return;
	}
	k = causes_append(c, &e);
	if (n && group[n - 1] < c->oldest)
		n--; /* it was the oldest of all */
	if (n)
		causes_at(c, group[n - 1])->flags |= CAUSES_SEVERAL;
	else
		causes_at(c, k)->flags |= CAUSES_FIRST;
}

static size_t
causes_home(const struct causes *c, const struct causes_entry *e)
{
	return causes_hash(causes_page(c, e->addr)) & (c->table_size - 1);
}

void
causes_expect_entry(struct causes *c, const struct causes_entry *e)
{
	if (c->soon_n == CAUSES_SOON)
		causes_add_expected(c);
	c->soon[c->soon_n++] = *e;
	if (c->table_size)
		__builtin_prefetch(&c->table[causes_home(c, e)]);
}

void
causes_add_expected(struct causes *c)
{
	for (size_t i = 0; i < c->soon_n && c->table_size; i++) {
		uint32_t slot = c->table[causes_home(c, &c->soon[i])];

		if (slot)
			__builtin_prefetch(&c->v[slot - 1]);
	}
	for (size_t i = 0; i < c->soon_n; i++)
		causes_add_entry(c, c->soon[i]);
	c->soon_n = 0;
}

struct causes_entry *
causes_take_back(struct causes *c, size_t *n)
{
	uint64_t from = u64_max(c->turn, c->oldest);
	struct causes_entry *out = NULL;

	*n = (size_t)(c->n - from);
	if (*n)
		out = mem_alloc(*n * sizeof(*out));
	for (size_t i = *n; i > 0; i--) {
		uint64_t k = c->n - 1;
		struct causes_entry *e = causes_at(c, k);
		size_t place = causes_place(c, causes_page(c, e->addr));
		uint64_t before = causes_before(c, k);

		out[i - 1] = *e;
		if (before == c->n)
			causes_unplace(c, place);
		else
			causes_name(c, place, before);
		c->n--;
	}
	return out;
}

void
causes_forget_taken(struct causes *c)
{
	uint64_t from = u64_max(c->taken, c->oldest);
	size_t left = (size_t)(c->n - from);
	struct causes_entry *v;

	if (from == c->oldest)
		return;
	v = mem_alloc((left + 1) * sizeof(*v));
	for (size_t i = 0; i < left; i++)
		v[i] = *causes_at(c, from + i);
	if (left)
		memcpy(c->v, v, left * sizeof(*v));
	free(v);
	c->base = c->oldest = from;
	if (c->table_size)
		memset(c->table, 0, c->table_size * sizeof(*c->table));
	c->pages = 0;
	for (uint64_t k = from; k < c->n; k++) {
		size_t place = causes_place(c, causes_page(c, causes_at(c, k)->addr));

		c->pages += !c->table[place];
		causes_name(c, place, k);
	}
}
