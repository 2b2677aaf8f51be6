/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PTMALLOC_IMAGE_H
#define PM_PTMALLOC_IMAGE_H

/*
 * Memory as glibc's malloc leaves it, made by hand: five places of 64 KiB for heaps, two of which
 * are one arena, the heap of brk, and the data of a library.
 *
 *   IMAGE + 0      an arena of one heap
 *   IMAGE + 64K    the second heap of the next: the top is here
 *   IMAGE + 128K   its first heap
 *   IMAGE + 192K   nothing
 *   IMAGE + 256K   the heap of brk
 *   IMAGE + 320K   data, with the state of the main arena
 */
#include "target/ptmalloc.h"

#define IMAGE UINT64_C(0x40000000)
enum { IMAGE_SLOT = 65536, IMAGE_SLOTS = 6, IMAGE_PAGE = 4096, IMAGE_HEAPS = 4 };

struct image {
	unsigned word;
	unsigned fields; /* words of malloc_state before `top` */
	uint8_t at[IMAGE_SLOT * IMAGE_SLOTS];
	bool absent[IMAGE_SLOT * IMAGE_SLOTS / IMAGE_PAGE];
};

static inline void
image_put(struct image *m, uint64_t at, uint64_t value)
{
	memcpy(m->at + at, &value, m->word); /* little-endian, as the machines that run the tests */
}

static inline bool
image_word(void *arg, uint64_t addr, uint64_t *out)
{
	struct image *m = arg;
	uint64_t at = addr - IMAGE;

	if (addr < IMAGE || at > sizeof(m->at) - m->word || m->absent[at / IMAGE_PAGE])
		return false;
	*out = 0;
	memcpy(out, m->at + at, m->word);
	return true;
}

static inline void
image_again(void *arg)
{
	(void)arg; /* it does not change */
}

/* A chunk, and what it says of the one before it; returns where the next is. */
static inline uint64_t
image_chunk(struct image *m, uint64_t at, uint64_t size, bool before_used)
{
	image_put(m, at + m->word, size | before_used);
	return at + size;
}

/* The state: `top`, and bins that are empty but for the first. Returns where the first chunk is. */
static inline uint64_t
image_state(struct image *m, uint64_t at, uint64_t top, uint64_t chunk)
{
	uint64_t w = m->word, bins = at + (m->fields + 2) * w;

	image_put(m, at + m->fields * w, IMAGE + top);
	for (unsigned i = 0; i < 127; i++)
		for (unsigned k = 0; k < 2; k++)
			image_put(m, bins + (2 * i + k) * w,
			          IMAGE + (i || !chunk ? bins + 2 * i * w - 2 * w : chunk));
	bins += 254 * w + 16 + 5 * w;
	return (bins + 2 * w + 15) / 16 * 16 - 2 * w;
}

static inline void
image_info(struct image *m, uint64_t at, uint64_t state, uint64_t before, uint64_t size)
{
	image_put(m, at, IMAGE + state);
	image_put(m, at + m->word, before ? IMAGE + before : 0);
	image_put(m, at + 2 * m->word, size);
	image_put(m, at + 3 * m->word, size);
}

/* How far heap_info reaches: a state, or the first chunk, is behind it. */
static inline uint64_t
image_info_size(const struct image *m)
{
	return m->word == 8 ? 48 : 24;
}

/*
 * In all arenas: a used chunk, a free one of 0x5000 bytes, a used one, and the top, but for the
 * first of two heaps, which ends in fence posts.
 */
static inline uint64_t
image_fill(struct image *m, uint64_t at)
{
	at = image_chunk(m, at, 0x1000, true);
	at = image_chunk(m, at, 0x5000, true);
	image_put(m, at, 0x5000);
	return image_chunk(m, at, 0x800, false);
}

static inline void
image_make(struct image *m, unsigned word, unsigned fields)
{
	uint64_t info, at, one, top, w = word;

	memset(m, 0, sizeof(*m));
	m->word = word;
	m->fields = fields;
	info = image_info_size(m);
	/* one heap, of which 0xc000 bytes are used */
	image_info(m, 0, info, 0, 0xc000);
	one = image_state(m, info, 0, 0);
	top = image_fill(m, one);
	image_chunk(m, top, 0xc000 - top, true);
	image_state(m, info, top, one + 0x1000);
	/* two heaps */
	image_info(m, IMAGE_SLOT, 2 * IMAGE_SLOT + info, 2 * IMAGE_SLOT, 0x10000);
	top = image_fill(m, IMAGE_SLOT + info);
	image_chunk(m, top, 2 * IMAGE_SLOT - top, true);
	image_info(m, 2 * IMAGE_SLOT, 2 * IMAGE_SLOT + info, 0, 0x10000);
	one = image_state(m, 2 * IMAGE_SLOT + info, top, 0);
	at = image_fill(m, one);
	at = image_chunk(m, at, (3 * IMAGE_SLOT - 4 * w - at) / 16 * 16, true);
	at = image_chunk(m, at, 2 * w, true);
	image_put(m, at + w, 1);
	/* the main arena, whose first chunk is where user data are aligned to 16 bytes */
	top = image_fill(m, 4 * IMAGE_SLOT + (16 - 2 * w));
	image_chunk(m, top, 5 * IMAGE_SLOT - top, true);
	image_state(m, 5 * IMAGE_SLOT + 0x1230, top, 4 * IMAGE_SLOT + (16 - 2 * w) + 0x1000);
}

static inline void
image_heaps(struct ptmalloc_heap h[IMAGE_HEAPS])
{
	for (unsigned i = 0; i < IMAGE_HEAPS; i++) {
		uint64_t start = IMAGE + (uint64_t)i * IMAGE_SLOT;

		h[i] = (struct ptmalloc_heap){.start = start, .end = start + IMAGE_SLOT};
	}
}

#endif
