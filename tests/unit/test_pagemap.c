/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page tables and frames from files. This program's pread stands in front of the C library's, so
 * that a test sees every read and can change the file between two of them: the race that the
 * kernel offers only by chance.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "base/pread.h"
#include "fake.h"
#include "hardened.h"
#include "kernel/frame.h"
#include "kernel/kabi.h"
#include "kernel/pagemap.h"
#include "target/page_read.h"
#include "tap.h"

static struct {
	int fd;                  /* reads of this file: */
	unsigned reads;          /* how many there were */
	off_t lowest;            /* the lowest place read */
	void (*after)(void);     /* called after each */
	unsigned limit;          /* more reads than this: give up */
	jmp_buf *out;
} seen = {.fd = -1};

ssize_t
pread(int fd, void *to, size_t n, off_t at)
{
	struct iovec iov = {.iov_base = to, .iov_len = n};
	ssize_t r = preadv(fd, &iov, 1, at);

	if (fd != seen.fd)
		return r;
	if (!seen.reads++ || at < seen.lowest)
		seen.lowest = at;
	if (seen.after)
		seen.after();
	if (seen.limit && seen.reads > seen.limit)
		longjmp(*seen.out, 1);
	return r;
}

ssize_t
pread_plain(int fd, void *to, size_t n, uint64_t at)
{
	return pread(fd, to, n, (off_t)at);
}

static void
watch(int fd, void (*after)(void))
{
	seen.fd = fd;
	seen.reads = 0;
	seen.lowest = 0;
	seen.after = after;
	seen.limit = 0;
}

static void
test_cats(void)
{
	static const struct {
		const char *name;
		uint64_t word, want;
	} rows[] = {
	    {"nothing", 0, 0},
	    {"present", UINT64_C(0x8000000000000055), PM_CAT_PRESENT},
	    {"zero frame", UINT64_C(0x8000000000003b34), PM_CAT_PRESENT | PM_CAT_PFNZERO},
	    {"zero frame's number in swap is no zero page", UINT64_C(0x4000000000003b34), PM_CAT_SWAPPED},
	    {"file", UINT64_C(0xa100000000000055), PM_CAT_PRESENT | PM_CAT_FILE},
	    {"guard", UINT64_C(0x440000000000009f), PM_CAT_SWAPPED | PM_CAT_GUARD},
	    {"soft-dirty", UINT64_C(0x0080000000000000), PM_CAT_SOFT_DIRTY},
	    {"uffd-wp is none", UINT64_C(0x0200000000000000), 0},
	};
	struct pagemap pm = {.fd = -1, .page_size = FAKE_PAGE, .zero_pfn = 0x3b34};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_u64(pagemap_word_cats(&pm, rows[i].word), rows[i].want, rows[i].name);
	pm.zero_pfn = 0;
	is_u64(pagemap_word_cats(&pm, PM_PRESENT), PM_CAT_PRESENT,
	       "no zero frame known: frame 0 is not it");
}

/* --- runs ------------------------------------------------------------------------------------- */

enum { RUNS = 64 };

struct collected {
	struct pm_run run[RUNS];
	size_t n, stop_after;
};

static int
collect(void *arg, const struct pm_run *run)
{
	struct collected *c = arg;

	if (c->n < RUNS)
		c->run[c->n] = *run;
	c->n++;
	return c->stop_after && c->n >= c->stop_after;
}

static const uint64_t base = UINT64_C(0x7f0000000000);

static uint64_t
index_of(uint64_t page)
{
	return base / FAKE_PAGE + page;
}

static bool
is_run(const struct collected *c, size_t i, uint64_t from, uint64_t to, uint64_t cats)
{
	return i < c->n && c->run[i].start == base + from * FAKE_PAGE &&
	       c->run[i].end == base + to * FAKE_PAGE && c->run[i].cats == cats;
}

