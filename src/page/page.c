/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/page.h"

#include <string.h>

#include "kernel/flags.h"
#include "kernel/kabi.h"

uint64_t
page_pfn(const struct page *pg)
{
	return pg->known & PAGE_WORD && pg->word & PM_PRESENT ? pg->word & PM_PFN_MASK : 0;
}

bool
page_hidden(const struct page *pg)
{
	return pg->known & PAGE_WORD && pg->word & PM_PRESENT && !(pg->word & PM_PFN_MASK);
}

unsigned
page_huge_order(size_t page_size)
{
	unsigned order = 0;

	while (sizeof(uint64_t) << order < page_size)
		order++;
	return order;
}

uint64_t
page_flags(const struct page *pg)
{
	return pg->kpf | pg->head;
}

/*
 * Only lazyfree memory is anonymous without swap backing. When it is written again the kernel first
 * only sets the dirty bit in the page table, and restores the flag when it next scans the page, so
 * "freed" may be outdated.
 */
bool
page_is_lazyfree(const struct page *pg)
{
	static const uint64_t none =
	    KPF_SWAPBACKED | KPF_DIRTY | KPF_HUGE | KPF_ZERO_PAGE | KPF_HWPOISON;
	uint64_t k = page_flags(pg);
	/* nothing is known about its head page */
	bool tail = k & KPF_COMPOUND_TAIL && !(pg->known & PAGE_FOLIO);

	return pg->known & PAGE_FLAGS && k & KPF_ANON && !(k & none) && !tail &&
	       (!(k & KPF_KSM) || pg->known & PAGE_NO_KSM);
}

enum {
	PAGE_NEED_FRAMES = PAGE_NEED_FLAGS | PAGE_NEED_COUNT | PAGE_NEED_CGROUP | PAGE_NEED_FOLIO,
};

/* The pages of a batch that have a frame to look up. */
struct batch {
	uint64_t pfn[PAGE_BATCH];
	uint16_t page[PAGE_BATCH];
	size_t n;
	uint64_t words[PAGE_BATCH];
	bool ok[PAGE_BATCH];
};

static void
page_look_up_flags(struct batch *b, const struct frames *f, struct page *out)
{
	frames_lookup(f, FRAME_FLAGS, b->pfn, b->n, b->words, b->ok);
	for (size_t i = 0; i < b->n; i++) {
		struct page *pg = &out[b->page[i]];

		if (b->ok[i]) {
			pg->kpf = b->words[i];
			pg->known |= PAGE_FLAGS | (f->ksm_lies ? PAGE_NO_KSM : 0);
		} else if (f->flags >= 0) {
			pg->known |= PAGE_NO_RECORD;
		}
	}
}

/*
 * A page with bit 56 is mapped exactly once, so its count need not be read: the kernel derives the
 * bit from the same counter.
 */
static void
page_look_up_count(struct batch *b, const struct frames *f, struct page *out)
{
	struct batch rest = {.n = 0};

	for (size_t i = 0; i < b->n; i++) {
		struct page *pg = &out[b->page[i]];

		if (f->count >= 0 && pg->word & PM_EXCLUSIVE) {
			pg->count = 1;
			pg->known |= PAGE_COUNT;
			continue;
		}
		rest.pfn[rest.n] = b->pfn[i];
		rest.page[rest.n++] = b->page[i];
	}
	frames_lookup(f, FRAME_COUNT, rest.pfn, rest.n, rest.words, rest.ok);
	for (size_t i = 0; i < rest.n; i++)
		if (rest.ok[i]) {
			out[rest.page[i]].count = rest.words[i];
			out[rest.page[i]].known |= PAGE_COUNT;
		}
}

static void
page_look_up_cgroup(struct batch *b, const struct frames *f, struct page *out)
{
	frames_lookup(f, FRAME_CGROUP, b->pfn, b->n, b->words, b->ok);
	for (size_t i = 0; i < b->n; i++)
		if (b->ok[i]) {
			out[b->page[i]].cgroup = b->words[i];
			out[b->page[i]].known |= PAGE_CGROUP;
		}
}

static const uint64_t OF_FOLIO = KPF_REFERENCED | KPF_UPTODATE | KPF_DIRTY | KPF_LRU | KPF_ACTIVE |
                                 KPF_WRITEBACK | KPF_SWAPBACKED | KPF_SWAPCACHE | KPF_UNEVICTABLE |
                                 KPF_MLOCKED;

