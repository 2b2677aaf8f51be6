/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The demo target. One row of `regions` is one mapping: how it is made, filled once, and stepped.
 *
 * Regions lie 4 GiB apart at fixed addresses where those are free. A picture is ROW pages wide, as
 * the grid is on most terminals: "drawn" means written, so it shows once pmtop watches writes.
 * With pages of 4 KiB everything resident is below 64 MiB.
 *
 * pmtop executes itself for this (demo_start, then demo_main in the child) because a mere fork
 * would show the heap of curses and readline, shared with pmtop, instead of a plain small process.
 */
#include "demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kabi.h"
#include "track_ways.h"
#include "util.h"

#define ROW     64 /* pages in a row of a picture */
#define STEP_NS INT64_C(250000000)
#define READY_FD  3 /* where the child says that its regions are there */
#define READY_NS  UINT64_C(5000000000)

#define FIRST_ADDRESS UINT64_C(0x200000000000)
#define SPACING       UINT64_C(0x100000000)
#define ALIGNMENT     ((size_t)2 << 20) /* a huge page; also a whole number of rows */

/* Older headers lack these. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

#define LIFE_ROWS 32
#define LIFE_LAP  1400 /* steps until the board is set up again: about when it would settle */

struct area {
	const char *name;
	uint8_t *base;
	size_t pages;
};

/* Everything that changes from step to step. */
struct demo {
	size_t page; /* bytes */
	size_t step;
	uint64_t random;
	uint64_t life[LIFE_ROWS]; /* a bit a cell, bit 0 is the leftmost */
	size_t allocated;         /* pages behind the allocator's front */
	size_t broken;            /* pages of `cow` written since the sharer was forked */
	pid_t sharer;
};

struct region {
	const char *name;
	size_t pages;
	bool shared, reserved; /* MAP_SHARED; PROT_NONE */
	/* The descriptor to map, or -1 with errno; may lessen *pages. NULL: anonymous memory. */
	bool pictured; /* its name matters more than what it is made of: see can_name */
	int (*open)(const char *name, size_t page, size_t *pages);
	void (*build)(struct demo *d, const struct area *a);
	void (*step)(struct demo *d, const struct area *a); /* NULL: lies still */
};

/* --- pages ------------------------------------------------------------------------------------ */

static uint8_t *
page_at(const struct demo *d, const struct area *a, size_t i)
{
	return a->base + i * d->page;
}

/* Write page `i`; what is written tells where and when to whoever looks at the bytes. */
static void
draw(const struct demo *d, const struct area *a, size_t i)
{
	snprintf((char *)page_at(d, a, i), 64, "%s: page %zu, written in step %zu\n", a->name, i,
	         d->step);
}

static void
draw_all(struct demo *d, const struct area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		draw(d, a, i);
}

static void
read_page(const struct demo *d, const struct area *a, size_t i)
{
	(void)*(volatile const uint8_t *)page_at(d, a, i);
}

/* Marsaglia's xorshift64: any fixed sequence would do. */
static uint32_t
random_below(struct demo *d, uint32_t n)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return (uint32_t)(d->random >> 32) % n;
}

/* --- life: Conway's, on a torus; a live cell is a page written in this step ------------------- */

static const struct life_pattern {
	size_t row, col;
	const char *rows[4];
} life_start[] = {
	/* within the first 16 rows, which the smallest terminal shows */
	{ 1, 2, { ".#.", "..#", "###" } },             /* glider */
	{ 1, 12, { ".#.", "..#", "###" } },
	{ 6, 33, { ".#.....", "...#...", "##..###" } }, /* acorn */
	{ 9, 54, { ".##", "##.", ".#." } },            /* R-pentomino */
	{ 13, 4, { "#..#.", "....#", "#...#", ".####" } }, /* lightweight spaceship */
};

static void
life_set_up(struct demo *d)
{
	memset(d->life, 0, sizeof(d->life));
	for (size_t i = 0; i < ARRAY_LEN(life_start); i++) {
		const struct life_pattern *p = &life_start[i];

		for (size_t r = 0; r < ARRAY_LEN(p->rows) && p->rows[r]; r++)
			for (size_t c = 0; p->rows[r][c]; c++)
				if (p->rows[r][c] == '#')
					d->life[p->row + r] |= UINT64_C(1) << (p->col + c);
	}
}