static size_t
runs(const struct pagemap *pm, uint64_t from, uint64_t to, uint64_t any, uint64_t cats,
     struct collected *c)
{
	struct err err;

	c->n = 0;
	if (pagemap_runs(pm, base + from * FAKE_PAGE, base + to * FAKE_PAGE, &(struct pm_match){.any = any}, cats, collect,
	                 c, &err) < 0)
		return SIZE_MAX;
	return c->n;
}

static size_t
matching(const struct pagemap *pm, struct pm_match match, struct collected *c)
{
	struct err err;

	c->n = 0;
	if (pagemap_runs(pm, base, base + 20000 * FAKE_PAGE, &match, PM_CAT_PRESENT | PM_CAT_SWAPPED, collect,
	                 c, &err) < 0)
		return SIZE_MAX;
	return c->n;
}

static void
test_runs(void)
{
	enum { P = PM_CAT_PRESENT, S = PM_CAT_SWAPPED, D = PM_CAT_SOFT_DIRTY };
	struct pagemap pm = {.fd = fake_file(), .page_size = FAKE_PAGE};
	struct collected c = {0};

	fake_words(pm.fd, index_of(2), 3, PM_PRESENT | 7);          /* 2-4 */
	fake_words(pm.fd, index_of(5), 2, PM_PRESENT | PM_SOFT_DIRTY); /* 5-6 */
	fake_words(pm.fd, index_of(10), 1, PM_SWAPPED | 0x20);      /* 10 */
	fake_words(pm.fd, index_of(8190), 5, PM_PRESENT);           /* 8190-8194: over a window's end */
	fake_words(pm.fd, index_of(16384), 1, PM_PRESENT);          /* the first of a window */
	fake_end(pm.fd, base + 20000 * FAKE_PAGE);

	is_u64(runs(&pm, 0, 20000, P | S, P | S, &c), 4, "runs: holes are skipped");
	ok(is_run(&c, 0, 2, 7, P) && is_run(&c, 1, 10, 11, S) && is_run(&c, 2, 8190, 8195, P) &&
	       is_run(&c, 3, 16384, 16385, P),
	   "pages alike are one run, whatever else differs, and over the windows of reading");
	is_u64(runs(&pm, 0, 20000, P | S, P | S | D, &c), 5, "asking for soft-dirty splits by it");
	ok(is_run(&c, 0, 2, 5, P) && is_run(&c, 1, 5, 7, P | D), "at the right page");
	ok(runs(&pm, 0, 20000, S, P | S, &c) == 1 && is_run(&c, 0, 10, 11, S), "only what was asked for");
	ok(runs(&pm, 0, 20000, D, 0, &c) == 1 && is_run(&c, 0, 5, 7, 0), "categories not wanted are not told");
	ok(runs(&pm, 3, 6, P, P, &c) == 1 && is_run(&c, 0, 3, 6, P), "a run is cut to the range");
	is_u64(runs(&pm, 11, 8190, P | S, P, &c), 0, "nothing there: no run");
	is_u64(runs(&pm, 7, 7, P | S, P, &c), 0, "an empty range: no run");
	ok(matching(&pm, (struct pm_match){.any = P | S, .all = D}, &c) == 1 && is_run(&c, 0, 5, 7, P),
	   "all of these");
	ok(matching(&pm, (struct pm_match){.any = P | S, .none = P}, &c) == 1 && is_run(&c, 0, 10, 11, S),
	   "none of those");
	is_u64(matching(&pm, (struct pm_match){.all = P, .none = P}, &c), 0, "neither and both is nothing");
	is_u64(matching(&pm, (struct pm_match){.any = P, .none = P}, &c), 0, "nor one of none");
	c.stop_after = 2;
	is_u64(runs(&pm, 0, 20000, P | S, P | S, &c), 2, "a walk that is told to stop stops");
	c.stop_after = 0;

	fake_end(pm.fd, base + 8192 * FAKE_PAGE);
	ok(runs(&pm, 0, 20000, P | S, P | S, &c) == 3 && is_run(&c, 2, 8190, 8192, P),
	   "where the page table ends the walk ends");
	fake_end(pm.fd, 0);
	is_u64(runs(&pm, 0, 20000, P | S, P | S, &c), 0, "no page table: no run");
	close(pm.fd);
	is_u64(runs(&pm, 0, 20000, P | S, P | S, &c), SIZE_MAX, "no file: an error");
}

