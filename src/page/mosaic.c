/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/mosaic.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

_Static_assert(CLASS_MAX <= 32, "a bit for each class in tile.has");

void
mosaic_begin(struct mosaic *m, size_t n)
{
	*m = (struct mosaic){
	    .v = mem_alloc(n * sizeof(*m->v)), .n = n, .used = 1, .rests_n = 1};
}

void
mosaic_free(struct mosaic *m)
{
	free(m->v);
	free(m->counts);
	free(m->rests);
	*m = (struct mosaic){0};
}

void
mosaic_copy(struct mosaic *m, const struct mosaic *from)
{
	*m = *from;
	m->v = mem_copy(from->v, from->n * sizeof(*m->v));
	m->counts = from->counts ? mem_copy(from->counts, from->used * sizeof(*m->counts)) : NULL;
	m->cap = from->counts ? from->used : 0;
	m->rests = from->rests ? mem_copy(from->rests, from->rests_n * sizeof(*m->rests)) : NULL;
	m->rests_cap = from->rests ? from->rests_n : 0;
}

static size_t
mosaic_classes(const struct tile *t)
{
	return (size_t)__builtin_popcount(t->has);
}

static bool
mosaic_has_several(const struct tile *t)
{
	return t->has & (t->has - 1);
}

/* The pages of its classes, from the lowest on. */
static const uint64_t *
mosaic_counts(const struct mosaic *m, const struct tile *t)
{
	static const uint64_t one = 1;

	return t->pages ? m->counts + t->pages : &one;
}

struct tile_rest *
mosaic_rest(struct mosaic *m, size_t i)
{
	struct tile *t = &m->v[i];

	if (!t->rest) {
		m->rests = vec_room(m->rests, m->rests_n, &m->rests_cap, sizeof(*m->rests));
		m->rests[m->rests_n] = (struct tile_rest){0};
		t->rest = (uint32_t)m->rests_n++;
	}
	return &m->rests[t->rest];
}

/* Counts stay where they are if there is room, else they are added at the end. */
static uint64_t *
mosaic_room(struct mosaic *m, struct tile *t, size_t before)
{
	size_t n = mosaic_classes(t);

	if (!t->pages || n > before) {
		t->pages = (uint32_t)m->used;
		while (n--)
			m->counts = vec_room(m->counts, m->used++, &m->cap, sizeof(*m->counts));
	}
	return m->counts + t->pages;
}

static void
mosaic_put_counts(struct mosaic *m, struct tile *t, const struct cell *c)
{
	size_t before = mosaic_classes(t);
	uint64_t pages = 0, *to;

	t->has = 0;
	for (unsigned k = 0; k < CLASS_MAX; k++) {
		t->has |= (uint32_t)(c->n[k] > 0) << k;
		pages += c->n[k];
	}
	if (pages <= 1) {
		t->pages = 0;
		return;
	}
	to = mosaic_room(m, t, before);
	for (uint32_t left = t->has; left; left &= left - 1)
		*to++ = c->n[__builtin_ctz(left)];
}

void
mosaic_put(struct mosaic *m, size_t i, const struct cell *c)
{
	struct tile *t = &m->v[i];

	mosaic_put_counts(m, t, c);
	if (t->rest || c->match || c->written || c->newest_ns || c->times)
		*mosaic_rest(m, i) = (struct tile_rest){.match = c->match,
		                                        .written = c->written,
		                                        .newest_ns = c->newest_ns,
		                                        .times = c->times};
}

static const struct tile_rest *
mosaic_rest_of(const struct mosaic *m, const struct tile *t)
{
	static const struct tile_rest none;

	return t->rest ? &m->rests[t->rest] : &none;
}

void
mosaic_get(const struct mosaic *m, size_t i, struct cell *out)
{
	const struct tile *t = &m->v[i];
	const struct tile_rest *rest = mosaic_rest_of(m, t);
	const uint64_t *from = mosaic_counts(m, t);

	*out = (struct cell){.match = rest->match,
	                     .written = rest->written,
	                     .newest_ns = rest->newest_ns,
	                     .times = rest->times};
	for (uint32_t left = t->has; left; left &= left - 1)
		out->n[__builtin_ctz(left)] = *from++;
}

unsigned
mosaic_first(const struct mosaic *m, size_t i)
{
	struct cell c;
	unsigned second;

	if (!m->v[i].has)
		return CLASS_MAX;
	if (!mosaic_has_several(&m->v[i]))
		return (unsigned)__builtin_ctz(m->v[i].has);
	mosaic_get(m, i, &c);
	return cell_first(&c, &second);
}

void
mosaic_sum(const struct mosaic *m, struct cell *sum)
{
	for (size_t i = 0; i < m->n; i++) {
		const uint64_t *from = mosaic_counts(m, &m->v[i]);

		for (uint32_t left = m->v[i].has; left; left &= left - 1)
			sum->n[__builtin_ctz(left)] += *from++;
		sum->match += mosaic_rest_of(m, &m->v[i])->match;
	}
}

static bool
mosaic_same_tile(const struct mosaic *a, const struct mosaic *b, size_t i)
{
	const struct tile *p = &a->v[i], *q = &b->v[i];
	const struct tile_rest *r = mosaic_rest_of(a, p), *s = mosaic_rest_of(b, q);

	return p->has == q->has && r->match == s->match && r->written == s->written &&
	       r->newest_ns == s->newest_ns && r->times == s->times &&
	       !memcmp(mosaic_counts(a, p), mosaic_counts(b, q),
	               mosaic_classes(p) * sizeof(*a->counts));
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
	return m->n * sizeof(*m->v) + m->cap * sizeof(*m->counts) +
	       m->rests_cap * sizeof(*m->rests);
}
