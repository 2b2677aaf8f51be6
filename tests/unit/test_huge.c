/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Huge pages, read by their head and one tail, must be what they are page by page. This program's
 * pread stands in front of the C library's, so that a test can change a file between two reads; and
 * the source reports which pages one entry maps, as PAGEMAP_SCAN does.
 */
#include <sys/uio.h>

#include "base/pread.h"
#include "fake.h"
#include "hardened.h"
#include "kernel/kabi.h"
#include "tap.h"
#include "target/page_huge.h"
#include "target/summary.h"
#include "target/walk.h"

enum { N = 512, HUGE_N = 4, PAGES = N * HUGE_N, HEAD = 2048, NEEDS = PAGE_NEED_FLAGS | PAGE_NEED_COUNT };

static const uint64_t base = UINT64_C(0x7f0000000000);

static struct {
	struct target t;
	int words, flags, count, cgroup; /* files */
	struct source_ops ops;
	bool huge[HUGE_N]; /* one entry maps it */
	bool broken;
	unsigned flag_reads, count_reads;
	void (*after_flags)(void);
} m;

ssize_t
pread(int fd, void *to, size_t n, off_t at)
{
	struct iovec iov = {.iov_base = to, .iov_len = n};
	ssize_t r = preadv(fd, &iov, 1, at);

	if (fd == m.flags && m.flags) {
		m.flag_reads++;
		if (m.after_flags)
			m.after_flags();
	}
	m.count_reads += fd == m.count && m.count;
	return r;
}

ssize_t
pread_plain(int fd, void *to, size_t n, uint64_t at)
{
	return pread(fd, to, n, (off_t)at);
}

static bool
is_broken(const struct source *s)
{
	(void)s;
	return m.broken;
}

/* The runs that the words make, split where an entry maps a huge page. */
struct marking {
	uint64_t any, cats;
	pagemap_run_fn *fn;
	void *arg;
	struct pm_run open;
};

static int
mark_run(void *arg, const struct pm_run *run)
{
	struct marking *k = arg;
	uint64_t span = (uint64_t)N * FAKE_PAGE;

	for (uint64_t at = run->start, end; at < run->end; at = end) {
		bool huge = m.huge[(at - base) / span];
		uint64_t cats = (run->cats | (huge ? PM_CAT_HUGE : 0)) & k->cats;

		end = u64_min(run->end, at / span * span + span);
		if (!(k->any & (PM_CAT_PRESENT | PM_CAT_SWAPPED)) && !(huge && k->any & PM_CAT_HUGE))
			continue;
		if (k->open.end == at && k->open.cats == cats) {
			k->open.end = end;
			continue;
		}
		if (k->open.end && k->fn(k->arg, &k->open))
			return 1;
		k->open = (struct pm_run){at, end, cats};
	}
	return 0;
}

static int
marked_runs(const struct source *s, uint64_t start, uint64_t end, const struct pm_match *match,
            uint64_t cats, pagemap_run_fn *fn, void *arg, struct err *err)
{
	struct marking k = {.any = match->any, .cats = cats, .fn = fn, .arg = arg};
	struct pm_match all = {.any = PM_CAT_PRESENT | PM_CAT_SWAPPED};
	int r = pagemap_runs(&source_root_of(s)->pm, start, end, &all,
	                     PM_CAT_PRESENT | PM_CAT_SWAPPED, mark_run, &k, err);

	return r ? r : k.open.end && fn(arg, &k.open);
}

static void
set_word(unsigned i, uint64_t word)
{
	fake_word(m.words, base / FAKE_PAGE + i, word);
}

static void
set_flags(unsigned i, uint64_t kpf)
{
	fake_word(m.flags, HEAD + i, kpf);
}

