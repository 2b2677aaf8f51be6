/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames of a range that others may map: their kinds, and how often the kernel counts them. */
#include <stdlib.h>

#include "base/util.h"
#include "share/share_parts.h"
#include "share/share_read.h"

enum { SHARE_LOOKUP = 512 }; /* frames looked up at once */

static bool
share_is_present(uint64_t word)
{
	return word & PM_PRESENT;
}

/*
 * By the word and the region alone; flags decide the rest (share_take_flags). SHARE_KINDS: memory
 * that nobody shares.
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

static void
share_add_to_runs(struct share_work *w, uint64_t addr)
{
	struct share_run *last = w->runs ? &w->run[w->runs - 1] : NULL;
	uint64_t size = w->t->page_size;

	if (last && last->v == w->v && addr - last->end <= SHARE_GAP * size) {
		last->end = addr + size;
		return;
	}
	w->run = vec_room(w->run, w->runs, &w->runs_cap, sizeof(*w->run));
	w->run[w->runs++] = (struct share_run){addr, addr + size, w->v};
}

static void
share_gather_one(struct share_work *w, uint64_t addr, uint64_t word)
{
	uint64_t key = share_key_at(w, addr, word);
	enum share_kind kind = share_kind_of(word, w->v);

	if (kind == SHARE_KINDS) {
		w->sh->kernel++;
		return;
	}
	if (key == SHARE_NO_KEY) {
		w->sh->hidden++;
		return;
	}
	share_add_to_runs(w, addr);
	w->huge |= w->v->type == VMA_HUGETLB;
	w->device |= w->v->type == VMA_DEVICE && kind == SHARE_ANON;
	w->page = vec_room(w->page, w->pages, &w->pages_cap, sizeof(*w->page));
	w->page[w->pages++] = (struct share_page){.key = key, .kind = (uint8_t)kind};
}

/* What nobody else has is freed with the range, if it is anonymous. Huge pages go to their pool. */
static void
share_add_own(struct share_work *w, uint64_t word)
{
	if (!(word & PM_FILE) && w->v->type != VMA_HUGETLB && w->v->type != VMA_DEVICE &&
	    w->v->type != VMA_KERNEL)
		w->sh->freed++;
}

static bool
share_may_be_shared(const struct share_work *w, uint64_t word)
{
	if (!share_is_present(word))
		return share_key(word) != SHARE_NO_KEY;
	return !(word & PM_EXCLUSIVE) || w->v->type == VMA_HUGETLB;
}

static int
share_gather_words(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;

	for (size_t i = 0; i < n; i++)
		if (share_may_be_shared(w, words[i]))
			share_gather_one(w, addr + i * w->t->page_size, words[i]);
		else if (share_is_present(words[i]))
			share_add_own(w, words[i]);
	return 0;
}

/* Calls fn for the range in the target, region by region. */
static int
share_read_range(struct share_work *w, share_words_fn *fn)
{
	const struct vma_list *l = w->vmas;

	for (size_t i = vma_lower_bound(l, w->start); i < l->n && l->v[i].start < w->end; i++) {
		w->v = &l->v[i];
		w->file = share_file_of(&w->files, w->v);
		if (share_read(w->t->source, NULL, u64_max(w->v->start, w->start),
		               u64_min(w->v->end, w->end), fn, w))
			return 1;
	}
	return 0;
}

/* Gives each frame its index: by frame numbers, so that lookups are of neighbours. */
static void
share_index(struct share_work *w)
{
	for (size_t i = 0; i < w->pages; i++)
		frameset_add(&w->set, w->page[i].key);
	frameset_seal(&w->set);
	w->frame = mem_alloc((w->set.n + 1) * sizeof(*w->frame));
	for (size_t i = 0; i < w->pages; i++) {
		struct share_frame *f = &w->frame[frameset_index(&w->set, w->page[i].key)];

		f->key = w->page[i].key;
		f->kind = w->page[i].kind;
		f->own++;
	}
	free(w->page);
	w->page = NULL;
}

