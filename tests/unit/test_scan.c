/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs by PAGEMAP_SCAN. This program's ioctl stands in front of the C library's: a kernel with one
 * region, which reports as Linux does, and changes between two calls when a test wants it to.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "fake.h"
#include "kernel/kabi.h"
#include "kernel/pagemap.h"
#include "tap.h"

enum {
	PAGES = 40000,
	PM_FD = 1000,
	MAPS_FD = 1001,
	P = PM_CAT_PRESENT,
	S = PM_CAT_SWAPPED,
	Z = PM_CAT_PFNZERO,
	H = PM_CAT_HUGE,
	D = PM_CAT_SOFT_DIRTY,
	MAPPED = 1 << 15, /* of a page: the region is there */
};

static const uint64_t base = UINT64_C(0x7f0000000000);

static struct {
	uint16_t page[PAGES]; /* PM_CAT_*, MAPPED */
	uint64_t inode;
	bool gone, mute; /* the address space has gone; no PROCMAP_QUERY */
	unsigned scans, inverted;
	uint64_t reported; /* pages */
	void (*before)(unsigned scan), (*after)(unsigned scan);
} kernel;

static size_t
page_at(uint64_t addr)
{
	return (addr - base) / FAKE_PAGE;
}

static bool
is_asked(const struct pm_scan_arg *a, uint64_t cats)
{
	uint64_t c = cats ^ a->category_inverted;

	return (c & a->category_mask) == a->category_mask &&
	       (!a->category_anyof_mask || c & a->category_anyof_mask);
}

static int
scan(struct pm_scan_arg *a)
{
	struct pm_scan_region *vec = (struct pm_scan_region *)(uintptr_t)a->vec;
	uint64_t found = 0;
	int n = 0;

	kernel.inverted += a->category_inverted != 0;
	if (kernel.before)
		kernel.before(kernel.scans);
	a->walk_end = a->end;
	for (uint64_t at = a->start; at < a->end; at += FAKE_PAGE) {
		uint16_t page = kernel.gone ? 0 : kernel.page[page_at(at)];
		uint64_t cats = page & ~(unsigned)MAPPED & a->return_mask;

		if (!(page & MAPPED) || !is_asked(a, page & ~(unsigned)MAPPED))
			continue;
		if (found == a->max_pages ||
		    (n == (int)a->vec_len && (vec[n - 1].end != at || vec[n - 1].categories != cats))) {
			a->walk_end = at;
			break;
		}
		found++;
		if (n && vec[n - 1].end == at && vec[n - 1].categories == cats)
			vec[n - 1].end += FAKE_PAGE;
		else
			vec[n++] = (struct pm_scan_region){at, at + FAKE_PAGE, cats};
	}
	kernel.reported += found;
	if (kernel.after)
		kernel.after(kernel.scans);
	kernel.scans++;
	return n;
}

static int
query(struct pm_procmap_query *q)
{
	size_t from = page_at(q->query_addr), to = from;

	if (kernel.gone || kernel.mute || !(kernel.page[from] & MAPPED)) {
		errno = kernel.mute ? ENOTTY : ENOENT;
		return -1;
	}
	while (from > 0 && kernel.page[from - 1] & MAPPED)
		from--;
	while (to < PAGES && kernel.page[to] & MAPPED)
		to++;
	q->vma_start = base + from * FAKE_PAGE;
	q->vma_end = base + to * FAKE_PAGE;
	q->inode = kernel.inode;
	return 0;
}

int
ioctl(int fd, unsigned long what, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, what);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd == PM_FD && what == PM_IOC_SCAN)
		return scan(arg);
	if (fd == MAPS_FD && what == PM_IOC_QUERY)
		return query(arg);
	errno = EBADF;
	return -1;
}

/* --- the runs of all pages -------------------------------------------------------------------- */

/* What the runs said of each page; UINT16_MAX: nothing. */
static uint16_t told[PAGES];
static size_t runs_n;

static int
note_run(void *arg, const struct pm_run *run)
{
	bool *bad = arg;

	runs_n++;
	for (uint64_t at = run->start; at < run->end; at += FAKE_PAGE) {
		*bad |= told[page_at(at)] != UINT16_MAX;
		told[page_at(at)] = (uint16_t)run->cats;
	}
	return 0;
}

static bool
read_runs(bool inverts, uint64_t any, uint64_t cats)
{
	struct pagemap pm = {.fd = PM_FD, .maps = MAPS_FD, .page_size = FAKE_PAGE, .scan = 0x1ff,
	                     .inverts = inverts};
	struct err err;
	bool bad = false;

	memset(told, 0xff, sizeof(told));
	runs_n = 0;
	kernel.scans = kernel.inverted = 0;
	kernel.reported = 0;
	return pagemap_runs(&pm, base, base + (uint64_t)PAGES * FAKE_PAGE,
	                    &(struct pm_match){.any = any}, cats, note_run, &bad, &err) == 0 && !bad;
}

/* Whether the runs said what the page tables are now. */
static bool
is_true(uint64_t any, uint64_t cats)
{
	for (size_t i = 0; i < PAGES; i++) {
		bool matches = kernel.page[i] & MAPPED && kernel.page[i] & any;

		if (told[i] != (matches ? kernel.page[i] & cats : UINT16_MAX))
			return false;
	}
	return true;
}

static void
fill(size_t from, size_t to, uint16_t cats)
{
	for (size_t i = from; i < to; i++)
		kernel.page[i] = MAPPED | cats;
}

static void
unmap(size_t from, size_t to)
{
	memset(kernel.page + from, 0, (to - from) * sizeof(*kernel.page));
}

