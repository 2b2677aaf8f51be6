/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums: of targets made of files, and of hand-made pages for what only a scan reports. */
#include "fake.h"
#include "kernel/kabi.h"
#include "tap.h"
#include "target/summary.h"

#define W(x) UINT64_C(0x##x)

static const uint64_t base = W(7f0000000000); /* a multiple of every folio's size */
static const uint64_t anon_head = W(40040d828), anon_tail = W(400415828);

struct memory {
	struct target t;
	struct summary s;
};

static void
memory_open(struct memory *m)
{
	fake_target(&m->t);
	fake_frames(&m->t, FRAME_FLAGS);
	fake_frames(&m->t, FRAME_COUNT);
	summary_init(&m->s, FAKE_PAGE, false);
}

static void
memory_close(struct memory *m)
{
	summary_free(&m->s);
	fake_close(&m->t);
}

static void
put_frame(struct memory *m, uint64_t pfn, uint64_t kpf, uint64_t count)
{
	fake_word(fake_root(&m->t)->frames.flags, pfn, kpf);
	fake_word(fake_root(&m->t)->frames.count, pfn, count);
}

static void
put_folio(struct memory *m, uint64_t pfn, unsigned order, uint64_t head, uint64_t tail)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		put_frame(m, pfn + i, i ? tail : head, 1);
	put_frame(m, pfn + (UINT64_C(1) << order), 0, 0);
}

/* Page number `page` from base on, and the n - 1 after it, map the frames from pfn on. */
static void
map_frames(struct memory *m, uint64_t page, uint64_t pfn, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		fake_word(fake_root(&m->t)->pm.fd, base / FAKE_PAGE + page + i, PM_PRESENT | PM_EXCLUSIVE | (pfn + i));
}

static int
add(struct memory *m, uint64_t page, uint64_t pages, enum vma_type type)
{
	struct vma v = {.start = base + page * FAKE_PAGE, .end = base + (page + pages) * FAKE_PAGE,
	                .perm = VMA_READ | VMA_WRITE, .type = (uint8_t)type, .name = ""};
	struct err err;

	return summary_add(&m->s, &m->t, &v, v.start, v.end, &err);
}

static uint64_t
sum(const uint64_t *n, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all += n[i];
	return all;
}

static uint64_t
folio_pages(const struct summary *s)
{
	uint64_t all = s->folios_unknown;

	for (unsigned k = 0; k < KIND_COUNT; k++)
		for (unsigned o = 0; o < SUMMARY_ORDERS; o++)
			all += sum(s->folios[k][o].pages, FIT_COUNT);
	return all;
}

static uint64_t
flag_pages(const struct summary *s)
{
	uint64_t all = s->flags_unknown;

	for (size_t i = 0; i < s->flags_n; i++)
		all += s->flags[i].pages;
	return all;
}

/* The invariants of every summary. */
static void
check_laws(const struct summary *s, const char *of)
{
	char name[80];
	uint64_t pages = 0, regions = 0;

	for (unsigned i = 0; i < VMA_TYPES; i++) {
		pages += s->by_type[i].pages;
		regions += s->by_type[i].regions;
	}
	snprintf(name, sizeof(name), "%s: the states' sum is every page", of);
	is_u64(sum(s->by_state, STATE_COUNT), s->pages, name);
	snprintf(name, sizeof(name), "%s: so is the types'", of);
	ok(pages == s->pages && regions == s->regions, name);
	snprintf(name, sizeof(name), "%s: flags, sharing and folios have every page in RAM", of);
	ok(flag_pages(s) == s->present && sum(s->by_share, SHARE_COUNT) == s->present &&
	   folio_pages(s) == s->present, name);
}

/* --- states, types, flags, sharing ------------------------------------------------------------ */

