/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/mosaic.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

_Static_assert(CLASS_MAX <= 32, "a bit for each class in tile.has");

void
mosaic_begin(struct mosaic *m, size_t n)
{
	*m = (struct mosaic){.v = mem_alloc(n * sizeof(*m->v)), .n = n};
}

void
mosaic_free(struct mosaic *m)
{
	free(m->v);
	free(m->counts);
	*m = (struct mosaic){0};
}

void
mosaic_copy(struct mosaic *m, const struct mosaic *from)
{
	*m = *from;
	m->v = mem_copy(from->v, from->n * sizeof(*m->v));
	m->counts = mem_copy(from->counts, from->used * sizeof(*m->counts));
	m->cap = from->used;
}

static size_t
mosaic_classes(const struct tile *t)
{
	return (size_t)__builtin_popcount(t->has);
}

/* Counts stay where they are if there is room, else they are added at the end. */
void
mosaic_put(struct mosaic *m, size_t i, const struct cell *c)
{
	struct tile *t = &m->v[i];
	size_t room = mosaic_classes(t);

	t->match = c->match;
	t->written = c->written;
	t->newest_ns = c->newest_ns;
	t->times = c->times;
	t->has = 0;
	for (unsigned k = 0; k < CLASS_MAX; k++)
		t->has |= (uint32_t)(c->n[k] > 0) << k;
	if (mosaic_classes(t) > room) {
		t->at = (uint32_t)m->used;
		for (size_t k = 0; k < mosaic_classes(t); k++)
			m->counts = vec_room(m->counts, m->used++, &m->cap, sizeof(*m->counts));
	}
	for (uint32_t left = t->has, to = t->at; left; left &= left - 1)
		m->counts[to++] = c->n[__builtin_ctz(left)];
}

void
mosaic_get(const struct mosaic *m, size_t i, struct cell *out)
{
	const struct tile *t = &m->v[i];
	const uint64_t *from = m->counts + t->at;

	*out = (struct cell){.match = t->match,
	                     .written = t->written,
	                     .newest_ns = t->newest_ns,
	                     .times = t->times};
	for (uint32_t left = t->has; left; left &= left - 1)
		out->n[__builtin_ctz(left)] = *from++;
}

void
mosaic_count(const struct mosaic *m, uint64_t n[CLASS_MAX])
{
	for (size_t i = 0; i < m->n; i++) {
		const uint64_t *from = m->counts + m->v[i].at;

		for (uint32_t left = m->v[i].has; left; left &= left - 1)
			n[__builtin_ctz(left)] += *from++;
	}
}

static bool
mosaic_same_tile(const struct mosaic *a, const struct mosaic *b, size_t i)
{
	const struct tile *p = &a->v[i], *q = &b->v[i];

	return p->has == q->has && p->match == q->match && p->written == q->written &&
	       p->newest_ns == q->newest_ns && p->times == q->times &&
	       (!p->has || !memcmp(a->counts + p->at, b->counts + q->at,
	                           mosaic_classes(p) * sizeof(*a->counts)));
}

bool
mosaic_same(const struct mosaic *a, const struct mosaic *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!mosaic_same_tile(a, b, i))
			return false;
	return true;
}

size_t
mosaic_bytes(const struct mosaic *m)
{
	return m->n * sizeof(*m->v) + m->cap * sizeof(*m->counts);
}
