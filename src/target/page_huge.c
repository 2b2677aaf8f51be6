/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/page_huge.h"

#include "kernel/folio_sizes.h"
#include "target/page_read_parts.h"

enum { HUGE_ENTRIES = 512 }; /* of a page table, with pages of 4 KiB: the only ones read so */

static bool
page_huge_begins(uint64_t word)
{
	return word & PM_PRESENT && !(word & PM_FILE) && word & PM_PFN_MASK &&
	       word % HUGE_ENTRIES == 0;
}

/* Whether the frames follow each other and the words differ in nothing else. */
static bool
page_huge_words_fit(const struct source *s, uint64_t addr, uint64_t first)
{
	uint64_t words[HUGE_ENTRIES], differ = 0;
	struct err ignored;

	if (source_words(s, addr, words, HUGE_ENTRIES, &ignored) < HUGE_ENTRIES)
		return false;
	for (size_t i = 0; i < HUGE_ENTRIES; i++)
		differ |= words[i] ^ (first + i);
	return !differ;
}

/* Whether the flags of its first three frames are those of a huge page whose tails are alike. */
static bool
page_huge_fits(const uint64_t kpf[3], const bool ok[3])
{
	/* flags of a frame of its own, whatever it is part of */
	static const uint64_t own = KPF_HWPOISON | KPF_ARCH | KPF_ARCH_2 | KPF_ARCH_3;

	return ok[0] && ok[1] && ok[2] && kpf[0] & KPF_COMPOUND_HEAD && kpf[0] & KPF_ANON &&
	       !(kpf[0] & KPF_HUGE) && kpf[1] & KPF_COMPOUND_TAIL && kpf[1] == kpf[2] &&
	       !((kpf[0] | kpf[1]) & own);
}

/*
 * Whether each frame of a huge page is mapped exactly once: after a fork parts of it may be mapped
 * by others, by smaller entries.
 */
static bool
page_huge_once(const struct source *s, uint64_t pfn)
{
	uint64_t pfns[256], count[256];
	bool ok[256];

	for (size_t i = 0, k; i < HUGE_ENTRIES; i += k) {
		k = u64_min(HUGE_ENTRIES - i, ARRAY_LEN(pfns));
		for (size_t j = 0; j < k; j++)
			pfns[j] = pfn + i + j;
		source_frames(s, FRAME_COUNT, pfns, k, count, ok);
		for (size_t j = 0; j < k; j++)
			if (!ok[j] || count[j] != 1)
				return false;
	}
	return true;
}

/*
 * Whether the other words are as the first one, and each frame, if that is asked, is mapped once.
 * So it is with owner_2, which of an anonymous page says that it is exclusive to one process, as a
 * whole.
 */
static bool
page_huge_is_one(const struct source *s, uint64_t addr, uint64_t word, uint64_t kpf, bool counted)
{
	if (kpf & KPF_OWNER_2 && word & PM_EXCLUSIVE)
		return true;
	return page_huge_words_fit(s, addr, word) &&
	       (!counted || kpf & KPF_OWNER_2 || page_huge_once(s, word & PM_PFN_MASK));
}

static bool
page_huge_facts(const struct source *s, uint64_t addr, uint64_t word, unsigned needs,
                struct page_huge *out)
{
	uint64_t pfn = word & PM_PFN_MASK, pfns[3] = {pfn, pfn + 1, pfn + 2}, kpf[3], cgroup[3];
	bool ok[3], counted = needs & PAGE_NEED_COUNT && source_has(s, FRAME_COUNT);
	struct page pg = {.folio = pfn, .order = (uint8_t)folio_huge_order(s->meta.page_size),
	                  .known = PAGE_WORD | PAGE_FLAGS | PAGE_FOLIO |
	                           (s->meta.ksm_lies ? PAGE_NO_KSM : 0)};

	if (counted && !(word & PM_EXCLUSIVE))
		return false;
	source_frames(s, FRAME_FLAGS, pfns, 3, kpf, ok);
	if (!page_huge_fits(kpf, ok) || !page_huge_is_one(s, addr, word, kpf[0], counted))
		return false;
	pg.count = counted;
	pg.known |= counted ? PAGE_COUNT : 0;
	out->head = out->tail = pg;
	out->head.word = word;
	out->head.kpf = kpf[0];
	out->tail.word = word + 1;
	out->tail.kpf = kpf[1];
	out->tail.head = kpf[0] & PAGE_OF_FOLIO & ~kpf[1];
	if (!(needs & PAGE_NEED_CGROUP) || !source_has(s, FRAME_CGROUP))
		return true;
	source_frames(s, FRAME_CGROUP, pfns, 3, cgroup, ok);
	out->head.cgroup = cgroup[0];
	out->tail.cgroup = cgroup[1];
	out->head.known |= PAGE_CGROUP;
	out->tail.known |= PAGE_CGROUP;
	return ok[0] && ok[1] && ok[2] && cgroup[1] == cgroup[2];
}

static int
page_huge_note(void *arg, const struct pm_run *run)
{
	*(struct pm_run *)arg = *run;
	return 1;
}

/* Whether the page's word, the i-th of a huge page's, still has its frame. */
static bool
page_huge_has(const struct page_huge *page, uint64_t word, size_t i)
{
	return !((word ^ (page->head.word + i)) & (PAGE_PLACE | PM_EXCLUSIVE));
}

/*
 * Whether one entry maps each of the n huge pages, with the frames that were looked up: then they
 * have been so mapped since their words were read. Returns how many, from the first. Two neighbours
 * are seen at once, in the last word of one and the first of the other.
 */
static size_t
page_huge_verify(const struct source *s, uint64_t addr, size_t n, const struct page_huge *pages)
{
	uint64_t size = s->meta.page_size, span = HUGE_ENTRIES * size, words[2];
	struct pm_run run = {0};
	struct err ignored;

	if (source_runs(s, addr, addr + n * span, PM_CAT_HUGE, PM_CAT_HUGE, page_huge_note, &run,
	                &ignored) < 0 || run.start != addr)
		return 0;
	n = u64_min(n, (run.end - addr) / span);
	for (size_t i = 0; i < n; i += 2) {
		uint64_t at = addr + (i + 1) * span - size;
		ssize_t got = source_words(s, at, words, i + 1 < n ? 2 : 1, &ignored);

		if (got < 1 || !page_huge_has(&pages[i], words[0], HUGE_ENTRIES - 1))
			return i;
		if (i + 1 < n && (got < 2 || !page_huge_has(&pages[i + 1], words[1], 0)))
			return i + 1;
	}
	return n;
}

size_t
page_read_huge(const struct source *s, uint64_t addr, size_t n, unsigned needs,
               struct page_huge *out)
{
	uint64_t span = HUGE_ENTRIES * s->meta.page_size, word;
	struct err ignored;
	size_t k;

	if (s->meta.page_size / sizeof(word) != HUGE_ENTRIES || !source_has(s, FRAME_FLAGS) ||
	    !(needs & (PAGE_NEED_FLAGS | PAGE_NEED_FOLIO)))
		return 0;
	for (k = 0; k < n; k++)
		if (source_words(s, addr + k * span, &word, 1, &ignored) != 1 ||
		    !page_huge_begins(word) ||
		    !page_huge_facts(s, addr + k * span, word, needs, &out[k]))
			break;
	return k ? page_huge_verify(s, addr, k, out) : 0;
}