static void
test_sums(void)
{
	struct memory m;
	uint64_t pss;

	memory_open(&m);
	put_frame(&m, 0x100, W(400005828), 1);
	put_frame(&m, 0x101, W(5828), 3);
	put_frame(&m, 0x102, W(101000000), 0);
	put_frame(&m, 0x103, W(8000400005828), 100);
	map_frames(&m, 0, 0x100, 1);
	for (uint64_t i = 1; i < 4; i++)
		fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + i, PM_PRESENT | (0x100 + i));
	fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + 4, PM_SWAPPED | 1 << 5);
	fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + 5, PM_SWAPPED | PM_GUARD | 31 | 4 << 5);
	fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + 19, PM_PRESENT | PM_EXCLUSIVE | 0x100);
	fake_end(fake_root(&m.t)->pm.fd, base + 1000 * FAKE_PAGE);
	is_u64((uint64_t)add(&m, 0, 10, VMA_HEAP), 0, "a region is walked to its end");
	add(&m, 16, 4, VMA_ANON);
	add(&m, 2000, 3, VMA_KERNEL); /* past the end of the page tables */
	summary_end(&m.s);
	check_laws(&m.s, "small");
	is_u64(m.s.pages, 17, "each page of each region");
	is_u64(m.s.present, 5, "five are in RAM");
	is_u64(m.s.by_state[STATE_NONE], 7, "what is not there counts, too");
	is_u64(m.s.by_state[STATE_UNREADABLE], 3, "and what cannot be read");
	ok(m.s.by_state[STATE_ZERO] == 1 && m.s.by_state[STATE_SWAPPED] == 1 &&
	   m.s.by_state[STATE_GUARD] == 1 && m.s.by_state[STATE_ANON] == 2 && m.s.by_state[STATE_SHARED] == 2, "each in its state");
	ok(m.s.by_type[VMA_HEAP].rss == 3 && m.s.by_type[VMA_HEAP].swap == 1 &&
	   m.s.by_type[VMA_HEAP].pages == 10, "RSS is without the zero page, swap without the guard");
	ok(m.s.by_type[VMA_KERNEL].unreadable == 3 && m.s.by_type[VMA_KERNEL].regions == 1,
	   "a type of which nothing is known says so");
	ok(m.s.flags_n == 4 && m.s.flags[0].kpf == W(5828) && m.s.flags[0].pages == 1 &&
	   m.s.flags[1].kpf == W(101000000) && m.s.flags[2].kpf == W(400005828) && m.s.flags[2].pages == 2 &&
	   m.s.flags[3].kpf == W(8000400005828),
	   "combinations of flags, ascending, bits without a name among them");
	ok(m.s.by_share[SHARE_0] == 1 && m.s.by_share[SHARE_1] == 2 && m.s.by_share[SHARE_2] == 1 &&
	   m.s.by_share[SHARE_64] == 1, "mapcounts in their buckets");
	ok(summary_pss(&m.s, &pss), "every count is known");
	is_u64(pss, 2 * 4096 + 4096 / 3 + 4096 / 100 + 1, "the proportional size, its fractions added up");
	ok(summary_hidden_why(&m.s) == NULL, "nothing is hidden");
	memory_close(&m);
}

static void
test_buckets(void)
{
	static const struct {
		uint64_t count;
		enum summary_share want;
	} rows[] = {{0, SHARE_0}, {1, SHARE_1}, {2, SHARE_2}, {3, SHARE_2}, {4, SHARE_4}, {15, SHARE_4},
	            {16, SHARE_16}, {63, SHARE_16}, {64, SHARE_64}, {UINT64_MAX, SHARE_64}};
	struct vma v = {.type = VMA_ANON, .name = ""};
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = PM_PRESENT | 5, .known = PAGE_WORD | PAGE_COUNT, .count = rows[i].count,
		                  .state = STATE_ANON};
		struct summary s;

		summary_init(&s, FAKE_PAGE, false);
		summary_pages(&s, &v, base, &pg, 1);
		good &= s.by_share[rows[i].want] == 1;
		summary_free(&s);
	}
	ok(good, "every count has its bucket");
}

/* Many combinations, in no order, each several times: as many rows as combinations. */
static void
test_combinations(void)
{
	struct vma v = {.type = VMA_ANON, .name = ""};
	struct summary s;
	uint64_t seed = 7;
	bool ascending = true;

	summary_init(&s, FAKE_PAGE, false);
	for (unsigned i = 0; i < 50000; i++) {
		struct page pg = {.word = PM_PRESENT | 5, .known = PAGE_WORD | PAGE_FLAGS, .state = STATE_ANON,
		                  .kpf = fake_below(&seed, 500) << 20};

		summary_pages(&s, &v, base + i * FAKE_PAGE, &pg, 1);
	}
	is_u64(s.flags_n, 500, "memory goes by combinations");
	for (size_t i = 1; i < s.flags_n; i++)
		ascending &= s.flags[i - 1].kpf < s.flags[i].kpf;
	ok(ascending, "which are in order");
	is_u64(flag_pages(&s), 50000, "and have all pages");
	summary_free(&s);
}

