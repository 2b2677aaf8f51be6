/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/block.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/kabi.h"
#include "page/page.h"
#include "record/pack.h"
#include "target/page_read.h"

void
block_free(struct block *b)
{
	free(b->v);
	*b = (struct block){0};
}

void
block_begin(struct block *b, uint64_t addr, size_t page_size)
{
	b->start = addr - addr % (BLOCK_PAGES * page_size);
	b->n = 0;
	b->again_ns = 0;
	memset(b->words, 0, sizeof(b->words));
	for (size_t i = 0; i < BLOCK_PAGES; i++)
		b->nodes[i] = -1;
}

static void
block_note(struct block *b, enum frame_file file, uint64_t pfn, uint64_t value)
{
	struct block_frame *f;

	b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
	f = &b->v[b->n++];
	*f = (struct block_frame){.pfn = pfn, .known = (uint8_t)(1u << file)};
	f->value[file] = value;
}

static int
block_by_pfn(const void *pa, const void *pb)
{
	const struct block_frame *a = pa, *b = pb;

	return (a->pfn > b->pfn) - (a->pfn < b->pfn);
}

void
block_end(struct block *b)
{
	size_t n = 0;

	vec_sort(b->v, b->n, sizeof(*b->v), block_by_pfn);
	for (size_t i = 0; i < b->n; i++) {
		struct block_frame *to = n ? &b->v[n - 1] : NULL;

		if (!to || to->pfn != b->v[i].pfn) {
			b->v[n++] = b->v[i];
			continue;
		}
		to->known |= b->v[i].known;
		for (unsigned k = 0; k < BLOCK_FILES; k++)
			if (b->v[i].known & 1u << k)
				to->value[k] = b->v[i].value[k];
	}
	b->n = n;
}

/* --- reading -------------------------------------------------------------------------------- */

/* Stands between page_read and the source, and notes what is looked up by frame. */
struct block_ear {
	struct source base;
	struct source_ops ops;
	const struct source *of;
	struct block *block;
};

static const struct block_ear *
block_ear_of(const struct source *s)
{
	return (const struct block_ear *)(const void *)s; /* base is its first member */
}

static ssize_t
block_hear_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	return source_words(block_ear_of(s)->of, addr, words, n, err);
}

static void
block_hear_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
                  uint64_t *out, bool *ok)
{
	const struct block_ear *ear = block_ear_of(s);

	source_frames(ear->of, file, pfn, n, out, ok);
	for (size_t i = 0; i < n; i++)
		if (ok[i])
			block_note(ear->block, file, pfn[i], out[i]);
}

/* Of a batch, on the heap: it is large for a stack. */
struct block_batch {
	struct page pages[PAGE_BATCH];
	int nodes[PAGE_BATCH];
};

static int
block_read_batch(struct block *b, const struct block_ear *ear, struct block_batch *k, uint64_t addr,
                 size_t n, struct err *err)
{
	unsigned needs = PAGE_NEED_FLAGS | PAGE_NEED_COUNT | PAGE_NEED_CGROUP | PAGE_NEED_FOLIO;
	const struct source *s = ear->of;
	size_t at = (size_t)((addr - b->start) / s->meta.page_size);

	if (page_read(&ear->base, addr, k->pages, n, needs, err) < 0)
		return -1;
	if (s->meta.nodes)
		s->ops->nodes(s, addr, k->nodes, n);
	for (size_t i = 0; i < n; i++) {
		b->words[at + i] = k->pages[i].word;
		b->nodes[at + i] = (int16_t)(s->meta.nodes ? k->nodes[i] : -1);
		/* one that needed no look */
		if (k->pages[i].known & PAGE_COUNT)
			block_note(b, FRAME_COUNT, page_pfn(&k->pages[i]), k->pages[i].count);
	}
	return 0;
}

int
block_read(struct block *b, const struct source *s, uint64_t start, uint64_t end, struct err *err)
{
	struct block_ear ear = {.base = *s, .of = s, .block = b};
	struct block_batch *k = mem_alloc(sizeof(*k));
	size_t page_size = s->meta.page_size;
	int r = 0;

	ear.ops.words = block_hear_words;
	ear.ops.frames = block_hear_frames;
	ear.base.ops = &ear.ops;
	for (uint64_t at = start; r == 0 && at < end; at += PAGE_BATCH * page_size)
		r = block_read_batch(b, &ear, k, at,
		                     (size_t)u64_min(PAGE_BATCH, (end - at) / page_size), err);
	free(k);
	return r;
}

