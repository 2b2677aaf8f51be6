/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel's own part costs: bare loops over its files with the data thrown away, the
 * denominators of every ratio in bench/run.
 *
 *   limits PID START LEN LOOP...    one line a loop: "NAME CPU-NS CALLS PAGES"
 *   limits run COMMAND...           "CPU-NS WALL-NS MAXRSS-KIB STATUS" of a whole process, whose
 *                                   standard output goes to /dev/null
 *   limits run-old COMMAND...       the same, as on a kernel without PAGEMAP_SCAN (before 6.7)
 * START is hex and LEN decimal bytes, as bench/target prints them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "cause/causes.h"
#include "cause/perf.h"
#include "kernel/kabi.h"
#include "kernel/vma.h"

#define WINDOW   65536 /* bytes of one read; more buys nothing: the kernel walks 2 MiB a lock */
#define MAX_GAP  4     /* frames read in vain rather than starting another read */
#define BATCH    512   /* pages that one page of the page table maps: what pmtop reads at once */
#define REGIONS  512   /* more in one PAGEMAP_SCAN makes its walk_end stale, Linux 6.7 to 6.18 */
#define SCAN_SPAN (UINT64_C(1) << 32)

struct range {
	uint64_t first, n;
};

struct work {
	int pid;
	uint64_t start, len, page;
	uint64_t calls, pages;
	struct range *windows; /* runs of page frames, ascending */
	size_t n_windows;
	uint64_t *pfns; /* in order of address */
	size_t n_pfns;
};