/* --- what is hidden --------------------------------------------------------------------------- */

static void
test_hidden(void)
{
	struct memory m;
	uint64_t pss;

	memory_open(&m);
	put_frame(&m, 0, W(100000000), 77);
	fake_words(fake_root(&m.t)->pm.fd, base / FAKE_PAGE, 6, PM_PRESENT | PM_EXCLUSIVE);
	fake_words(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + 6, 2, PM_PRESENT);
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 10, VMA_ANON);
	summary_end(&m.s);
	check_laws(&m.s, "hidden");
	ok(m.s.flags_n == 0 && m.s.flags_unknown == 8 && m.s.folios_unknown == 8, "frame 0 is not looked up");
	is_str(summary_hidden_why(&m.s), "hidden (needs CAP_SYS_ADMIN)", "and why is said");
	ok(m.s.by_share[SHARE_EXCLUSIVE] == 6 && m.s.by_share[SHARE_REST] == 2, "bit 56 still tells");
	ok(!summary_pss(&m.s, &pss), "what others share is not known");
	memory_close(&m);

	memory_open(&m);
	frames_close(&fake_root(&m.t)->frames);
	m.t.source->meta.frames = 0;
	map_frames(&m, 0, 0x100, 4);
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 10, VMA_ANON);
	summary_end(&m.s);
	check_laws(&m.s, "no kpageflags");
	is_str(summary_hidden_why(&m.s), "hidden (/proc/kpageflags is for root)", "frames without flags");
	ok(summary_pss(&m.s, &pss) && pss == 4 * 4096, "pages of this process alone need no count");
	memory_close(&m);

	memory_open(&m);
	fake_words(fake_root(&m.t)->pm.fd, base / FAKE_PAGE, 4, PM_PRESENT | W(10000000000));
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 10, VMA_DEVICE);
	summary_end(&m.s);
	check_laws(&m.s, "device");
	ok(summary_hidden_why(&m.s) == NULL && m.s.flags_unknown == 4 && m.s.by_share[SHARE_NO_COUNT] == 4,
	   "a device's frames have no flags, which is not to be hidden");
	memory_close(&m);

	memory_open(&m);
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 10, VMA_ANON);
	summary_end(&m.s);
	ok(summary_hidden_why(&m.s) == NULL, "where nothing is in RAM nothing is hidden");
	memory_close(&m);
}

/* --- folios ----------------------------------------------------------------------------------- */

/* met, and pages aligned, unaligned, partial */
static bool
folios_are(const struct summary *s, enum page_kind k, unsigned order, uint64_t met,
           uint64_t aligned, uint64_t unaligned, uint64_t partial)
{
	const struct summary_folios *f = &s->folios[k][order];

	if (f->met == met && f->pages[FIT_ALIGNED] == aligned && f->pages[FIT_UNALIGNED] == unaligned &&
	    f->pages[FIT_PARTIAL] == partial && !f->pages[FIT_PMD])
		return true;
	printf("# met %llu: %llu pages aligned, %llu not, %llu of parts\n", (unsigned long long)f->met,
	       (unsigned long long)f->pages[FIT_ALIGNED], (unsigned long long)f->pages[FIT_UNALIGNED],
	       (unsigned long long)f->pages[FIT_PARTIAL]);
	return false;
}