static void
test_words(void)
{
	struct pagemap pm = {.fd = fake_file(), .page_size = FAKE_PAGE};
	static uint64_t words[20000];
	struct err err;

	for (unsigned i = 0; i < 20000; i += 7)
		fake_word(pm.fd, index_of(i), i + 1);
	fake_end(pm.fd, base + 19000 * FAKE_PAGE);
	ok(pagemap_words(&pm, base, words, 18000, &err) == 18000 && words[0] == 1 && words[1] == 0 &&
	       words[17997] == 17998,
	   "more words than one read takes");
	is_u64((uint64_t)pagemap_words(&pm, base, words, 20000, &err), 19000, "a short file: what there is");
	is_u64((uint64_t)pagemap_words(&pm, base + 19000 * FAKE_PAGE, words, 1, &err), 0, "past its end: none");
	fake_word(pm.fd, UINT64_C(0xffffffffff600), 42);
	ok(pagemap_words(&pm, UINT64_C(0xffffffffff600000), words, 1, &err) == 1 && words[0] == 42,
	   "the last page of 64 bits has a place in the file");
	close(pm.fd);
	ok(pagemap_words(&pm, base, words, 1, &err) == -1 && err.what[0], "no file: an error");
}

/* The kernel never gives part of a word; a file that was cut off does. */
static void
test_cut_word(void)
{
	struct pagemap pm = {.fd = fake_file(), .page_size = FAKE_PAGE};
	uint64_t words[4];
	struct err err;
	jmp_buf out;
	volatile ssize_t n = -2;

	fake_word(pm.fd, 0, 1);
	if (ftruncate(pm.fd, 12) < 0)
		printf("Bail out! ftruncate\n");
	watch(pm.fd, NULL);
	seen.limit = 1000;
	seen.out = &out;
	if (!setjmp(out))
		n = pagemap_words(&pm, 0, words, 4, &err);
	ok(n == 1 && seen.reads < 1000, "half a word at the end of the file ends the reading");
	watch(-1, NULL);
	close(pm.fd);
}

static sigjmp_buf too_long;

static void
on_alarm(int sig)
{
	siglongjmp(too_long, sig);
}

/* The kernel has no such region, a hand-made proc root may: it must not be walked for ever. */
static void
test_part_of_page(void)
{
	struct pagemap pm = {.fd = fake_file(), .page_size = FAKE_PAGE};
	struct collected c = {0};
	volatile bool ended = false;
	struct err err;

	fake_words(pm.fd, 0, 4, PM_PRESENT);
	signal(SIGALRM, on_alarm);
	alarm(2);
	if (!sigsetjmp(too_long, 1)) {
		pagemap_runs(&pm, 1, 2, &(struct pm_match){.any = PM_CAT_PRESENT}, PM_CAT_PRESENT, collect, &c, &err);
		pagemap_runs(&pm, 0, FAKE_PAGE + 1, &(struct pm_match){.any = PM_CAT_PRESENT}, PM_CAT_PRESENT, collect, &c, &err);
		ended = true;
	}
	alarm(0);
	ok(ended, "a range that ends within a page ends the walk");
	close(pm.fd);
}

/* --- frames ----------------------------------------------------------------------------------- */

