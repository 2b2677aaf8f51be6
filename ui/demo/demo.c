/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The demo target: the process. Its regions are 4 GiB apart, at fixed addresses if those are free.
 *
 * pmtop executes itself for this (demo_start, then demo_main in the child), because a plain fork
 * would show the heap of curses and readline, shared with pmtop, instead of a small process.
 */
#include "demo/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rights.h"
#include "base/util.h"
#include "demo/demo_regions.h"
#include "kernel/kabi.h"
#include "track/track.h"

#define STEP_NS  INT64_C(250000000)
#define READY_NS UINT64_C(30000000000) /* it may get little of the processor */

#define FIRST_ADDRESS UINT64_C(0x200000000000)
#define SPACING       UINT64_C(0x100000000)

/* Missing from older headers. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

/* --- the child -------------------------------------------------------------------------------- */

/* Maps at `at`, or at any aligned address if that is not free. NULL sets errno. */
static void *
demo_map_aligned(uint64_t at, size_t size, const struct demo_region *r, int fd)
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
		if (p != MAP_FAILED) /* before Linux 4.17 the address is only a hint */
			munmap(p, size);
	}
	p = mmap(NULL, size + DEMO_ALIGNMENT, PROT_NONE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)p & (DEMO_ALIGNMENT - 1);
	if (head)
		munmap(p, head);
	if (head < DEMO_ALIGNMENT)
		munmap(p + head + size, DEMO_ALIGNMENT - head);
	p = mmap(p + head, size, prot, flags | MAP_FIXED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

/*
 * Whether anonymous memory can be named here (CONFIG_ANON_VMA_NAME). If not, the pictures are
 * private mappings of a memfd with that name: their written pages are anonymous all the same.
 */
static bool
demo_can_name(size_t page)
{
	void *p = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool can = p != MAP_FAILED && prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, page, "demo") == 0;

	if (p != MAP_FAILED)
		munmap(p, page);
	return can;
}

static int
demo_region_make(struct demo *d, const struct demo_region *r, uint64_t at, struct demo_area *a)
{
	int fd = -1;
	bool by_file = r->pictured && !demo_can_name(d->page);

	*a = (struct demo_area){ .name = r->name, .pages = demo_region_pages(r, d->page) };
	if (r->open || by_file) {
		fd = (r->open ? r->open : demo_memory_open)(r->name, d->page, &a->pages);
		if (fd < 0)
			return -1;
	}
	a->base = demo_map_aligned(at, a->pages * d->page, r, fd);
	if (fd >= 0)
		close(fd);
	if (!a->base)
		return -1;

	/* These fail on kernels without the feature; the demo then shows less. */
	if (fd < 0)
		prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, a->base, a->pages * d->page, r->name);
	madvise(a->base, a->pages * d->page, MADV_NOHUGEPAGE); /* a picture needs single pages */
	madvise(a->base, a->pages * d->page, MADV_DONTFORK);   /* only `cow` is to be shared */
	if (r->build)
		r->build(d, a);
	return 0;
}

/*
 * Without soft-dirty the demo registers its regions for asynchronous userfaultfd write protection.
 * Nobody reads the descriptor; it only has to stay open. pmtop does the rest from outside.
 */
static void
demo_watch_writes(const struct demo *d, const struct demo_area *areas, size_t n)
{
	struct pm_uffdio_api api = {.api = PM_UFFD_API,
	                            .features = PM_UFFD_FEATURE_WP | PM_UFFD_FEATURE_WP_SHMEM |
	                                        PM_UFFD_FEATURE_WP_EMPTY |
	                                        PM_UFFD_FEATURE_WP_ASYNC};
	int fd;

	if (track_kernel_marks())
		return;
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE);
	if (fd < 0 || ioctl(fd, PM_IOC_UFFD_API, &api) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct pm_uffdio_register area = { .start = (uintptr_t)areas[i].base,
			.len = areas[i].pages * d->page, .mode = PM_UFFD_MODE_WP };

		ioctl(fd, PM_IOC_UFFD_REGISTER,
		      &area); /* a region that cannot be registered is reported as not watched */
	}
}