static uint64_t buf[WINDOW / sizeof(uint64_t)];

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench/limits: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
open_proc(const struct work *w, const char *name)
{
	char path[64];
	int fd;

	if (*name == '/')
		snprintf(path, sizeof(path), "/proc%s", name);
	else
		snprintf(path, sizeof(path), "/proc/%d/%s", w->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static size_t
read_words(struct work *w, int fd, uint64_t first, uint64_t n)
{
	ssize_t got = pread(fd, buf, u64_min(n, WINDOW / 8) * 8, (off_t)(first * 8));

	if (got < 0)
		die("pread");
	w->calls++;
	return (size_t)got / 8;
}

/* --- the frames of the range, found before any clock runs ------------------------------------- */

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
collect_pfns(struct work *w)
{
	int fd = open_proc(w, "pagemap");
	uint64_t at = w->start / w->page, end = at + w->len / w->page;
	size_t cap = 0, n;

	for (; at < end; at += n) {
		n = read_words(w, fd, at, end - at);
		if (!n)
			die("pagemap ends early");
		for (size_t i = 0; i < n; i++) {
			if (!(buf[i] >> 63) || !(buf[i] & PM_PFN_MASK))
				continue;
			w->pfns = vec_room(w->pfns, w->n_pfns, &cap, sizeof(*w->pfns));
			w->pfns[w->n_pfns++] = buf[i] & PM_PFN_MASK;
		}
	}
	close(fd);
}

static void
make_windows(struct work *w)
{
	uint64_t *sorted = mem_alloc(w->n_pfns * sizeof(*sorted));
	size_t cap = 0;

	if (w->n_pfns)
		memcpy(sorted, w->pfns, w->n_pfns * sizeof(*sorted));
	qsort(sorted, w->n_pfns, sizeof(*sorted), compare_u64);
	for (size_t i = 0; i < w->n_pfns; i++) {
		struct range *last = w->n_windows ? &w->windows[w->n_windows - 1] : NULL;

		if (last && sorted[i] <= last->first + last->n + MAX_GAP) {
			last->n = sorted[i] - last->first + 1;
			continue;
		}
		w->windows = vec_room(w->windows, w->n_windows, &cap, sizeof(*w->windows));
		w->windows[w->n_windows++] = (struct range){ .first = sorted[i], .n = 1 };
	}
	free(sorted);
}

static void
need_pfns(struct work *w)
{
	if (w->pfns)
		return;
	collect_pfns(w);
	if (!w->n_pfns) {
		fprintf(stderr, "bench/limits: no page frame numbers: needs CAP_SYS_ADMIN\n");
		exit(1);
	}
	make_windows(w);
}

/* --- the loops -------------------------------------------------------------------------------- */

static void
read_range(struct work *w, int fd, uint64_t first, uint64_t n, uint64_t at_once)
{
	for (size_t got; n; first += got, n -= got) {
		got = read_words(w, fd, first, u64_min(n, at_once));
		if (!got)
			break;
		w->pages += got;
	}
}

static void
loop_pagemap(struct work *w, int fd)
{
	read_range(w, fd, w->start / w->page, w->len / w->page, WINDOW / 8);
}

static void
loop_pagemap_single(struct work *w, int fd)
{
	read_range(w, fd, w->start / w->page, w->len / w->page, 1);
}

static void
loop_frames(struct work *w, int fd)
{
	for (size_t i = 0; i < w->n_windows; i++)
		read_range(w, fd, w->windows[i].first, w->windows[i].n, WINDOW / 8);
}

static void
loop_frames_single(struct work *w, int fd)
{
	for (size_t i = 0; i < w->n_pfns; i++)
		read_range(w, fd, w->pfns[i], 1, 1);
}

/* The first of n frames in order of address that are read together; how many it stands for. */
static size_t
read_neighbours(struct work *w, int fd, const uint64_t *pfns, size_t n)
{
	uint64_t lo = pfns[0], hi = lo;
	size_t i;

	for (i = 1; i < n; i++) {
		uint64_t p = pfns[i], down = u64_min(lo, p), up = u64_max(hi, p);

		if (p + MAX_GAP < lo || p > hi + MAX_GAP || up - down >= BATCH)
			break;
		lo = down;
		hi = up;
	}
	read_range(w, fd, lo, hi - lo + 1, WINDOW / 8);
	return i;
}

/* In order of address, neighbours together: what no memory of frames beyond the next needs. */
static void
loop_frames_by_address(struct work *w, int fd)
{
	for (size_t i = 0; i < w->n_pfns;)
		i += read_neighbours(w, fd, w->pfns + i, w->n_pfns - i);
}

/*
 * What is the kernel's in pmtop's way of reading pages with their flags: a batch of words, its
 * frames in order of address, and the words again, to see that these still were its frames.
 */
static void
loop_checked(struct work *w, int fd)
{
	int flags = open_proc(w, "/kpageflags");
	uint64_t at = w->start / w->page, end = at + w->len / w->page, pfns[BATCH];

	for (size_t n; at < end; at += n) {
		size_t k = 0;

		n = read_words(w, fd, at, u64_min(end - at, BATCH - at % BATCH));
		for (size_t i = 0; i < n; i++)
			if (buf[i] >> 63 && buf[i] & PM_PFN_MASK)
				pfns[k++] = buf[i] & PM_PFN_MASK;
		for (size_t i = 0; i < k;)
			i += read_neighbours(w, flags, pfns + i, k - i);
		if (!n || !read_words(w, fd, at, n))
			break;
	}
	close(flags);
}

/*
 * The same of huge pages that lie in order: of each its first word and three frames, and of two the
 * words where they meet.
 */
static void
loop_checked_huge(struct work *w, int fd)
{
	int flags = open_proc(w, "/kpageflags");
	uint64_t at = w->start / w->page, end = at + w->len / w->page;

	at = (at + BATCH - 1) / BATCH * BATCH;
	for (uint64_t i = 0; at + BATCH <= end; at += BATCH, i++) {
		if (!read_words(w, fd, at, 1))
			break;
		read_range(w, flags, buf[0] & PM_PFN_MASK, 3, 3);
		if (i % 2 == 0)
			read_words(w, fd, at + BATCH - 1, at + BATCH < end ? 2 : 1);
	}
	close(flags);
}

static void
scan(struct work *w, int fd, uint64_t mask, uint64_t inverted)
{
	static struct pm_scan_region vec[REGIONS];
	uint64_t end = w->start + w->len;
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .start = w->start, .vec = (uintptr_t)vec, .vec_len = REGIONS,
		.category_inverted = inverted, .category_mask = mask,
		.return_mask = PM_CAT_PRESENT | PM_CAT_HUGE,
	};

	for (; arg.start < end; arg.start = arg.walk_end) {
		long n;

		arg.end = u64_min(end, arg.start + SCAN_SPAN);
		n = ioctl(fd, PM_IOC_SCAN, &arg);
		if (n < 0)
			die("PAGEMAP_SCAN");
		w->calls++;
		for (long i = 0; i < n; i++)
			w->pages += (vec[i].end - vec[i].start) / w->page;
	}
}

static void
loop_scan(struct work *w, int fd)
{
	scan(w, fd, PM_CAT_PRESENT, 0);
}

static void
loop_scan_absent(struct work *w, int fd)
{
	scan(w, fd, PM_CAT_PRESENT, PM_CAT_PRESENT);
}

static void
loop_scan_soft_dirty(struct work *w, int fd)
{
	scan(w, fd, PM_CAT_SOFT_DIRTY, 0);
}

/* --- what a recorder asks, once a second ------------------------------------------------------ */

enum { SAMPLES = 10, WRITTEN = 256 };

/* All of the memory, however far one call comes. */
static void
scan_on(struct work *w, int fd, struct pm_scan_arg *arg)
{
	arg->end = w->start + w->len;
	for (arg->start = w->start; arg->start < arg->end; arg->start = arg->walk_end) {
		if (ioctl(fd, PM_IOC_SCAN, arg) < 0)
			die("PAGEMAP_SCAN");
		w->calls++;
	}
}

/* Reports what was written in memory that is registered, and protects it again. */
static void
take_written(struct work *w, int fd)
{
	static struct pm_scan_region vec[WRITTEN];
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .flags = PM_SCAN_WP_MATCHING,
		.vec = (uintptr_t)vec, .vec_len = WRITTEN, .category_inverted = PM_CAT_GUARD,
		.category_mask = PM_CAT_WRITTEN | PM_CAT_WPALLOWED | PM_CAT_GUARD,
		.category_anyof_mask = PM_CAT_PRESENT | PM_CAT_SWAPPED, .return_mask = PM_CAT_PFNZERO,
	};

	scan_on(w, fd, &arg);
}