static uint64_t
block_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

uint64_t
block_hash(const struct block *b)
{
	uint64_t hash = b->start;

	for (size_t i = 0; i < BLOCK_PAGES; i++)
		hash = block_mix(hash, b->words[i] ^ (uint64_t)(uint16_t)b->nodes[i] << 32);
	for (size_t i = 0; i < b->n; i++) {
		const struct block_frame *f = &b->v[i];

		hash = block_mix(block_mix(hash, f->pfn), f->known);
		for (unsigned k = 0; k < BLOCK_FILES; k++)
			if (f->known & 1u << k)
				hash = block_mix(hash, k == FRAME_FLAGS ? f->value[k] & ~KPF_IDLE
				                                        : f->value[k]);
	}
	return hash;
}

/* --- as a blob ------------------------------------------------------------------------------ */

/* The bits above a frame number; of what is not present, everything is in the low ones. */
enum { BLOCK_LOW = 55 };

void
block_pack(const struct block *b, struct buf *out)
{
	struct buf raw = {0};
	uint64_t before = 0;

	for (size_t i = 0; i < BLOCK_PAGES; i++)
		pack_number(&raw, b->words[i] >> BLOCK_LOW);
	for (size_t i = 0; i < BLOCK_PAGES; i++)
		if (b->words[i]) {
			pack_step(&raw, b->words[i] & PM_PFN_MASK, before);
			before = b->words[i] & PM_PFN_MASK;
		}
	for (size_t i = 0; i < BLOCK_PAGES; i++)
		pack_number(&raw, (uint64_t)(b->nodes[i] + 1));
	pack_number(&raw, b->n);
	before = 0;
	for (size_t i = 0; i < b->n; before = b->v[i++].pfn)
		pack_number(&raw, b->v[i].pfn - before);
	for (size_t i = 0; i < b->n; i++)
		pack_number(&raw, b->v[i].known);
	for (unsigned k = 0; k < BLOCK_FILES; k++)
		for (size_t i = 0; i < b->n; i++)
			if (b->v[i].known & 1u << k)
				pack_number(&raw, b->v[i].value[k]);
	pack_close(&raw, out);
	buf_free(&raw);
}

static bool
block_unpack_frames(struct block *b, struct unpack *u)
{
	uint64_t n = unpack_number(u), pfn = 0;

	if (u->bad || n > u->n)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t step = unpack_number(u);

		if (i && (!step || __builtin_add_overflow(pfn, step, &step)))
			return false;
		block_note(b, FRAME_FLAGS, pfn = step, 0);
	}
	for (size_t i = 0; i < b->n; i++)
		b->v[i].known = (uint8_t)(unpack_number(u) & ((1u << BLOCK_FILES) - 1));
	for (unsigned k = 0; k < BLOCK_FILES; k++)
		for (size_t i = 0; i < b->n; i++)
			if (b->v[i].known & 1u << k)
				b->v[i].value[k] = unpack_number(u);
	return !u->bad;
}

static bool
block_unpack_all(struct block *b, struct unpack *u)
{
	uint64_t before = 0;

	for (size_t i = 0; i < BLOCK_PAGES; i++)
		b->words[i] = unpack_number(u) << BLOCK_LOW;
	for (size_t i = 0; i < BLOCK_PAGES; i++)
		if (b->words[i]) {
			before = unpack_step(u, before) & PM_PFN_MASK;
			b->words[i] |= before;
		}
	for (size_t i = 0; i < BLOCK_PAGES; i++)
		b->nodes[i] = (int16_t)((unpack_number(u) & 0x7fff) - 1);
	return block_unpack_frames(b, u);
}

bool
block_unpack(struct block *b, const void *data, size_t n)
{
	struct unpack u;
	bool ok = unpack_open(&u, data, n) && block_unpack_all(b, &u);

	unpack_free(&u);
	if (!ok)
		b->n = 0;
	return ok;
}
