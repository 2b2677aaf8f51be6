/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/cache.h"

#include <stdlib.h>

#include "base/util.h"

/*
 * How far beyond `end` to ask: one answer should do for several gaps with mapped pages in between,
 * yet not cover too many pages that are in no gap.
 */
static bool
cache_ask(struct cache *c, uint64_t at, uint64_t end)
{
	enum { LEAST = 4096 };

	c->got->start = c->got->end = 0;
	end = u64_min(u64_max(end, at + LEAST * c->t->page_size), c->end);
	return c->t->source->ops->files(c->t->source, c->v, at, end, c->needs, c->got);
}

static bool
cache_knows(const struct vma *v)
{
	return vma_has_file(v) &&
	       (v->type == VMA_FILE || v->type == VMA_SHM || v->type == VMA_HUGETLB);
}

void
cache_expect(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end)
{
	size_t i = vma_lower_bound(vmas, start);

	while (i < vmas->n && vmas->v[i].start < end && !cache_knows(&vmas->v[i]))
		i++;
	if (i < vmas->n && vmas->v[i].start < end && t->source->ops->files_soon)
		t->source->ops->files_soon(t->source);
}

bool
cache_open(struct cache *c, struct target *t, const struct vma *v, uint64_t start, uint64_t end,
           unsigned needs)
{
	*c = (struct cache){.t = t, .v = v, .end = end, .needs = needs};
	if (!cache_knows(v) || start >= end)
		return false;
	c->got = mem_alloc(sizeof(*c->got));
	if (cache_ask(c, start, start))
		return true;
	cache_close(c);
	return false;
}

void
cache_close(struct cache *c)
{
	free(c->got);
	*c = (struct cache){0};
}

bool
cache_size(const struct cache *c, uint64_t *size)
{
	if (c->got)
		*size = c->got->size;
	return c->got != NULL;
}

/* The first of at most n pages from i on whose bit differs from that of i. */
static size_t
cache_run_of(const uint64_t *bits, size_t i, size_t n)
{
	uint64_t flip = bits[i / 64] >> i % 64 & 1 ? UINT64_MAX : 0;

	for (i++; i < n; i = (i / 64 + 1) * 64) {
		uint64_t rest = (bits[i / 64] ^ flip) >> i % 64;

		if (rest)
			return u64_min(i + (size_t)__builtin_ctzll(rest), n);
	}
	return n;
}

static bool
cache_has(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

uint64_t
cache_run(struct cache *c, uint64_t at, uint64_t end, unsigned *facts)
{
	const struct file_pages *f = c->got;
	size_t size, i, n;

	*facts = 0;
	if (!f || at >= c->end)
		return end;
	if ((at < f->start || at >= f->end) && !cache_ask(c, at, end))
		return end;
	size = c->t->page_size;
	i = (at - f->start) / size;
	n = (u64_min(end, f->end) - f->start) / size;
	*facts = (f->known & FILE_ASK_RESIDENT ? CACHE_ASKED : 0) |
	         (cache_has(f->resident, i) ? CACHE_RESIDENT : 0) |
	         (f->known & FILE_ASK_DATA ? CACHE_DATA_ASKED : 0) |
	         (cache_has(f->data, i) ? CACHE_DATA : 0) |
	         (f->known & FILE_ASK_SWAPPED ? CACHE_SWAPPED_ASKED : 0) |
	         (cache_has(f->swapped, i) ? CACHE_SWAPPED : 0);
	n = cache_run_of(f->resident, i, n);
	n = cache_run_of(f->data, i, n);
	n = cache_run_of(f->swapped, i, n);
	return f->start + n * size;
}
