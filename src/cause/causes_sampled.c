/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epochs of which not every fault was watched. */
#include "cause/causes_parts.h"

#include <string.h>

#include "base/util.h"

const struct causes_part *
causes_part(const struct causes *c, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < c->sampled_n; i++)
		if (c->sampled[i].from <= to && c->sampled[i].to >= from)
			return &c->sampled[i];
	return NULL;
}

static void
causes_begin_part(struct causes *c, uint64_t period)
{
	struct causes_part *last = c->sampled_n ? &c->sampled[c->sampled_n - 1] : NULL;

	if (last && last->to >= c->epoch) {
		last->period = u64_max(last->period, period);
		last->to = UINT32_MAX;
		return;
	}
	if (c->sampled_n == CAUSES_PARTS) {
		c->sampled[1].from = c->sampled[0].from;
		c->sampled[1].period = u64_max(c->sampled[0].period, c->sampled[1].period);
		memmove(c->sampled, c->sampled + 1, --c->sampled_n * sizeof(*c->sampled));
	}
	c->sampled[c->sampled_n++] = (struct causes_part){c->epoch, UINT32_MAX, period};
}

/* A fault during a clear may be of the epoch that begins. */
void
causes_note_watch(struct causes *c, const struct causes_watch *w)
{
	struct causes_part *last = c->sampled_n ? &c->sampled[c->sampled_n - 1] : NULL;

	if (w->on && (w->period > 1 || w->rests))
		causes_begin_part(c, u64_max(w->period, 1));
	else if (last && last->to == UINT32_MAX)
		last->to = c->epoch + c->turning;
}

bool
causes_sampled(struct causes *c, uint32_t from, uint32_t to, uint64_t *period)
{
	uint64_t most = 0;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->sampled_n; i++)
		if (c->sampled[i].from <= to && c->sampled[i].to >= from)
			most = u64_max(most, c->sampled[i].period);
	pthread_mutex_unlock(&c->lock);
	if (period)
		*period = most;
	return most;
}
