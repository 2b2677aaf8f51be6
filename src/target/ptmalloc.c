/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/ptmalloc.h"

#include "base/util.h"

enum {
	PAIRS = 127,      /* NBINS - 1 */
	LINKED_LEAST = 4, /* of them empty, so that no other table of pointers passes for bins */
	FIELDS_MAX = 40,  /* words of malloc_state before its bins */
	INFO_LEAST = 4,   /* words of heap_info */
	INFO_MOST = 8,
	PREV_INUSE = 1,
	IS_MMAPPED = 2,
	FLAGS = 7,
	TOP_TRIES = 4, /* the top moves while it is read */
};

static bool
ptmalloc_word(const struct ptmalloc_memory *m, uint64_t addr, uint64_t *out)
{
	return addr % m->size == 0 && m->word(m->arg, addr, out);
}

static uint64_t
ptmalloc_up(uint64_t v, uint64_t by)
{
	return (v + by - 1) / by * by;
}

/* --- heap_info -------------------------------------------------------------------------------- */

static bool
ptmalloc_fits(const struct ptmalloc_memory *m, const struct ptmalloc_heap *h, uint64_t can_write)
{
	uint64_t most = h->end - h->start, info = h->state - h->start;
	bool first = !h->before;

	if (h->state % m->size || h->size % m->page_size || can_write % m->page_size || !h->size ||
	    h->size > can_write || can_write > most)
		return false;
	if (first)
		return h->state > h->start && info >= INFO_LEAST * m->size &&
		       info <= INFO_MOST * m->size;
	return h->before % most == 0 && h->before != h->start &&
	       (h->state < h->start || h->state >= h->end);
}

static void
ptmalloc_read_info(const struct ptmalloc_memory *m, struct ptmalloc_heap *h)
{
	uint64_t can_write;

	h->is = PTMALLOC_UNKNOWN;
	if (!ptmalloc_word(m, h->start, &h->state) ||
	    !ptmalloc_word(m, h->start + m->size, &h->before) ||
	    !ptmalloc_word(m, h->start + 2 * m->size, &h->size) ||
	    !ptmalloc_word(m, h->start + 3 * m->size, &can_write))
		return;
	h->is = ptmalloc_fits(m, h, can_write) ? PTMALLOC_HEAP : PTMALLOC_NOT;
}

/* --- malloc_state ----------------------------------------------------------------------------- */

/* The heap of an arena that addr is in. */
static struct ptmalloc_heap *
ptmalloc_heap_at(struct ptmalloc_heap *h, size_t n, uint64_t state, uint64_t addr)
{
	size_t i = vec_above(h, n, sizeof(*h), offsetof(struct ptmalloc_heap, start), addr);
	struct ptmalloc_heap *in = i ? &h[i - 1] : NULL;

	return in && in->is == PTMALLOC_HEAP && in->state == state && addr - in->start < in->size
	           ? in
	           : NULL;
}

/* Where pointers of bins may lead to. */
struct ptmalloc_reach {
	struct ptmalloc_heap *h; /* an arena's heaps, or NULL: */
	size_t n;
	uint64_t state;
	uint64_t start, end; /* the heap that brk made */
};

static bool
ptmalloc_reaches(const struct ptmalloc_reach *r, uint64_t addr)
{
	return r->h ? ptmalloc_heap_at(r->h, r->n, r->state, addr) != NULL
	            : addr >= r->start && addr < r->end;
}

/* Whether a bin that is empty points to itself, and others to chunks. */
static bool
ptmalloc_is_bins(const struct ptmalloc_memory *m, uint64_t bins, const struct ptmalloc_reach *r)
{
	uint64_t pair = 2 * m->size, linked = 0;

	for (uint64_t i = 0, at = bins; i < PAIRS; i++, at += pair) {
		uint64_t fd, bk;

		if (!ptmalloc_word(m, at, &fd) || !ptmalloc_word(m, at + m->size, &bk))
			return false;
		if (fd == at - pair && bk == fd)
			linked++;
		else if (!ptmalloc_reaches(r, fd) || !ptmalloc_reaches(r, bk))
			return false;
	}
	return linked >= LINKED_LEAST;
}

