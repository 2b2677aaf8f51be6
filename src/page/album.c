/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/album.h"

#include <stdlib.h>
#include <string.h>

#include "base/shared.h"
#include "base/util.h"

enum {
	NEAR = 16,                                               /* how many facts are compared */
	FACT_BYTES = offsetof(struct page, node) + sizeof(int16_t), /* without what pads it */
};
static const uint64_t ITSELF = UINT64_MAX; /* a folio of one page: its frame's number */

void
album_begin(struct album *a, size_t n)
{
	*a = (struct album){.words = shared_alloc(n * sizeof(*a->words)),
	                    .fact = shared_alloc(n * sizeof(*a->fact)),
	                    .n = n};
	a->facts = vec_room(a->facts, a->used++, &a->cap, sizeof(*a->facts));
	a->facts[0] = (struct page){0};
}

void
album_free(struct album *a)
{
	shared_drop(a->words);
	shared_drop(a->fact);
	free(a->facts);
	*a = (struct album){0};
}

void
album_copy(struct album *a, const struct album *from)
{
	*a = *from;
	a->words = shared_copy(from->words, from->n * sizeof(*a->words));
	a->fact = shared_copy(from->fact, from->n * sizeof(*a->fact));
	a->facts = mem_copy(from->facts, from->used * sizeof(*a->facts));
	a->cap = from->used;
}

static bool
album_same_fact(const struct page *a, const struct page *b)
{
	return !memcmp(a, b, FACT_BYTES);
}

/* The newest that is the same, of those near the end; else it is added. */
static uint32_t
album_find(struct album *a, const struct page *fact)
{
	size_t i = a->used;

	while (i-- > 0 && a->used - i <= NEAR)
		if (album_same_fact(&a->facts[i], fact))
			return (uint32_t)i;
	a->facts = vec_room(a->facts, a->used, &a->cap, sizeof(*a->facts));
	a->facts[a->used] = *fact;
	return (uint32_t)a->used++;
}

void
album_put(struct album *a, size_t i, const struct page *pg)
{
	struct page fact = *pg;

	fact.word = 0;
	fact.like = false;
	if (fact.known & PAGE_FOLIO && fact.folio == page_pfn(pg))
		fact.folio = ITSELF;
	a->words[i] = pg->word;
	a->fact[i] = album_find(a, &fact);
}

void
album_get(const struct album *a, size_t i, struct page *out)
{
	*out = a->facts[a->fact[i]];
	out->word = a->words[i];
	if (out->folio == ITSELF)
		out->folio = page_pfn(out);
}

bool
album_same_page(const struct album *a, const struct album *b, size_t i)
{
	return a->words[i] == b->words[i] &&
	       album_same_fact(&a->facts[a->fact[i]], &b->facts[b->fact[i]]);
}

bool
album_same(const struct album *a, const struct album *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!album_same_page(a, b, i))
			return false;
	return true;
}

void
album_share(struct album *a, const struct album *from)
{
	if (a->n != from->n)
		return;
	a->words = shared_merge(a->words, from->words, a->n * sizeof(*a->words));
	a->fact = shared_merge(a->fact, from->fact, a->n * sizeof(*a->fact));
}

size_t
album_bytes(const struct album *a, const struct album *other)
{
	size_t each = (other && other->words == a->words ? 0 : sizeof(*a->words)) +
	              (other && other->fact == a->fact ? 0 : sizeof(*a->fact));

	return a->n * each + a->cap * sizeof(*a->facts);
}