/* What kpageflags adds to the page table's word about a frame in RAM. */
static void
share_take_flags(struct share_work *w, struct share_frame *f, uint64_t kpf, bool known)
{
	bool compound = kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);

	/* the zero page, the kernel's own, a device's memory, a driver's, which has no contents */
	if (!known || kpf & (KPF_ZERO_PAGE | KPF_RESERVED) ||
	    (f->kind == SHARE_FILE && !compound && !(kpf & KPF_UPTODATE)))
		f->kind = SHARE_KINDS;
	else if (kpf & KPF_KSM && f->kind == SHARE_ANON && !w->t->source->meta.ksm_lies)
		f->kind = SHARE_KSM;
	f->huge = kpf & KPF_HUGE;
	w->huge |= f->huge;
	if (f->huge ||
	    (compound && w->t->source->ops->others->averages(w->t->source) != TRUTH_NO))
		f->count = 0;
}

/*
 * Whether the word has said it all. Only pages that are mapped as anonymous memory have a count but
 * no bit 61, the zero page and a device's memory aside.
 */
static bool
share_is_plain(const struct share_work *w, const struct share_frame *f)
{
	return w->plain && f->kind == SHARE_ANON && f->count &&
	       f->key != w->t->source->meta.zero_pfn;
}

static void
share_look_up_some(struct share_work *w, struct share_frame *f, size_t n)
{
	uint64_t pfn[SHARE_LOOKUP] = {0}, words[SHARE_LOOKUP];
	struct source *s = w->t->source;
	bool ok[SHARE_LOOKUP];
	uint16_t at[SHARE_LOOKUP];
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		pfn[i] = f[i].key;
	source_frames(s, FRAME_COUNT, pfn, n, words, ok);
	for (size_t i = 0; i < n; i++)
		f[i].count = ok[i] ? (uint32_t)u64_min(words[i], UINT32_MAX) : 0;
	if (!source_has(s, FRAME_FLAGS))
		return;
	for (size_t i = 0; i < n; i++) {
		if (share_is_plain(w, &f[i]))
			continue;
		pfn[left] = f[i].key;
		at[left++] = (uint16_t)i;
	}
	source_frames(s, FRAME_FLAGS, pfn, left, words, ok);
	for (size_t i = 0; i < left; i++)
		share_take_flags(w, &f[at[i]], words[i], ok[i]);
}

/* Without averaged counts, merged pages and drivers, no flag of an anonymous page matters. */
static bool
share_has_plain(const struct share_work *w)
{
	struct source *s = w->t->source;

	return !w->device && s->meta.zero_pfn && !s->ops->others->merges(s) &&
	       s->ops->others->averages(s) == TRUTH_NO;
}

/* Flags and map counts. The range is read again at the end: see share_finish. */
static void
share_look_up(struct share_work *w)
{
	w->plain = share_has_plain(w);
	for (size_t i = 0, n; i < w->set.n; i += n) {
		for (n = 0; i + n < w->set.n && n < SHARE_LOOKUP; n++)
			if (w->frame[i + n].kind == SHARE_SWAP)
				break;
		if (n)
			share_look_up_some(w, &w->frame[i], n);
		else
			n = 1;
	}
}

/* What is to be found, as far as it is counted. */
static void
share_expect(struct share_work *w)
{
	for (size_t i = 0; i < w->set.n; i++) {
		const struct share_frame *f = &w->frame[i];

		if (f->kind == SHARE_KINDS)
			continue;
		w->missing += f->count ? (int64_t)f->count - f->own : 0;
		w->uncounted += !f->count;
		w->sh->uncounted += !f->count && f->kind != SHARE_SWAP;
		/* huge pages are in files; forks leave places in swap at the same address */
		w->open += !f->count && f->kind != SHARE_SWAP && !f->huge;
	}
}

int
share_gather(struct share_work *w)
{
	if (share_read_range(w, share_gather_words))
		return 1;
	share_index(w);
	if (w->sh->reach.method == SHARE_BY_FRAME)
		share_look_up(w);
	share_expect(w);
	return 0;
}