static void
test_folios(void)
{
	struct memory m;

	memory_open(&m);
	put_folio(&m, 0x1000, 4, anon_head, anon_tail);
	put_folio(&m, 0x2000, 4, anon_head, anon_tail);
	put_folio(&m, 0x3000, 4, anon_head, anon_tail);
	put_folio(&m, 0x4000, 9, W(400029808), W(400031808));
	put_frame(&m, 0x6000, W(400005828), 1);
	map_frames(&m, 16, 0x1000, 16);  /* aligned */
	map_frames(&m, 40, 0x2000, 16);  /* at 40 of 16: not */
	map_frames(&m, 64, 0x3000, 5);   /* its beginning */
	map_frames(&m, 70, 0x3007, 9);   /* its end, over a hole */
	map_frames(&m, 79, 0x6000, 1);
	map_frames(&m, 512, 0x4000, 512);
	fake_end(fake_root(&m.t)->pm.fd, base + 4096 * FAKE_PAGE);
	add(&m, 0, 100, VMA_ANON);
	add(&m, 512, 512, VMA_HUGETLB);
	summary_end(&m.s);
	check_laws(&m.s, "folios");
	ok(folios_are(&m.s, KIND_ANON, 4, 3, 16, 16, 14),
	   "whole and aligned, whole elsewhere, in two parts: three folios");
	ok(folios_are(&m.s, KIND_ANON, 0, 1, 1, 0, 0), "a page by itself");
	ok(folios_are(&m.s, KIND_HUGETLB, 9, 1, 512, 0, 0), "hugetlb");
	is_u64(m.s.by_type[VMA_HUGETLB].hugetlb, 512, "which is not in RSS");
	memory_close(&m);

	/* neighbours in memory and in frames, but two folios; and one of them twice */
	memory_open(&m);
	put_folio(&m, 0x5000, 2, W(886c), W(1086c));
	put_folio(&m, 0x5004, 2, W(886c), W(1086c));
	for (uint64_t i = 0; i < 8; i++)
		fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + i, PM_PRESENT | PM_FILE | (0x5000 + i));
	for (uint64_t i = 8; i < 12; i++)
		fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + i, PM_PRESENT | PM_FILE | (0x5004 + i - 8));
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 16, VMA_FILE);
	summary_end(&m.s);
	check_laws(&m.s, "neighbours");
	ok(folios_are(&m.s, KIND_FILE, 2, 2, 12, 0, 0),
	   "two folios side by side are two, a second mapping is none of its own");
	memory_close(&m);
}

/* A folio that the walk's batches, regions, or the order of its pages take apart. */
static void
test_borders(void)
{
	struct memory m;
	enum { N = 2048 };

	/* base + 1016 is a multiple of 8 and not of 16, so the folio lies across the 1024th page */
	memory_open(&m);
	for (uint64_t i = 0; i < N; i++)
		put_frame(&m, 0x10000 + 2 * i, W(400005828), 1);
	for (uint64_t i = 0; i < N; i++)
		map_frames(&m, i, 0x10000 + 2 * i, 1);
	put_folio(&m, 0x1000, 4, anon_head, anon_tail);
	map_frames(&m, 1016, 0x1000, 16);
	fake_end(fake_root(&m.t)->pm.fd, base + 4096 * FAKE_PAGE);
	add(&m, 0, N, VMA_ANON);
	summary_end(&m.s);
	check_laws(&m.s, "batches");
	ok(folios_are(&m.s, KIND_ANON, 4, 1, 0, 16, 0), "whole across the border of two batches");
	ok(folios_are(&m.s, KIND_ANON, 0, N - 16, N - 16, 0, 0), "among single pages");
	memory_close(&m);

	memory_open(&m);
	put_folio(&m, 0x1000, 4, anon_head, anon_tail);
	map_frames(&m, 16, 0x1000, 16);
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 20, VMA_HEAP);
	add(&m, 20, 44, VMA_ANON);
	summary_end(&m.s);
	check_laws(&m.s, "regions");
	ok(folios_are(&m.s, KIND_ANON, 4, 1, 0, 0, 16),
	   "one, in parts, where it lies across the border of two regions");
	memory_close(&m);

	/* regions apart, though the frames follow on */
	memory_open(&m);
	put_folio(&m, 0x1000, 4, anon_head, anon_tail);
	map_frames(&m, 16, 0x1000, 4);
	map_frames(&m, 36, 0x1004, 12);
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 20, VMA_HEAP);
	add(&m, 36, 28, VMA_ANON);
	summary_end(&m.s);
	ok(folios_are(&m.s, KIND_ANON, 4, 1, 0, 0, 16),
	   "one, in parts, where there is a gap between the regions");
	memory_close(&m);

	/* its pages the other way round */
	memory_open(&m);
	put_folio(&m, 0x1000, 2, anon_head, anon_tail);
	for (uint64_t i = 0; i < 4; i++)
		map_frames(&m, i, 0x1003 - i, 1);
	fake_end(fake_root(&m.t)->pm.fd, base + 100 * FAKE_PAGE);
	add(&m, 0, 4, VMA_ANON);
	summary_end(&m.s);
	ok(folios_are(&m.s, KIND_ANON, 2, 1, 0, 0, 4),
	   "one in four parts where its pages do not follow each other");
	memory_close(&m);
}