static bool
life_cell(const struct demo *d, size_t row, size_t col)
{
	return d->life[row % LIFE_ROWS] >> (col % ROW) & 1;
}

static bool
life_next(const struct demo *d, size_t row, size_t col)
{
	unsigned n = 0;

	/* from one row and column before, which on a torus is as many minus one after */
	for (size_t r = row + LIFE_ROWS - 1; r <= row + LIFE_ROWS + 1; r++)
		for (size_t c = col + ROW - 1; c <= col + ROW + 1; c++)
			n += life_cell(d, r, c);
	/* n counts the cell itself too */
	return n == 3 || (n == 4 && life_cell(d, row, col));
}

static void
life_advance(struct demo *d)
{
	uint64_t next[LIFE_ROWS] = { 0 };

	for (size_t r = 0; r < LIFE_ROWS; r++)
		for (size_t c = 0; c < ROW; c++)
			next[r] |= (uint64_t)life_next(d, r, c) << c;
	memcpy(d->life, next, sizeof(next));
}

static void
life_step(struct demo *d, const struct area *a)
{
	if (d->step % LIFE_LAP == 1)
		life_set_up(d);
	else
		life_advance(d);
	for (size_t i = 0; i < a->pages; i++)
		if (life_cell(d, i / ROW, i % ROW))
			draw(d, a, i);
}

/* --- banner: scrolling text ------------------------------------------------------------------- */

/* Drawn twice as wide, since a cell of a terminal is twice as high as wide: 64 columns, endless. */
static const char banner_text[][ROW / 2 + 1] = {
	"                                ",
	"             #                  ",
	"             #                  ",
	"####  ## #  ###    ###  ####    ",
	"#   # # # #  #    #   # #   #   ",
	"#   # # # #  #  # #   # #   #   ",
	"####  # # #   ##   ###  ####    ",
	"#                       #       ",
	"#                       #       ",
	"                                ",
};

static void
banner_step(struct demo *d, const struct area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		if (banner_text[i / ROW][(i + d->step) % ROW / 2] == '#')
			draw(d, a, i);
}

/* --- allocator: a front that writes ahead, frees everything, and starts over ------------------ */

static void
allocator_step(struct demo *d, const struct area *a)
{
	if (d->allocated == a->pages) {
		madvise(a->base, a->pages * d->page, MADV_DONTNEED);
		d->allocated = 0;
		return;
	}
	for (size_t n = 0; n < 40 && d->allocated < a->pages; n++)
		draw(d, a, d->allocated++);
}

/* --- zipf: few pages hot, many cold ----------------------------------------------------------- */

static void
zipf_step(struct demo *d, const struct area *a)
{
	uint32_t octaves = (uint32_t)__builtin_ctzl(a->pages);

	for (unsigned n = 0; n < 24; n++) {
		/*
		 * A rank drawn evenly from an octave drawn evenly has a chance of about 1/rank:
		 * Zipf's law. The odd factor scatters neighbouring ranks among the 2^n pages.
		 */
		uint32_t octave = UINT32_C(1) << random_below(d, octaves);
		size_t rank = octave + random_below(d, octave);

		draw(d, a, rank * 613 % a->pages);
	}
}

/* --- thp: one page written, and the whole huge page counts as written ------------------------- */

static void
thp_build(struct demo *d, const struct area *a)
{
	madvise(a->base, a->pages * d->page, MADV_HUGEPAGE);
	draw_all(d, a);
}

static void
thp_step(struct demo *d, const struct area *a)
{
	size_t per = ALIGNMENT / d->page;

	draw(d, a, (d->step / 4 * per + d->step * 5 % per) % a->pages);
}

/* --- cow: shared with a forked sleeper, the sharing broken page by page ----------------------- */

static _Noreturn void
sharer_main(pid_t parent)
{
	close(READY_FD);
	prctl(PR_SET_NAME, "pmtop-demo-cow");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent) /* it may have died before the prctl */
		pause();
	_exit(0);
}

/* Without a sharer (no more processes allowed) the region is plain memory, and nothing is lost. */
static void
cow_share(struct demo *d)
{
	pid_t self = getpid();

	d->broken = 0;
	d->sharer = fork();
	if (d->sharer == 0)
		sharer_main(self);
}

