/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/page_read_parts.h"

#include <string.h>

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
	uint64_t *before; /* the words of the page table, of all pages */
	uint64_t words[PAGE_BATCH];
	bool ok[PAGE_BATCH];
};

static bool
page_is_compound(const struct page *pg)
{
	return pg->kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);
}

/* What is known of a page then: enum page_known. */
struct page_reading {
	uint32_t flags, lacks; /* its frame's flags were read; the kernel has none of it */
	uint32_t single, once; /* it is no part of a large folio; and bit 56 is set */
};

static struct page_reading
page_reading_of(const struct source *s, unsigned needs)
{
	bool counts = needs & PAGE_NEED_COUNT && source_has(s, FRAME_COUNT);

	if (!(needs & (PAGE_NEED_FLAGS | PAGE_NEED_FOLIO)))
		return (struct page_reading){0};
	return (struct page_reading){
	    .flags = PAGE_FLAGS | (s->meta.ksm_lies ? PAGE_NO_KSM : 0),
	    .lacks = source_has(s, FRAME_FLAGS) ? PAGE_NO_RECORD : 0,
	    .single = needs & PAGE_NEED_FOLIO ? PAGE_FOLIO : 0,
	    .once = counts ? PAGE_COUNT : 0,
	};
}

/*
 * Bit 56 says that a page is mapped exactly once, so that its count need not be read: the kernel
 * derives the bit from the same counter. But in a large folio that may be the counter of its first
 * page, before Linux 6.11 and since 6.15, or of them all, with CONFIG_NO_PAGE_MAPCOUNT.
 */
static bool
page_is_mapped_once(const struct page *pg)
{
	return pg->word & PM_EXCLUSIVE && pg->known & PAGE_FLAGS && !page_is_compound(pg);
}

/*
 * How many pages after that of the k-th frame differ from it in nothing but their frames. It is
 * single and mapped once: then so are they.
 */
static uint16_t
page_followers(const struct page_batch *b, size_t k)
{
	size_t n = 1, i = b->page[k];
	const uint64_t *word = b->before + i, *kpf = b->words + k;

	while (k + n < b->n && b->page[k + n] == i + n && kpf[n] == kpf[0] && b->ok[k + n] &&
	       !((word[n] ^ word[0]) & ~PM_PFN_MASK))
		n++;
	return (uint16_t)(n - 1);
}

/* What is known of a page by the flags of its frame. Of single pages that is the folio, too. */
static void
page_take_flags(const struct page_batch *b, size_t k, const struct page_reading *r, struct page *pg)
{
	if (!b->ok[k]) {
		pg->known |= r->lacks;
		return;
	}
	pg->kpf = b->words[k];
	pg->known |= r->flags;
	if (page_is_compound(pg))
		return;
	pg->known |= r->single;
	pg->folio = r->single ? b->pfn[k] : 0;
	if (page_is_mapped_once(pg)) {
		pg->known |= r->once;
		pg->count = r->once != 0;
	}
}

/*
 * Each page is written once, in its place, with the flags of its frame: a batch is larger than what
 * stays in the fastest cache while the kernel looks frames up. The frames that remain in the batch
 * are those of which more is to be looked up.
 */
static void
page_fill(struct page_batch *b, const struct source *s, struct page *out, size_t n, unsigned needs)
{
	struct page_reading r = page_reading_of(s, needs);
	size_t frames = r.flags ? b->n : 0, k = 0, left = 0;
	bool all = needs & PAGE_NEED_CGROUP, runs = needs & PAGE_NEED_RUNS && !all;

	if (frames)
		source_frames(s, FRAME_FLAGS, b->pfn, b->n, b->words, b->ok);
	for (size_t i = 0; i < n; i++) {
		struct page *pg = &out[i];

		*pg = (struct page){.word = b->before[i], .known = PAGE_WORD};
		if (k == frames || b->page[k] != i)
			continue;
		page_take_flags(b, k, &r, pg);
		if (all || !page_is_mapped_once(pg)) {
			b->pfn[left] = b->pfn[k];
			b->page[left++] = b->page[k];
		} else if (runs) {
			pg->followers = page_followers(b, k);
		}
		i += pg->followers;
		k += 1u + pg->followers;
	}
	b->n = frames ? left : b->n;
}

bool
page_counts_average(const struct source *s)
{
	return s->ops->others && s->ops->others->averages(s) == TRUTH_YES;
}

/* An anonymous page of one process alone is mapped once; to try out what counts mean takes 3 ms. */
static bool
page_count_is_sure(const struct page *pg)
{
	return pg->count == 1 && (pg->word & (PM_EXCLUSIVE | PM_FILE)) == PM_EXCLUSIVE;
}

void
page_note_average(const struct source *s, struct page *pg)
{
	if (pg->known & PAGE_COUNT && pg->known & PAGE_FLAGS && page_is_compound(pg) &&
	    !(pg->kpf & KPF_HUGE) && !page_count_is_sure(pg) && page_counts_average(s))
		pg->known |= PAGE_AVERAGED;
}

