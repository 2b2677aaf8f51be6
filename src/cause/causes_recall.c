/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was recorded, as if it had just been watched. */
#include "cause/causes_parts.h"

#include "base/util.h"

void
causes_recall(struct causes *c, const struct track *t, uint64_t forgotten_ns)
{
	causes_forget(c);
	causes_lock(c);
	c->recalled = true;
	c->epoch = c->first_epoch = t->first_epoch;
	c->part_epoch = 0;
	c->sampled_n = 0;
	c->clear_ns = 0;
	c->totals.watch = (struct causes_watch){0};
	c->totals.since_ns = t->first_ns;
	c->totals.forgotten_ns = forgotten_ns;
	pthread_mutex_unlock(&c->lock);
}

struct cause_by
causes_recall_by(struct causes *c, const struct perf_sample *s)
{
	struct cause_by by;

	causes_lock(c);
	by.chain = causes_chain_number(c, s);
	by.thread = causes_thread_number(c, s->pid, s->tid);
	pthread_mutex_unlock(&c->lock);
	return by;
}

void
causes_recall_past(struct causes *c, const struct cause_by *by, size_t n, bool more, uint64_t pages)
{
	uint64_t set[CAUSES_MOST];

	for (size_t i = 0; i < n; i++)
		set[i] = (uint64_t)by[i].chain << 32 | by[i].thread;
	causes_lock(c);
	cause_sums_add(&c->past, set, n, more, pages);
	pthread_mutex_unlock(&c->lock);
}

void
causes_recall_epoch(struct causes *c, uint32_t epoch)
{
	causes_lock(c);
	c->epoch = epoch;
	pthread_mutex_unlock(&c->lock);
}

static void
causes_recall_page(struct causes *c, uint64_t addr)
{
	uint64_t group[CAUSES_MOST];
	size_t n = causes_group(c, causes_page(c, addr), c->epoch, group);

	if (n)
		causes_at(c, group[n - 1])->flags |= CAUSES_WRITTEN;
}

void
causes_recall_more(struct causes *c, uint64_t addr)
{
	uint64_t group[CAUSES_MOST];
	size_t n;

	causes_lock(c);
	n = causes_group(c, causes_page(c, addr), c->epoch, group);
	if (n)
		causes_at(c, group[n - 1])->flags |= CAUSES_MORE;
	pthread_mutex_unlock(&c->lock);
}

/* Of a run with more pages than there are faults each fault is looked at instead. */
static void
causes_recall_run(struct causes *c, const struct pm_run *run)
{
	uint64_t size = c->page_size;

	if ((run->end - run->start) / size < c->n - c->oldest) {
		for (uint64_t at = run->start; at < run->end; at += size)
			causes_recall_page(c, at);
		return;
	}
	for (uint64_t k = c->oldest; k < c->n; k++) {
		struct causes_entry *e = causes_at(c, k);

		if (e->epoch == c->epoch && e->flags & CAUSES_FIRST && e->addr >= run->start &&
		    e->addr < run->end)
			e->flags |= CAUSES_WRITTEN;
	}
}

void
causes_recall_written(struct causes *c, const struct pm_run *v, size_t n)
{
	causes_lock(c);
	for (size_t i = 0; i < n; i++)
		causes_recall_run(c, &v[i]);
	pthread_mutex_unlock(&c->lock);
}
