/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Searches for bytes in a region. Pages are read a few at a time, together with the one after them,
 * so that matches across a boundary are found; all bytes of a match must have been read.
 */
#include "query/seek.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "target/bytes.h"
#include "target/walk.h"

enum { STEP = BYTES_PAGES - 1 };
#define BLOCK_LEAST (UINT64_C(4) << 20) /* backwards: size of the first block; doubles */
#define BLOCK_MOST  (UINT64_C(1) << 30)

struct bytes_hunt {
	struct target *t;
	const struct vma *v;
	const struct pattern *p;
	uint64_t lo, hi; /* where a match may start */
	bool last;       /* find the last match instead of the first */
	seek_each_fn *each; /* called for every match; NULL: the search ends with the first */
	void *arg;
	uint8_t *room;   /* room for BYTES_PAGES pages */
	struct seek_found *out;
	struct err *err;
	bool failed;
};

/* Counts a skipped page once: in the block that contains its start. */
static void
seek_skip(struct bytes_hunt *h, uint64_t start, uint64_t end)
{
	uint64_t size = h->t->page_size, lo = (u64_max(start, h->lo) + size - 1) / size;
	uint64_t hi = (u64_min(end, h->hi) + size - 1) / size;

	h->out->skipped += hi > lo ? hi - lo : 0;
}

/*
 * Searches matches that start in [lo, hi) of the buffer, whose first byte is at address `base`;
 * only the first `end` bytes are valid. true: found.
 */
static bool
seek_search(struct bytes_hunt *h, uint64_t base, uint64_t lo, uint64_t hi, uint64_t end)
{
	const uint8_t *found;

	hi = u64_min(hi, end >= h->p->n ? end - h->p->n + 1 : 0);
	while (lo < hi &&
	       (found = memmem(h->room + lo, hi - lo + h->p->n - 1, h->p->byte, h->p->n))) {
		h->out->any = true;
		h->out->at = base + (uint64_t)(found - h->room);
		if (h->each)
			h->each(h->arg, h->out->at);
		else if (!h->last)
			return true;
		lo = (uint64_t)(found - h->room) + 1;
	}
	return false;
}

/* Searches the n pages at `base`, at most STEP. */
static int
seek_search_pages(struct bytes_hunt *h, uint64_t base, size_t n)
{
	struct bytes_page pages[BYTES_PAGES];
	uint64_t size = h->t->page_size, lo = u64_max(h->lo, base) - base;
	uint64_t hi = u64_min(u64_max(h->hi, base) - base, n * size);
	size_t read = n + (base + n * size < h->v->end), from = 0;

	if (source_stopped(h->t->source))
		return 1;
	if (bytes_pages(h->t, h->v, base, read, h->room, pages, h->err) < 0) {
		h->failed = true;
		return 1;
	}
	for (size_t i = 0; i <= read; i++) {
		if (i < read && pages[i].kind == BYTES_READ)
			continue;
		if (i < n)
			seek_skip(h, base + i * size, base + (i + 1) * size);
		if (i > from &&
		    seek_search(h, base, u64_max(lo, from * size), u64_min(hi, i * size), i * size))
			return 1;
		from = i + 1;
	}
	return 0;
}

static int
seek_bytes_hunt_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct bytes_hunt *h = arg;
	uint64_t size = h->t->page_size;

	for (size_t i = 0; i < n; i += STEP) {
		size_t many = u64_min(STEP, n - i), there = 0;

		for (size_t k = i; k < i + many; k++)
			there += bytes_kind_of(h->v, &pages[k]) == BYTES_READ;
		if (!there)
			seek_skip(h, addr + i * size, addr + (i + many) * size);
		else if (seek_search_pages(h, addr + i * size, many))
			return 1;
	}
	return 0;
}

static int
seek_bytes_hunt_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	(void)each;
	seek_skip(arg, start, end);
	return 0;
}

/* Searches matches that start in [lo, hi). 1: stopped, with nothing found. */
static int
seek_hunt_block(struct bytes_hunt *h, uint64_t lo, uint64_t hi)
{
	static const struct walk_fns fns = {.pages = seek_bytes_hunt_pages,
	                                    .gap = seek_bytes_hunt_gap};
	uint64_t size = h->t->page_size, start = lo / size * size,
		 end = (hi + size - 1) / size * size;
	struct walk_options o = {0};
	int r;

	if (lo >= hi)
		return 0;
	h->lo = lo;
	h->hi = hi;
	r = walk_pages(h->t, h->v, start, end, &o, &fns, h, h->err);
	if (r < 0 || h->failed)
		return -1;
	if (r == 1 && (h->each || h->last || !h->out->any)) {
		h->out->any = false;
		return 1;
	}
	return 0;
}

static int
seek_hunt_back(struct bytes_hunt *h, uint64_t lo, uint64_t hi)
{
	uint64_t block = BLOCK_LEAST;
	int r = 0;

	while (hi > lo && !h->out->any && r == 0) {
		uint64_t from = hi - lo > block ? hi - block : lo;

		r = seek_hunt_block(h, from, hi);
		hi = from;
		block = u64_min(2 * block, BLOCK_MOST);
	}
	return r;
}

int
seek_bytes(struct target *t, const struct vma_list *vmas, const struct pattern *p, uint64_t from,
           bool back, struct seek_found *out, struct err *err)
{
	const struct vma *v = vma_at(vmas, from);
	struct bytes_hunt h = {.t = t, .v = v, .p = p, .last = back, .out = out, .err = err};
	int r;

	*out = (struct seek_found){0};
	if (!v)
		return err_set(err, ERR_TARGET, "nothing is mapped there", NULL,
		               "cannot search at %llx", (unsigned long long)from);
	progress_begin(t->progress, vma_size(v));
	h.room = mem_alloc(BYTES_PAGES * t->page_size);
	r = back ? seek_hunt_back(&h, v->start, from) : seek_hunt_block(&h, from + 1, v->end);
	if (r == 0 && !out->any) {
		r = back ? seek_hunt_back(&h, from, v->end)
		         : seek_hunt_block(&h, v->start, from + 1);
		out->wrapped = out->any;
	}
	free(h.room);
	return r;
}

int
seek_all_bytes(struct target *t, const struct vma_list *vmas, const struct pattern *p,
               uint64_t start, uint64_t end, seek_each_fn *each, void *arg, uint64_t *skipped,
               struct err *err)
{
	struct seek_found found = {0};
	struct bytes_hunt h = {.t = t, .p = p, .out = &found, .err = err, .each = each, .arg = arg};
	int r = 0;

	progress_begin(t->progress, vma_mapped(vmas, start, end));
	h.room = mem_alloc(BYTES_PAGES * t->page_size);
	for (size_t i = vma_lower_bound(vmas, start);
	     r == 0 && i < vmas->n && vmas->v[i].start < end; i++) {
		h.v = &vmas->v[i];
		r = seek_hunt_block(&h, u64_max(start, h.v->start), u64_min(end, h.v->end));
	}
	free(h.room);
	*skipped = found.skipped;
	return r;
}
