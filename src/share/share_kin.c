/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Relatives have pages from before the fork at the same addresses. They are read in step with the
 * range, while what the kernel knows of a page is in the processor's cache. A page that they have
 * as often as it is mapped needs no search, and nothing to be kept; and since no other place has
 * it, it is counted once. How often it is mapped the kernel's count says; or, much cheaper, how
 * often any page of its region is mapped at most, if it was found that often.
 */
#include <stdlib.h>

#include "base/util.h"
#include "kernel/folio_sizes.h"
#include "share/share_parts.h"

enum {
	KIN_WORDS = SHARE_BATCH / 64,
	KIN_PROBES = 8,
	KIN_PROBED = 256, /* regions */
	KIN_MOST = 4096,  /* pages: fewer are looked up one by one */
};
#define KIN_BITS (PM_PFN_MASK | PM_PRESENT | PM_EXCLUSIVE)
#define KIN_NO_PAGE UINT64_MAX

struct share_relative {
	struct other *o;
	uint64_t same[KIN_WORDS]; /* the pages of a batch that it has, too */
	uint64_t pages[SHARE_KINDS], both;
};

struct share_kin {
	struct share_relative *v;
	size_t n, cap, room;
	uint64_t probe[KIN_PROBES], probed[KIN_PROBES]; /* addresses that a relative has; words */
	size_t probes;
	const struct vma *vain; /* a region where they explained nothing */
	struct mapmax most;
	bool asked;
	/* of a batch */
	uint64_t want[SHARE_BATCH], theirs[SHARE_BATCH];
	uint64_t any[KIN_WORDS], all[KIN_WORDS]; /* the pages that one, that each relative has */
	uint16_t found[SHARE_BATCH];
	struct share_frame frame[SHARE_BATCH];
	uint64_t sure[SHARE_KINDS][KIN_WORDS], single[KIN_WORDS]; /* explained; by one alone */
};

/* --- who they are ----------------------------------------------------------------------------- */

static bool
share_is_probe(const struct share_work *w, uint64_t word)
{
	return word & PM_PRESENT && !(word & (PM_EXCLUSIVE | PM_FILE)) &&
	       (word & PM_PFN_MASK) != w->t->source->meta.zero_pfn;
}

static void
share_add_probe(struct share_kin *k, uint64_t addr, uint64_t word)
{
	k->probe[k->probes] = addr;
	k->probed[k->probes++] = word & KIN_BITS;
}

static int
share_find_probe(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;

	for (size_t i = 0; i < n; i++)
		if (share_is_probe(w, words[i])) {
			share_add_probe(w->kin, addr + i * w->t->page_size, words[i]);
			return 1;
		}
	return 0;
}

/* One a region, of the anonymous pages that others have: without them there is no relative. */
static void
share_find_probes(struct share_work *w)
{
	struct source *s = w->t->source;

	for (size_t i = 0; i < w->vmas->n && i < KIN_PROBED && w->kin->probes < KIN_PROBES; i++) {
		const struct vma *v = &w->vmas->v[i];
		uint64_t start = s->ops->others->next(s, NULL, v->start, v->end);

		if (!(v->perm & VMA_SHARED) && start < v->end)
			share_read(s, NULL, start,
			           u64_min(v->end, start + SHARE_BATCH * w->t->page_size),
			           share_find_probe, w);
	}
}

static bool
share_is_relative(const struct share_work *w, struct other *o)
{
	struct source *s = w->t->source;
	const struct share_kin *k = w->kin;
	uint64_t word;

	for (size_t i = 0; i < k->probes; i++)
		if (share_words(s, o, k->probe[i], &word, 1) == 1 &&
		    (word & KIN_BITS) == k->probed[i])
			return true;
	return false;
}

/* If there are more than can be open at once, they can explain nothing. */
static int
share_try_relative(void *arg, struct other **o)
{
	struct share_work *w = arg;
	struct share_kin *k = w->kin;

	if (!share_is_relative(w, *o))
		return 0;
	if (k->n == k->room)
		return 1;
	k->v = vec_room(k->v, k->n, &k->cap, sizeof(*k->v));
	k->v[k->n++] = (struct share_relative){.o = *o};
	*o = NULL;
	return 0;
}

static void
share_drop_relatives(struct share_work *w)
{
	for (size_t i = 0; i < w->kin->n; i++)
		w->t->source->ops->others->end(w->kin->v[i].o);
	w->kin->n = 0;
}

static void
share_kin_begin(struct share_work *w)
{
	struct source *s = w->t->source;
	struct share_kin *k = w->kin = mem_alloc(sizeof(*k));
	struct err ignored;

	if (w->sh->reach.method != SHARE_BY_FRAME)
		return;
	share_find_probe(w, w->batch->addr, w->batch->words, w->batch->n);
	share_find_probes(w);
	k->room = s->ops->others->room(s);
	if (k->probes && share_visit(w->t, &w->sh->reach, share_try_relative, w, &ignored) != 0)
		share_drop_relatives(w);
}

/* --- a batch ---------------------------------------------------------------------------------- */