static void
test_frames(void)
{
	static const uint64_t pfn[] = {100, 101, 102, 102, 50, 49, 48, 300, 511, 512, 100000, 0, 103,
	                               UINT64_C(1) << 54, 1};
	struct frames f = {.flags = fake_file(), .count = -1, .cgroup = -1};
	uint64_t out[ARRAY_LEN(pfn)];
	bool good[ARRAY_LEN(pfn)], right = true;

	for (uint64_t i = 0; i < 512; i++)
		fake_word(f.flags, i, 7000 + i);
	frames_lookup(&f, FRAME_FLAGS, pfn, ARRAY_LEN(pfn), out, good);
	for (size_t i = 0; i < ARRAY_LEN(pfn); i++)
		right &= pfn[i] < 512 ? good[i] && out[i] == 7000 + pfn[i] : !good[i];
	ok(right, "frames: runs, repeats, gaps, downwards, past the end");
	frames_lookup(&f, FRAME_COUNT, pfn, ARRAY_LEN(pfn), out, good);
	right = true;
	for (size_t i = 0; i < ARRAY_LEN(pfn); i++)
		right &= !good[i];
	ok(right, "a file that is not readable knows none");
	close(f.flags);
}

/* Longer than one batch of neighbours, all in order. */
static void
test_frames_long(void)
{
	enum { N = 5000 };
	static uint64_t pfn[N], out[N];
	static bool good[N];
	struct frames f = {.flags = -1, .count = fake_file(), .cgroup = -1};
	bool right = true;

	for (uint64_t i = 0; i < N; i++) {
		pfn[i] = 10 + i;
		fake_word(f.count, 10 + i, i * 3);
	}
	watch(f.count, NULL);
	frames_lookup(&f, FRAME_COUNT, pfn, N, out, good);
	for (size_t i = 0; i < N; i++)
		right &= good[i] && out[i] == i * 3;
	ok(right, "5000 frames in order");
	ok(seen.reads <= 100, "are read together");
	watch(-1, NULL);
	close(f.count);
}

/* --- pages ------------------------------------------------------------------------------------ */

struct memory {
	struct target t;
	int pm, flags; /* of its files */
};

static struct memory *racing;

static void
memory_open(struct memory *m)
{
	int count, cgroup;

	fake_target(&m->t);
	m->pm = fake_root(&m->t)->pm.fd;
	m->flags = fake_frames(&m->t, FRAME_FLAGS);
	count = fake_frames(&m->t, FRAME_COUNT);
	cgroup = fake_frames(&m->t, FRAME_CGROUP);
	for (uint64_t i = 0; i < 64; i++) {
		fake_word(m->flags, i, KPF_ANON | i << 40);
		fake_word(count, i, 10 + i);
		fake_word(cgroup, i, 20 + i);
	}
}

static void
memory_close(struct memory *m)
{
	watch(-1, NULL);
	target_close(&m->t);
}

static void
test_page_read(void)
{
	enum { ALL = PAGE_NEED_FLAGS | PAGE_NEED_COUNT | PAGE_NEED_CGROUP };
	struct memory m;
	struct page pg[8];
	struct err err;

	memory_open(&m);
	fake_word(m.pm, index_of(0), PM_PRESENT | 5);
	fake_word(m.pm, index_of(1), PM_PRESENT | PM_EXCLUSIVE | 6);
	fake_word(m.pm, index_of(2), 0);
	fake_word(m.pm, index_of(3), PM_SWAPPED | 0x20);
	fake_word(m.pm, index_of(4), PM_PRESENT);
	fake_word(m.pm, index_of(5), PM_PRESENT | 4000);
	ok(page_read(m.t.source, base, pg, 8, ALL, &err) == 0, "page_read");
	ok(pg[0].known == (PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_CGROUP) && pg[0].count == 15 &&
	       pg[0].cgroup == 25 && pg[0].kpf == (KPF_ANON | UINT64_C(5) << 40),
	   "a page and its frame's facts");
	ok(pg[1].known & PAGE_COUNT && pg[1].count == 1, "bit 56 says that it is mapped once");
	ok(pg[2].known == PAGE_WORD && pg[3].known == PAGE_WORD, "absent and swapped have no frame");
	ok(pg[4].known == PAGE_WORD && page_hidden(&pg[4]) && !page_hidden(&pg[0]),
	   "present with frame 0 is hidden");
	ok(pg[5].known == (PAGE_WORD | PAGE_NO_RECORD), "a frame past the files' end has no facts");
	ok(pg[6].known == 0 && pg[7].known == 0, "past the page table nothing is known");
	ok(page_pfn(&pg[0]) == 5 && !page_pfn(&pg[2]) && !page_pfn(&pg[3]) && !page_pfn(&pg[6]), "page_pfn");
	page_read(m.t.source, base, pg, 8, 0, &err);
	ok(pg[0].known == PAGE_WORD, "nothing is looked up that is not wanted");
	pagemap_close(&fake_root(&m.t)->pm);
	ok(page_read(m.t.source, base, pg, 8, ALL, &err) == -1, "no page table: an error");
	memory_close(&m);
}

