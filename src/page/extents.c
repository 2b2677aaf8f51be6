/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/extents.h"

#include <stdlib.h>

#include "base/util.h"

void
extents_free(struct extents *e)
{
	free(e->v);
	*e = (struct extents){0};
}

void
extents_add(struct extents *e, uint64_t start, uint64_t end, uint32_t state)
{
	struct extent *last = e->n ? &e->v[e->n - 1] : NULL;

	if (last && start < last->end)
		start = last->end;
	if (start >= end)
		return;
	if (last && last->end == start && last->state == state) {
		last->end = end;
		return;
	}
	e->v = vec_room(e->v, e->n, &e->cap, sizeof(*e->v));
	e->v[e->n++] = (struct extent){start, end, state};
}

size_t
extents_first(const struct extents *e, uint64_t addr)
{
	return vec_above(e->v, e->n, sizeof(*e->v), offsetof(struct extent, end), addr);
}

uint64_t
extents_within(const struct extents *e, uint64_t start, uint64_t end, size_t *at)
{
	uint64_t bytes = 0;

	while (*at < e->n && e->v[*at].end <= start)
		++*at;
	for (size_t i = *at; i < e->n && e->v[i].start < end; i++)
		bytes += u64_min(e->v[i].end, end) - u64_max(e->v[i].start, start);
	return bytes;
}

/* --- two of them, side by side -------------------------------------------------------------- */

/* How far [at, ...) goes as it begins; sets *in to the run that it is in. */
static uint64_t
extents_reach(const struct extents *e, size_t *i, uint64_t at, const struct extent **in)
{
	while (*i < e->n && e->v[*i].end <= at)
		++*i;
	*in = NULL;
	if (*i == e->n)
		return UINT64_MAX;
	if (e->v[*i].start > at)
		return e->v[*i].start;
	*in = &e->v[*i];
	return e->v[*i].end;
}

bool
extents_next(struct extents_pair *p)
{
	do {
		p->start = p->at;
		p->end = u64_min(extents_reach(p->x, &p->i, p->at, &p->a),
		                 extents_reach(p->y, &p->j, p->at, &p->b));
		p->at = p->end;
	} while (p->end != UINT64_MAX && !p->a && !p->b);
	return p->a || p->b;
}

void
extents_compare(const struct extents *from, const struct extents *to, struct extents *change)
{
	struct extents_pair p = {.x = from, .y = to};

	while (extents_next(&p)) {
		uint32_t was = p.a ? p.a->state : EXTENT_GONE, is = p.b ? p.b->state : EXTENT_GONE;

		if (was != is)
			extents_add(change, p.start, p.end, is);
	}
}

static void
extents_overlay(struct extents *e, const struct extents *over, bool drop_gone)
{
	struct extents_pair p = {.x = e, .y = over};
	struct extents out = {0};

	while (extents_next(&p)) {
		uint32_t state = p.b ? p.b->state : p.a->state;

		if (state != EXTENT_GONE || !drop_gone)
			extents_add(&out, p.start, p.end, state);
	}
	free(e->v);
	*e = out;
}

void
extents_apply(struct extents *e, const struct extents *change)
{
	extents_overlay(e, change, true);
}

void
extents_unite(struct extents *e, const struct extents *later)
{
	extents_overlay(e, later, false);
}