/* Of 64 pages, those that both have; mostly all. */
static uint64_t
share_same(const uint64_t theirs[64], const uint64_t want[64])
{
	uint64_t differ = 0, same = 0;

	for (size_t i = 0; i < 64; i++)
		differ |= (theirs[i] & KIN_BITS) ^ want[i];
	if (!differ)
		return UINT64_MAX;
	for (size_t i = 0; i < 64; i++)
		same |= (uint64_t)((theirs[i] & KIN_BITS) == want[i]) << i;
	return same;
}

static void
share_compare_with(struct share_work *w, const struct share_batch *b, struct share_relative *r)
{
	struct share_kin *k = w->kin;
	size_t got = share_words(w->t->source, r->o, b->addr, k->theirs, b->n);

	for (size_t i = got; i < SHARE_BATCH; i++)
		k->theirs[i] = 0;
	for (size_t at = 0; at < KIN_WORDS; at++) {
		r->same[at] = share_same(k->theirs + at * 64, k->want + at * 64);
		k->any[at] |= r->same[at];
		k->all[at] &= r->same[at];
	}
}

/* Places in swap have no count that says whether all were found. Returns the pages found. */
static size_t
share_compare(struct share_work *w, const struct share_batch *b)
{
	struct share_kin *k = w->kin;
	size_t found = 0;

	for (size_t i = 0; i < SHARE_BATCH; i++) {
		bool in_ram =
		    i < b->n && b->kind[i] != SHARE_KINDS && b->kind[i] != SHARE_SWAP;

		k->want[i] = in_ram ? b->words[i] & KIN_BITS : KIN_NO_PAGE;
	}
	for (size_t at = 0; at < KIN_WORDS; at++) {
		k->any[at] = 0;
		k->all[at] = UINT64_MAX;
	}
	for (size_t j = 0; j < k->n; j++)
		share_compare_with(w, b, &k->v[j]);
	for (size_t at = 0; at < KIN_WORDS; at++)
		found += (unsigned)__builtin_popcountll(k->any[at]);
	return found;
}

/* Pages that changed meanwhile are left out. */
static void
share_compare_again(struct share_work *w, struct share_batch *b)
{
	struct share_kin *k = w->kin;
	size_t got = share_words(w->t->source, NULL, b->addr, k->theirs, b->n);

	for (size_t i = 0; i < b->n; i++) {
		if (!k->found[i] || (i < got && (k->theirs[i] & KIN_BITS) == k->want[i]))
			continue;
		k->found[i] = 0;
		b->kind[i] = SHARE_KINDS;
		w->sh->changed++;
	}
}

/*
 * Whether a page that was found as often as any page of its region is mapped at most needs no
 * count. Not what one entry may map with its neighbours, because then the kernel looks at the first
 * of them alone.
 */
static bool
share_trusts_most(const struct share_work *w, const struct share_batch *b, size_t i)
{
	uint64_t page = b->addr / w->t->page_size + i, pfn = b->words[i] & PM_PFN_MASK;

	return b->kind[i] == SHARE_ANON && pfn != w->t->source->meta.zero_pfn &&
	       (page ^ pfn) % folio_huge_pages(w->t->page_size);
}

/* Worth it if the range is much of what the kernel looks at for it. */
static void
share_ask_most(struct share_work *w, const struct share_batch *b, size_t found)
{
	struct share_kin *k = w->kin;
	uint64_t pages = (u64_min(w->v->end, w->end) - b->addr) / w->t->page_size;

	if (k->asked || !w->plain || pages < KIN_MOST || found * 2 < b->n)
		return;
	k->asked = true;
	w->t->source->ops->others->most(w->t->source, pages * 4, &k->most);
}

/*
 * How often the pages that were found are mapped, where no lookup is needed: two page tables with
 * the same frame at the same address confirm each other. Returns the number of the others.
 */
static size_t
share_count_by_most(struct share_work *w, const struct share_batch *b)
{
	struct share_kin *k = w->kin;
	uint64_t most = mapmax_at(&k->most, b->addr);
	size_t others = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct share_frame *f = &k->frame[i];

		if (!k->found[i])
			continue;
		*f = (struct share_frame){.kind = b->kind[i], .others = -1};
		if (k->found[i] + UINT64_C(1) == most && share_trusts_most(w, b, i)) {
			f->others = k->found[i];
			f->counted = true;
		} else {
			others++;
		}
	}
	return others;
}

/* The others by their frames, after which the page table is read again. */
static void
share_count_by_frame(struct share_work *w, struct share_batch *b)
{
	struct share_kin *k = w->kin;
	struct share_frame *f[SHARE_LOOK];
	uint64_t pfn[SHARE_LOOK];
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (!k->found[i] || k->frame[i].counted)
			continue;
		pfn[n] = b->words[i] & PM_PFN_MASK;
		f[n++] = &k->frame[i];
		if (n == SHARE_LOOK) {
			share_look_up_some(w, pfn, f, n);
			n = 0;
		}
	}
	share_look_up_some(w, pfn, f, n);
	share_compare_again(w, b);
}