static void
cow_build(struct demo *d, const struct area *a)
{
	madvise(a->base, a->pages * d->page, MADV_DOFORK);
	draw_all(d, a);
	cow_share(d);
}

static void
cow_step(struct demo *d, const struct area *a)
{
	if (d->broken == a->pages) {
		if (d->sharer > 0) {
			kill(d->sharer, SIGKILL);
			waitpid(d->sharer, NULL, 0);
		}
		cow_share(d);
		return;
	}
	for (unsigned n = 0; n < 4; n++, d->broken++)
		draw(d, a, d->broken * 37 % a->pages);
}

/* --- shm ring --------------------------------------------------------------------------------- */

static int
memory_open(const char *name, size_t page, size_t *pages)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)(*pages * page))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
ring_step(struct demo *d, const struct area *a)
{
	for (size_t n = 0; n < 16; n++)
		draw(d, a, (d->step * 16 + n) % a->pages);
}

/* --- regions that lie still ------------------------------------------------------------------- */

/* Identical pages, in eight kinds; merged where ksmd runs. */
static void
ksm_build(struct demo *d, const struct area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		memset(page_at(d, a, i), 'a' + (int)(i / ROW % 8), d->page);
	madvise(a->base, a->pages * d->page, MADV_MERGEABLE);
}

/* Every other row out; without swap the kernel leaves anonymous pages where they are. */
static void
swap_build(struct demo *d, const struct area *a)
{
	draw_all(d, a);
	for (size_t i = ROW; i + ROW <= a->pages; i += 2 * ROW)
		madvise(page_at(d, a, i), ROW * d->page, MADV_PAGEOUT);
}

/* A guard page (Linux 6.13; before that a page never touched) after every 7 pages. */
static void
guard_build(struct demo *d, const struct area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		if (i % 8 == 7)
			madvise(page_at(d, a, i), d->page, MADV_GUARD_INSTALL);
		else
			draw(d, a, i);
}

/* An arena as runtimes keep it: all of it reserved, the start usable, a little of that in use. */
static void
reserve_build(struct demo *d, const struct area *a)
{
	size_t usable = a->pages / 32;

	if (mprotect(a->base, usable * d->page, PROT_READ | PROT_WRITE))
		return;
	for (size_t i = 0; i < usable; i += i < ROW ? 1 : 29)
		draw(d, a, i);
}

static void
zero_build(struct demo *d, const struct area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		read_page(d, a, i);
}

static int
file_open(const char *name, size_t page, size_t *pages)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	(void)name;
	if (size <= 0) /* what lies beyond the end of a file kills whoever touches it */
		return -1;
	*pages = (size_t)u64_min(*pages, ((uint64_t)size + page - 1) / page);
	return fd;
}

