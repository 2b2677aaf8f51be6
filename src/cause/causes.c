/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/causes_parts.h"

#include <stdlib.h>

#include "base/refs.h"
#include "base/util.h"

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
causes_new_counter(bool after)
{
	enum { BYTES = 4 << 20 };
	struct causes *c = causes_new(1, BYTES);

	c->counter = true;
	c->after = after;
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

	causes_lock(c);
	causes_empty(c);
	chains_init(&c->chains, bytes);
	c->thread = NULL;
	c->thread_table = NULL;
	c->threads = c->threads_cap = c->last_thread = c->thread_table_size = 0;
	c->v = NULL;
	c->n = c->base = c->oldest = c->taken = c->cap = 0;
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

/* --- faults come in --------------------------------------------------------------------------- */

/* The call chain begins with the instruction; the kernel may have found no chain at all. */
uint32_t
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
	struct causes_entry e = {.addr = s->addr};

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
		causes_expect_entry(c, &e);
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
	causes_lock(c);
	c->no_writes = !on;
	pthread_mutex_unlock(&c->lock);
}

void
causes_keep_past(struct causes *c, bool on)
{
	causes_lock(c);
	c->no_past = !on;
	pthread_mutex_unlock(&c->lock);
}

void
causes_keep_newest(struct causes *c, bool on)
{
	causes_lock(c);
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
	causes_lock(c);
	c->totals.lost = n;
	pthread_mutex_unlock(&c->lock);
}

void
causes_set_watch(struct causes *c, const struct causes_watch *w)
{
	causes_lock(c);
	causes_note_watch(c, w);
	c->totals.watch = *w;
	pthread_mutex_unlock(&c->lock);
}

/* --- growth ----------------------------------------------------------------------------------- */

void
causes_baseline(struct causes *c, const struct pageset *base)
{
	causes_lock(c);
	if (c->newest)
		newest_set_base(c->newest, base);
	pthread_mutex_unlock(&c->lock);
}

void
causes_resident(struct causes *c, const struct pageset *now, uint64_t begin_ns, bool armed)
{
	uint64_t us;

	causes_lock(c);
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
	causes_lock(c);
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
