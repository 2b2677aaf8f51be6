/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pages of a range that others may map: of which kind they are, and which are left to find. */
#include <stdlib.h>

#include "base/util.h"
#include "share/share_parts.h"

static bool
share_is_present(uint64_t word)
{
	return word & PM_PRESENT;
}

/*
 * By the word and the region alone; flags decide the rest (share_look.c). SHARE_KINDS: memory that
 * nobody shares.
 */
static enum share_kind
share_kind_of(uint64_t word, const struct vma *v)
{
	if (!share_is_present(word))
		return SHARE_SWAP;
	if (v->type == VMA_SHM || v->type == VMA_HUGETLB)
		return word & PM_FILE || v->type == VMA_HUGETLB ? SHARE_SHM : SHARE_ANON;
	if (v->type == VMA_KERNEL)
		return SHARE_KINDS;
	return word & PM_FILE ? SHARE_FILE : SHARE_ANON;
}

static bool
share_may_be_shared(const struct share_work *w, uint64_t word)
{
	if (!share_is_present(word))
		return share_key(word) != SHARE_NO_KEY;
	return !(word & PM_EXCLUSIVE) || w->v->type == VMA_HUGETLB;
}

/* --- what is left ----------------------------------------------------------------------------- */

static size_t
share_part_of(const struct share_work *w, uint64_t key)
{
	return ((key / FRAMESET_BLOCK) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % w->parts;
}

static void
share_add_page(struct share_work *w, uint64_t key, enum share_kind kind)
{
	w->page = vec_room(w->page, w->pages, &w->pages_cap, sizeof(*w->page));
	w->page[w->pages++] = share_page(key, kind);
}

static void
share_leave(struct share_work *w, uint64_t addr, uint64_t word, enum share_kind kind)
{
	struct share_left *last = w->lefts ? &w->left[w->lefts - 1] : NULL;
	uint64_t size = w->t->page_size, first = addr - addr % (64 * size);

	if (!last || last->addr != first || last->v != w->v) {
		w->left = vec_room(w->left, w->lefts, &w->lefts_cap, sizeof(*w->left));
		last = &w->left[w->lefts++];
		*last = (struct share_left){.addr = first, .v = w->v};
	}
	last->bits |= UINT64_C(1) << addr / size % 64;
	w->huge |= w->v->type == VMA_HUGETLB;
	w->device |= w->v->type == VMA_DEVICE && kind == SHARE_ANON;
	if (w->left_pages++ < w->most)
		share_add_page(w, share_key_at(w, addr, word), kind);
}

static uint64_t
share_left_start(const struct share_work *w, const struct share_left *l)
{
	return l->addr + (unsigned)__builtin_ctzll(l->bits) * w->t->page_size;
}

static uint64_t
share_left_end(const struct share_work *w, const struct share_left *l)
{
	return l->addr + (64 - (unsigned)__builtin_clzll(l->bits)) * w->t->page_size;
}

static void
share_find_spans(struct share_work *w)
{
	for (const struct share_left *l = w->left; l < w->left + w->lefts; l++) {
		struct share_span *last = w->spans ? &w->span[w->spans - 1] : NULL;
		uint64_t start = share_left_start(w, l);

		if (!last || last->v != l->v ||
		    start - last->end > SHARE_GAP * w->t->page_size) {
			w->span = vec_room(w->span, w->spans, &w->spans_cap, sizeof(*w->span));
			last = &w->span[w->spans++];
			*last = (struct share_span){.start = start, .v = l->v};
		}
		last->end = share_left_end(w, l);
	}
}

size_t
share_span_after(const struct share_work *w, uint64_t addr)
{
	size_t lo = 0, hi = w->spans;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (w->span[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
share_read_left(struct share_work *w, share_words_fn *fn)
{
	for (size_t i = 0; i < w->spans; i++) {
		w->v = w->span[i].v;
		w->file = share_file_of(&w->files, w->v);
		if (share_read(w->t->source, NULL, w->span[i].start, w->span[i].end, fn, w))
			return 1;
	}
	return 0;
}

/* Whether the page is left, asked in ascending order. */
static bool
share_is_left(struct share_work *w, uint64_t addr)
{
	uint64_t size = w->t->page_size;
	const struct share_left *l;

	while (w->at < w->lefts &&
	       (w->left[w->at].addr + 64 * size <= addr || w->left[w->at].v != w->v))
		w->at++;
	l = &w->left[w->at];
	return w->at < w->lefts && l->addr <= addr && l->bits >> (addr - l->addr) / size & 1;
}

static int
share_gather_left(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;

	for (size_t i = 0; i < n; i++, addr += w->t->page_size) {
		uint64_t key;

		if (!share_is_left(w, addr) || !share_may_be_shared(w, words[i]))
			continue;
		key = share_key_at(w, addr, words[i]);
		if (key != SHARE_NO_KEY && share_part_of(w, key) == w->part)
			share_add_page(w, key, share_kind_of(words[i], w->v));
	}
	return 0;
}

/* If all fit, they have been gathered. */
int
share_gather_part(struct share_work *w)
{
	if (w->parts == 1)
		return 0;
	w->pages = w->at = 0;
	return share_read_left(w, share_gather_left);
}

/* --- the range -------------------------------------------------------------------------------- */

/* Whether its anonymous pages are freed with it: hugetlb pages go back to their pool. */
static bool
share_is_own(const struct vma *v)
{
	return v->type != VMA_HUGETLB && v->type != VMA_DEVICE && v->type != VMA_KERNEL;
}

/* A page that nobody else has. */
static void
share_add_own(struct share_work *w, uint64_t word)
{
	w->sh->freed += !(word & PM_FILE) && share_is_own(w->v);
}

/* Most pages of most ranges: nobody else has any of these. true: that has been added up. */
static bool
share_gather_own(struct share_work *w, const uint64_t *words, size_t n)
{
	static const uint64_t mask = PM_PRESENT | PM_EXCLUSIVE | PM_FILE;
	uint64_t differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= (words[i] & mask) ^ (PM_PRESENT | PM_EXCLUSIVE);
	if (differ || !share_is_own(w->v))
		return false;
	w->sh->freed += n;
	return true;
}

/* SHARE_KINDS: it is not to be searched for. */
static enum share_kind
share_gather_one(struct share_work *w, uint64_t addr, uint64_t word)
{
	enum share_kind kind;

	if (!share_may_be_shared(w, word)) {
		if (share_is_present(word))
			share_add_own(w, word);
		return SHARE_KINDS;
	}
	kind = share_kind_of(word, w->v);
	if (kind == SHARE_KINDS) {
		w->sh->kernel++;
	} else if (share_key_at(w, addr, word) == SHARE_NO_KEY) {
		w->sh->hidden++;
		kind = SHARE_KINDS;
	}
	return kind;
}

static int
share_gather_words(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;
	struct share_batch *b = w->batch;
	size_t size = w->t->page_size;
	bool any = false;

	if (share_gather_own(w, words, n))
		return 0;
	b->addr = addr;
	b->words = words;
	b->n = n;
	for (size_t i = 0; i < n; i++) {
		b->kind[i] = (uint8_t)share_gather_one(w, addr + i * size, words[i]);
		any |= b->kind[i] != SHARE_KINDS;
	}
	if (any)
		share_kin_explain(w, b);
	for (size_t i = 0; any && i < n; i++)
		if (b->kind[i] != SHARE_KINDS)
			share_leave(w, addr + i * size, words[i], b->kind[i]);
	return 0;
}

/* The files of what is left: keys that are not places in files do not depend on their numbers. */
static void
share_gather_files(struct share_work *w)
{
	struct vma_list l = {.v = mem_alloc((w->vmas->n + 1) * sizeof(*l.v))};

	for (size_t i = 0; i < w->lefts; i++)
		if (!i || w->left[i].v != w->left[i - 1].v)
			l.v[l.n++] = *w->left[i].v;
	share_files_free(&w->files);
	share_files_of(&w->files, &l, 0, UINT64_MAX);
	free(l.v);
}

static int
share_read_range(struct share_work *w)
{
	const struct vma_list *l = w->vmas;

	for (size_t i = vma_lower_bound(l, w->start); i < l->n && l->v[i].start < w->end; i++) {
		w->v = &l->v[i];
		w->file = share_file_of(&w->files, w->v);
		if (share_read(w->t->source, NULL, u64_max(w->v->start, w->start),
		               u64_min(w->v->end, w->end), share_gather_words, w))
			return 1;
	}
	return 0;
}

int
share_gather(struct share_work *w)
{
	int r;

	w->batch = mem_alloc(sizeof(*w->batch));
	r = share_read_range(w);
	share_kin_end(w);
	free(w->batch);
	share_find_spans(w);
	if (!r && w->sh->reach.method == SHARE_BY_FRAME)
		share_gather_files(w);
	return r;
}
