/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What malloc itself says of its heaps, in the memory of the process. */
#include "target/arenas_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "target/bytes.h"
#include "target/ptmalloc.h"

/* The process goes on while it is read: what does not fit together may, the next time. */
enum { ARENAS_TRIES = 4 };

/* --- memory ----------------------------------------------------------------------------------- */

/* A few neighbouring pages, as they were read last. */
struct arenas_memory {
	struct target *t;
	const struct vma_list *vmas;
	uint64_t start;
	size_t n, ahead; /* pages: that are kept; to read at once */
	uint8_t *data;
	struct bytes_page page[BYTES_PAGES];
	bool failed; /* memory cannot be read at all: */
	struct err *err;
};

static bool
arenas_fetch(struct arenas_memory *m, uint64_t addr)
{
	size_t size = m->t->page_size;
	const struct vma *v = vma_at(m->vmas, addr);

	m->n = 0;
	if (!v || m->failed || source_stopped(m->t->source))
		return false;
	m->start = addr / size * size;
	m->n = u64_min(m->ahead, (v->end - m->start) / size);
	m->failed = bytes_pages(m->t, v, m->start, m->n, m->data, m->page, m->err) < 0;
	return !m->failed;
}

static bool
arenas_word(void *arg, uint64_t addr, uint64_t *out)
{
	struct arenas_memory *m = arg;
	size_t size = m->t->page_size;
	const uint8_t *at;
	uint32_t half;

	if (!m->n || addr < m->start || (addr - m->start) / size >= m->n)
		if (!arenas_fetch(m, addr))
			return false;
	if (m->page[(addr - m->start) / size].kind != BYTES_READ)
		return false;
	at = m->data + (addr - m->start);
	if (m->t->source->meta.word == 4) {
		memcpy(&half, at, sizeof(half));
		*out = half;
	} else {
		memcpy(out, at, sizeof(*out));
	}
	return true;
}

static void
arenas_word_again(void *arg)
{
	struct arenas_memory *m = arg;

	m->n = 0;
}

/* --- which are heaps -------------------------------------------------------------------------- */

/* The whole pages in free chunks of a heap. */
struct arenas_free {
	struct ptmalloc_pages *v;
	size_t n, cap;
	const struct ptmalloc_memory *m;
};

/* All that is asked of one process. */
struct arenas_work {
	struct arenas_memory memory;
	struct ptmalloc_memory m; /* the same, as ptmalloc wants it */
	struct arenas *a;
	struct ptmalloc_heap *all; /* one for each of a, but for [heap] */
	size_t n;
	struct arenas_free *free; /* one for each of a */
};

static void
arenas_begin(struct arenas_work *w)
{
	w->all = mem_alloc((w->a->n + 1) * sizeof(*w->all));
	w->free = mem_alloc((w->a->n + 1) * sizeof(*w->free));
	for (size_t i = 0; i < w->a->n; i++) {
		const struct arenas_heap *h = &w->a->v[i];

		w->free[i].m = &w->m;
		if (!h->brk)
			w->all[w->n++] = (struct ptmalloc_heap){.start = h->start, .end = h->limit};
	}
}

static void
arenas_end(struct arenas_work *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(w->free[i].v);
	free(w->free);
	free(w->all);
	free(w->memory.data);
}

static void
arenas_take(struct arenas_heap *to, const struct ptmalloc_heap *is)
{
	static const enum arenas_is words[] = {[PTMALLOC_UNKNOWN] = ARENAS_UNKNOWN,
	                                       [PTMALLOC_NOT] = ARENAS_NOT,
	                                       [PTMALLOC_HEAP] = ARENAS_HEAP};

	to->is = words[is->is];
	to->arena = to->is == ARENAS_HEAP ? is->state : 0;
	to->top = to->is == ARENAS_HEAP ? is->top : 0;
	to->top_end = is->start + is->size;
}

/* The data of a file, where the state of the main arena may be. */
static bool
arenas_is_data(const struct vma *v)
{
	return vma_is_file(v) && v->perm & VMA_WRITE && !(v->perm & VMA_SHARED);
}

static bool
arenas_find_main_in(struct arenas_work *w, const struct vma *v, struct arenas_heap *h)
{
	struct ptmalloc_main is;

	if (!arenas_is_data(v) ||
	    !ptmalloc_main(&w->m, v->start, v->end, h->start, h->end, &is))
		return false;
	h->is = ARENAS_HEAP;
	h->arena = is.at;
	h->top = is.top;
	h->top_end = is.top_end;
	return true;
}

/* In the data of glibc, or of a program that has it inside: of all files, up to a limit. */
static void
arenas_find_main(struct arenas_work *w, struct arenas_heap *h)
{
	const struct vma_list *l = w->memory.vmas;
	const struct vma *libc = w->a->libc;
	uint64_t left = UINT64_C(64) << 20;

	h->is = ARENAS_UNKNOWN;
	for (size_t i = 0; libc && i < l->n; i++)
		if (l->v[i].inode == libc->inode && !strcmp(l->v[i].name, libc->name) &&
		    arenas_find_main_in(w, &l->v[i], h))
			return;
	for (size_t i = 0; i < l->n; i++) {
		if (!arenas_is_data(&l->v[i]) || vma_size(&l->v[i]) > left)
			continue;
		left -= vma_size(&l->v[i]);
		if (arenas_find_main_in(w, &l->v[i], h))
			return;
	}
}

