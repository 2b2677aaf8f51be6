/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the faults say: of one page, in sums, and page by page. */
#include "cause/causes_parts.h"

#include <stdlib.h>

#include "base/util.h"
#include "kernel/folio_sizes.h"

void
causes_totals(struct causes *c, struct causes_totals *out)
{
	causes_lock(c);
	*out = c->totals;
	out->cost_ns = (c->totals.faults + c->totals.lost) * CAUSES_COST_NS;
	pthread_mutex_unlock(&c->lock);
}

void
causes_chain(struct causes *c, uint32_t chain, struct causes_chain *out)
{
	struct chain is;

	*out = (struct causes_chain){0};
	causes_lock(c);
	if (chain < c->chains.n) {
		is = chains_at(&c->chains, chain);
		out->frames = mem_copy(is.frames, is.n * sizeof(*is.frames));
		out->n = is.n;
		out->kernel = is.kernel;
		out->cut = is.cut;
		out->after = c->after;
	}
	pthread_mutex_unlock(&c->lock);
}

static struct cause
causes_make(const struct causes *c, uint64_t k)
{
	const struct causes_entry *e = causes_at(c, k);

	return (struct cause){.time_ns = c->base_ns + e->time_us * 1000,
	                      .addr = e->addr,
	                      .epoch = e->epoch,
	                      .chain = e->chain,
	                      .thread = e->thread,
	                      .first = e->flags & CAUSES_FIRST,
	                      .written = e->flags & CAUSES_WRITTEN,
	                      .more = e->flags & CAUSES_MORE,
	                      .sampled = causes_part(c, e->epoch, e->epoch)};
}

size_t
causes_of_page(struct causes *c, uint64_t addr, struct cause *out, size_t max)
{
	size_t n = 0;

	causes_lock(c);
	for (uint64_t k = causes_newest(c, causes_page(c, addr)); k != c->n && n < max;
	     k = causes_before(c, k))
		out[n++] = causes_make(c, k);
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* Whether what was given is of epochs that are over, and is not kept. */
static bool
causes_is_given(const struct causes *c)
{
	return c->no_past && c->taken > c->oldest && causes_at(c, c->oldest)->epoch < c->epoch;
}

size_t
causes_since(struct causes *c, uint64_t *from, struct cause *out, size_t max, uint64_t *missed)
{
	size_t n = 0;
	uint64_t k;

	causes_lock(c);
	k = u64_max(*from, c->oldest);
	*missed = k - *from;
	for (; k < c->n && n < max; k++)
		out[n++] = causes_make(c, k);
	*from = c->taken = k;
	if (!n && causes_is_given(c))
		causes_forget_taken(c);
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

/* Pages that were written in an epoch, by the huge page that they may be part of. */
struct causes_huge {
	uint64_t size; /* of a huge page */
	struct causes_block {
		uint64_t at;
		uint32_t epoch, pages;
	} *v;
	size_t n, cap;
};

static void
causes_huge_add(struct causes_huge *h, const struct causes_entry *e)
{
	uint64_t at = (uint64_t)e->addr / h->size * h->size;

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

	vec_sort(h->v, h->n, sizeof(*h->v), causes_block_order);
	for (size_t i = 0; i < h->n; i++) {
		const struct causes_block *b = &h->v[i];

		pages += b->pages;
		if (i + 1 < h->n && !causes_block_order(b, b + 1))
			continue;
		if (track_bytes_in(t, b->at, b->at + h->size, b->epoch) == h->size)
			sum += h->size / c->page_size - pages;
		pages = 0;
	}
	free(h->v);
	return sum;
}

/* Whether an entry is the first of a group in the range; whether its page was written. */
static bool
causes_is_in(const struct causes_entry *e, const struct causes_range *of)
{
	return e->flags & CAUSES_FIRST && e->epoch >= of->from && e->epoch <= of->to &&
	       (!of->end || (e->addr >= of->start && e->addr < of->end));
}

static bool
causes_is_write(const struct causes *c, const struct track *t, const struct causes_entry *e)
{
	return !t || e->flags & CAUSES_WRITTEN ||
	       (!c->recalled && e->epoch == c->epoch &&
	        causes_is_written(t, e->addr, e->epoch));
}

void
causes_sum(struct causes *c, const struct track *t, const struct causes_range *of,
           struct cause_sums *out)
{
	bool whole = t && tracker_caps(t->tracker) & TRACKER_HUGE;
	struct causes_huge huge = {.size = c->page_size << folio_huge_order(c->page_size)};

	cause_sums_init(out);
	causes_lock(c);
	causes_add_past(c, of, out);
	for (uint64_t k = c->oldest; k < c->n; k++) {
		const struct causes_entry *e = causes_at(c, k);

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
	const struct causes_entry *first = causes_at(c, k);
	uint64_t set[CAUSES_MOST] = {k};
	size_t n = 1;

	if (first->flags & CAUSES_SEVERAL)
		n = causes_group(c, causes_page(c, first->addr), first->epoch, set);
	*out = (struct cause_page){.addr = first->addr,
	                           .time_ns = c->base_ns + first->time_us * 1000,
	                           .epoch = first->epoch,
	                           .n = (uint32_t)n,
	                           .all = !(first->flags & CAUSES_MORE),
	                           .sampled = causes_part(c, first->epoch, first->epoch)};
	for (size_t i = 0; i < n; i++)
		out->by[i] = (struct cause_by){causes_at(c, set[i])->chain,
		                               causes_at(c, set[i])->thread};
}

size_t
causes_pages(struct causes *c, const struct track *t, const struct causes_range *of, uint64_t *from,
             struct cause_page *out, size_t max)
{
	enum { AT_ONCE = 1 << 14 }; /* the watch waits for the lock */
	uint64_t k, end;
	size_t n = 0;

	causes_lock(c);
	k = u64_max(*from, c->oldest);
	end = u64_min(c->n, k + AT_ONCE);
	for (; k < end && n < max; k++) {
		const struct causes_entry *e = causes_at(c, k);

		if (causes_is_in(e, of) && causes_is_write(c, t, e))
			causes_make_page(c, k, &out[n++]);
	}
	*from = k < c->n ? k : UINT64_MAX;
	pthread_mutex_unlock(&c->lock);
	return n;
}
