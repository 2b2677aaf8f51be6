/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/page_read.h"

#include "kernel/flags.h"
#include "kernel/folio_sizes.h"
#include "kernel/kabi.h"

enum {
	ORDER_MAX = 20, /* 4 GiB in pages of 4 KiB: no folio is larger than a gigantic page */
	PAGE_NEED_FRAMES = PAGE_NEED_FLAGS | PAGE_NEED_COUNT | PAGE_NEED_CGROUP | PAGE_NEED_FOLIO,
};

/* The pages of a batch that have a frame to look up. */
struct page_batch {
	uint64_t pfn[PAGE_BATCH];
	uint16_t page[PAGE_BATCH];
	size_t n;
	uint64_t words[PAGE_BATCH];
	bool ok[PAGE_BATCH];
};

static bool
page_is_compound(const struct page *pg)
{
	return pg->kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);
}

/* Of single pages, which need no lookup, the folio is known too. Returns whether all are single. */
static bool
page_look_up_flags(struct page_batch *b, const struct source *s, struct page *out, bool folios)
{
	uint32_t known = PAGE_FLAGS | (s->meta.ksm_lies ? PAGE_NO_KSM : 0);
	uint32_t none = source_has(s, FRAME_FLAGS) ? PAGE_NO_RECORD : 0;
	bool single = true;

	source_frames(s, FRAME_FLAGS, b->pfn, b->n, b->words, b->ok);
	for (size_t i = 0; i < b->n; i++) {
		struct page *pg = &out[b->page[i]];

		if (!b->ok[i]) {
			pg->known |= none;
			continue;
		}
		pg->kpf = b->words[i];
		pg->known |= known;
		if (page_is_compound(pg)) {
			single = false;
		} else if (folios) {
			pg->folio = b->pfn[i];
			pg->known |= PAGE_FOLIO;
		}
	}
	return single;
}

/*
 * A page with bit 56 is mapped exactly once, so its count need not be read: the kernel derives the
 * bit from the same counter.
 */
static void
page_look_up_count(struct page_batch *b, const struct source *s, struct page *out)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct page *pg = &out[b->page[i]];

		if (pg->word & PM_EXCLUSIVE) {
			pg->count = 1;
			pg->known |= PAGE_COUNT;
			continue;
		}
		b->pfn[n] = b->pfn[i];
		b->page[n++] = b->page[i];
	}
	b->n = n;
	source_frames(s, FRAME_COUNT, b->pfn, b->n, b->words, b->ok);
	for (size_t i = 0; i < b->n; i++)
		if (b->ok[i]) {
			out[b->page[i]].count = b->words[i];
			out[b->page[i]].known |= PAGE_COUNT;
		}
}

static void
page_look_up_cgroup(struct page_batch *b, const struct source *s, struct page *out)
{
	source_frames(s, FRAME_CGROUP, b->pfn, b->n, b->words, b->ok);
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
	bool bare = pg->kpf & KPF_COMPOUND_TAIL && !(pg->kpf & KPF_UPTODATE);

	return page_is_compound(pg) && (pg->kpf & KPF_ANON || bare);
}

/*
 * The folio (compound page) that a frame belongs to: 1 << order pages from `head` on, a power of
 * two at a multiple of itself.
 */
struct folio {
	uint64_t head;
	unsigned order;
	uint64_t kpf; /* of its head */
};

static uint64_t
page_flags_of(const struct source *s, uint64_t pfn)
{
	uint64_t word;
	bool ok;

	source_frames(s, FRAME_FLAGS, &pfn, 1, &word, &ok);
	return ok ? word : 0;
}

/*
 * kpf is the frame's own word of kpageflags. false: its neighbours do not fit together, so it was
 * taken apart meanwhile.
 *
 * Folios lie at multiples of their size, so the head is among the pfn rounded down to 1, 2, 4, ...
 * pages, and what comes between it and the pfn is all tails; the same holds upwards for its end.
 */
static bool
page_find_folio(const struct source *s, uint64_t pfn, uint64_t kpf, struct folio *out)
{
	uint64_t word = kpf;
	unsigned k = 0;

	*out = (struct folio){pfn, 0, kpf};
	if (!(kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL)))
		return true;
	while (!(word & KPF_COMPOUND_HEAD)) {
		uint64_t base;

		if (!(word & KPF_COMPOUND_TAIL) || ++k > ORDER_MAX)
			return false;
		base = pfn >> k << k;
		if (base == out->head)
			continue;
		out->head = base;
		word = page_flags_of(s, base);
	}
	out->kpf = word;
	for (k = 0; k <= ORDER_MAX &&
	            page_flags_of(s, out->head + (UINT64_C(1) << k)) & KPF_COMPOUND_TAIL;
	     k++)
		;
	out->order = k;
	return pfn - out->head < UINT64_C(1) << k;
}

