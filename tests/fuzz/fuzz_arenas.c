/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps of malloc in memory that a hostile process has written. */
#include "fuzz.h"

#include "../unit/ptmalloc_image.h"

static struct image image;

/* What is likely to mislead: addresses of the image, sizes, the ends of all numbers. */
static uint64_t
lie(uint64_t *seed)
{
	uint64_t within = fake_below(seed, sizeof(image.at));

	switch (fake_below(seed, 6)) {
	case 0: return IMAGE + within / 16 * 16;
	case 1: return IMAGE + fake_below(seed, IMAGE_SLOTS) * IMAGE_SLOT;
	case 2: return fake_below(seed, 16) * IMAGE_PAGE | fake_below(seed, 8);
	case 3: return fake_below(seed, 64) * 8 | fake_below(seed, 8);
	case 4: return UINT64_MAX - fake_below(seed, 64);
	default: return fake_random(seed);
	}
}

/* Most often where something matters: heap_info, states, heads. */
static uint64_t
place(uint64_t *seed)
{
	uint64_t slot = fake_below(seed, IMAGE_SLOTS) * IMAGE_SLOT;

	switch (fake_below(seed, 4)) {
	case 0: return slot + fake_below(seed, 8) * image.word;
	case 1: return slot + fake_below(seed, 0xc00 / image.word) * image.word;
	case 2: return slot + IMAGE_SLOT - (1 + fake_below(seed, 8)) * image.word;
	default: return fake_below(seed, sizeof(image.at) / image.word) * image.word;
	}
}

struct walk {
	uint64_t lo, hi, last;
	struct ptmalloc_memory *m;
	bool good;
};

static void
note(void *arg, uint64_t start, uint64_t end)
{
	struct walk *w = arg;
	struct ptmalloc_pages p = ptmalloc_pages_of(w->m, start, end);

	w->good &= start >= w->last && start < end && start >= w->lo && end <= w->hi &&
	           p.start <= p.end && p.start > start && (p.start == p.end || p.end <= end);
	w->last = end;
}

static bool
check_heap(struct ptmalloc_memory *m, const struct ptmalloc_heap *h)
{
	struct walk w = {h->start, h->end, 0, m, true};
	struct ptmalloc_pages top;

	if (h->is != PTMALLOC_HEAP)
		return true;
	if (!h->size || h->size > h->end - h->start || h->state % m->size ||
	    (h->top && (h->top <= h->start || h->top >= h->start + h->size)))
		return fuzz_wrong("the heap at %" PRIx64 " reaches outside", h->start);
	top = ptmalloc_pages_of_top(m, h->top, h->start + h->size);
	if (h->top && (top.start > top.end || top.start <= h->top))
		return fuzz_wrong("the tail of %" PRIx64, h->start);
	ptmalloc_chunks(m, h, note, &w);
	return w.good || fuzz_wrong("chunks of the heap at %" PRIx64, h->start);
}

static bool
play(uint64_t *seed)
{
	static const unsigned fields[] = {12, 11, 1, 14};
	struct ptmalloc_memory m = {image_word, image_again, &image, 0, IMAGE_PAGE};
	struct ptmalloc_heap heaps[IMAGE_HEAPS];
	uint64_t brk_at = IMAGE + 4 * IMAGE_SLOT, data_at = IMAGE + 5 * IMAGE_SLOT;
	struct walk w = {brk_at, brk_at + IMAGE_SLOT, 0, &m, true};
	struct ptmalloc_main is;

	image_make(&image, m.size = fake_below(seed, 4) ? 8 : 4, fields[fake_below(seed, 4)]);
	for (uint64_t n = fake_below(seed, 6); n; n--)
		image_put(&image, place(seed), lie(seed));
	for (uint64_t n = fake_below(seed, 3); n; n--)
		image.absent[fake_below(seed, ARRAY_LEN(image.absent))] = true;
	image_heaps(heaps);
	ptmalloc_heaps(&m, heaps, IMAGE_HEAPS);
	for (unsigned i = 0; i < IMAGE_HEAPS; i++)
		if (!check_heap(&m, &heaps[i]))
			return false;
	if (!ptmalloc_main(&m, data_at, data_at + IMAGE_SLOT, brk_at, brk_at + IMAGE_SLOT, &is))
		return true;
	if (is.top < brk_at || is.top_end > brk_at + IMAGE_SLOT || is.top >= is.top_end)
		return fuzz_wrong("the main arena reaches outside");
	ptmalloc_chunks_main(&m, brk_at, is.top, note, &w);
	return w.good || fuzz_wrong("chunks of the main arena");
}

int
main(int argc, char **argv)
{
	return fuzz_run(argc, argv, "heaps of malloc, damaged", play);
}