/* Bit 56 of a large folio may be that of its first page, or of all its pages together. */
static void
test_mapped_once(void)
{
	static const uint64_t tail = KPF_COMPOUND_TAIL;
	struct memory m;
	struct page pg[4];
	struct err err;

	memory_open(&m);
	fake_word(m.pm, index_of(0), PM_PRESENT | PM_EXCLUSIVE | 5);
	fake_word(m.pm, index_of(1), PM_PRESENT | PM_EXCLUSIVE | 9);
	fake_word(m.pm, index_of(2), PM_PRESENT | PM_EXCLUSIVE | PM_FILE | 10);
	fake_word(m.pm, index_of(3), PM_PRESENT | PM_EXCLUSIVE | PM_FILE | 6);
	fake_word(m.flags, 8, KPF_COMPOUND_HEAD | KPF_ANON);
	fake_word(m.flags, 9, tail | KPF_ANON);
	fake_word(m.flags, 10, tail);
	fake_end(m.pm, base + 4 * FAKE_PAGE);
	page_read(m.t.source, base, pg, 4, PAGE_NEED_FLAGS | PAGE_NEED_COUNT, &err);
	ok(pg[0].count == 1 && pg[3].count == 1, "a folio of one page is mapped once: bit 56");
	ok(pg[1].count == 19 && pg[2].count == 20, "the counts of larger ones are read");
	page_read(m.t.source, base, pg, 4, PAGE_NEED_COUNT, &err);
	ok(pg[0].count == 15 && pg[3].count == 16, "without flags any page may be part of a large folio");
	memory_close(&m);
}

/* Frame 0's facts must never be taken for a hidden page's. */
static void
test_frame_zero(void)
{
	struct memory m;
	struct page pg[PAGE_BATCH];
	struct err err;

	memory_open(&m);
	fake_words(m.pm, index_of(0), PAGE_BATCH, PM_PRESENT | PM_SOFT_DIRTY);
	watch(m.flags, NULL);
	page_read(m.t.source, base, pg, PAGE_BATCH, PAGE_NEED_FLAGS, &err);
	is_u64(seen.reads, 0, "hidden pages are not looked up at all");
	fake_word(m.pm, index_of(200), PM_PRESENT | 9);
	page_read(m.t.source, base, pg, PAGE_BATCH, PAGE_NEED_FLAGS, &err);
	ok(seen.reads == 1 && seen.lowest == 72, "frame 0 is not read, even beside others");
	memory_close(&m);
}

/* Where the kernel calls every anonymous page KSM's, the flag is believed of none. */
static void
test_ksm_lies(void)
{
	struct memory m;
	struct page pg;
	struct err err;

	memory_open(&m);
	fake_word(m.pm, index_of(0), PM_PRESENT | 5);
	page_read(m.t.source, base, &pg, 1, PAGE_NEED_FLAGS, &err);
	ok(!(pg.known & PAGE_NO_KSM), "the KSM flag is believed");
	m.t.source->meta.ksm_lies = true;
	page_read(m.t.source, base, &pg, 1, PAGE_NEED_FLAGS, &err);
	ok(pg.known & PAGE_NO_KSM, "but not where the kernel sets it on every page");
	memory_close(&m);
}