/* As in the kernel: one page of zeroes for all who only read. */
static void
test_zero_page(void)
{
	struct memory m;

	memory_open(&m);
	put_frame(&m, 0x100, W(101000000), 0);
	for (uint64_t i = 0; i < 100; i++)
		fake_word(fake_root(&m.t)->pm.fd, base / FAKE_PAGE + i, PM_PRESENT | 0x100);
	fake_end(fake_root(&m.t)->pm.fd, base + 200 * FAKE_PAGE);
	add(&m, 0, 120, VMA_ANON);
	summary_end(&m.s);
	check_laws(&m.s, "zero page");
	ok(folios_are(&m.s, KIND_ZERO, 0, 1, 100, 0, 0),
	   "the zero page read a hundred times is one folio");
	memory_close(&m);
}

/* Against a plain array: frames close together, far apart, at the ends of what there can be. */
static void
test_pfnset(void)
{
	enum { N = 1 << 16 };
	static bool there[N];
	struct pfnset s = {0};
	uint64_t seed = 3;
	bool right = true;

	ok(pfnset_add(&s, 0) && !pfnset_add(&s, 0) && pfnset_add(&s, UINT64_MAX) &&
	       !pfnset_add(&s, UINT64_MAX),
	   "a frame is new once");
	for (int i = 0; i < 2 * N; i++) {
		uint64_t pfn = fake_below(&seed, N);

		right &=
		    pfnset_add(&s, (UINT64_C(1) << 50) + pfn * (pfn & 1 ? 1 : 4099)) == !there[pfn];
		there[pfn] = true;
	}
	ok(right, "so are thousands");
	pfnset_free(&s);
	for (uint64_t i = 0; i < 1 << 20; i++)
		pfnset_add(&s, i);
	ok(s.used == (1 << 20) / 512 && s.slots <= 4096, "neighbours share a block");
	pfnset_free(&s);
}

/* Facts that only PAGEMAP_SCAN has come with the pages. */
static void
test_pmd(void)
{
	struct page pages[1024];
	struct vma v = {.type = VMA_ANON, .name = ""};
	struct summary s;
	const struct summary_folios *f;

	for (uint64_t i = 0; i < ARRAY_LEN(pages); i++)
		pages[i] = (struct page){.word = PM_PRESENT | PM_EXCLUSIVE | (0x1000 + i), .count = 1,
		                         .kpf = i % 512 ? anon_tail : anon_head, .folio = 0x1000 + i / 512 * 512,
		                         .order = 9, .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO,
		                         .cats = i < 512 ? PM_CAT_PRESENT | PM_CAT_HUGE : PM_CAT_PRESENT,
		                         .state = STATE_THP_TAIL};
	for (int known = 0; known < 2; known++) {
		summary_init(&s, FAKE_PAGE, known);
		summary_pages(&s, &v, base, pages, ARRAY_LEN(pages));
		summary_end(&s);
		f = &s.folios[KIND_ANON][9];
		is_u64(f->met, 2, "two huge pages");
		is_u64(f->pages[FIT_PMD], known ? 512 : 0, known ? "one mapped as one" : "nobody tells how");
		is_u64(f->pages[FIT_ALIGNED], known ? 512 : 1024, "the rest is mapped whole");
		check_laws(&s, known ? "PMD" : "no PMD");
		summary_free(&s);
	}
}

