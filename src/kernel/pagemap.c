/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/folio_sizes.h"
#include "kernel/kabi.h"
#include "kernel/proc_bar.h"

enum {
	WINDOW = 1024,  /* words per pread: 8 KiB, on the stack */
	SCAN_VEC = 512, /* the kernel's own batch: a longer vector makes it report a tail twice */
	SCAN_PAGES = 16384, /* matched pages per call: bounds the time under mmap_lock */
	SCAN_FIRST = 2048, /* of the first, which tells what most pages are */
	SCAN_MAJORITY = 8, /* of one kind must be 1 / SCAN_MAJORITY more pages than of the other */
	SCAN_VOTES = 64,   /* runs of a call that show what most pages are */
	BREATH_NS = 20000, /* between calls, so that a waiting writer gets the mmap_lock */
	BUSY_NS = 8 * BREATH_NS, /* of calls before it: a pause takes 13 us of CPU, too */
};
/*
 * Bytes a call: at most, which bounds walks of empty tables; and at first, which bounds walks of
 * full ones that hardly match.
 */
static const uint64_t SCAN_SPAN = UINT64_C(4) << 30, SCAN_SPAN_LEAST = UINT64_C(64) << 20;
static const uint64_t SCAN_SPAN_MOST = UINT64_C(4) << 40; /* where there are few tables */

void
pagemap_breathe(void)
{
	struct timespec ts = {.tv_nsec = BREATH_NS};

	nanosleep(&ts, NULL);
}

void
pagemap_await(int fd)
{
	uint64_t word;

	(void)!pread(fd, &word, sizeof(word), 0); /* takes the lock, wherever it is */
}

/* The categories that PAGEMAP_SCAN supports, probed bit by bit on an empty range. */
static uint64_t
pagemap_probe_scan(int fd, size_t page_size)
{
	uint64_t known = 0;

	for (unsigned bit = 0; bit < 16; bit++) {
		struct pm_scan_region out;
		struct pm_scan_arg arg = {.size = sizeof(arg),
		                          .start = page_size,
		                          .end = 2 * page_size,
		                          .vec = (uintptr_t)&out,
		                          .vec_len = 1,
		                          .return_mask = UINT64_C(1) << bit};

		if (ioctl(fd, PM_IOC_SCAN, &arg) >= 0)
			known |= UINT64_C(1) << bit;
	}
	return known;
}

