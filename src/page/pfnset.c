/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/pfnset.h"

#include <stdlib.h>

#include "base/util.h"

enum { BITS = 64, SLOTS_LEAST = 64 };

/* The block with this key, or the free slot for it. */
static struct pfnset_block *
pfnset_find(struct pfnset_block *slot, size_t slots, uint64_t key)
{
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(hash >> 32) & (slots - 1);

	while (slot[i].key && slot[i].key != key)
		i = (i + 1) & (slots - 1);
	return &slot[i];
}

/* Keeps at most three quarters of the slots in use. */
static void
pfnset_grow(struct pfnset *s)
{
	size_t slots = s->slots ? s->slots * 2 : SLOTS_LEAST;
	struct pfnset_block *slot;

	if (s->used < s->slots / 4 * 3)
		return;
	slot = mem_alloc(slots * sizeof(*slot));
	for (size_t i = 0; i < s->slots; i++)
		if (s->slot[i].key)
			*pfnset_find(slot, slots, s->slot[i].key) = s->slot[i];
	free(s->slot);
	s->slot = slot;
	s->slots = slots;
}

bool
pfnset_add(struct pfnset *s, uint64_t pfn)
{
	uint64_t key = pfn / (PFNSET_WORDS * BITS) + 1, bit = UINT64_C(1) << pfn % BITS, *word;
	struct pfnset_block *block;

	pfnset_grow(s);
	block = pfnset_find(s->slot, s->slots, key);
	s->used += !block->key;
	block->key = key;
	word = &block->bits[pfn / BITS % PFNSET_WORDS];
	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

void
pfnset_free(struct pfnset *s)
{
	free(s->slot);
	*s = (struct pfnset){0};
}
