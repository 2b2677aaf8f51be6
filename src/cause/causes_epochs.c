/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epochs: which of them a fault belongs to, and which pages were written in one. */
#include "cause/causes_parts.h"

#include <stdlib.h>

#include "base/util.h"

/* Marks what the stamps say was written in the epoch under way. */
static void
causes_settle(struct causes *c, const struct track *t)
{
	for (uint64_t k = c->n; k > c->oldest; k--) {
		struct causes_entry *e = causes_at(c, k - 1);

		if (e->epoch != c->epoch)
			break;
		if (e->flags & CAUSES_FIRST && !(e->flags & CAUSES_WRITTEN) &&
		    causes_is_written(t, e->addr, e->epoch))
			e->flags |= CAUSES_WRITTEN;
	}
}

/* Before the log forgets what is not judged: once half of it is of this epoch. */
void
causes_scanned(struct causes *c, const struct track *t)
{
	size_t half = c->max / 2;

	causes_lock(c);
	if (c->n - c->oldest > half && causes_at(c, c->n - half)->epoch == c->epoch)
		causes_settle(c, t);
	pthread_mutex_unlock(&c->lock);
}

void
causes_before_clear(struct causes *c, const struct track *t)
{
	causes_lock(c);
	if (!track_adds(t))
		causes_settle(c, t);
	c->turning = true;
	c->turn = c->n;
	pthread_mutex_unlock(&c->lock);
}

/*
 * Whether a fault while the clear ran may have been before the page was protected again: the page
 * was written in the old epoch, and no scan before the clear saw that.
 */
static bool
causes_is_before(const struct causes *c, const struct track *t, const struct causes_entry *e,
                 uint64_t begin_ns)
{
	return causes_is_written(t, e->addr, c->epoch) && track_time(t, e->addr) >= begin_ns;
}

/*
 * Puts back the faults that happened while the clear ran, or just before. Those of the old epoch
 * first: the groups of the log are in the order of their epochs.
 */
static void
causes_put_back(struct causes *c, const struct track *t, struct causes_entry *v, size_t n,
                uint64_t begin_ns)
{
	uint32_t old = c->epoch;

	for (size_t i = 0; i < n; i++) {
		bool before = c->base_ns + v[i].time_us * 1000 + 999 < begin_ns;

		v[i].flags = 0;
		v[i].epoch = before || t->epoch == old ? old : t->epoch;
		if (v[i].epoch == old || causes_is_before(c, t, &v[i], begin_ns)) {
			struct causes_entry e = v[i];

			e.epoch = old;
			causes_add_entry(c, e);
		}
	}
	if (t->auto_clear && !c->no_past)
		causes_settle(c, t);
	c->epoch = t->epoch;
	for (size_t i = 0; i < n; i++)
		if (v[i].epoch != old)
			causes_add_entry(c, v[i]);
}

void
causes_after_clear(struct causes *c, const struct track *t, uint64_t begin_ns)
{
	struct causes_entry *v;
	size_t n;

	causes_lock(c);
	v = causes_take_back(c, &n);
	c->turning = false;
	c->clear_ns = 0; /* of the old epoch the first time counts */
	causes_put_back(c, t, v, n, begin_ns);
	free(v);
	c->clear_ns = t->clear_ns;
	if (c->first_epoch != t->first_epoch || !c->totals.since_ns) {
		c->first_epoch = t->first_epoch;
		c->totals.since_ns = t->first_ns;
		cause_sums_free(&c->past);
		cause_sums_free(&c->part);
		cause_sums_init(&c->past);
		cause_sums_init(&c->part);
	}
	if (c->no_past)
		causes_forget_taken(c);
	pthread_mutex_unlock(&c->lock);
}

uint32_t
causes_turn(struct causes *c)
{
	uint32_t epoch;

	causes_lock(c);
	epoch = ++c->epoch;
	pthread_mutex_unlock(&c->lock);
	return epoch;
}