static void
kernel_new(void)
{
	memset(&kernel, 0, sizeof(kernel));
	fill(0, PAGES, P);
}

static void
test_dense(void)
{
	kernel_new();
	kernel.page[0] = kernel.page[PAGES - 1] = kernel.page[5000] = MAPPED;
	kernel.page[5001] = MAPPED | S;
	kernel.page[9999] = MAPPED | P | Z;
	ok(read_runs(true, P | S, P | S | Z) && is_true(P | S, P | S | Z) && kernel.inverted,
	   "most are present: the others are asked for, and all is told");
	ok(kernel.reported < 2200, "at the price of these");
	ok(runs_n == 5, "runs are maximal, whatever the calls were");
	kernel.page[PAGES - 1] |= P;
	kernel.page[PAGES - 2] = MAPPED;
	ok(read_runs(true, P | S, P) && is_true(P | S, P), "the last page is present");
	ok(read_runs(true, S, P | S) && is_true(S, P | S) && !kernel.inverted,
	   "what is not asked for is not found by its absence");
	fill(0, PAGES, P | D);
	kernel.page[20000] &= (uint16_t)~D;
	ok(read_runs(true, P, P | D) && is_true(P, P | D) && kernel.inverted && kernel.reported < 2200,
	   "most may be soft-dirty as well");
}

static void
test_sparse(void)
{
	kernel_new();
	fill(0, PAGES, 0);
	kernel.page[7] |= P;
	kernel.page[39999] |= S;
	ok(read_runs(true, P | S, P | S) && is_true(P | S, P | S) && !kernel.inverted,
	   "most are absent: the present are asked for");
	fill(10000, 30000, P);
	ok(read_runs(true, P | S, P | S) && is_true(P | S, P | S), "a dense part in a sparse region");
	fill(0, PAGES, P | H);
	ok(read_runs(true, P | S, P | H) && is_true(P | S, P | H) && !kernel.inverted,
	   "huge pages are cheap to report");
	fill(1024, 2048, P);
	kernel.page[1500] = MAPPED;
	ok(read_runs(true, P | S, P | H) && is_true(P | S, P | H), "a huge page that was split");
}

static void
test_random(void)
{
	static const uint16_t some[] = {0, P, P, P | Z, S, P | D, P | H};
	uint64_t seed = 14;
	bool right = true;

	for (int round = 0; round < 40; round++) {
		kernel_new();
		for (size_t i = 0; i < PAGES;) {
			size_t n = 1 + fake_below(&seed, fake_below(&seed, 2) ? 9 : 9000);
			uint16_t common = some[fake_below(&seed, 7)];
			unsigned rare = (unsigned)fake_below(&seed, 60);

			for (; n-- && i < PAGES; i++)
				kernel.page[i] = MAPPED | (fake_below(&seed, 60) < rare
				                               ? some[fake_below(&seed, 7)]
				                               : common);
		}
		right &= read_runs(true, P | S, P | S | Z | H | D) && is_true(P | S, P | S | Z | H | D);
		right &= read_runs(true, P, S) && is_true(P, S);
		right &= read_runs(true, P | D, P | D) && is_true(P | D, P | D);
	}
	ok(right, "regions of all sorts, in either way of asking");
}

/* --- regions that go -------------------------------------------------------------------------- */

static void
test_unmapped(void)
{
	kernel_new();
	unmap(12000, 13000);
	ok(read_runs(true, P, P) && is_true(P, P) && !kernel.inverted,
	   "where the region has a hole no page is taken for present");
	unmap(0, 100);
	ok(read_runs(true, P, P) && is_true(P, P), "nor where its beginning is gone");
	kernel_new();
	unmap(PAGES - 1, PAGES);
	ok(read_runs(true, P, P) && is_true(P, P), "nor its last page");
	kernel_new();
	kernel.mute = true;
	ok(read_runs(true, P, P) && is_true(P, P) && !kernel.inverted,
	   "nor where the kernel does not tell of regions");
}

static void
lose_some(unsigned scan)
{
	if (scan == 2)
		unmap(PAGES - 5000, PAGES);
}

static void
lose_all(unsigned scan)
{
	kernel.gone |= scan == 2;
}

/* Unmapped before the call, mapped again at once by something else. */
static void
lose_it(unsigned scan)
{
	if (scan == 2)
		unmap(0, PAGES);
}

static void
find_another(unsigned scan)
{
	if (scan == 2) {
		fill(0, PAGES, 0);
		kernel.inode = 7;
	}
}

static void
test_races(void)
{
	bool none = true;

	kernel_new();
	kernel.before = lose_some;
	read_runs(true, P, P);
	ok(kernel.inverted && told[PAGES - 1] == UINT16_MAX, "unmapped before a call: not told");
	kernel_new();
	kernel.after = lose_some;
	read_runs(true, P, P);
	ok(told[PAGES - 1] == UINT16_MAX, "unmapped after a call: the call does not count");
	kernel_new();
	kernel.before = lose_all;
	read_runs(true, P, P);
	for (size_t i = PAGES - 5000; i < PAGES; i++)
		none &= told[i] == UINT16_MAX;
	ok(kernel.inverted && none, "an address space that has gone has no page");
	kernel_new();
	kernel.before = lose_it;
	kernel.after = find_another;
	read_runs(true, P, P);
	ok(kernel.inverted && told[PAGES - 1] == UINT16_MAX,
	   "another region at its place is not the one that was asked about");
}

int
main(void)
{
	tap_start();
	test_dense();
	test_sparse();
	test_random();
	test_unmapped();
	test_races();
	return tap_done();
}