/* Into the sums with what is explained. false: nothing is. */
static bool
share_sum_batch(struct share_work *w, struct share_batch *b)
{
	struct share_kin *k = w->kin;
	struct share *sh = w->sh;
	bool any = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct share_frame *f = &k->frame[i];
		uint64_t bit = UINT64_C(1) << i % 64;

		if (!k->found[i] || !f->counted || f->kind == SHARE_KINDS ||
		    f->others != k->found[i])
			continue;
		any = true;
		sh->pages[f->kind]++;
		sh->mapped += k->found[i];
		sh->found += k->found[i];
		k->sure[f->kind][i / 64] |= bit;
		k->single[i / 64] |= k->found[i] == 1 && f->kind == SHARE_ANON ? bit : 0;
		b->kind[i] = SHARE_KINDS;
	}
	return any;
}

/* Of 64 pages that all relatives have, those that need no count. */
static uint64_t
share_trusted(const struct share_work *w, const struct share_batch *b, size_t at)
{
	uint64_t trusted = 0;

	for (uint64_t bits = w->kin->all[at]; bits; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctzll(bits);

		trusted |= (uint64_t)share_trusts_most(w, b, at * 64 + i) << i;
	}
	return trusted;
}

/*
 * Mostly all relatives have all pages of a batch: these are summed up by 64, if no page of the
 * region is mapped more often. Returns how many that explains.
 */
static size_t
share_sum_whole(struct share_work *w, struct share_batch *b)
{
	struct share_kin *k = w->kin;
	size_t sum = 0;

	if (k->n + UINT64_C(1) != mapmax_at(&k->most, b->addr))
		return 0;
	for (size_t at = 0; at < KIN_WORDS; at++) {
		uint64_t sure = share_trusted(w, b, at);

		sum += (unsigned)__builtin_popcountll(sure);
		k->sure[SHARE_ANON][at] = sure;
		k->single[at] = k->n == 1 ? sure : 0;
		k->any[at] &= ~sure;
		for (; sure; sure &= sure - 1)
			b->kind[at * 64 + (unsigned)__builtin_ctzll(sure)] = SHARE_KINDS;
	}
	w->sh->pages[SHARE_ANON] += sum;
	w->sh->mapped += sum * k->n;
	w->sh->found += sum * k->n;
	return sum;
}

/* How many relatives have each of the others. */
static void
share_find_each(struct share_kin *k, size_t n)
{
	for (size_t i = 0; i < n; i++)
		k->found[i] = 0;
	for (size_t j = 0; j < k->n; j++)
		for (size_t at = 0; at < KIN_WORDS; at++)
			for (uint64_t bits = k->v[j].same[at] & k->any[at]; bits; bits &= bits - 1)
				k->found[at * 64 + (unsigned)__builtin_ctzll(bits)]++;
}

/* Explains pages one by one. */
static bool
share_sum_each(struct share_work *w, struct share_batch *b)
{
	share_find_each(w->kin, b->n);
	if (share_count_by_most(w, b))
		share_count_by_frame(w, b);
	return share_sum_batch(w, b);
}

static void
share_sum_relatives(struct share_kin *k)
{
	for (size_t j = 0; j < k->n; j++) {
		struct share_relative *r = &k->v[j];

		for (size_t at = 0; at < KIN_WORDS; at++) {
			for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
				r->pages[kind] += (unsigned)__builtin_popcountll(
				    r->same[at] & k->sure[kind][at]);
			r->both += (unsigned)__builtin_popcountll(r->same[at] & k->single[at]);
		}
	}
	for (size_t at = 0; at < KIN_WORDS; at++) {
		for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
			k->sure[kind][at] = 0;
		k->single[at] = 0;
	}
}

void
share_kin_explain(struct share_work *w, struct share_batch *b)
{
	size_t found, whole;
	bool any;

	if (!w->kin)
		share_kin_begin(w);
	if (!w->kin->n || w->kin->vain == w->v || w->v->type == VMA_HUGETLB ||
	    w->v->type == VMA_DEVICE)
		return;
	found = share_compare(w, b);
	if (!found)
		return;
	share_ask_most(w, b, found);
	whole = share_sum_whole(w, b);
	any = (found > whole && share_sum_each(w, b)) || whole;
	if (any)
		share_sum_relatives(w->kin);
	else
		w->kin->vain = w->v;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
share_add_row(struct share_work *w, const struct share_relative *r)
{
	uint64_t any = 0;
	struct share_peer *p;
	size_t row;

	for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
		any |= r->pages[kind];
	if (!any)
		return;
	row = share_row(w, r->o);
	p = &w->sh->v[row];
	for (unsigned kind = 0; kind < SHARE_KINDS; kind++)
		p->pages[kind] += r->pages[kind];
	p->both += r->both;
}

void
share_kin_end(struct share_work *w)
{
	if (!w->kin)
		return;
	for (size_t i = 0; i < w->kin->n; i++)
		share_add_row(w, &w->kin->v[i]);
	share_drop_relatives(w);
	free(w->kin->v);
	mapmax_free(&w->kin->most);
	free(w->kin);
}