/* Half of the file read, and some pages of that written: those are the process's own then. */
static void
file_build(struct demo *d, const struct area *a)
{
	for (size_t i = 0; i < a->pages / 2; i++)
		if (i % 8 == 5)
			draw(d, a, i);
		else
			read_page(d, a, i);
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct region regions[] = {
	{ .name = "demo life", .pages = ROW * LIFE_ROWS, .pictured = true, .build = draw_all, .step = life_step },
	{ .name = "demo banner", .pages = ROW * ARRAY_LEN(banner_text), .pictured = true,
	  .build = draw_all, .step = banner_step },
	{ .name = "demo allocator", .pages = ROW * 32, .pictured = true, .step = allocator_step },
	{ .name = "demo zipf", .pages = ROW * 16, .pictured = true, .build = draw_all, .step = zipf_step },
	{ .name = "demo thp", .pages = ROW * 64, .build = thp_build, .step = thp_step },
	{ .name = "demo cow", .pages = ROW * 8, .build = cow_build, .step = cow_step },
	{ .name = "demo ring", .pages = ROW * 16, .shared = true,
	  .open = memory_open, .step = ring_step },
	{ .name = "demo ksm", .pages = ROW * 8, .build = ksm_build },
	{ .name = "demo swap", .pages = ROW * 16, .build = swap_build },
	{ .name = "demo guard", .pages = ROW * 4, .build = guard_build },
	{ .name = "demo reserve", .pages = ROW * 1024, .reserved = true,
	  .build = reserve_build },
	{ .name = "demo zero", .pages = ROW * 4, .build = zero_build },
	{ .name = "demo file", .pages = ROW * 16, .open = file_open, .build = file_build },
};

/* --- the child -------------------------------------------------------------------------------- */

/* Map at `at`, or anywhere aligned if that is no free address. NULL with errno on failure. */
static void *
map_aligned(uint64_t at, size_t size, const struct region *r, int fd)
{
	int prot = r->reserved ? PROT_NONE : PROT_READ | PROT_WRITE;
	int flags = (r->shared ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
	            (r->reserved ? MAP_NORESERVE : 0);
	size_t head;
	uint8_t *p;

	if (at + size <= UINTPTR_MAX) {
		p = mmap((void *)(uintptr_t)at, size, prot, flags | MAP_FIXED_NOREPLACE, fd, 0);
		if (p == (void *)(uintptr_t)at)
			return p;
		if (p != MAP_FAILED) /* before Linux 4.17 the address is but a wish */
			munmap(p, size);
	}
	p = mmap(NULL, size + ALIGNMENT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	         -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)p & (ALIGNMENT - 1);
	if (head)
		munmap(p, head);
	if (head < ALIGNMENT)
		munmap(p + head + size, ALIGNMENT - head);
	p = mmap(p + head, size, prot, flags | MAP_FIXED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

/*
 * Whether anonymous memory can be given a name here (CONFIG_ANON_VMA_NAME). Where it cannot, the
 * pictures are private mappings of a memory file that has the name: written, their pages are
 * anonymous all the same.
 */
static bool
can_name(size_t page)
{
	void *p = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool can = p != MAP_FAILED && prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, page, "demo") == 0;

	if (p != MAP_FAILED)
		munmap(p, page);
	return can;
}

static int
region_make(struct demo *d, const struct region *r, uint64_t at, struct area *a)
{
	int fd = -1;
	bool by_file = r->pictured && !can_name(d->page);

	*a = (struct area){ .name = r->name, .pages = r->pages };
	if (r->open || by_file) {
		fd = (r->open ? r->open : memory_open)(r->name, d->page, &a->pages);
		if (fd < 0)
			return -1;
	}
	a->base = map_aligned(at, a->pages * d->page, r, fd);
	if (fd >= 0)
		close(fd);
	if (!a->base)
		return -1;

	/* Where the kernel lacks a feature these fail: the demo is the poorer for it, no more. */
	if (fd < 0)
		prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, a->base, a->pages * d->page, r->name);
	madvise(a->base, a->pages * d->page, MADV_NOHUGEPAGE); /* a picture needs single pages */
	madvise(a->base, a->pages * d->page, MADV_DONTFORK);   /* only `cow` is to be shared */
	if (r->build)
		r->build(d, a);
	return 0;
}

/*
 * Where the kernel has no soft-dirty the demo has its writes told by userfaultfd, asynchronously:
 * nobody reads the descriptor, which has only to stay open. pmtop does the rest from outside.
 */
static void
watch_writes(const struct demo *d, const struct area *areas, size_t n)
{
	struct pm_uffdio_api api = { .api = PM_UFFD_API,
		.features = PM_UFFD_FEATURE_WP | PM_UFFD_FEATURE_WP_SHMEM | PM_UFFD_FEATURE_WP_EMPTY | PM_UFFD_FEATURE_WP_ASYNC };
	int fd;

	if (soft_dirty_round_trip() == 0)
		return;
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE);
	if (fd < 0 || ioctl(fd, PM_IOC_UFFD_API, &api) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct pm_uffdio_register area = { .start = (uintptr_t)areas[i].base,
			.len = areas[i].pages * d->page, .mode = PM_UFFD_MODE_WP };

		ioctl(fd, PM_IOC_UFFD_REGISTER, &area); /* one that cannot be watched is told as such */
	}
}

/* Tell the parent: 0 for ready, or why not. With no parent to hear it there is none to live for. */
static void
report(int sys)
{
	ssize_t n;

	do
		n = write(READY_FD, &sys, sizeof(sys));
	while (n < 0 && errno == EINTR);
	if (sys || (n < 0 && errno == EPIPE))
		_exit(1);
	close(READY_FD);
}

/* Wait for the next beat. After a stop (SIGSTOP, suspend) go on from now rather than catch up. */
static void
wait_beat(struct timespec *beat)
{
	struct timespec now;

	beat->tv_nsec += STEP_NS;
	if (beat->tv_nsec >= 1000000000) {
		beat->tv_nsec -= 1000000000;
		beat->tv_sec++;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > beat->tv_sec + 1)
		*beat = now;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, beat, NULL) == EINTR)
		;
}