/*
 * Finds the folios of the pages that are part of a large one, by their flags. Neighbours mostly
 * share a folio, so the last one is cached.
 */
static void
page_look_up_folios(const struct page_batch *b, const struct source *s, struct page *out, bool all,
                    unsigned huge_order)
{
	struct folio last = {.head = UINT64_MAX};

	for (size_t i = 0; i < b->n; i++) {
		struct page *pg = &out[b->page[i]];

		if (!page_is_compound(pg) || (!all && !page_needs_folio(pg)))
			continue;
		if (b->pfn[i] - last.head >= UINT64_C(1) << last.order ||
		    pg->kpf & KPF_COMPOUND_HEAD)
			if (!page_find_folio(s, b->pfn[i], pg->kpf, &last)) {
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
 * A special entry contains a frame number, and the flags of that frame show what the entry is:
 * broken memory, or a page under migration.
 */
static void
page_look_up_entry(const struct source *s, struct page *pg)
{
	uint64_t pfn = PM_SWAP_OFFSET(pg->word);
	bool ok;

	if (pg->word & (PM_PRESENT | PM_GUARD) || !(pg->word & PM_SWAPPED) || !pfn ||
	    PM_SWAP_TYPE(pg->word) < PM_SWAP_TYPES_SURE || PM_IS_MARKER(pg->word))
		return;
	source_frames(s, FRAME_FLAGS, &pfn, 1, &pg->kpf, &ok);
	if (ok)
		pg->known |= PAGE_ENTRY;
}

/*
 * Reads the page table again; where an entry has changed, the facts about the old frame are
 * discarded.
 */
static int
page_verify(const struct source *s, uint64_t addr, struct page *out, size_t n, struct err *err)
{
	static const uint64_t entry = PM_PFN_MASK | (UINT64_C(1) << 63) | (UINT64_C(1) << 62);
	uint64_t words[PAGE_BATCH];
	ssize_t got = source_words(s, addr, words, n, err);

	if (got < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint64_t now = i < (size_t)got ? words[i] : 0;

		if ((now ^ out[i].word) & entry)
			out[i] = (struct page){.word = now, .known = PAGE_WORD | PAGE_RACED};
	}
	return 0;
}

/* The words, and which of them have a frame to look up. -1 with err. */
static ssize_t
page_read_words(struct page_batch *b, const struct source *s, uint64_t addr, struct page *out,
                size_t n, struct err *err)
{
	ssize_t got = source_words(s, addr, b->words, n, err);

	b->n = 0;
	for (size_t i = 0; i < n && got >= 0; i++) {
		bool is = i < (size_t)got;
		uint64_t word = is ? b->words[i] : 0;

		out[i] = (struct page){.word = word, .known = is ? PAGE_WORD : 0};
		if (!(word & PM_PRESENT) || !(word & PM_PFN_MASK))
			continue;
		b->pfn[b->n] = word & PM_PFN_MASK;
		b->page[b->n++] = (uint16_t)i;
	}
	return got;
}

int
page_read(const struct source *s, uint64_t addr, struct page *out, size_t n, unsigned needs,
          struct err *err)
{
	struct page_batch b; /* filled as far as b.n */
	ssize_t got = page_read_words(&b, s, addr, out, n, err);

	if (got < 0)
		return -1;
	for (size_t i = 0; needs & PAGE_NEED_FLAGS && b.n < (size_t)got && i < (size_t)got; i++)
		page_look_up_entry(s, &out[i]);
	if (!b.n || !(needs & PAGE_NEED_FRAMES))
		return 0;
	if (needs & (PAGE_NEED_FLAGS | PAGE_NEED_FOLIO) &&
	    !page_look_up_flags(&b, s, out, needs & PAGE_NEED_FOLIO))
		page_look_up_folios(&b, s, out, needs & PAGE_NEED_FOLIO,
		                    folio_huge_order(s->meta.page_size));
	if (needs & PAGE_NEED_CGROUP)
		page_look_up_cgroup(&b, s, out);
	if (needs & PAGE_NEED_COUNT && source_has(s, FRAME_COUNT))
		page_look_up_count(&b, s, out);
	return page_verify(s, addr, out, (size_t)got, err);
}
