/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of a known shape, to measure against: makes it, prints "PID START LEN" (decimal, hex,
 * decimal bytes) and "READY", then pauses, or goes on as the shape says.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/kabi.h"

#define HUGE  ((uint64_t)2 << 20)
#define BATCH 1024 /* pages freed and used again at a time by `frag` */
#define TICK_NS 10000000

static uint64_t page;
static uint64_t random_state = 88172645463325252;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench/target: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t
random_below(uint64_t n)
{
	return random_word() % n;
}

/* Anonymous memory, aligned to huge pages, advised with `advice`. */
static uint8_t *
map(uint64_t size, int advice)
{
	uint8_t *p = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t head;

	if (p == MAP_FAILED)
		die("mmap");
	head = -(uintptr_t)p & (HUGE - 1);
	if (head)
		munmap(p, head);
	if (head < HUGE)
		munmap(p + head + size, HUGE - head);
	madvise(p + head, size, advice);
	return p + head;
}

static void
touch(uint8_t *p, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += page)
		p[i] = 1;
}

static void
announce(const uint8_t *p, uint64_t size)
{
	printf("%d %jx %ju\nREADY\n", (int)getpid(), (uintmax_t)(uintptr_t)p, (uintmax_t)size);
	fflush(stdout);
}

static void
wait_ns(long ns)
{
	struct timespec t = { .tv_nsec = ns };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* --- the arguments ---------------------------------------------------------------------------- */

static uint64_t
parse_size(const char *s)
{
	static const char units[] = "KMGT";
	const char *end, *unit;
	uint64_t n;

	if (!parse_u64(s, 10, &end, &n))
		end = "?";
	unit = *end ? strchr(units, *end) : NULL;
	if ((*end && !unit) || (unit && end[1])) {
		fprintf(stderr, "bench/target: not a size: %s\n", s);
		exit(2);
	}
	return unit ? n << 10 * (unit - units + 1) : n;
}

static double
parse_fraction(const char *s)
{
	char *end;
	double f = strtod(s, &end);

	if (*end || !(f >= 0 && f <= 1)) {
		fprintf(stderr, "bench/target: not a fraction from 0 to 1: %s\n", s);
		exit(2);
	}
	return f;
}

/* --- shapes that lie still -------------------------------------------------------------------- */

static void
make_anon4k(char **arg)
{
	uint64_t size = parse_size(arg[0]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	touch(p, size);
	announce(p, size);
}

static void
make_thp(char **arg)
{
	uint64_t size = parse_size(arg[0]);
	uint8_t *p = map(size, MADV_HUGEPAGE);

	touch(p, size);
	announce(p, size);
}

static void
make_sparse(char **arg)
{
	uint64_t size = parse_size(arg[0]);
	uint64_t n = (uint64_t)(parse_fraction(arg[1]) * (double)(size / page));
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	while (n--)
		p[random_below(size / page) * page] = 1;
	announce(p, size);
}

static void
make_sparseblk(char **arg)
{
	uint64_t size = parse_size(arg[0]);
	uint64_t n = (uint64_t)(parse_fraction(arg[1]) * (double)(size / HUGE));
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	while (n--)
		touch(p + random_below(size / HUGE) * HUGE, HUGE);
	announce(p, size);
}

static void
make_alt(char **arg)
{
	uint64_t size = parse_size(arg[0]), every = parse_size(arg[1]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	for (uint64_t i = 0; i < size; i += page * u64_max(every, 1))
		p[i] = 1;
	announce(p, size);
}

static void
make_half(char **arg)
{
	uint64_t size = parse_size(arg[0]);
	uint64_t limit = (uint64_t)(parse_fraction(arg[1]) * 1e6);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	for (uint64_t i = 0; i < size; i += page)
		if (random_below(1000000) < limit)
			p[i] = 1;
	announce(p, size);
}

/*
 * In one region: a 12th of huge pages, a 12th of small ones, a 12th of which every second page is
 * there, and of the rest one page in a hundred.
 */
static void
make_mixed(char **arg)
{
	uint64_t size = parse_size(arg[0]), part = size / 12 & ~(HUGE - 1);
	uint8_t *p = map(size, MADV_HUGEPAGE);

	touch(p, part);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	touch(p + part, part);
	for (uint64_t i = 0; i < part; i += 2 * page)
		p[2 * part + i] = 1;
	for (uint64_t n = (size - 3 * part) / page / 100; n--;)
		p[3 * part + random_below((size - 3 * part) / page) * page] = 1;
	announce(p, size);
}

/* Touched, cleared of its soft-dirty bits, and FRACTION of it written again. */
static void
make_softdirty(char **arg)
{
	uint64_t size = parse_size(arg[0]);
	uint64_t limit = (uint64_t)(parse_fraction(arg[1]) * 1e6);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	touch(p, size);
	if (fd < 0 || write(fd, "4", 1) < 0)
		die("/proc/self/clear_refs");
	close(fd);
	for (uint64_t i = 0; i < size; i += page)
		if (random_below(1000000) < limit)
			p[i] = 2;
	announce(p, size);
}

/* One-page regions: neighbours differ in protection, or every second is a file's, so that the kernel cannot merge them. */
static void
make_vmas(char **arg)
{
	uint64_t n = parse_size(arg[0]), size = n * page;
	bool touched = arg[1] && !strcmp(arg[1], "touch"), files = arg[1] && !strcmp(arg[1], "files");
	uint8_t *p = map(size, MADV_NOHUGEPAGE);
	int fd = files ? open("/proc/self/exe", O_RDONLY) : -1;

	if (touched)
		touch(p, size);
	for (uint64_t i = 0; i < n; i += 2)
		if (files ? mmap(p + i * page, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED
		          : mprotect(p + i * page, page, PROT_READ) != 0)
			die("mmap, mprotect (vm.max_map_count?)");
	announce(p, size);
}

/* Page numbers 0..n-1 in a random order. */
static uint32_t *
shuffled(uint64_t n)
{
	uint32_t *order = mem_alloc(n * sizeof(*order));

	for (uint64_t i = 0; i < n; i++) {
		uint64_t j = random_below(i + 1);

		order[i] = order[j];
		order[j] = (uint32_t)i;
	}
	return order;
}

/* Physically scattered: frames freed at random from a bigger filler are used again at once. */
static void
make_frag(char **arg)
{
	uint64_t size = parse_size(arg[0]), total = parse_size(arg[1]);
	uint64_t n = size / page;
	uint8_t *p, *filler;
	uint32_t *order;

	if (total < size) {
		fprintf(stderr, "bench/target: frag: TOTAL is less than SIZE\n");
		exit(2);
	}
	p = map(size, MADV_NOHUGEPAGE);
	filler = map(total, MADV_NOHUGEPAGE);
	order = shuffled(total / page);
	touch(filler, total);
	for (uint64_t i = 0; i < n; i += BATCH) {
		uint64_t end = u64_min(i + BATCH, n);

		for (uint64_t j = i; j < end; j++)
			madvise(filler + order[j] * page, page, MADV_DONTNEED);
		touch(p + i * page, (end - i) * page);
	}
	munmap(filler, total);
	free(order);
	announce(p, size);
}

/* It has N - 1 children, which share all of it. */
static void
make_forks(char **arg)
{
	uint64_t size = parse_size(arg[0]), n = parse_size(arg[1]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	touch(p, size);
	while (n-- > 1) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	announce(p, size);
}

/* It has N - 1 children with the same shared memory at other addresses. */
static void
make_apart(char **arg)
{
	uint64_t size = parse_size(arg[0]), n = parse_size(arg[1]);
	int fd = memfd_create("bench", MFD_CLOEXEC), ready[2];
	uint8_t *p;
	char byte = 0;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || pipe(ready) < 0)
		die("memfd");
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	touch(p, size);
	for (uint64_t i = 1; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid) {
			if (read(ready[0], &byte, 1) != 1)
				die("a child");
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		munmap(p, size);
		p = mmap(p - i * (size + HUGE), size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
		if (p == MAP_FAILED || write(ready[1], &byte, 1) != 1)
			die("a child");
		for (;;)
			pause();
	}
	announce(p, size);
}

static void
copy_file(const char *from, int to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	while (fd >= 0 && (n = sendfile(to, fd, NULL, 1 << 20)) > 0)
		;
	if (fd < 0 || n < 0)
		die(from);
	close(fd);
}

/* N copies of a library, loaded, and gone from their folder. */
static void
make_libs(char **arg)
{
	struct link_map *loaded;
	void *lib = dlopen("libm.so.6", RTLD_NOW);

	if (!lib || dlinfo(lib, RTLD_DI_LINKMAP, &loaded) < 0)
		die("libm.so.6");
	for (uint64_t n = parse_size(arg[0]); n; n--) {
		char name[] = "/tmp/bench-lib-XXXXXX";
		int fd = mkstemp(name);

		if (fd < 0)
			die(name);
		copy_file(loaded->l_name, fd);
		close(fd);
		lib = dlopen(name, RTLD_NOW);
		unlink(name);
		if (!lib)
			die("dlopen");
	}
	announce(map(page, MADV_NOHUGEPAGE), page);
}

/* --- shapes that change ----------------------------------------------------------------------- */

static bool armed; /* memory that changes is protected from writes, asynchronously */

static void
protect(uint8_t *p, uint64_t size)
{
	struct pm_uffdio_api api = {.api = PM_UFFD_API, .features = PM_UFFD_FEATURES};
	struct pm_uffdio_register area = {
		.start = (uintptr_t)p, .len = size, .mode = PM_UFFD_MODE_WP};
	struct pm_uffdio_writeprotect all = {
		.start = (uintptr_t)p, .len = size, .mode = PM_UFFD_WP_ON};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE);

	if (fd < 0 || ioctl(fd, PM_IOC_UFFD_API, &api) < 0 ||
	    ioctl(fd, PM_IOC_UFFD_REGISTER, &area) < 0 || ioctl(fd, PM_IOC_UFFD_WP, &all) < 0)
		die("userfaultfd");
}

/* RATE pages a second at random: dropped and touched again, or (`dirty`) just written. */
static _Noreturn void
keep_writing(char **arg, bool drop)
{
	uint64_t size = parse_size(arg[0]), rate = parse_size(arg[1]), due = 0;
	uint8_t *p = map(size, MADV_NOHUGEPAGE);
	uint64_t start, done = 0;

	touch(p, size);
	if (armed)
		protect(p, size);
	announce(p, size);
	for (start = time_ns();; wait_ns(TICK_NS)) {
		due = (uint64_t)((double)(time_ns() - start) * 1e-9 * (double)rate);
		for (; done < due; done++) {
			uint8_t *at = p + random_below(size / page) * page;

			if (drop)
				madvise(at, page, MADV_DONTNEED);
			++*(volatile uint8_t *)at;
		}
	}
}

static void
make_churn(char **arg)
{
	keep_writing(arg, true);
}

static void
make_dirty(char **arg)
{
	keep_writing(arg, false);
}

/* At each SIGUSR1 FRACTION of the pages change: those that are there go, the others come; then "FLIPPED". */
static _Noreturn void
make_flip(char **arg)
{
	uint64_t size = parse_size(arg[0]), n = size / page;
	uint64_t limit = (uint64_t)(parse_fraction(arg[1]) * 1e6);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);
	bool *there = mem_alloc(n);
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (uint64_t i = 0; i < n; i++)
		if ((there[i] = random_below(2)))
			p[i * page] = 1;
	for (announce(p, size);; puts("FLIPPED"), fflush(stdout)) {
		sigwait(&set, &sig);
		for (uint64_t i = 0; i < n; i++) {
			if (random_below(1000000) >= limit)
				continue;
			there[i] = !there[i];
			if (there[i])
				p[i * page] = 1;
			else
				madvise(p + i * page, page, MADV_DONTNEED);
		}
	}
}

/* What was done since `start`, and how long it took: in each bucket so many, of 100 ns. */
struct ops {
	uint64_t start, last, n, max;
	uint32_t took[1 << 14]; /* the last: and longer */
};

static uint64_t
ops_percentile(const struct ops *o, unsigned percent)
{
	uint64_t left = o->n * percent / 100;
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(o->took) && o->took[i] <= left)
		left -= o->took[i++];
	return i;
}

/* "OPS A-SECOND LONGEST-US P99-US" of what was done since o->start, twice a second; starts anew then. */
static void
ops_print(struct ops *o)
{
	uint64_t now = o->last;

	if (now - o->start < 500000000)
		return;
	printf("OPS %ju %ju %.1f\n", (uintmax_t)(o->n * 1000000000 / (now - o->start)), (uintmax_t)o->max / 1000,
	       (double)ops_percentile(o, 99) / 10);
	fflush(stdout);
	*o = (struct ops){0};
	o->start = o->last = time_ns(); /* the printing is not to count */
}

static void
ops_begin(struct ops *o)
{
	o->start = o->last = time_ns();
}

/* `n` more, which took the time since the last ones. */
static void
ops_add(struct ops *o, uint64_t n)
{
	uint64_t now = time_ns(), took = now - o->last;

	o->max = u64_max(o->max, took);
	o->took[u64_min(took / 100, ARRAY_LEN(o->took) - 1)] += (uint32_t)n;
	o->n += n;
	o->last = now;
	ops_print(o);
}

/* Write to pages at random without end, and say how fast. */
static void
make_writer(char **arg)
{
	enum { AT_ONCE = 64 };
	static struct ops ops;
	uint64_t size = parse_size(arg[0]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	touch(p, size);
	announce(p, size);
	for (ops_begin(&ops);; ops_add(&ops, AT_ONCE))
		for (unsigned i = 0; i < AT_ONCE; i++)
			++*(volatile uint64_t *)(void *)(p + random_below(size / page) * page);
}

/* Drop the pages and touch them anew, without end, and say how fast: a fault each. */
static void
make_toucher(char **arg)
{
	static struct ops ops;
	uint64_t size = parse_size(arg[0]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	announce(p, size);
	for (ops_begin(&ops);; ops_add(&ops, size / page)) {
		touch(p, size);
		madvise(p, size, MADV_DONTNEED);
	}
}

/* Map and unmap without end, and say how fast: what watching costs. */
static void
make_mapper(char **arg)
{
	static struct ops ops;
	uint64_t size = parse_size(arg[0]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);

	touch(p, size);
	announce(p, size);
	for (ops_begin(&ops);; ops_add(&ops, 1)) {
		void *q = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (q == MAP_FAILED || munmap(q, page))
			die("mmap");
	}
}

static void *
live_shortly(void *arg)
{
	++*(volatile uint8_t *)arg;
	return NULL;
}

/* A hundred times a second: pages dropped and written, a region come and one gone, a short thread. */
static _Noreturn void
make_lively(char **arg)
{
	enum { REGIONS = 64, PAGES = 16 };
	uint64_t size = parse_size(arg[0]);
	uint8_t *p = map(size, MADV_NOHUGEPAGE), *region[REGIONS] = {0};

	touch(p, size);
	for (announce(p, size);; wait_ns(TICK_NS)) {
		uint8_t **at = &region[random_below(REGIONS)];
		pthread_t thread;

		for (unsigned i = 0; i < PAGES; i++) {
			madvise(p + random_below(size / page) * page, page, MADV_DONTNEED);
			++*(volatile uint8_t *)(p + random_below(size / page) * page);
		}
		if (*at)
			munmap(*at, PAGES * page);
		*at = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (*at == MAP_FAILED)
			die("mmap");
		touch(*at, random_below(PAGES) * page);
		if (pthread_create(&thread, NULL, live_shortly, p) == 0)
			pthread_join(thread, NULL);
	}
}

/* One page dropped and touched again a hundred times a second: never quiet, and next to no work. */
static _Noreturn void
stir(void)
{
	uint8_t *p = map(page, MADV_NOHUGEPAGE);

	for (;; wait_ns(TICK_NS)) {
		*(volatile uint8_t *)p = 1;
		madvise(p, page, MADV_DONTNEED);
	}
}

/* Contents that cannot be compressed, and are never the same for long. */
static void
make_noise(char **arg)
{
	uint64_t size = parse_size(arg[0]), n = size / sizeof(uint64_t);
	uint8_t *p = map(size, MADV_NOHUGEPAGE);
	volatile uint64_t *words = (volatile uint64_t *)(void *)p;

	announce(p, size);
	for (;; wait_ns(TICK_NS))
		for (uint64_t i = 0; i < n; i++)
			words[i] = random_word();
}

static const struct shape {
	const char *name, *args;
	int needs; /* arguments at least */
	void (*make)(char **arg);
} shapes[] = {
	{ "anon4k", "SIZE", 1, make_anon4k },
	{ "thp", "SIZE", 1, make_thp },
	{ "sparse", "SIZE FRACTION", 2, make_sparse },
	{ "sparseblk", "SIZE FRACTION", 2, make_sparseblk },
	{ "alt", "SIZE N", 2, make_alt },
	{ "half", "SIZE FRACTION", 2, make_half },
	{ "mixed", "SIZE", 1, make_mixed },
	{ "softdirty", "SIZE FRACTION", 2, make_softdirty },
	{ "vmas", "N [touch|files]", 1, make_vmas },
	{ "frag", "SIZE TOTAL", 2, make_frag },
	{ "forks", "SIZE N", 2, make_forks },
	{ "apart", "SIZE N", 2, make_apart },
	{ "libs", "N", 1, make_libs },
	{ "churn", "SIZE PAGES-PER-SECOND", 2, make_churn },
	{ "dirty", "SIZE PAGES-PER-SECOND", 2, make_dirty },
	{ "flip", "SIZE FRACTION", 2, make_flip },
	{ "lively", "SIZE", 1, make_lively },
	{ "mapper", "SIZE", 1, make_mapper },
	{ "writer", "SIZE", 1, make_writer },
	{ "toucher", "SIZE", 1, make_toucher },
	{ "noise", "SIZE", 1, make_noise },
};

int
main(int argc, char **argv)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	bool stirred = argc > 1 && !strcmp(argv[1], "stir");

	argc -= stirred;
	argv += stirred;
	armed = argc > 1 && !strcmp(argv[1], "armed");
	argc -= armed;
	argv += armed;

	/* If memory runs out, take this process; and it never outlives the benchmark. */
	if (fd >= 0 && write(fd, "1000", 4) < 0)
		perror("bench/target: oom_score_adj");
	if (fd >= 0)
		close(fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	page = (uint64_t)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(shapes); i++) {
		if (strcmp(argv[1], shapes[i].name) || argc < 2 + shapes[i].needs)
			continue;
		shapes[i].make(argv + 2);
		if (stirred)
			stir();
		for (;;)
			pause();
	}
	fprintf(stderr, "Usage: bench/target [stir|armed] SHAPE ARGUMENT...; sizes take K M G T\n");
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		fprintf(stderr, "  %s %s\n", shapes[i].name, shapes[i].args);
	return 2;
}