_Noreturn void
demo_main(void)
{
	struct area areas[ARRAY_LEN(regions)];
	struct demo d = { .page = (size_t)sysconf(_SC_PAGESIZE), .random = 88172645463325252 };
	struct timespec beat;

	prctl(PR_SET_NAME, "pmtop-demo"); /* executing /proc/self/exe made it "exe" */
	/* again: executing a file with capabilities forgets it; report() sees if it is too late */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		if (region_make(&d, &regions[i], FIRST_ADDRESS + i * SPACING, &areas[i]))
			report(errno);
	watch_writes(&d, areas, ARRAY_LEN(areas));
	report(0);

	clock_gettime(CLOCK_MONOTONIC, &beat);
	for (;;) {
		wait_beat(&beat);
		d.step++;
		for (size_t i = 0; i < ARRAY_LEN(regions); i++)
			if (regions[i].step)
				regions[i].step(&d, &areas[i]);
	}
}

/* --- the parent ------------------------------------------------------------------------------- */

/* The child until it executes: no descriptor left but READY_FD and /dev/null as the usual three. */
static _Noreturn void
child_exec(int ready, pid_t parent)
{
	static char name[] = "pmtop-demo", option[] = "--demo-target";
	char *const argv[] = { name, option, NULL };
	sigset_t none;
	int fd, sys;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid(); /* ^C at the terminal is not for it */

	/* out of the way first: if any of 0-2 was closed, the pipe may be there */
	ready = fcntl(ready, F_DUPFD_CLOEXEC, READY_FD + 1);
	fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		goto fail;
	for (int i = 0; i < READY_FD; i++)
		if (fd != i && dup2(fd, i) < 0)
			goto fail;
	if (dup2(ready, READY_FD) < 0)
		goto fail;
#ifdef SYS_close_range
	syscall(SYS_close_range, (unsigned)READY_FD + 1, ~0U, 0U);
#endif
	execve("/proc/self/exe", argv, environ);
	ready = READY_FD;
fail:
	sys = errno;
	if (write(ready, &sys, sizeof(sys)) < 0)
		_exit(126); /* the parent sees the end of the pipe, and says so */
	_exit(127);
}

/* Returns 0 once the child is ready, or -1. */
static int
await_ready(int fd, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = time_ns(), end = now + READY_NS;
	int n = 0, sys = 0;

	for (; n <= 0 && now < end; now = time_ns()) {
		n = poll(&p, 1, (int)((end - now) / 1000000) + 1);
		if (n < 0 && errno != EINTR)
			return err_sys(err, NULL, "cannot wait for the demo target");
	}
	if (n <= 0)
		return err_set(err, ERR_TARGET, "it was not ready within 5 seconds",
		               "try again when the machine is less busy",
		               "the demo target does not start");
	if (read(fd, &sys, sizeof(sys)) != sizeof(sys))
		return err_set(err, ERR_TARGET, "it ended before it was ready",
		               "it needs about 64 MiB of memory: the kernel's log may tell more",
		               "the demo target does not start");
	if (sys) {
		errno = sys;
		return err_sys(err, "it needs /proc, 64 MiB of memory, 320 MiB of addresses",
		               "the demo target does not start");
	}
	return 0;
}

const char demo_notice[] = "the demo target: Enter opens a region, c shows what it writes";

int
demo_start(pid_t *pid, struct err *err)
{
	pid_t self = getpid();
	int ready[2], rc;

	if (pipe2(ready, O_CLOEXEC))
		return err_sys(err, NULL, "cannot make a pipe for the demo target");
	*pid = fork();
	if (*pid == 0)
		child_exec(ready[1], self);
	close(ready[1]);
	if (*pid < 0)
		rc = err_sys(err, NULL, "cannot fork the demo target");
	else
		rc = await_ready(ready[0], err);
	close(ready[0]);
	if (rc && *pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	return rc;
}
