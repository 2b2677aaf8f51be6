/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/mosaic.h"

#include <stdlib.h>
#include <string.h>

#include "base/shared.h"
#include "base/util.h"

_Static_assert(CLASS_MAX <= 32, "a bit for each class in mosaic.has");

void
mosaic_begin(struct mosaic *m, size_t n)
{
	*m = (struct mosaic){
	    .n = n, .has = shared_alloc(n * sizeof(*m->has)), .used = 1, .rests_n = 1};
}

void
mosaic_free(struct mosaic *m)
{
	shared_drop(m->has);
	free(m->pages);
	free(m->rest);
	free(m->counts);
	free(m->rests);
	*m = (struct mosaic){0};
}

static void *
mosaic_copy_of(const void *v, size_t bytes)
{
	return v ? mem_copy(v, bytes) : NULL;
}

void
mosaic_copy(struct mosaic *m, const struct mosaic *from)
{
	*m = *from;
	m->has = shared_copy(from->has, from->n * sizeof(*m->has));
	m->pages = mosaic_copy_of(from->pages, from->n * sizeof(*m->pages));
	m->rest = mosaic_copy_of(from->rest, from->n * sizeof(*m->rest));
	m->counts = mosaic_copy_of(from->counts, from->used * sizeof(*m->counts));
	m->cap = from->counts ? from->used : 0;
	m->rests = mosaic_copy_of(from->rests, from->rests_n * sizeof(*m->rests));
	m->rests_cap = from->rests ? from->rests_n : 0;
}

/* The pages of the classes of cell i, from the lowest on. */
static const uint64_t *
mosaic_counts(const struct mosaic *m, size_t i)
{
	static const uint64_t one = 1;

	return m->pages && m->pages[i] ? m->counts + m->pages[i] : &one;
}

static size_t
mosaic_classes(const struct mosaic *m, size_t i)
{
	return (size_t)__builtin_popcount(m->has[i]);
}

struct tile_rest *
mosaic_rest(struct mosaic *m, size_t i)
{
	if (!m->rest)
		m->rest = mem_alloc(m->n * sizeof(*m->rest));
	if (!m->rest[i]) {
		m->rests = vec_room(m->rests, m->rests_n, &m->rests_cap, sizeof(*m->rests));
		m->rests[m->rests_n] = (struct tile_rest){0};
		m->rest[i] = (uint32_t)m->rests_n++;
	}
	return &m->rests[m->rest[i]];
}

/* Counts stay where they are if there is room, else they are added at the end. */
static uint64_t *
mosaic_room(struct mosaic *m, size_t i, size_t before)
{
	size_t n = mosaic_classes(m, i);

	if (!m->pages)
		m->pages = mem_alloc(m->n * sizeof(*m->pages));
	if (!m->pages[i] || n > before) {
		m->pages[i] = (uint32_t)m->used;
		while (n--)
			m->counts = vec_room(m->counts, m->used++, &m->cap, sizeof(*m->counts));
	}
	return m->counts + m->pages[i];
}

static void
mosaic_put_counts(struct mosaic *m, size_t i, const struct cell *c)
{
	size_t before = mosaic_classes(m, i);
	uint64_t pages = 0, *to;

	m->has[i] = 0;
	for (unsigned k = 0; k < CLASS_MAX; k++) {
		m->has[i] |= (uint32_t)(c->n[k] > 0) << k;
		pages += c->n[k];
	}
	if (pages <= 1) {
		if (m->pages)
			m->pages[i] = 0;
		return;
	}
	to = mosaic_room(m, i, before);
	for (uint32_t left = m->has[i]; left; left &= left - 1)
		*to++ = c->n[__builtin_ctz(left)];
}

void
mosaic_put(struct mosaic *m, size_t i, const struct cell *c)
{
	mosaic_put_counts(m, i, c);
	if (!mosaic_is_plain(m, i) || c->match || c->written || c->newest_ns || c->times)
		*mosaic_rest(m, i) = (struct tile_rest){.match = c->match,
		                                        .written = c->written,
		                                        .newest_ns = c->newest_ns,
		                                        .times = c->times};
}

static const struct tile_rest *
mosaic_rest_of(const struct mosaic *m, size_t i)
{
	static const struct tile_rest none;

	return mosaic_is_plain(m, i) ? &none : &m->rests[m->rest[i]];
}

void
mosaic_get(const struct mosaic *m, size_t i, struct cell *out)
{
	const struct tile_rest *rest = mosaic_rest_of(m, i);
	const uint64_t *from = mosaic_counts(m, i);

	*out = (struct cell){.match = rest->match,
	                     .written = rest->written,
	                     .newest_ns = rest->newest_ns,
	                     .times = rest->times};
	for (uint32_t left = m->has[i]; left; left &= left - 1)
		out->n[__builtin_ctz(left)] = *from++;
}

unsigned
mosaic_first_of_several(const struct mosaic *m, size_t i)
{
	struct cell c;
	unsigned second;

	mosaic_get(m, i, &c);
	return cell_first(&c, &second);
}

void
mosaic_sum(const struct mosaic *m, struct cell *sum)
{
	for (size_t i = 0; i < m->n; i++) {
		const uint64_t *from = mosaic_counts(m, i);

		for (uint32_t left = m->has[i]; left; left &= left - 1)
			sum->n[__builtin_ctz(left)] += *from++;
		sum->match += mosaic_rest_of(m, i)->match;
	}
}

static bool
mosaic_same_tile(const struct mosaic *a, const struct mosaic *b, size_t i)
{
	const struct tile_rest *r = mosaic_rest_of(a, i), *s = mosaic_rest_of(b, i);

	return a->has[i] == b->has[i] && r->match == s->match && r->written == s->written &&
	       r->newest_ns == s->newest_ns && r->times == s->times &&
	       !memcmp(mosaic_counts(a, i), mosaic_counts(b, i),
	               mosaic_classes(a, i) * sizeof(*a->counts));
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

void
mosaic_share(struct mosaic *m, const struct mosaic *from)
{
	if (m->n == from->n)
		m->has = shared_merge(m->has, from->has, m->n * sizeof(*m->has));
}

size_t
mosaic_bytes(const struct mosaic *m, const struct mosaic *other)
{
	size_t each = (other && other->has == m->has ? 0 : sizeof(*m->has)) +
	              (m->pages ? sizeof(*m->pages) : 0) +
	              (m->rest ? sizeof(*m->rest) : 0);

	return m->n * each + m->cap * sizeof(*m->counts) + m->rests_cap * sizeof(*m->rests);
}