static void
begin(void)
{
	static const uint64_t tail = KPF_ANON | KPF_COMPOUND_TAIL | KPF_THP | KPF_MMAP;

	fake_target(&m.t);
	m.words = fake_root(&m.t)->pm.fd;
	m.flags = fake_frames(&m.t, FRAME_FLAGS);
	m.count = fake_frames(&m.t, FRAME_COUNT);
	m.cgroup = fake_frames(&m.t, FRAME_CGROUP);
	m.ops = source_dir_ops;
	m.ops.runs = marked_runs;
	m.ops.broken = is_broken;
	m.t.source->ops = &m.ops;
	m.broken = false;
	m.after_flags = NULL;
	m.flag_reads = 0;
	for (unsigned i = 0; i < PAGES; i++) {
		set_word(i, PM_PRESENT | PM_EXCLUSIVE | (HEAD + i));
		set_flags(i, i % N ? tail
		                   : KPF_ANON | KPF_COMPOUND_HEAD | KPF_THP | KPF_UPTODATE | KPF_DIRTY |
		                         KPF_SWAPBACKED | KPF_LRU | KPF_MMAP);
		fake_word(m.count, HEAD + i, 1);
		fake_word(m.cgroup, HEAD + i, i % N ? 0 : 77);
		m.huge[i / N] = true;
	}
	fake_word(m.flags, HEAD + PAGES, 0);
	fake_end(m.words, base + (uint64_t)PAGES * FAKE_PAGE);
}

static void
end(void)
{
	m.flags = m.count = 0;
	fake_close(&m.t);
}

/* --- every page of a walk --------------------------------------------------------------------- */

struct seen {
	struct page page[PAGES];
	unsigned n, whole;
};

static struct seen fast, slow;
static struct page_huge huge[PAGE_HUGE_BATCH];

static int
see_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct seen *s = arg;

	for (size_t i = 0; i < n; i++) {
		s->page[(addr - base) / FAKE_PAGE + i] = pages[i];
		s->page[(addr - base) / FAKE_PAGE + i].like = false; /* says how it was found */
	}
	s->n += (unsigned)n;
	return 0;
}

static int
see_huge(void *arg, uint64_t addr, const struct page *head, const struct page *tail)
{
	struct seen *s = arg;
	size_t at = (addr - base) / FAKE_PAGE;

	s->whole++;
	s->page[at] = *head;
	for (size_t i = 1; i < N; i++) {
		s->page[at + i] = *tail;
		s->page[at + i].word = tail->word + i - 1;
	}
	s->n += N;
	return 0;
}

static const struct vma region = {.start = UINT64_C(0x7f0000000000),
                                  .end = UINT64_C(0x7f0000000000) + (uint64_t)PAGES * FAKE_PAGE,
                                  .type = VMA_ANON,
                                  .perm = VMA_READ | VMA_WRITE, .name = ""};

static void
walk(struct seen *s, unsigned from, unsigned to, unsigned needs, bool broken, bool whole)
{
	struct walk_fns fns = {.pages = see_pages, .huge = whole ? see_huge : NULL};
	struct walk_options o = {.needs = needs};
	struct err err;

	memset(s, 0, sizeof(*s));
	m.broken = broken;
	m.flag_reads = m.count_reads = 0;
	walk_pages(&m.t, &region, base + (uint64_t)from * FAKE_PAGE,
	           base + (uint64_t)to * FAKE_PAGE, &o, &fns, s, &err);
}

/* Whether all pages are the same in each way of reading. *whole: huge pages that were told so. */
static bool
same(unsigned from, unsigned to, unsigned needs, unsigned *whole)
{
	bool ok;

	walk(&slow, from, to, needs, true, true);
	walk(&fast, from, to, needs, false, true);
	*whole = fast.whole;
	ok = !slow.whole && fast.n == slow.n && !memcmp(fast.page, slow.page, sizeof(fast.page));
	walk(&fast, from, to, needs, false, false);
	return ok && fast.n == slow.n && !memcmp(fast.page, slow.page, sizeof(fast.page));
}