/* Reports to the parent: 0 for ready, or an errno. Exits if there is no parent to read it. */
static void
demo_report(int sys)
{
	ssize_t n;

	do
		n = write(DEMO_READY_FD, &sys, sizeof(sys));
	while (n < 0 && errno == EINTR);
	if (sys || (n < 0 && errno == EPIPE))
		_exit(1);
	close(DEMO_READY_FD);
}

/*
 * Waits for the next beat. After a stop (SIGSTOP, suspend) continues from now instead of catching
 * up.
 */
static void
demo_wait_beat(struct timespec *beat)
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
	struct demo_area areas[DEMO_REGIONS];
	struct demo d = { .page = (size_t)sysconf(_SC_PAGESIZE), .random = 88172645463325252 };
	struct timespec beat;

	prctl(PR_SET_NAME, "pmtop-demo"); /* after exec of /proc/self/exe it is "exe" */
	/*
	 * again, because exec of a file with capabilities clears it; demo_report notices a parent
	 * that has already died
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < DEMO_REGIONS; i++)
		if (demo_region_make(&d, &demo_regions[i], FIRST_ADDRESS + i * SPACING, &areas[i]))
			demo_report(errno);
	demo_watch_writes(&d, areas, DEMO_REGIONS);
	demo_report(0);

	clock_gettime(CLOCK_MONOTONIC, &beat);
	for (;;) {
		demo_wait_beat(&beat);
		d.step++;
		for (size_t i = 0; i < DEMO_REGIONS; i++)
			if (demo_regions[i].step)
				demo_regions[i].step(&d, &areas[i]);
	}
}

/* --- the parent ------------------------------------------------------------------------------- */

/* The child before exec: no descriptors but DEMO_READY_FD and /dev/null as 0-2. */
static _Noreturn void
demo_child_exec(int ready, pid_t parent)
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
	setsid(); /* not affected by ^C at the terminal */

	/* first move the pipe: if one of 0-2 was closed, it may be there */
	ready = fcntl(ready, F_DUPFD_CLOEXEC, DEMO_READY_FD + 1);
	fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		goto fail;
	for (int i = 0; i < DEMO_READY_FD; i++)
		if (fd != i && dup2(fd, i) < 0)
			goto fail;
	if (dup2(ready, DEMO_READY_FD) < 0)
		goto fail;
#ifdef SYS_close_range
	syscall(SYS_close_range, (unsigned)DEMO_READY_FD + 1, ~0U, 0U);
#endif
	/* capabilities of pmtop's file are not the demo's */
	rights_give_up();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	execve("/proc/self/exe", argv, environ);
	ready = DEMO_READY_FD;
fail:
	sys = errno;
	if (write(ready, &sys, sizeof(sys)) < 0)
		_exit(126); /* the parent sees the pipe close and reports it */
	_exit(127);
}

static int
demo_await_ready(int fd, struct err *err)
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
		return err_set(err, ERR_TARGET, "it was not ready within 30 seconds",
		               "try again when the machine is less busy",
		               "the demo target does not start");
	if (read(fd, &sys, sizeof(sys)) != sizeof(sys))
		return err_set(err, ERR_TARGET, "it ended before it was ready",
		               "it needs about 64 MiB of memory, more where pages are larger; the "
		               "kernel log may say more",
		               "the demo target does not start");
	if (sys) {
		errno = sys;
		return err_sys(err,
		               "it needs /proc, 64 MiB of memory and 320 MiB of address space, "
		               "more where pages are larger",
		               "the demo target does not start");
	}
	return 0;
}

const char demo_notice[] = "the demo target: Enter opens a region, c shows what it writes";

int
demo_await(int ready, struct err *err)
{
	int r = demo_await_ready(ready, err);

	close(ready);
	return r;
}

int
demo_start(pid_t *pid, int *ready, struct err *err)
{
	pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(err, NULL, "cannot make a pipe for the demo target");
	*pid = fork();
	if (*pid == 0)
		demo_child_exec(ends[1], self);
	if (*pid < 0)
		err_sys(err, err_start_how(errno), "cannot fork the demo target");
	close(ends[1]);
	*ready = ends[0];
	if (*pid > 0)
		return 0;
	close(ends[0]);
	return -1;
}

void
demo_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