/* Whether a chunk may begin there: user data behind its header are aligned. */
static bool
ptmalloc_is_place(const struct ptmalloc_memory *m, uint64_t at)
{
	return at % (2 * m->size) == 0 || (at + 2 * m->size) % 16 == 0;
}

/* The size of a chunk that may be a top; 0: it is none. */
static uint64_t
ptmalloc_top_size(const struct ptmalloc_memory *m, uint64_t top, uint64_t limit)
{
	uint64_t head, pair = 2 * m->size;

	if (!ptmalloc_is_place(m, top) || !ptmalloc_word(m, top + m->size, &head))
		return 0;
	if (!(head & PREV_INUSE) || head & IS_MMAPPED)
		return 0;
	head &= ~(uint64_t)FLAGS;
	return head >= pair && head <= limit - top ? head : 0;
}

/*
 * The top, which ends where its heap does. A process that goes on may have taken chunks from it
 * since the pointer to it was read: they lie side by side, up to where it begins now. 0: it is
 * none.
 */
static uint64_t
ptmalloc_top(const struct ptmalloc_memory *m, uint64_t top, uint64_t end)
{
	enum { TAKEN_MOST = 256 };

	for (int i = 0; i < TAKEN_MOST; i++) {
		uint64_t size = ptmalloc_top_size(m, top, end);

		if (!size || top + size == end)
			return size ? top : 0;
		top += size;
	}
	return 0;
}

/*
 * The heap of the top that `at` points to, which it sets, of the arena that begins in h. The header
 * of a top may have become something else by the time that it is read; the pointer was true.
 */
static struct ptmalloc_heap *
ptmalloc_find_top(const struct ptmalloc_memory *m, uint64_t at, uint64_t state,
                  struct ptmalloc_heap *all, size_t n)
{
	struct ptmalloc_heap *in = NULL;

	for (int i = 0; i < TOP_TRIES; i++) {
		uint64_t top, now;

		if (i)
			m->again(m->arg);
		if (!ptmalloc_word(m, at, &top) || !ptmalloc_is_place(m, top) ||
		    !(in = ptmalloc_heap_at(all, n, state, top)))
			return NULL;
		ptmalloc_read_info(m, in); /* it may have grown */
		if (in->is != PTMALLOC_HEAP || in->state != state || top - in->start >= in->size ||
		    top - in->start < INFO_LEAST * m->size) /* it would be the heap_info itself */
			return NULL;
		now = ptmalloc_top(m, top, in->start + in->size);
		in->top = now ? now : top;
		if (now)
			break;
	}
	return in;
}

/*
 * The heap of the top, which it sets, of the arena that begins in h. NULL: there is no state. Bins
 * are looked for up to the last place that could be theirs, as the fields before them may point
 * into the heaps, too, but what is behind them does not.
 */
static struct ptmalloc_heap *
ptmalloc_read_state(const struct ptmalloc_memory *m, struct ptmalloc_heap *h,
                    struct ptmalloc_heap *all, size_t n)
{
	const struct ptmalloc_reach r = {.h = all, .n = n, .state = h->state};

	h->bins = 0;
	for (uint64_t i = 1; i < FIELDS_MAX; i++) {
		uint64_t at = h->state + i * m->size, top;

		if (!ptmalloc_word(m, at, &top))
			break;
		if (ptmalloc_heap_at(all, n, h->state, top) &&
		    ptmalloc_is_bins(m, at + 2 * m->size, &r))
			h->bins = at + 2 * m->size;
	}
	return h->bins ? ptmalloc_find_top(m, h->bins - 2 * m->size, h->state, all, n) : NULL;
}