static void
test_whole(void)
{
	unsigned whole;

	begin();
	ok(same(0, PAGES, NEEDS, &whole) && whole == HUGE_N, "huge pages are what their pages are");
	walk(&fast, 0, PAGES, NEEDS, false, false);
	ok(m.flag_reads <= HUGE_N, "for one lookup each");
	for (unsigned i = 0; i < HUGE_N; i++)
		set_flags(i * N, KPF_ANON | KPF_COMPOUND_HEAD | KPF_THP | KPF_UPTODATE | KPF_DIRTY | KPF_OWNER_2);
	walk(&fast, 0, PAGES, NEEDS, false, true);
	ok(!m.count_reads && fast.page[7].count == 1, "exclusive as a whole: no count is looked up");
	set_word(7, PM_PRESENT | (HEAD + 7)); /* which cannot be */
	is_u64(page_read_huge(m.t.source, base, HUGE_N, NEEDS, huge), HUGE_N, "nor are all of its words");
	set_word(7, PM_PRESENT | PM_EXCLUSIVE | (HEAD + 7));
	ok(fast.page[0].state == STATE_THP_HEAD && fast.page[1].state == STATE_THP_TAIL &&
	       fast.page[PAGES - 1].state == STATE_THP_TAIL && fast.page[PAGES - 1].count == 1,
	   "heads and tails, to the last page");
	ok(same(0, PAGES, PAGE_NEED_FLAGS | PAGE_NEED_FOLIO | PAGE_NEED_CGROUP, &whole) &&
	       whole == HUGE_N && slow.page[0].cgroup == 77,
	   "with folio and cgroup");
	ok(same(0, PAGES, 0, &whole) && !whole, "nothing is looked up that is not wanted");
	ok(same(100, PAGES - 100, NEEDS, &whole) && whole == 2, "parts at either end come as pages");
	ok(same(N + 1, N + 2, NEEDS, &whole) && !whole, "one page of one");
	for (unsigned i = 1; i < N; i++)
		set_flags(i, KPF_COMPOUND_TAIL | KPF_ANON);
	ok(same(0, PAGES, NEEDS, &whole) && whole == HUGE_N && fast.page[5].head & KPF_DIRTY,
	   "flags that only the head has (before Linux 6.10)");
	end();
}

static void
test_not_whole(void)
{
	unsigned whole;

	begin();
	m.huge[1] = false;
	set_word(N + 5, 0);
	set_word(N + 6, PM_SWAPPED | 0x20);
	set_word(N + 7, PM_SWAPPED | PM_GUARD | PM_SWAP_WORD(31, PM_MARKER_GUARD));
	ok(same(0, PAGES, NEEDS, &whole) && whole == 3, "one mapped by small entries: gap, swap, guard");
	end();
	begin();
	set_word(N + 300, PM_PRESENT | (HEAD + N + 300));
	ok(same(0, PAGES, NEEDS, &whole) && whole == 3, "a page of it is mapped by others, too");
	for (unsigned i = 0; i < N; i++)
		set_word(i, PM_PRESENT | (HEAD + i));
	fake_word(m.count, HEAD + 200, 3);
	ok(same(0, PAGES, NEEDS, &whole) && whole == 2 && fast.page[200].count == 3,
	   "all of it is: counts are read page by page");
	ok(same(0, PAGES, PAGE_NEED_FLAGS, &whole) && whole == 3, "unless they are not wanted");
	end();
	begin();
	fake_word(m.count, HEAD + 200, 2);
	ok(same(0, PAGES, NEEDS, &whole) && whole == HUGE_N - 1 && fast.page[200].count == 2,
	   "bug: bit 56 is that of the first page, and what others had of the rest was called its own");
	set_flags(0, KPF_ANON | KPF_COMPOUND_HEAD | KPF_THP | KPF_UPTODATE | KPF_OWNER_2);
	fake_word(m.count, HEAD + 200, 1);
	ok(same(0, PAGES, NEEDS, &whole) && whole == HUGE_N, "one that is exclusive as a whole");
	end();
	begin();
	set_flags(2, KPF_ANON | KPF_COMPOUND_TAIL | KPF_THP | KPF_MMAP | KPF_HWPOISON);
	ok(same(0, PAGES, NEEDS, &whole) && whole == 3, "broken memory in one of its first pages");
	set_flags(N + 300, KPF_ANON | KPF_COMPOUND_TAIL | KPF_HWPOISON);
	walk(&slow, 0, PAGES, NEEDS, true, true);
	ok(!slow.whole && slow.page[N + 300].state == STATE_HWPOISON,
	   "anywhere: where memory has broken all pages are read");
	end();
	begin();
	for (unsigned i = 0; i < N; i++) {
		set_word(i, PM_PRESENT | PM_EXCLUSIVE | PM_FILE | (HEAD + i));
		set_word(N + i, PM_PRESENT | PM_EXCLUSIVE);
	}
	ok(same(0, PAGES, NEEDS, &whole) && whole == 2, "pages of a file; frames that are hidden");
	end();
}

