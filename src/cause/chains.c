/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/chains.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

struct chain_slot {
	size_t at; /* in frames */
	uint32_t n, kernel;
	bool cut;
};

void
chains_init(struct chains *c, size_t max_bytes)
{
	*c = (struct chains){.max_bytes = max_bytes};
}

void
chains_free(struct chains *c)
{
	free(c->v);
	free(c->frames);
	free(c->table);
	*c = (struct chains){0};
}

static uint64_t
chains_hash(const uint64_t *frames, size_t n, size_t kernel, bool cut)
{
	uint64_t h = n << 17 ^ kernel << 1 ^ cut;

	for (size_t i = 0; i < n; i++) {
		h = (h ^ frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h;
}

static bool
chains_is(const struct chains *c, uint32_t number, const uint64_t *frames, size_t n, size_t kernel,
          bool cut)
{
	const struct chain_slot *s = &c->v[number];

	return s->n == n && s->kernel == kernel && s->cut == cut &&
	       !memcmp(c->frames + s->at, frames, n * sizeof(*frames));
}

/* Where in the table a chain is, or would be. */
static size_t
chains_place(const struct chains *c, const uint64_t *frames, size_t n, size_t kernel, bool cut)
{
	size_t mask = c->table_size - 1, i = chains_hash(frames, n, kernel, cut) & mask;

	while (c->table[i] && !chains_is(c, c->table[i] - 1, frames, n, kernel, cut))
		i = (i + 1) & mask;
	return i;
}

static void
chains_grow(struct chains *c)
{
	enum { LEAST = 1024 };

	if (c->n * 2 < c->table_size)
		return;
	free(c->table);
	c->table_size = c->table_size ? c->table_size * 2 : LEAST;
	c->table = mem_alloc(c->table_size * sizeof(*c->table));
	for (uint32_t k = 0; k < c->n; k++) {
		const struct chain_slot *s = &c->v[k];

		c->table[chains_place(c, c->frames + s->at, s->n, s->kernel, s->cut)] = k + 1;
	}
}

static uint32_t
chains_add(struct chains *c, const uint64_t *frames, size_t n, size_t kernel, bool cut)
{
	while (c->frames_cap < c->frames_n + n)
		c->frames = vec_room(c->frames, c->frames_cap, &c->frames_cap, sizeof(*c->frames));
	memcpy(c->frames + c->frames_n, frames, n * sizeof(*frames));
	c->v = vec_room(c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n] = (struct chain_slot){.at = c->frames_n, .n = (uint32_t)n,
	                                 .kernel = (uint32_t)kernel, .cut = cut};
	c->frames_n += n;
	return (uint32_t)c->n++;
}

bool
chains_full(const struct chains *c)
{
	return c->frames_n * sizeof(*c->frames) >= c->max_bytes;
}

bool
chains_has(const struct chains *c, const uint64_t *frames, size_t n, size_t kernel, bool cut)
{
	return c->table_size && c->table[chains_place(c, frames, n, kernel, cut)];
}

uint32_t
chains_number(struct chains *c, const uint64_t *frames, size_t n, size_t kernel, bool cut)
{
	size_t i;

	chains_grow(c);
	i = chains_place(c, frames, n, kernel, cut);
	if (c->table[i])
		return c->table[i] - 1;
	if (n > 1 && (c->frames_n + n) * sizeof(*frames) > c->max_bytes)
		return chains_number(c, frames, 1, kernel ? 1 : 0, true);
	c->table[i] = chains_add(c, frames, n, kernel, cut) + 1;
	return c->table[i] - 1;
}

struct chain
chains_at(const struct chains *c, uint32_t number)
{
	const struct chain_slot *s = &c->v[number];

	return (struct chain){.frames = c->frames + s->at, .n = s->n, .kernel = s->kernel,
	                      .cut = s->cut};
}