static void
move_page(void)
{
	fake_word(racing->pm, index_of(0), PM_PRESENT | 6);
	fake_word(racing->pm, index_of(1), PM_SWAPPED | 0x20);
	fake_word(racing->pm, index_of(2), PM_PRESENT | PM_SOFT_DIRTY | 7);
}

static void
drop_pages(void)
{
	fake_end(racing->pm, 0);
}

static void
test_race(void)
{
	struct memory m;
	struct page pg[3];
	struct err err;

	memory_open(&m);
	racing = &m;
	for (uint64_t i = 0; i < 3; i++)
		fake_word(m.pm, index_of(i), PM_PRESENT | (5 + i));
	watch(m.flags, move_page);
	page_read(m.t.source, base, pg, 3, PAGE_NEED_FLAGS | PAGE_NEED_COUNT, &err);
	ok(pg[0].known == (PAGE_WORD | PAGE_RACED) && page_pfn(&pg[0]) == 6,
	   "a page that moved keeps its new word and no frame's facts");
	ok(pg[1].known == (PAGE_WORD | PAGE_RACED) && pg[1].word == (PM_SWAPPED | 0x20),
	   "so does one that was swapped out");
	ok(pg[2].known == (PAGE_WORD | PAGE_FLAGS | PAGE_COUNT), "a write alone moves nothing");
	watch(m.flags, drop_pages);
	page_read(m.t.source, base, pg, 3, PAGE_NEED_FLAGS, &err);
	ok(!(pg[0].known & PAGE_FLAGS) && !(pg[2].known & PAGE_FLAGS),
	   "an address space that went meanwhile has no facts");
	memory_close(&m);
}

/* --- pages that are alike --------------------------------------------------------------------- */

enum {
	ALIKE = 300,
	ALIKE_NEEDS = PAGE_NEED_FLAGS | PAGE_NEED_COUNT | PAGE_NEED_FOLIO,
};
static uint64_t alike_words[ALIKE];
static uint64_t alike_read[ALIKE];

/* Of a few kinds, mostly like the one before; some are hidden, or past the end of the frames. */
static void
alike_fill(struct memory *m, uint64_t *seed)
{
	static const uint64_t kpf[] = {0, KPF_ANON | KPF_DIRTY, KPF_COMPOUND_HEAD};
	static const uint64_t bits[] = {PM_EXCLUSIVE, PM_EXCLUSIVE | PM_SOFT_DIRTY, 0};
	unsigned kind = 0;

	for (uint64_t i = 0; i < ALIKE; i++) {
		uint64_t pfn = fake_below(seed, 66);

		kind = fake_below(seed, 8) ? kind : (unsigned)fake_below(seed, 3);
		alike_words[i] = fake_below(seed, 25) ? PM_PRESENT | bits[kind] | pfn : 0;
		fake_word(m->pm, index_of(i), alike_words[i]);
	}
	for (uint64_t pfn = 0; pfn < 64; pfn++)
		fake_word(m->flags, pfn, kpf[fake_below(seed, 20) ? 0 : fake_below(seed, 3)]);
	fake_end(m->pm, base + ALIKE * FAKE_PAGE);
}

/* Each page of runs, as it would be without them. Returns how many were left out. */
static size_t
alike_spread(struct page *pages)
{
	size_t left_out = 0;

	for (size_t i = 0, n; i < ALIKE; i += n + 1) {
		n = pages[i].followers;
		left_out += n;
		pages[i].followers = 0;
		for (size_t k = 1; k <= n; k++) {
			pages[i + k] = pages[i];
			pages[i + k].word = alike_read[i + k];
			pages[i + k].folio = alike_read[i + k] & PM_PFN_MASK;
		}
	}
	return left_out;
}