static void
arenas_judge(struct arenas_work *w)
{
	size_t n = 0;

	w->memory.n = 0;
	w->memory.ahead = 1;
	ptmalloc_heaps(&w->m, w->all, w->n);
	for (size_t i = 0; i < w->a->n; i++) {
		struct arenas_heap *h = &w->a->v[i];
		const struct ptmalloc_heap *is = h->brk ? NULL : &w->all[n++];

		if (h->free_known)
			continue; /* all is known already */
		if (is)
			arenas_take(h, is);
		else
			arenas_find_main(w, h);
	}
}

/* --- what is free in them --------------------------------------------------------------------- */

static void
arenas_note_chunk(void *arg, uint64_t start, uint64_t end)
{
	struct arenas_free *l = arg;
	struct ptmalloc_pages p = ptmalloc_pages_of(l->m, start, end);

	if (p.start == p.end)
		return;
	l->v = vec_room(l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = p;
}

static void
arenas_walk(struct arenas_work *w)
{
	size_t n = 0;

	w->memory.ahead = BYTES_PAGES;
	for (size_t i = 0; i < w->a->n; i++) {
		struct arenas_heap *h = &w->a->v[i];
		const struct ptmalloc_heap *is = h->brk ? NULL : &w->all[n++];

		if (h->is != ARENAS_HEAP || h->free_known)
			continue;
		w->memory.n = w->free[i].n = 0;
		h->free_known = is ? ptmalloc_chunks(&w->m, is, arenas_note_chunk, &w->free[i])
		                   : ptmalloc_chunks_main(&w->m, h->start, h->top,
		                                          arenas_note_chunk, &w->free[i]);
	}
}

/* Whether nothing would become known by asking again. */
static bool
arenas_are_known(const struct arenas *a)
{
	bool known = true;

	for (size_t i = 0; i < a->n; i++) {
		const struct arenas_heap *h = &a->v[i];

		known &= h->is == ARENAS_HEAP ? h->free_known
		                              : !h->brk && h->by == ARENA_BY_NOTHING;
	}
	return known;
}

/* The pages of these that are in RAM. */
static int
arenas_measure_free(struct arenas_work *w, size_t i, struct err *err)
{
	struct arenas_heap *h = &w->a->v[i];
	struct target *t = w->memory.t;
	struct ptmalloc_pages top = ptmalloc_pages_of_top(&w->m, h->top, h->top_end);
	uint64_t swap = 0;
	int r = 0;

	if (h->is == ARENAS_HEAP && h->top)
		r = arenas_pages(t, w->memory.vmas, top.start, top.end, &h->tail, &swap, err);
	for (size_t k = 0; r == 0 && h->free_known && k < w->free[i].n; k++) {
		uint64_t rss = 0;

		r = arenas_pages(t, w->memory.vmas, w->free[i].v[k].start, w->free[i].v[k].end,
		                 &rss, &swap, err);
		h->free += rss;
		h->chunks += rss > 0;
	}
	return r;
}

/* Leaves out what is no heap. */
static void
arenas_settle(struct arenas *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct arenas_heap *h = &a->v[i];
		bool looks = h->brk || h->by != ARENA_BY_NOTHING;

		a->refuted += looks && h->is == ARENAS_NOT;
		if (h->is == ARENAS_HEAP || (looks && h->is == ARENAS_UNKNOWN))
			a->v[n++] = *h;
	}
	a->n = n;
}

int
arenas_read(struct target *t, const struct vma_list *vmas, struct arenas *out, struct err *err)
{
	struct arenas_work w = {.a = out, .memory = {.t = t, .vmas = vmas, .err = err}};
	size_t n;
	int r = 0;

	arenas_list(vmas, true, out);
	n = out->n;
	w.memory.data = mem_alloc(BYTES_PAGES * t->page_size);
	w.m = (struct ptmalloc_memory){arenas_word, arenas_word_again, &w.memory,
	                               t->source->meta.word, t->page_size};
	arenas_begin(&w);
	for (int i = 0; i < ARENAS_TRIES && !w.memory.failed; i++) {
		arenas_judge(&w);
		arenas_walk(&w);
		if (arenas_are_known(out))
			break;
	}
	for (size_t i = 0; r == 0 && !w.memory.failed && i < n; i++)
		r = arenas_measure_free(&w, i, err);
	r = w.memory.failed ? -1 : source_stopped(t->source) ? 1 : r;
	arenas_end(&w, n);
	arenas_settle(out);
	return r ? r : arenas_count(t, vmas, out, err);
}