/* --- changes between two reads ---------------------------------------------------------------- */

static void
split(void)
{
	m.huge[0] = false;
	set_word(300, PM_SWAPPED | 0x20);
}

static void
collapse(void)
{
	for (unsigned i = 0; i < N; i++)
		set_word(i, PM_PRESENT | PM_EXCLUSIVE | (HEAD + N + i));
}

static void
collapse_second(void)
{
	for (unsigned i = N; i < 2 * N && m.flag_reads == 2; i++)
		set_word(i, PM_PRESENT | PM_EXCLUSIVE | (HEAD + N + i));
}

static void
collapse_third(void)
{
	for (unsigned i = 2 * N; i < 3 * N && m.flag_reads == 3; i++)
		set_word(i, PM_PRESENT | PM_EXCLUSIVE | (HEAD + N + i));
}

static void
drop(void)
{
	fake_end(m.words, 0);
}

static void
share(void)
{
	for (unsigned i = 0; i < N; i++)
		set_word(i, PM_PRESENT | (HEAD + i));
}

/* How many of n huge pages are read as such while that happens. */
static size_t
read_while(unsigned n, void (*change)(void))
{
	size_t k;

	begin();
	m.after_flags = change;
	k = page_read_huge(m.t.source, base, n, NEEDS, huge);
	m.after_flags = NULL;
	return k;
}

static void
test_races(void)
{
	is_u64(read_while(2, NULL), 2, "nothing changes: two huge pages");
	end();
	is_u64(read_while(2, split), 0, "split and swapped in part between two reads: page by page");
	end();
	is_u64(read_while(2, collapse), 0, "replaced by another");
	end();
	is_u64(read_while(3, collapse), 0, "the first of three");
	end();
	is_u64(read_while(2, collapse_second), 1, "the second of two");
	end();
	is_u64(read_while(3, collapse_second), 1, "the second of three");
	end();
	is_u64(read_while(3, collapse_third), 2, "the last of three");
	end();
	is_u64(read_while(2, share), 0, "shared by a fork");
	end();
	is_u64(read_while(2, drop), 0, "gone with its address space");
	end();
	begin();
	m.after_flags = split;
	walk(&fast, 0, PAGES, NEEDS, false, true);
	ok(fast.n == PAGES && fast.page[300].word == (PM_SWAPPED | 0x20) && !(fast.page[300].known & PAGE_FLAGS),
	   "a walk reads it again by its pages");
	end();
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool
sum(struct summary *s, bool broken)
{
	struct err err;
	bool ok;

	m.broken = broken;
	summary_init(s, FAKE_PAGE, true);
	ok = summary_add(s, &m.t, &region, region.start, region.end, &err) == 0;
	summary_end(s);
	return ok;
}

static bool
same_sums(void)
{
	struct summary a, b;
	bool ok = sum(&a, false) && sum(&b, true);

	ok &= a.flags_n == b.flags_n && !memcmp(a.flags, b.flags, a.flags_n * sizeof(*a.flags));
	ok &= !memcmp(a.by_state, b.by_state, sizeof(a.by_state)) &&
	      !memcmp(a.by_type, b.by_type, sizeof(a.by_type)) &&
	      !memcmp(a.by_share, b.by_share, sizeof(a.by_share)) &&
	      !memcmp(a.folios, b.folios, sizeof(a.folios));
	ok &= a.pages == b.pages && a.present == b.present && a.pss == b.pss && a.pss_unknown == b.pss_unknown;
	summary_free(&a);
	summary_free(&b);
	return ok;
}

static void
test_sums(void)
{
	begin();
	ok(same_sums(), "a summary of huge pages is that of their pages");
	m.huge[2] = false;
	set_word(2 * N + 100, 0);
	set_word(N + 9, PM_PRESENT | (HEAD + N + 9));
	ok(same_sums(), "with one that was split, and one that is shared in part");
	end();
}

int
main(void)
{
	tap_start();
	test_whole();
	test_not_whole();
	test_races();
	test_sums();
	return tap_done();
}
