/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

void
result_empty(struct result *r)
{
	answer_unref(r->answer);
	smaps_reading_unref(r->smaps);
	attribution_unref(r->attribution);
	heatmap_unref(r->heat);
	accesses_unref(r->accesses);
	r->answer = NULL;
	r->accesses = NULL;
	r->attribution = NULL;
	r->heat = NULL;
	r->smaps = NULL;
}

void
results_add(struct results *rs, const struct result *r)
{
	rs->v = vec_room(rs->v, rs->n, &rs->cap, sizeof(*rs->v));
	rs->v[rs->n++] = *r;
}

void
results_move(struct results *to, struct results *from)
{
	for (size_t i = 0; i < from->n; i++)
		results_add(to, &from->v[i]);
	from->n = 0;
}

void
results_free(struct results *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		result_empty(&rs->v[i]);
	free(rs->v);
	*rs = (struct results){0};
}

/* One clear or scan replaces two; of two questions only the newer one counts. */
bool
command_replaces(const struct command *newer, const struct command *older)
{
	return newer->kind == older->kind && newer->kind != COMMAND_FAULT &&
	       newer->kind != COMMAND_SNAP;
}

bool
command_same(const struct command *a, const struct command *b)
{
	return a->kind == b->kind && a->at == b->at && a->end == b->end && a->card == b->card &&
	       a->lens == b->lens && a->bytes == b->bytes && a->back == b->back &&
	       a->closes == b->closes && a->again == b->again &&
	       a->consent == b->consent && a->off == b->off && attribution_same(&a->by, &b->by) &&
	       heatmap_same(&a->heat, &b->heat) &&
	       !strcmp(a->text, b->text);
}

void
queue_put(struct queue *q, const struct command *c)
{
	q->v = vec_room(q->v, q->n, &q->cap, sizeof(*q->v));
	q->v[q->n++] = *c;
}

struct command
queue_take(struct queue *q, size_t i)
{
	struct command c = q->v[i];

	memmove(q->v + i, q->v + i + 1, (--q->n - i) * sizeof(*q->v));
	return c;
}

static void
queue_end(struct queue *q, size_t i, enum result_end end, struct results *out)
{
	results_add(out, &(struct result){.command = queue_take(q, i), .end = end});
}

uint64_t
queue_add(struct queue *q, const struct command *c, struct results *out)
{
	for (size_t i = 0; i < q->n;)
		if (command_replaces(c, &q->v[i]))
			queue_end(q, i, RESULT_REPLACED, out);
		else
			i++;
	queue_put(q, c);
	q->v[q->n - 1].serial = ++q->serial;
	return q->serial;
}

bool
queue_drop(struct queue *q, uint64_t serial, enum result_end end, struct results *out)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->v[i].serial == serial) {
			queue_end(q, i, end, out);
			return true;
		}
	return false;
}

void
queue_free(struct queue *q)
{
	free(q->v);
	*q = (struct queue){0};
}