/* Which pages are not as most of full memory is. */
static void
count_states(struct work *w, int fd)
{
	static struct pm_scan_region vec[REGIONS];
	uint64_t most = PM_CAT_PRESENT | PM_CAT_WPALLOWED;
	uint64_t all = most | PM_CAT_SWAPPED | PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD;
	struct pm_scan_arg arg = {
		.size = sizeof(arg), .vec = (uintptr_t)vec, .vec_len = REGIONS,
		.category_inverted = most, .category_anyof_mask = all, .return_mask = all,
	};

	scan_on(w, fd, &arg);
}

static void
loop_samples(struct work *w, int fd)
{
	for (int i = 0; i < SAMPLES; i++) {
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		count_states(w, fd);
		take_written(w, fd);
	}
}

static void
count_fault(void *arg, const struct perf_sample *s)
{
	(void)s;
	++*(uint64_t *)arg;
}

static void
ignore_lost(void *arg, uint64_t n)
{
	(void)arg, (void)n;
}

/* A ring for each processor, with the faults of the process, which has one thread. */
static struct perf_ring *
watch_faults(const struct work *w, struct pollfd *fds, int n)
{
	const struct perf_watch watch = {
		.kind = PERF_FAULTS_MINOR, .kernel = true, .period = 1, .depth = CAUSES_DEPTH };
	struct perf_ring *v = mem_alloc((size_t)n * sizeof(*v));

	for (int i = 0; i < n; i++) {
		int event = perf_open(&watch, w->pid, i);

		if (event < 0 || perf_ring_open(&v[i], i, 4 << 20, 1 << 20) < 0 ||
		    perf_ring_take(&v[i], event) < 0)
			die("perf_event_open");
		fds[i] = (struct pollfd){ .fd = v[i].fd, .events = POLLIN };
	}
	return v;
}

/* The same, and the page faults are watched: they are read, and forgotten. */
static void
loop_samples_faults(struct work *w, int fd)
{
	enum { CPUS = 256 };
	int n = (int)u64_min((uint64_t)perf_cpus(), CPUS);
	struct pollfd fds[CPUS];
	struct perf_ring *ring = watch_faults(w, fds, n);
	const struct perf_events to = { count_fault, ignore_lost, &w->pages };

	for (int i = 0; i < SAMPLES; i++) {
		for (uint64_t until = time_ns() + TIME_SECOND; time_ns() < until;) {
			poll(fds, (nfds_t)n, 50);
			for (int k = 0; k < n; k++)
				perf_ring_read(&ring[k], &to);
		}
		count_states(w, fd);
		take_written(w, fd);
	}
	for (int i = 0; i < n; i++)
		perf_ring_close(&ring[i]);
	free(ring);
}

static void
loop_text(struct work *w, int fd)
{
	ssize_t n;

	while ((n = read(fd, buf, WINDOW)) > 0)
		w->calls++;
	if (n < 0)
		die("read");
}

/* Memory for as many regions, too, which the kernel has to give and to clear. */
static void
loop_maps_kept(struct work *w, int fd)
{
	struct vma *kept = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = read(fd, buf, WINDOW)) > 0) {
		const char *at = (const char *)buf, *end = at + n;

		w->calls++;
		while ((at = memchr(at, '\n', (size_t)(end - at)))) {
			kept = vec_room(kept, w->pages, &cap, sizeof(*kept));
			kept[w->pages++] = (struct vma){0};
			at++;
		}
	}
	if (n < 0)
		die("read");
	free(kept);
}

/* Not a limit: our own reading of maps, beside `maps`. */
static void
loop_regions(struct work *w, int fd)
{
	struct vma_list list;
	struct err err;

	if (vma_read(fd, &list, &err) < 0)
		die("maps");
	w->pages = list.n;
	vma_free(&list);
}

