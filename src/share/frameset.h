/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FRAMESET_H
#define PM_FRAMESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of keys, mostly frame numbers, that numbers its members: after frameset_seal each has an
 * index from 0 to n - 1, for arrays beside it. One bit per key, in blocks of FRAMESET_BLOCK keys
 * that exist only where a key is, so a search touches little memory, and neighbours share it.
 */
enum { FRAMESET_BLOCK = 4096, FRAMESET_WORDS = FRAMESET_BLOCK / 64 };
struct frameset_block {
	uint64_t key;                    /* of its first member / FRAMESET_BLOCK + 1; 0: none */
	uint64_t bits[FRAMESET_WORDS];
	uint32_t before[FRAMESET_WORDS]; /* members before each word, once sealed */
};
struct frameset {
	struct frameset_block **slot; /* open addressing, a power of two; NULL: free */
	size_t slots, used;
	size_t n; /* members */
	struct frameset_block *last; /* the block of the last search */
};

typedef void frameset_fn(void *arg, uint64_t key, size_t index);

#define FRAMESET_NONE SIZE_MAX

void frameset_add(struct frameset *fs, uint64_t key);
void frameset_seal(struct frameset *fs);

/* Calls fn for each member, in the order of their indexes, which is that of the keys in a block. */
void frameset_each(const struct frameset *fs, frameset_fn *fn, void *arg);
void frameset_free(struct frameset *fs);

struct frameset_block *frameset_block(struct frameset *fs, uint64_t key); /* NULL: none */

/* Its index; FRAMESET_NONE: not a member. */
static inline size_t
frameset_index(struct frameset *fs, uint64_t key)
{
	struct frameset_block *b = fs->last;
	size_t word = key % FRAMESET_BLOCK / 64;
	uint64_t bit = UINT64_C(1) << key % 64;

	if (!b || b->key != key / FRAMESET_BLOCK + 1) {
		b = frameset_block(fs, key);
		if (!b)
			return FRAMESET_NONE;
		fs->last = b;
	}
	if (!(b->bits[word] & bit))
		return FRAMESET_NONE;
	return b->before[word] + (size_t)__builtin_popcountll(b->bits[word] & (bit - 1));
}

#endif
