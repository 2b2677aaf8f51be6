/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/frameset.h"

#include <stdlib.h>

#include "base/util.h"

enum { SLOTS_LEAST = 64 };

/* The slot of the block with this key, or the free one for it. */
static struct frameset_block **
frameset_slot(struct frameset_block **slot, size_t slots, uint64_t key)
{
	uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(hash >> 32) & (slots - 1);

	while (slot[i] && slot[i]->key != key)
		i = (i + 1) & (slots - 1);
	return &slot[i];
}

/* Keeps at most half of the slots in use: most searches find nothing. */
static void
frameset_grow(struct frameset *fs)
{
	size_t slots = fs->slots ? fs->slots * 2 : SLOTS_LEAST;
	struct frameset_block **slot;

	if (fs->used < fs->slots / 2)
		return;
	slot = mem_alloc(slots * sizeof(struct frameset_block *));
	for (size_t i = 0; i < fs->slots; i++)
		if (fs->slot[i])
			*frameset_slot(slot, slots, fs->slot[i]->key) = fs->slot[i];
	free(fs->slot);
	fs->slot = slot;
	fs->slots = slots;
}

struct frameset_block *
frameset_block(struct frameset *fs, uint64_t key)
{
	return fs->slots ? *frameset_slot(fs->slot, fs->slots, key / FRAMESET_BLOCK + 1) : NULL;
}

void
frameset_add(struct frameset *fs, uint64_t key)
{
	uint64_t of = key / FRAMESET_BLOCK + 1, bit = UINT64_C(1) << key % 64, *word;

	if (!fs->last || fs->last->key != of) {
		struct frameset_block **slot;

		frameset_grow(fs);
		slot = frameset_slot(fs->slot, fs->slots, of);
		if (!*slot) {
			*slot = mem_alloc(sizeof(**slot));
			(*slot)->key = of;
			fs->used++;
		}
		fs->last = *slot;
	}
	word = &fs->last->bits[key % FRAMESET_BLOCK / 64];
	fs->n += !(*word & bit);
	*word |= bit;
}

void
frameset_seal(struct frameset *fs)
{
	uint32_t n = 0;

	for (size_t i = 0; i < fs->slots; i++)
		for (size_t w = 0; fs->slot[i] && w < FRAMESET_WORDS; w++) {
			fs->slot[i]->before[w] = n;
			n += (uint32_t)__builtin_popcountll(fs->slot[i]->bits[w]);
		}
}

static void
frameset_each_in(const struct frameset_block *b, frameset_fn *fn, void *arg)
{
	for (size_t w = 0; w < FRAMESET_WORDS; w++) {
		uint64_t key = (b->key - 1) * FRAMESET_BLOCK + w * 64;
		size_t index = b->before[w];

		for (uint64_t bits = b->bits[w]; bits; bits &= bits - 1)
			fn(arg, key + (unsigned)__builtin_ctzll(bits), index++);
	}
}

void
frameset_each(const struct frameset *fs, frameset_fn *fn, void *arg)
{
	for (size_t i = 0; i < fs->slots; i++)
		if (fs->slot[i])
			frameset_each_in(fs->slot[i], fn, arg);
}

void
frameset_free(struct frameset *fs)
{
	for (size_t i = 0; i < fs->slots; i++)
		free(fs->slot[i]);
	free(fs->slot);
	*fs = (struct frameset){0};
}