static const struct loop {
	const char *name, *file; /* with a slash: not in the process's directory */
	bool by_pfn;
	void (*run)(struct work *w, int fd);
} loops[] = {
	{ "pagemap", "pagemap", false, loop_pagemap },
	{ "pagemap-single", "pagemap", false, loop_pagemap_single },
	{ "checked", "pagemap", false, loop_checked },
	{ "checked-huge", "pagemap", false, loop_checked_huge },
	{ "scan", "pagemap", false, loop_scan },
	{ "scan-absent", "pagemap", false, loop_scan_absent },
	{ "scan-soft-dirty", "pagemap", false, loop_scan_soft_dirty },
	{ "samples", "pagemap", false, loop_samples },
	{ "samples-faults", "pagemap", false, loop_samples_faults },
	{ "kpageflags", "/kpageflags", true, loop_frames },
	{ "kpageflags-by-address", "/kpageflags", true, loop_frames_by_address },
	{ "kpageflags-single", "/kpageflags", true, loop_frames_single },
	{ "kpagecount", "/kpagecount", true, loop_frames },
	{ "maps", "maps", false, loop_text },
	{ "maps-kept", "maps", false, loop_maps_kept },
	{ "regions", "maps", false, loop_regions },
	{ "numa_maps", "numa_maps", false, loop_text },
	{ "smaps", "smaps", false, loop_text },
	{ "smaps_rollup", "smaps_rollup", false, loop_text },
};

static uint64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int
run_loop(struct work *w, const char *name)
{
	for (const struct loop *l = loops; l < loops + ARRAY_LEN(loops); l++) {
		uint64_t t;
		int fd;

		if (strcmp(l->name, name))
			continue;
		if (l->by_pfn)
			need_pfns(w);
		w->calls = w->pages = 0;
		t = cpu_ns();
		fd = open_proc(w, l->file);
		l->run(w, fd);
		close(fd);
		t = cpu_ns() - t;
		printf("%s %ju %ju %ju\n", name, (uintmax_t)t, (uintmax_t)w->calls,
		       (uintmax_t)w->pages);
		return 0;
	}
	fprintf(stderr, "bench/limits: no loop %s\n", name);
	return 2;
}

/* --- a whole process -------------------------------------------------------------------------- */

static uint64_t
timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_usec * 1000;
}

/* Have PAGEMAP_SCAN answered as by a kernel that does not know it. */
static void
forbid_scan(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PM_IOC_SCAN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_LEN(rules), .filter = rules };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

/*
 * In C for rusage's sake: shells and perl know the CPU time of a child to 10 ms only. Its helpers
 * are counted, too.
 */
static int
run_command(char **argv, bool old)
{
	uint64_t t = time_ns();
	struct rusage use, all;
	int status, fd;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pid == 0) {
		fd = open("/dev/null", O_WRONLY);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
			die("/dev/null");
		if (old)
			forbid_scan();
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (wait4(pid, &status, 0, &use) < 0)
		die("wait4");
	t = time_ns() - t;
	while (wait(NULL) > 0)
		;
	getrusage(RUSAGE_CHILDREN, &all);
	printf("%ju %ju %ld %d\n", (uintmax_t)(timeval_ns(all.ru_utime) + timeval_ns(all.ru_stime)),
	       (uintmax_t)t, use.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

int
main(int argc, char **argv)
{
	struct work w = { .page = (uint64_t)sysconf(_SC_PAGESIZE) };
	const char *end;
	uint64_t pid;
	int rc = 0;

	if (argc > 2 && (!strcmp(argv[1], "run") || !strcmp(argv[1], "run-old")))
		return run_command(argv + 2, argv[1][3]);
	if (argc < 5 || !parse_u64(argv[1], 10, &end, &pid) || *end || pid > INT_MAX ||
	    !parse_u64(argv[2], 16, &end, &w.start) || *end ||
	    !parse_u64(argv[3], 10, &end, &w.len) || *end) {
		fprintf(stderr, "Usage: bench/limits PID START LEN LOOP... | run COMMAND...\n");
		fprintf(stderr, "loops:");
		for (size_t i = 0; i < ARRAY_LEN(loops); i++)
			fprintf(stderr, " %s", loops[i].name);
		fprintf(stderr, "\n");
		return 2;
	}
	w.pid = (int)pid;
	memset(buf, 1, sizeof(buf)); /* or its first loop would pay for the memory */
	for (int i = 4; i < argc && !rc; i++)
		rc = run_loop(&w, argv[i]);
	free(w.pfns);
	free(w.windows);
	return rc;
}