static void
test_kinds(void)
{
	static const struct {
		const char *name;
		uint64_t word, kpf;
		enum vma_type type;
		enum page_kind want;
	} rows[] = {
	    {"anonymous", W(8100000000000005), W(400005828), VMA_ANON, KIND_ANON},
	    {"copy of a file's page", W(8100000000000005), W(400005828), VMA_FILE, KIND_ANON},
	    {"merged", W(8000000000000005), W(20583c), VMA_ANON, KIND_ANON},
	    {"file", W(a100000000000005), W(40000086c), VMA_FILE, KIND_FILE},
	    {"shared memory", W(a100000000000005), W(4818), VMA_SHM, KIND_SHMEM},
	    {"tail of shared memory before 6.10", W(a100000000000005), W(10000), VMA_SHM, KIND_SHMEM},
	    {"hugetlb", W(8100000000000005), W(400029808), VMA_HUGETLB, KIND_HUGETLB},
	    {"zero page", W(8000000000000005), W(101000000), VMA_ANON, KIND_ZERO},
	    {"huge zero page", W(a000000000000005), W(1408000), VMA_ANON, KIND_ZERO},
	    {"vdso", W(a000000000000005), W(100000800), VMA_KERNEL, KIND_KERNEL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = rows[i].word, .kpf = rows[i].kpf, .folio = 5,
		                  .known = PAGE_WORD | PAGE_FLAGS | PAGE_FOLIO};
		struct vma v = {.type = (uint8_t)rows[i].type, .name = ""};
		struct summary s;

		summary_init(&s, FAKE_PAGE, false);
		summary_pages(&s, &v, base, &pg, 1);
		summary_end(&s);
		is_u64(s.folios[rows[i].want][0].met, 1, rows[i].name);
		summary_free(&s);
	}
}

/* Pages that are alike are added at once: the sums are those of each. */
static void
test_alike(void)
{
	static struct page pages[400];
	static const uint64_t flags[] = {KPF_ANON, KPF_ANON | KPF_DIRTY, KPF_LRU, KPF_ZERO_PAGE};
	struct vma v = {.start = base, .end = base + 400 * FAKE_PAGE, .type = VMA_ANON, .name = ""};
	struct summary once, each;
	uint64_t seed = 5;
	bool same;

	summary_init(&once, FAKE_PAGE, true);
	summary_init(&each, FAKE_PAGE, true);
	for (size_t i = 0; i < 400; i++) {
		uint64_t frame = fake_below(&seed, 5) ? 1 + fake_below(&seed, 300) : 0;
		uint64_t exclusive = fake_below(&seed, 4) ? PM_EXCLUSIVE : 0;
		struct page pg = {.word = PM_PRESENT | exclusive | frame, .known = PAGE_WORD};

		if (i && fake_below(&seed, 3)) {
			pg = pages[i - 1];
			pg.word += pg.word & PM_PFN_MASK ? 1 : 0;
			pg.folio += pg.order || !pg.folio ? 0 : 1;
		} else if (!fake_below(&seed, 6)) {
			pg.word = PM_SWAPPED | 0x20;
		} else if (frame) {
			pg.kpf = flags[fake_below(&seed, 4)];
			pg.count = exclusive ? 1 : fake_below(&seed, 90);
			pg.order = fake_below(&seed, 4) ? 0 : 4;
			pg.folio = pg.order ? frame & ~UINT64_C(15) : frame;
			pg.cats = fake_below(&seed, 9) ? PM_CAT_PRESENT : PM_CAT_PRESENT | PM_CAT_HUGE;
			pg.known |= PAGE_FLAGS | PAGE_FOLIO | (fake_below(&seed, 2) ? PAGE_COUNT : 0);
		}
		page_judge(&pg, &v, 1);
		pages[i] = pg;
		pages[i].like = i && page_is_like(&pages[i - 1], &pages[i]);
		summary_pages(&each, &v, base + i * FAKE_PAGE, &pages[i], 1);
	}
	summary_pages(&once, &v, base, pages, 400);
	summary_end(&once);
	summary_end(&each);
	same = once.flags_n == each.flags_n &&
	       !memcmp(once.flags, each.flags, once.flags_n * sizeof(*once.flags)) &&
	       !memcmp(once.by_state, each.by_state, sizeof(once.by_state)) &&
	       !memcmp(once.by_share, each.by_share, sizeof(once.by_share)) &&
	       !memcmp(once.by_type, each.by_type, sizeof(once.by_type)) &&
	       !memcmp(once.folios, each.folios, sizeof(once.folios));
	ok(same, "many pages at once are the sum of each");
	ok(once.pss == each.pss && once.pss_unknown == each.pss_unknown && once.hidden == each.hidden &&
	       once.present == each.present && once.hidden && once.pss_unknown,
	   "so are those whose frame or count is hidden");
	summary_free(&once);
	summary_free(&each);
}

int
main(void)
{
	tap_start();
	test_sums();
	test_buckets();
	test_combinations();
	test_hidden();
	test_folios();
	test_borders();
	test_zero_page();
	test_pfnset();
	test_pmd();
	test_kinds();
	test_alike();
	return tap_done();
}
