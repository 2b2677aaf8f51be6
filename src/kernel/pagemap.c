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
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "kernel/proc_bar.h"

enum {
	WINDOW = 1024,  /* words per pread: 8 KiB, on the stack */
	SCAN_VEC = 512, /* the kernel's own batch: a longer vector makes it report a tail twice */
	SCAN_PAGES = 16384, /* matched pages per call: bounds the time under mmap_lock */
	BREATH_NS = 20000, /* between calls, so that a waiting writer gets the mmap_lock */
};
/*
 * Bytes a call: at most, which bounds walks of empty tables; and at first, which bounds walks of
 * full ones that hardly match.
 */
static const uint64_t SCAN_SPAN = UINT64_C(4) << 30, SCAN_SPAN_LEAST = UINT64_C(64) << 20;

void
pagemap_breathe(void)
{
	struct timespec ts = {.tv_nsec = BREATH_NS};

	nanosleep(&ts, NULL);
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
	int fd = open(PROC_ROOT "/self/pagemap", O_RDONLY | O_CLOEXEC);

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
	pm->fd = proc_file(p, "pagemap", O_RDONLY);
	if (pm->fd < 0)
		return err_sys(err, file_is_odd(errno) ? NULL : proc_bar_help(proc_bar_of(p)),
		               "cannot read the page tables of process %d (%s)", (int)p->pid,
		               p->comm);
	return 0;
}

void
pagemap_probe(struct pagemap *pm)
{
	pm->scan = pagemap_probe_scan(pm->fd, pm->page_size);
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
	                                    "huge",      "soft-dirty", "guard"};
	const char *before = "";

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (cats >> i & 1) {
			buf_fmt(out, "%s%s", before, names[i]);
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

/* One call; returns as the ioctl. */
static int
pagemap_scan_once(const struct pagemap *pm, uint64_t start, uint64_t end,
                  const struct pm_match *match, uint64_t cats, struct pm_scan_region *vec,
                  uint64_t *walked)
{
	struct pm_scan_arg arg = {.size = sizeof(arg), .start = start, .end = end,
	                          .vec = (uintptr_t)vec, .vec_len = SCAN_VEC,
	                          .max_pages = SCAN_PAGES,
	                          .category_mask = match->all | match->none,
	                          .category_inverted = match->none,
	                          .category_anyof_mask = match->any & ~match->none,
	                          .return_mask = cats};
	int n = ioctl(pm->fd, PM_IOC_SCAN, &arg);

	*walked = arg.walk_end;
	return n;
}

/* The span of the next call, after one that took `ns`. */
static uint64_t
pagemap_next_span(uint64_t span, uint64_t ns)
{
	if (ns < 4 * (uint64_t)BREATH_NS)
		return u64_min(span * 2, SCAN_SPAN);
	return ns > 10 * (uint64_t)BREATH_NS ? u64_max(span / 2, SCAN_SPAN_LEAST) : span;
}

static int
pagemap_runs_by_scan(const struct pagemap *pm, uint64_t start, uint64_t end,
                     const struct pm_match *match, uint64_t cats, struct joiner *j,
                     struct err *err)
{
	struct pm_scan_region vec[SCAN_VEC] = {0}; /* for valgrind, blind to the ioctl */
	uint64_t span = match->all | match->none ? SCAN_SPAN_LEAST : SCAN_SPAN;

	while (start < end) {
		uint64_t began = time_ns(), walked, took;
		int n = pagemap_scan_once(pm, start, u64_min(end, start + span), match, cats, vec,
		                          &walked);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EFAULT)
			return 0; /* past the user's address space: [vsyscall] */
		if (n < 0)
			return err_sys(err, NULL, "cannot scan the page tables at %#llx",
			               (unsigned long long)start);
		for (int i = 0; i < n; i++)
			if (pagemap_joiner_add(j, vec[i].start, vec[i].end,
			                       vec[i].categories & cats))
				return 1;
		if (walked <= start)
			return 0; /* the address space is gone */
		start = walked;
		if (start >= end)
			break;
		if (pagemap_stopped(pm))
			return 1;
		took = time_ns() - began;
		span = pagemap_next_span(span, took);
		/* a call over 4 GiB of nothing takes a microsecond: no need to pause */
		if (took >= BREATH_NS)
			pagemap_breathe();
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
		                          .end = u64_min(end, addr + SCAN_SPAN),
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

static int
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