static void
alike_move(void)
{
	for (uint64_t i = 0; i < ALIKE; i += i % 7 ? 1 : 13)
		if (alike_words[i])
			fake_word(racing->pm, index_of(i), alike_words[i] ^ 64);
}

static void
test_alike(void)
{
	static struct page each[ALIKE], runs[ALIKE];
	struct memory m;
	struct err err;
	uint64_t seed = 11;
	size_t left_out = 0;
	bool same = true, same_moved = true;

	memory_open(&m);
	racing = &m;
	for (unsigned round = 0; round < 50; round++) {
		alike_fill(&m, &seed);
		watch(-1, NULL);
		memset(runs, 0, sizeof(runs));
		page_read(m.t.source, base, each, ALIKE, ALIKE_NEEDS, &err);
		page_read_runs(m.t.source, base, runs, alike_read, ALIKE,
		               ALIKE_NEEDS | PAGE_NEED_RUNS, &err);
		left_out += alike_spread(runs);
		same = same && !memcmp(each, runs, sizeof(each));
		for (unsigned i = 0; i < 2; i++) {
			for (uint64_t k = 0; k < ALIKE; k++)
				fake_word(m.pm, index_of(k), alike_words[k]);
			memset(runs, 0, sizeof(runs));
			watch(m.flags, alike_move);
			page_read_runs(m.t.source, base, i ? runs : each, alike_read, ALIKE,
			               ALIKE_NEEDS | (i ? PAGE_NEED_RUNS : 0), &err);
		}
		alike_spread(runs);
		same_moved = same_moved && !memcmp(each, runs, sizeof(each));
	}
	ok(same && left_out > 50 * ALIKE / 4, "runs of pages that are alike are what each of them is");
	ok(same_moved, "also if some of them move meanwhile");
	memory_close(&m);
}

/* Regions of our own, which change after they were listed. */
static void
test_stays(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct pm_procmap_query q = {.size = sizeof(q), .query_flags = PM_QUERY_COVERING_OR_NEXT};
	struct pagemap pm = {.fd = -1, .inverts = true};
	char *p = mmap(NULL, 4 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vma_list l;
	struct err err;
	const struct vma *v;
	size_t gone = 0;

	pm.maps = open("/proc/self/maps", O_RDONLY);
	if (ioctl(pm.maps, PM_IOC_QUERY, &q) < 0) {
		ok(true, "a region of our own # SKIP the kernel does not tell of one (Linux 6.11)");
		close(pm.maps);
		return;
	}
	munmap(p + 3 * page, page); /* so that it touches no other */
	mprotect(p + page, page, PROT_READ | PROT_WRITE);
	ok(vma_read(pm.maps, &l, &err) == 0, "our own regions");
	v = vma_at(&l, (uintptr_t)p + page);
	ok(pagemap_region_stays(&pm, v), "one stays");
	for (size_t i = 0; i < l.n; i++) /* the list, and what looks after memory, grew some */
		gone += !pagemap_region_stays(&pm, &l.v[i]);
	mprotect(p + page, page, PROT_NONE);
	ok(gone < l.n / 2 && !pagemap_region_stays(&pm, v), "another permission");
	mprotect(p + page, page, PROT_READ);
	ok(!pagemap_region_stays(&pm, v), "joined with its neighbours");
	munmap(p + page, page);
	ok(!pagemap_region_stays(&pm, v), "unmapped");
	munmap(p, 3 * page);
	vma_free(&l);
	close(pm.maps);
}

int
main(void)
{
	tap_start();
	test_stays();
	test_cats();
	test_runs();
	test_words();
	test_cut_word();
	test_part_of_page();
	test_frames();
	test_frames_long();
	test_page_read();
	test_mapped_once();
	test_frame_zero();
	test_ksm_lies();
	test_race();
	test_alike();
	return tap_done();
}