/* A page of our own that was only read maps the zero page. */
static uint64_t
pagemap_probe_zero_pfn(size_t page_size)
{
	uint64_t word = 0;
	volatile char *p = mmap(NULL, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = proc_own_file("pagemap", O_RDONLY);

	if (p != MAP_FAILED && fd >= 0) {
		(void)*p;
		if (pread(fd, &word, sizeof(word), (off_t)((uintptr_t)p / page_size * 8)) !=
		    sizeof(word))
			word = 0;
	}
	if (fd >= 0)
		close(fd);
	if (p != MAP_FAILED)
		munmap((void *)p, page_size);
	return word & PM_PRESENT ? word & PM_PFN_MASK : 0;
}

bool
pagemap_shows_frames(size_t page_size)
{
	return pagemap_probe_zero_pfn(page_size) != 0;
}

int
pagemap_open(struct pagemap *pm, const struct proc *p, struct err *err)
{
	const char *how;

	pm->fd = proc_file(p, "pagemap", O_RDONLY);
	if (pm->fd >= 0)
		return 0;
	how = file_is_odd(errno) ? NULL : proc_bar_how(proc_bar_of(p), RIGHTS_TABLES);
	return err_sys(err, how, "cannot read the page tables of process %d (%s)", (int)p->pid,
	               p->comm);
}

/* The region at addr. false: there is none, or the kernel does not say (before Linux 6.11). */
static bool
pagemap_region(const struct pagemap *pm, uint64_t addr, uint64_t how, struct pm_procmap_query *out)
{
	*out = (struct pm_procmap_query){
	    .size = sizeof(*out), .query_flags = how, .query_addr = addr};
	return ioctl(pm->maps, PM_IOC_QUERY, out) == 0;
}

bool
pagemap_region_stays(const struct pagemap *pm, const struct vma *v)
{
	struct pm_procmap_query q;

	if (!pm->inverts || v->type == VMA_KERNEL)
		return true;
	if (!pagemap_region(pm, v->start, 0, &q))
		return errno != ENOENT;
	return q.vma_start == v->start && q.vma_end == v->end && q.vma_flags == v->perm &&
	       q.vma_offset == v->offset && q.inode == v->inode;
}

void
pagemap_probe(struct pagemap *pm)
{
	struct pm_procmap_query first;

	pm->scan = pagemap_probe_scan(pm->fd, pm->page_size);
	pm->inverts = pagemap_region(pm, 0, PM_QUERY_COVERING_OR_NEXT, &first);
	pm->zero_pfn = pagemap_probe_zero_pfn(pm->page_size);
}

void
pagemap_close(struct pagemap *pm)
{
	if (pm->fd >= 0)
		close(pm->fd);
	pm->fd = -1;
}

ssize_t
pagemap_words(const struct pagemap *pm, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	size_t got = 0;

	while (got < n) {
		size_t want = u64_min(n - got, WINDOW);
		/* [vsyscall] has a word number past what off_t can hold as a byte offset of the
		 * address, but not as one of the word: 2^64 / 4096 * 8 fits */
		off_t at = (off_t)((addr / pm->page_size + got) * sizeof(*words));
		ssize_t r = pread(pm->fd, words + got, want * sizeof(*words), at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(err, NULL, "cannot read the page tables at %#llx",
			               (unsigned long long)addr);
		if (r < (ssize_t)sizeof(*words))
			break;
		got += (size_t)r / sizeof(*words);
		if (got < n)
			pagemap_breathe();
	}
	return (ssize_t)got;
}

uint64_t
pagemap_word_cats(const struct pagemap *pm, uint64_t w)
{
	uint64_t cats = 0;

	if (w & PM_PRESENT)
		cats |= PM_CAT_PRESENT;
	if (w & PM_SWAPPED)
		cats |= PM_CAT_SWAPPED;
	if (w & PM_FILE)
		cats |= PM_CAT_FILE;
	if (w & PM_GUARD)
		cats |= PM_CAT_GUARD;
	if (w & PM_SOFT_DIRTY)
		cats |= PM_CAT_SOFT_DIRTY;
	if (pm->zero_pfn && (w & PM_PRESENT) && (w & PM_PFN_MASK) == pm->zero_pfn)
		cats |= PM_CAT_PFNZERO;
	return cats;
}

void
pagemap_cat_names(struct buf *out, uint64_t cats, const char *sep)
{
	static const char *const names[] = {"wpallowed", "written",    "file",
	                                    "present",   "swapped",    "pfnzero",
	                                    "huge",      "soft-dirty", "guard",
	                                    "accessed"};
	const char *before = "";

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (cats >> i & 1) {
			bool unsure = UINT64_C(1) << i == PM_CAT_WRITTEN && cats & PM_CAT_UNSURE;

			buf_fmt(out, "%s%s%s", before, names[i], unsure ? "?" : "");
			before = sep;
		}
}

/* Joins adjacent runs with the same categories: the kernel splits them at batch boundaries. */
struct joiner {
	struct pm_run run;
	pagemap_run_fn *fn;
	void *arg;
};

static int
pagemap_joiner_flush(struct joiner *j)
{
	int stop = j->run.end ? j->fn(j->arg, &j->run) : 0;

	j->run.end = 0;
	return stop;
}

static int
pagemap_joiner_add(struct joiner *j, uint64_t start, uint64_t end, uint64_t cats)
{
	if (j->run.end == start && j->run.cats == cats) {
		j->run.end = end;
		return 0;
	}
	if (pagemap_joiner_flush(j))
		return 1;
	j->run = (struct pm_run){start, end, cats};
	return 0;
}

static bool
pagemap_stopped(const struct pagemap *pm)
{
	return pm->stop && pm->stop(pm->stop_arg);
}

/*
 * A walk by PAGEMAP_SCAN. A page that the kernel reports costs five times one that it does not, so
 * the pages to ask for are the few: once most pages of a call have had the same categories
 * (`common`), the next one asks for those that differ in any of `wanted`, and what lies between
 * them is common.
 *
 * Trap: the kernel reports nothing of addresses that are not mapped, nor of device memory. So an
 * inverted call counts only within one region that is there, the same, before it and after it. A
 * call holds the mmap lock all the time: regions cannot come and go within it.
 */
struct scan {
	const struct pagemap *pm;
	const struct pm_match *match;
	uint64_t cats, from;
	uint64_t wanted; /* 0: does not invert */
	uint64_t common; /* 0: asks for the pages that match */
	uint64_t span, most;
	struct pm_procmap_query region; /* at `from`, before an inverted call */
	struct pm_scan_region *vec; /* SCAN_VEC of them */
};

/* One call; returns as the ioctl. */
static int
pagemap_scan_once(struct scan *s, uint64_t start, uint64_t end, uint64_t *walked)
{
	const struct pm_match *m = s->match;
	struct pm_scan_arg arg = {.size = sizeof(arg), .start = start,
	                          .end = u64_min(end, start + s->span),
	                          .vec = (uintptr_t)s->vec, .vec_len = SCAN_VEC,
	                          .max_pages = s->most,
	                          .category_mask = m->all | m->none,
	                          .category_inverted = m->none,
	                          .category_anyof_mask = m->any & ~m->none,
	                          .return_mask = s->cats};
	int n;

	if (s->common) {
		arg.category_inverted = s->common;
		arg.category_anyof_mask = arg.return_mask = s->wanted;
	}
	n = ioctl(s->pm->fd, PM_IOC_SCAN, &arg);
	*walked = arg.walk_end;
	return n;
}

/* What most of some pages have in common, if anything: found by outvoting. */
struct vote {
	uint64_t cats, weight;
};

static void
pagemap_vote(struct vote *v, const struct scan *s, uint64_t start, uint64_t end, uint64_t cats)
{
	/* by entries, in pages' bytes */
	uint64_t n = cats & PM_CAT_HUGE ? (end - start) / folio_huge_pages(s->pm->page_size)
	                                : end - start;

	if (v->cats != cats && n > v->weight)
		*v = (struct vote){cats, n - v->weight};
	else
		v->weight += v->cats == cats ? n : -n;
}

/* The pages between two that were reported. Returns whether to stop. */
static bool
pagemap_scan_between(const struct scan *s, uint64_t start, uint64_t end, struct joiner *j)
{
	return s->common && start < end && pagemap_joiner_add(j, start, end, s->common & s->cats);
}

/* Reports the n runs of a call over [start, walked). */
static bool
pagemap_scan_report(const struct scan *s, int n, uint64_t start, uint64_t walked, struct joiner *j)
{
	uint64_t any = s->match->any, at = start;

	for (int i = 0; i < n; i++) {
		const struct pm_scan_region *r = &s->vec[i];

		if (pagemap_scan_between(s, at, r->start, j))
			return true;
		if ((!s->common || r->categories & any) &&
		    pagemap_joiner_add(j, r->start, r->end, r->categories & s->cats))
			return true;
		at = r->end;
	}
	return pagemap_scan_between(s, at, walked, j);
}

/* What most of these pages are, by the first of the n runs of a call over them. */
static uint64_t
pagemap_scan_common(const struct scan *s, int n, uint64_t start, uint64_t walked)
{
	uint64_t at = start, cats;
	struct vote v = {0};

	for (int i = 0; i < n && i < SCAN_VOTES; i++) {
		const struct pm_scan_region *r = &s->vec[i];

		pagemap_vote(&v, s, at, r->start, s->common);
		pagemap_vote(&v, s, r->start, r->end, r->categories);
		at = r->end;
	}
	if (n < SCAN_VOTES) {
		pagemap_vote(&v, s, at, walked, s->common);
		at = walked;
	}
	cats = v.cats & s->match->any & PM_CAT_PRESENT && !(v.cats & PM_CAT_HUGE) ? v.cats : 0;
	return v.weight < (at - start) / SCAN_MAJORITY ? 0 : cats & s->wanted;
}

/* Decides how the next call asks, after one that reported n runs of [start, walked). */
static void
pagemap_scan_turn(struct scan *s, int n, uint64_t start, uint64_t walked)
{
	uint64_t common = s->wanted ? pagemap_scan_common(s, n, start, walked) : 0;

	if (s->wanted && s->common != common) {
		s->common = common;
		s->span = common ? SCAN_SPAN_LEAST : SCAN_SPAN;
	}
	s->most = SCAN_PAGES;
}

/* Terabytes may be reserved, as the shadow of a sanitizer, and next to nothing of them in use. */
static uint64_t
pagemap_most_span(const struct pagemap *pm)
{
	return pm->few_tables ? SCAN_SPAN_MOST : SCAN_SPAN;
}

/* The span of the next call, after one that took `ns`. */
static uint64_t
pagemap_next_span(const struct pagemap *pm, uint64_t span, uint64_t ns)
{
	if (ns < 4 * (uint64_t)BREATH_NS)
		return u64_min(span * 2, pagemap_most_span(pm));
	if (ns <= 10 * (uint64_t)BREATH_NS)
		return span;
	return u64_max(u64_min(span, SCAN_SPAN) / 2, SCAN_SPAN_LEAST);
}

/* Whether the region of an inverted call is there; `again`: still, as it was before. */
static bool
pagemap_scan_may_invert(struct scan *s, uint64_t end, bool again)
{
	struct pm_procmap_query q;

	if (!pagemap_region(s->pm, s->from, 0, &q) || q.vma_end < end)
		return false;
	if (again)
		return !memcmp(&q, &s->region, sizeof(q));
	s->region = q;
	return true;
}

/* One call, inverted if that is worth it and safe; returns as the ioctl. */
static int
pagemap_scan_some(struct scan *s, uint64_t start, uint64_t end, uint64_t *walked)
{
	int n;

	if (s->common && !pagemap_scan_may_invert(s, end, false))
		s->common = s->wanted = 0;
	n = pagemap_scan_once(s, start, end, walked);
	if (n < 0 || !s->common || pagemap_scan_may_invert(s, end, true))
		return n;
	s->common = s->wanted = 0;
	return pagemap_scan_once(s, start, end, walked);
}

static void
pagemap_scan_begin(struct scan *s, const struct pagemap *pm, uint64_t start,
                   const struct pm_match *match, uint64_t cats)
{
	bool some = match->all | match->none;
	bool inverts = pm->inverts && !some && match->any & PM_CAT_PRESENT;

	s->pm = pm;
	s->match = match;
	s->cats = cats;
	s->from = start;
	s->wanted = inverts ? cats | match->any : 0;
	s->span = some ? SCAN_SPAN_LEAST : SCAN_SPAN;
	s->most = inverts ? SCAN_FIRST : SCAN_PAGES;
}

static int
pagemap_runs_by_scan(const struct pagemap *pm, uint64_t start, uint64_t end,
                     const struct pm_match *match, uint64_t cats, struct joiner *j,
                     struct err *err)
{
	struct pm_scan_region vec[SCAN_VEC] = {{0}}; /* for valgrind, blind to the ioctl */
	struct scan s = {.vec = vec};
	uint64_t busy = 0, ended = 0; /* since the last pause; when the last call did */

	pagemap_scan_begin(&s, pm, start, match, cats);
	while (start < end) {
		uint64_t began = time_ns(), walked, took;
		int n = pagemap_scan_some(&s, start, end, &walked);

		busy = began - ended < BREATH_NS ? busy : 0; /* reading the pages was a pause */
		ended = time_ns();
		took = ended - began;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EFAULT)
			return 0; /* past the user's address space: [vsyscall] */
		if (n < 0)
			return err_sys(err, NULL, "cannot scan the page tables at %#llx",
			               (unsigned long long)start);
		if (walked <= start)
			return 0; /* the address space is gone */
		if (pagemap_scan_report(&s, n, start, walked, j))
			return 1;
		pagemap_scan_turn(&s, n, start, walked);
		start = walked;
		if (start >= end)
			break;
		if (pagemap_stopped(pm))
			return 1;
		s.span = pagemap_next_span(pm, s.span, took);
		/* a call over 4 GiB of nothing takes a microsecond: no need to pause after each */
		busy += took;
		if (busy < BUSY_NS)
			continue;
		pagemap_breathe();
		busy = 0;
	}
	return 0;
}

/* The first address at or after addr that a plain file has data for. */
static uint64_t
pagemap_skip_hole(const struct pagemap *pm, uint64_t addr)
{
	off_t at = (off_t)(addr / pm->page_size * sizeof(uint64_t)),
	      data = lseek(pm->fd, at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? UINT64_MAX : addr;
	return data > at ? (uint64_t)data / sizeof(uint64_t) * pm->page_size : addr;
}

uint64_t
pagemap_next(const struct pagemap *pm, uint64_t addr, uint64_t end)
{
	static const uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;

	if (pm->plain)
		return u64_min(pagemap_skip_hole(pm, addr), end);
	while (!(any & ~pm->scan) && addr < end) {
		struct pm_scan_region found = {0};
		struct pm_scan_arg arg = {.size = sizeof(arg), .start = addr,
		                          .end = u64_min(end, addr + pagemap_most_span(pm)),
		                          .vec = (uintptr_t)&found, .vec_len = 1, .max_pages = 1,
		                          .category_anyof_mask = any, .return_mask = any};
		int n = ioctl(pm->fd, PM_IOC_SCAN, &arg);

		if (n > 0)
			return found.start;
		if (n < 0 && errno != EINTR)
			return errno == EFAULT ? end : addr;
		if (n == 0 && arg.walk_end <= addr)
			return end; /* the address space is gone */
		addr = n == 0 ? arg.walk_end : addr;
	}
	return addr;
}

static bool
pagemap_matches(const struct pm_match *m, uint64_t cats)
{
	return !(m->all & ~cats) && !(m->none & cats) && (!m->any || m->any & cats);
}

/* Not in the frame of its caller, which has the other way's buffer already. */
__attribute__((noinline)) static int
pagemap_runs_by_words(const struct pagemap *pm, uint64_t start, uint64_t end,
                      const struct pm_match *match, uint64_t cats, struct joiner *j,
                      struct err *err)
{
	uint64_t words[WINDOW];

	while (start < end) {
		if (pm->plain && (start = pagemap_skip_hole(pm, start)) >= end)
			return 0;
		size_t want = u64_min((end - start) / pm->page_size, WINDOW);
		ssize_t n = pagemap_words(pm, start, words, want, err);

		if (n < 0)
			return -1;
		if (!want)
			return 0; /* a range that ends within a page */
		for (size_t i = 0; i < (size_t)n; i++) {
			uint64_t c = pagemap_word_cats(pm, words[i]);

			if (pagemap_matches(match, c) &&
			    pagemap_joiner_add(j, start + i * pm->page_size,
			                       start + (i + 1) * pm->page_size, c & cats))
				return 1;
		}
		if ((size_t)n < want)
			return 0;
		if (pagemap_stopped(pm))
			return 1;
		start += want * pm->page_size;
	}
	return 0;
}

int
pagemap_runs(const struct pagemap *pm, uint64_t start, uint64_t end, const struct pm_match *match,
             uint64_t cats, pagemap_run_fn *fn, void *arg, struct err *err)
{
	struct joiner j = {.fn = fn, .arg = arg};
	bool scans = pm->scan && !((match->any | match->all | match->none) & ~pm->scan);
	int r;

	if (match->all & match->none || (match->any && !(match->any & ~match->none)))
		return 0; /* no page */
	r = scans ? pagemap_runs_by_scan(pm, start, end, match, cats & pm->scan, &j, err)
	          : pagemap_runs_by_words(pm, start, end, match, cats, &j, err);
	return r ? r : pagemap_joiner_flush(&j) ? 1 : 0;
}
