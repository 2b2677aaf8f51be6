/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CHAINS_H
#define PM_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Call chains, each kept once, by number. A program faults at a few thousand places, however long
 * it runs. Beyond a bound only the instruction of a new chain is kept.
 */
struct chain {
	const uint64_t *frames; /* leaf first: where it faulted, then return addresses */
	uint32_t n;             /* at least 1 */
	uint32_t kernel;        /* the first of them that are the kernel's */
	bool cut;               /* it has callers that are not kept, or were not found */
};

struct chains {
	struct chain_slot *v;
	uint64_t *frames;
	uint32_t *table; /* open addressing: number + 1 by hash; 0: free */
	size_t n, cap, frames_n, frames_cap, table_size, max_bytes;
};

/* max_bytes: for frames. */
void chains_init(struct chains *c, size_t max_bytes);
void chains_free(struct chains *c);

/* The number of a chain of n frames, which is added if it is new. */
uint32_t chains_number(struct chains *c, const uint64_t *frames, size_t n, size_t kernel,
                       bool cut);

/* Whether new chains of more than one frame are no longer kept; whether this one is. */
bool chains_full(const struct chains *c);
bool chains_has(const struct chains *c, const uint64_t *frames, size_t n, size_t kernel, bool cut);

/* Valid until a chain is added. */
struct chain chains_at(const struct chains *c, uint32_t number);

#endif