/*
 * What a page's own flags leave open: the size of an anonymous folio, and flags that only the head
 * page has.
 */
static bool
page_needs_folio(const struct page *pg)
{
	bool compound = pg->kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);
	bool bare = pg->kpf & KPF_COMPOUND_TAIL && !(pg->kpf & KPF_UPTODATE);

	return compound && (pg->kpf & KPF_ANON || bare);
}

/*
 * Finds the folios of pages whose flags are known. Neighbours mostly share a folio, so the last one
 * is cached; single pages need no lookup.
 */
static void
page_look_up_folios(const struct batch *b, const struct frames *f, struct page *out, bool all,
                    unsigned huge_order)
{
	struct folio last = {.head = UINT64_MAX};

	for (size_t i = 0; i < b->n; i++) {
		struct page *pg = &out[b->page[i]];
		bool compound = pg->kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);

		if (!(pg->known & PAGE_FLAGS) || (!all && !page_needs_folio(pg)))
			continue;
		if (b->pfn[i] - last.head >= UINT64_C(1) << last.order ||
		    pg->kpf & KPF_COMPOUND_HEAD || !compound)
			if (!frames_folio(f, b->pfn[i], pg->kpf, &last)) {
				last = (struct folio){.head = UINT64_MAX};
				continue;
			}
		pg->folio = last.head;
		pg->order = (uint8_t)last.order;
		pg->head = pg->kpf & KPF_COMPOUND_TAIL ? last.kpf & OF_FOLIO & ~pg->kpf : 0;
		pg->known |= PAGE_FOLIO | (last.order && last.order < huge_order ? PAGE_SMALL : 0);
	}
}

/*
 * A special entry contains a frame number, and the flags of that frame tell what the entry is:
 * broken memory, or a page under migration.
 */
static void
page_look_up_entry(const struct frames *f, struct page *pg)
{
	uint64_t pfn = PM_SWAP_OFFSET(pg->word);
	bool ok;

	if (pg->word & (PM_PRESENT | PM_GUARD) || !(pg->word & PM_SWAPPED) || !pfn ||
	    PM_SWAP_TYPE(pg->word) < PM_SWAP_TYPES_SURE || PM_IS_MARKER(pg->word))
		return;
	frames_lookup(f, FRAME_FLAGS, &pfn, 1, &pg->kpf, &ok);
	if (ok)
		pg->known |= PAGE_ENTRY;
}

/*
 * Reads the page table again; where an entry has changed, the facts about the old frame are
 * discarded.
 */
static int
page_verify(const struct pagemap *pm, uint64_t addr, struct page *out, size_t n, struct err *err)
{
	static const uint64_t entry = PM_PFN_MASK | (UINT64_C(1) << 63) | (UINT64_C(1) << 62);
	uint64_t words[PAGE_BATCH];
	ssize_t got = pagemap_words(pm, addr, words, n, err);

	if (got < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint64_t now = i < (size_t)got ? words[i] : 0;

		if ((now ^ out[i].word) & entry)
			out[i] = (struct page){.word = now, .known = PAGE_WORD | PAGE_RACED};
	}
	return 0;
}

int
page_read(const struct pagemap *pm, const struct frames *f, uint64_t addr, struct page *out,
          size_t n, unsigned needs, struct err *err)
{
	struct batch b = {.n = 0};
	uint64_t words[PAGE_BATCH];
	ssize_t got = pagemap_words(pm, addr, words, n, err);

	if (got < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct page){0};
		if (i >= (size_t)got)
			continue;
		out[i].word = words[i];
		out[i].known = PAGE_WORD;
		if (page_pfn(&out[i])) {
			b.pfn[b.n] = page_pfn(&out[i]);
			b.page[b.n++] = (uint16_t)i;
		} else if (needs & PAGE_NEED_FLAGS) {
			page_look_up_entry(f, &out[i]);
		}
	}
	if (!b.n || !(needs & PAGE_NEED_FRAMES))
		return 0;
	if (needs & (PAGE_NEED_FLAGS | PAGE_NEED_FOLIO)) {
		page_look_up_flags(&b, f, out);
		page_look_up_folios(&b, f, out, needs & PAGE_NEED_FOLIO,
		                    page_huge_order(pm->page_size));
	}
	if (needs & PAGE_NEED_COUNT)
		page_look_up_count(&b, f, out);
	if (needs & PAGE_NEED_CGROUP)
		page_look_up_cgroup(&b, f, out);
	return page_verify(pm, addr, out, (size_t)got, err);
}
