/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/newest.h"

#include <stdlib.h>

#include "base/util.h"

enum { LEAST = 4096, MOST = 1 << 21 }; /* places of the table; 64 MiB at most */

void
newest_init(struct newest *n, size_t page_size)
{
	*n = (struct newest){.base.page_size = page_size, .seen.page_size = page_size};
}

static void
newest_empty(struct newest *n)
{
	free(n->v);
	n->v = NULL;
	n->size = n->used = 0;
}

void
newest_free(struct newest *n)
{
	newest_empty(n);
	pageset_free(&n->base);
	pageset_free(&n->seen);
}

/* Where a page is, or would be. */
static size_t
newest_place(const struct newest *n, uint64_t addr)
{
	uint64_t page = addr / n->base.page_size;
	size_t mask = n->size - 1, i = (page * UINT64_C(0x9e3779b97f4a7c15) >> 24) & mask;

	while (n->v[i].addr && n->v[i].addr / n->base.page_size != page)
		i = (i + 1) & mask;
	return i;
}

/* A table of that many places, with the faults that were kept. */
static void
newest_resize(struct newest *n, size_t size)
{
	struct newest_fault *old = n->v;
	size_t was = n->size;

	n->v = mem_alloc(size * sizeof(*n->v));
	n->size = size;
	for (size_t i = 0; i < was; i++)
		if (old[i].addr)
			n->v[newest_place(n, old[i].addr)] = old[i];
	free(old);
}

/* Room for one more. false: there is none. */
static bool
newest_has_room(struct newest *n)
{
	if (n->used * 4 < n->size * 3)
		return true;
	if (n->size == MOST)
		return false;
	newest_resize(n, n->size ? n->size * 2 : LEAST);
	return true;
}

void
newest_put(struct newest *n, const struct newest_fault *f)
{
	bool known, there = n->armed && pageset_has(&n->seen, f->addr);
	struct newest_fault *at;

	if (!f->addr || pageset_has(&n->base, f->addr))
		return;
	if (!newest_has_room(n)) {
		n->dropped++;
		return;
	}
	at = &n->v[newest_place(n, f->addr)];
	known = at->addr != 0;
	if (known && at->time_us > f->time_us)
		return; /* from the ring of another CPU */
	if (there) {
		at->several |= known && at->chain != f->chain;
		return;
	}
	n->used += !known;
	*at = *f;
}

/* Keeps only the faults that are newer, or of pages in `of`, but not in `out`. */
static void
newest_prune(struct newest *n, const struct pageset *of, const struct pageset *out,
             uint64_t time_us)
{
	size_t used = 0, size = LEAST;

	if (!n->size)
		return;
	for (size_t i = 0; i < n->size; i++) {
		struct newest_fault *f = &n->v[i];

		if (f->addr && ((f->time_us < time_us && of && !pageset_has(of, f->addr)) ||
		                pageset_has(out, f->addr)))
			f->addr = 0;
		used += f->addr != 0;
	}
	n->used = used;
	while (used * 4 >= size * 3)
		size *= 2;
	newest_resize(n, size);
}

void
newest_set_base(struct newest *n, const struct pageset *base)
{
	pageset_copy(&n->base, base);
	newest_prune(n, NULL, &n->base, 0);
	n->sampled = false;
}

void
newest_scanned(struct newest *n, const struct pageset *now, uint64_t time_us, bool armed)
{
	n->armed = armed;
	newest_prune(n, now, &n->base, time_us);
	pageset_free(&n->seen);
	if (armed)
		pageset_copy(&n->seen, now);
}