static void
page_look_up_count(struct page_batch *b, const struct source *s, struct page *out)
{
	size_t n = 0;

	for (size_t i = 0, all = b->n; i < all; i++) {
		struct page *pg = &out[b->page[i]];

		if (pg->known & PAGE_COUNT)
			continue;
		b->pfn[n] = b->pfn[i];
		b->page[n++] = b->page[i];
	}
	b->n = n;
	source_frames(s, FRAME_COUNT, b->pfn, b->n, b->words, b->ok);
	for (size_t i = 0; i < b->n; i++)
		if (b->ok[i]) {
			out[b->page[i]].count = b->words[i];
			out[b->page[i]].known |= PAGE_COUNT;
			page_note_average(s, &out[b->page[i]]);
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
		pg->head = pg->kpf & KPF_COMPOUND_TAIL ? last.kpf & PAGE_OF_FOLIO & ~pg->kpf : 0;
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

/* Takes page i out of `first` and its followers: those after i follow the next one. */
static void
page_part(const struct page_batch *b, struct page *out, size_t first, size_t i)
{
	size_t last = first + out[first].followers;

	if (i < last) {
		struct page *pg = &out[i + 1];

		*pg = out[first];
		pg->word = b->before[i + 1];
		pg->folio = pg->known & PAGE_FOLIO ? page_pfn(pg) : 0;
		pg->followers = (uint16_t)(last - (i + 1));
	}
	if (i > first)
		out[first].followers = (uint16_t)(i - 1 - first);
}

/*
 * Reads the page table again; where an entry has changed, the facts about the old frame are
 * discarded.
 */
static int
page_verify(struct page_batch *b, const struct source *s, uint64_t addr, struct page *out, size_t n,
            struct err *err)
{
	ssize_t got = source_words(s, addr, b->words, n, err);
	size_t first = 0;

	if (got < 0)
		return -1;
	if ((size_t)got == n && !memcmp(b->words, b->before, n * sizeof(*b->words)))
		return 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t now = i < (size_t)got ? b->words[i] : 0;

		if (i > first + out[first].followers)
			first = i;
		if (!((now ^ b->before[i]) & PAGE_PLACE))
			continue;
		page_part(b, out, first, i);
		out[i] = (struct page){.word = now, .known = PAGE_WORD | PAGE_RACED};
	}
	return 0;
}

/* The words, to b->before, and which of them have a frame to look up. -1 with err. */
static ssize_t
page_read_words(struct page_batch *b, const struct source *s, uint64_t addr, size_t n,
                struct err *err)
{
	ssize_t got = source_words(s, addr, b->before, n, err);
	size_t there = got > 0 ? (size_t)got : 0, k = 0;

	for (size_t i = 0; i < there; i++) {
		uint64_t word = b->before[i], pfn = word & PM_PFN_MASK;

		if (!(word & PM_PRESENT) || !pfn)
			continue;
		b->pfn[k] = pfn;
		b->page[k++] = (uint16_t)i;
	}
	b->n = k;
	return got;
}

/*
 * A recording has words as of when their frames were looked up. Of a process that was watched by
 * userfaultfd, what it protects is another at each sample.
 */
static void
page_note_past(const struct source *s, uint64_t addr, struct page *out, size_t n)
{
	uint64_t now = source_now(s), later;

	for (size_t i = 0; i < n; i++)
		if (out[i].word & PM_PRESENT &&
		    s->ops->time->looked(s, addr + i * s->meta.page_size, &later) < now) {
			out[i].word &= ~PM_UFFD_WP;
			out[i].known |= PAGE_NO_WP;
		}
}

static int
page_read_now(const struct source *s, uint64_t addr, struct page *out, uint64_t *words, size_t n,
              unsigned needs, struct err *err)
{
	struct page_batch b; /* filled as far as b.n */
	ssize_t got;
	bool looked, entries;

	b.before = words;
	got = page_read_words(&b, s, addr, n, err);
	looked = b.n && needs & PAGE_NEED_FRAMES;
	entries = needs & PAGE_NEED_FLAGS && b.n < (size_t)got;

	if (got < 0)
		return -1;
	if (needs & PAGE_NEED_COUNT && !(needs & PAGE_NEED_FLAGS) && b.n && page_counts_average(s))
		needs |= PAGE_NEED_FLAGS; /* which say whether the count is the page's own */
	page_fill(&b, s, out, (size_t)got, needs);
	memset(out + got, 0, (n - (size_t)got) * sizeof(*out));
	for (size_t i = 0; entries && i < (size_t)got; i += 1u + out[i].followers)
		page_look_up_entry(s, &out[i]);
	if (!looked)
		return 0;
	page_look_up_folios(&b, s, out, needs & PAGE_NEED_FOLIO,
	                    folio_huge_order(s->meta.page_size));
	if (needs & PAGE_NEED_CGROUP)
		page_look_up_cgroup(&b, s, out);
	if (needs & PAGE_NEED_COUNT && source_has(s, FRAME_COUNT))
		page_look_up_count(&b, s, out);
	return page_verify(&b, s, addr, out, (size_t)got, err);
}

int
page_read_runs(const struct source *s, uint64_t addr, struct page *out, uint64_t *words, size_t n,
               unsigned needs, struct err *err)
{
	unsigned alike = s->meta.protects ? PAGE_NEED_RUNS : 0; /* they may be of other samples */

	if (page_read_now(s, addr, out, words, n, needs & ~alike, err) < 0)
		return -1;
	if (s->meta.protects)
		page_note_past(s, addr, out, n);
	return 0;
}

int
page_read(const struct source *s, uint64_t addr, struct page *out, size_t n, unsigned needs,
          struct err *err)
{
	uint64_t words[PAGE_BATCH];

	return page_read_runs(s, addr, out, words, n, needs & ~(unsigned)PAGE_NEED_RUNS, err);
}