/* Marks the heaps from that of the top on, each with the one before it, if they end in a first. */
static void
ptmalloc_mark_chain(struct ptmalloc_heap *h, size_t n, struct ptmalloc_heap *top)
{
	struct ptmalloc_heap *in = top;
	size_t steps = 0;

	for (; in && !in->linked; steps++) {
		in->linked = true;
		if (!in->before)
			return;
		in = ptmalloc_heap_at(h, n, in->state, in->before);
	}
	for (in = top; steps; steps--) { /* it ends elsewhere, or nowhere */
		in->linked = false;
		in = ptmalloc_heap_at(h, n, in->state, in->before);
	}
}

void
ptmalloc_heaps(const struct ptmalloc_memory *m, struct ptmalloc_heap *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		h[i].top = h[i].bins = 0;
		h[i].linked = false;
		ptmalloc_read_info(m, &h[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (h[i].is == PTMALLOC_HEAP && !h[i].before)
			ptmalloc_mark_chain(h, n, ptmalloc_read_state(m, &h[i], h, n));
	for (size_t i = 0; i < n; i++)
		if (h[i].is == PTMALLOC_HEAP && !h[i].linked)
			h[i].is = PTMALLOC_NOT;
}

/* Where the main arena's top ends: at the end of a page, mostly of the last. */
static uint64_t
ptmalloc_main_end(const struct ptmalloc_memory *m, uint64_t *top, uint64_t end)
{
	uint64_t now = ptmalloc_top(m, *top, end), size = ptmalloc_top_size(m, *top, end);

	if (now)
		*top = now;
	return !now && size && (*top + size) % m->page_size == 0 ? *top + size : end;
}

/* Whether `at` in the data is a `top` that bins follow. */
static bool
ptmalloc_is_main(const struct ptmalloc_memory *m, uint64_t at, const struct ptmalloc_reach *r)
{
	uint64_t top;

	return ptmalloc_word(m, at, &top) && top >= r->start && top < r->end &&
	       ptmalloc_is_place(m, top) && ptmalloc_is_bins(m, at + 2 * m->size, r);
}

bool
ptmalloc_main(const struct ptmalloc_memory *m, uint64_t lo, uint64_t hi, uint64_t start,
              uint64_t end, struct ptmalloc_main *out)
{
	const struct ptmalloc_reach r = {.start = start, .end = end};
	uint64_t ignored;

	for (uint64_t at = ptmalloc_up(lo, m->size); at < hi; at += m->size) {
		if (!ptmalloc_word(m, at, &ignored)) {
			at = (at / m->page_size + 1) * m->page_size - m->size;
			continue;
		}
		if (!ptmalloc_is_main(m, at, &r))
			continue;
		/* fields before the bins may point into the heap, too */
		for (int i = 1; i < 4; i++)
			if (ptmalloc_is_main(m, at + m->size, &r))
				at += m->size;
			else if (ptmalloc_is_main(m, at + 2 * m->size, &r))
				at += 2 * m->size;
		*out = (struct ptmalloc_main){.at = at};
		if (!ptmalloc_word(m, at, &out->top) || out->top < start || out->top >= end)
			return false;
		out->top_end = ptmalloc_main_end(m, &out->top, end);
		return true;
	}
	return false;
}

/* --- chunks ----------------------------------------------------------------------------------- */

/* The size of the chunk at `at`; 0: it does not fit below `to`. */
static uint64_t
ptmalloc_size(const struct ptmalloc_memory *m, uint64_t head, uint64_t at, uint64_t to, bool fenced)
{
	uint64_t pair = 2 * m->size, size = head & ~(uint64_t)FLAGS;
	bool post = fenced && to - at <= 4 * pair;

	return head & IS_MMAPPED || size % pair || size < (post ? pair : 2 * pair) || size > to - at
	           ? 0
	           : size;
}

/*
 * From the chunk at `at` on. One must be at `to`, the top; or the heap ends there in fence posts: a
 * chunk of two words, and one of none.
 */
static bool
ptmalloc_walk(const struct ptmalloc_memory *m, uint64_t at, uint64_t to, bool fenced,
              ptmalloc_chunk_fn *fn, void *arg)
{
	uint64_t pair = 2 * m->size, size = 0, head, was;

	for (; at < to; at += size) {
		if (!ptmalloc_word(m, at + m->size, &head))
			return false;
		if (size && !(head & PREV_INUSE)) {
			if (!ptmalloc_word(m, at, &was) || was != size)
				return false;
			fn(arg, at - size, at);
		}
		if (fenced && !(head & ~(uint64_t)FLAGS))
			return to - at <= 2 * pair;
		size = ptmalloc_size(m, head, at, to, fenced);
		if (!size)
			return false;
	}
	return !fenced && at == to;
}

/* Whether a first chunk may be there: it and the next fit. */
static bool
ptmalloc_begins(const struct ptmalloc_memory *m, uint64_t at, uint64_t to, bool fenced)
{
	uint64_t head, size;

	if (at == to && !fenced)
		return true;
	if (at >= to || !ptmalloc_word(m, at + m->size, &head) || !(head & PREV_INUSE))
		return false;
	size = ptmalloc_size(m, head, at, to, fenced);
	at += size;
	return size && ((at == to && !fenced) ||
	                (at < to && ptmalloc_word(m, at + m->size, &head) &&
	                 (ptmalloc_size(m, head, at, to, fenced) || fenced)));
}

/* With the first of these places where a first chunk may be. */
static bool
ptmalloc_walk_from(const struct ptmalloc_memory *m, uint64_t from, uint64_t last, uint64_t to,
                   bool fenced, ptmalloc_chunk_fn *fn, void *arg)
{
	for (uint64_t at = from; at <= last; at += m->size)
		if (ptmalloc_begins(m, at, to, fenced))
			return ptmalloc_walk(m, at, to, fenced, fn, arg);
	return false;
}

bool
ptmalloc_chunks(const struct ptmalloc_memory *m, const struct ptmalloc_heap *h,
                ptmalloc_chunk_fn *fn, void *arg)
{
	uint64_t most = h->end - h->start, to = h->top ? h->top : h->start + h->size;
	/* without a state at its beginning, chunks are right behind heap_info */
	uint64_t from = h->start + h->state % most, last = from;

	if (!h->before) {
		/* behind the bins: their map of 16 bytes, and a few more fields */
		from = h->bins + 2 * PAIRS * m->size + 16;
		last = from + 8 * m->size;
	}
	return ptmalloc_walk_from(m, from, last, to, !h->top, fn, arg);
}

bool
ptmalloc_chunks_main(const struct ptmalloc_memory *m, uint64_t start, uint64_t top,
                     ptmalloc_chunk_fn *fn, void *arg)
{
	return ptmalloc_walk_from(m, start, start + 2 * m->size, top, false, fn, arg);
}

struct ptmalloc_pages
ptmalloc_pages_of(const struct ptmalloc_memory *m, uint64_t start, uint64_t end)
{
	enum { CHUNK = 6 }; /* words of struct malloc_chunk */
	uint64_t lo = ptmalloc_up(start + CHUNK * m->size, m->page_size);
	uint64_t hi = end / m->page_size * m->page_size;

	return (struct ptmalloc_pages){lo, u64_max(lo, hi)};
}

struct ptmalloc_pages
ptmalloc_pages_of_top(const struct ptmalloc_memory *m, uint64_t start, uint64_t end)
{
	enum { LEAST = 4 }; /* words of MINSIZE, which stay, and a byte */
	uint64_t lo = ptmalloc_up(start + LEAST * m->size + 1, m->page_size);

	return (struct ptmalloc_pages){lo, u64_max(lo, end)};
}
