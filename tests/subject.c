/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that the live tests examine: every kind of page at a known address with known contents,
 * which then change only when a line on standard input says so.
 *
 * Region number i starts at BASE + i * STRIDE and is far smaller than STRIDE, so that unmapped
 * space is around each one (no two merge) and each start is aligned for a huge page and for a row
 * of 64 cells. Every written page begins with the text "subject REGION page N write COUNT".
 *
 * Each command is answered by one line on standard output: "ok", "ok NUMBER..." where a process or
 * thread was made, or "error: why". At start, and after `exec`, the answer is "ready PID".
 *
 * A region that this kernel cannot make (guards, huge pages of hugetlbfs), or made otherwise than
 * described here, is left out of `list`.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the C library's and the distribution's headers may not know yet, under names of our own. */
enum {
	ADVICE_COLD = 20,
	ADVICE_PAGEOUT = 21,
	ADVICE_HWPOISON = 100,
	ADVICE_GUARD_INSTALL = 102, /* Linux 6.13 */
	ADVICE_GUARD_REMOVE = 103,
	MAP_DROPPABLE_ = 0x08, /* 6.11 */
	NAME_MEMORY = 0x53564d41, /* PR_SET_VMA, 5.17 */
	SECRET_MEMORY = 447, /* the system call, 5.14; the same number everywhere */
};

#define WATCH_SHMEM  (UINT64_C(1) << 12) /* UFFD_FEATURE_WP_HUGETLBFS_SHMEM, 5.19 */
#define WATCH_EMPTY  (UINT64_C(1) << 13) /* UFFD_FEATURE_WP_UNPOPULATED, 6.4 */
#define WATCH_POISON (UINT64_C(1) << 14) /* UFFD_FEATURE_POISON, 6.6 */
#define WATCH_USER   1                   /* UFFD_USER_MODE_ONLY, 5.11: needs no privilege */

struct poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};

#define POISON_RANGE _IOWR(UFFDIO, 0x08, struct poison) /* UFFDIO_POISON, 6.6 */

#define BASE         UINT64_C(0x100000000000)
#define STRIDE       (8192 * page_size)
#define HUGE         ((size_t)1 << 32) /* as a number of pages: those of a huge page */
#define STACKS_AT    UINT64_C(0x180000000000)
#define RESERVE_AT   UINT64_C(0x200000000000)
#define MANY_AT      UINT64_C(0x300000000000)
#define STACK_PAGES  64
/* A space, a newline and an escape sequence: what a file may be called. */
#define ODD_NAME     "odd name\nwith \033[31mred"

struct region {
	const char *name;
	size_t pages;
	int prot;
	bool (*make)(struct region *r); /* maps and fills; false: this kernel has no such thing */
	char *start;                    /* NULL: not there */
};

static size_t page_size;
static char **arguments;

static void __attribute__((format(printf, 1, 2)))
answer(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* --- the ways to make a region ---------------------------------------------------------------- */

static char *
page_of(const struct region *r, size_t page)
{
	return r->start + page * page_size;
}

static void
write_page(const struct region *r, size_t page)
{
	static unsigned count;

	*(volatile char *)page_of(r, page) = 's'; /* it is we who write it, not the C library */
	snprintf(page_of(r, page), page_size, "subject %s page %zu write %u\n", r->name, page, ++count);
}

/* By this name the tests know who wrote. */
__attribute__((noinline)) static void
write_pages(const struct region *r, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		write_page(r, i);
}

static void
read_pages(const struct region *r, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++)
		(void)*(volatile char *)page_of(r, i);
}

/* Gives up a region that did not become what it should be: "return unmake(r)". */
static bool
unmake(struct region *r)
{
	munmap(r->start, r->pages * page_size);
	return false;
}

/* Maps the whole region at the address its row number gives it, from the file's page FIRST on. */
static bool
map_from(struct region *r, int flags, int fd, size_t first)
{
	void *p = mmap(r->start, r->pages * page_size, r->prot, flags | MAP_FIXED_NOREPLACE, fd,
	    (off_t)(first * page_size));

	/* with larger pages a few of them are a huge one, which only some regions are to have */
	if (p == r->start && page_size > 4096)
		(void)madvise(p, r->pages * page_size, MADV_NOHUGEPAGE);
	return p != MAP_FAILED && (p == r->start || (munmap(p, r->pages * page_size), false));
}

static bool
map(struct region *r, int flags, int fd)
{
	return map_from(r, flags, fd, 0);
}

static bool
map_anon(struct region *r)
{
	return map(r, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static bool
fill_file(const struct region *r, int fd, size_t pages)
{
	char *text = calloc(1, page_size);
	bool done = text != NULL;

	for (size_t i = 0; done && i < pages; i++) {
		snprintf(text, page_size, "subject %s page %zu\n", r->name, i);
		done = write(fd, text, page_size) == (ssize_t)page_size;
	}
	free(text);
	/* On disk before the tests read: write-back would change flags under them. */
	return done && fsync(fd) == 0;
}

/*
 * A filled file of that name in a folder of its own below DIR, -1 if there cannot be one. Both are
 * gone at once (the kernel adds " (deleted)" to the name), so that nothing is left behind however
 * the subject ends.
 */
static int
open_file_in(const struct region *r, const char *dir, const char *name, size_t pages)
{
	char own[256], path[512];
	int fd;

	snprintf(own, sizeof own, "%s/pmtop-subject-XXXXXX", dir);
	if (!mkdtemp(own))
		return -1;
	snprintf(path, sizeof path, "%s/%s", own, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		unlink(path);
		if (!fill_file(r, fd, pages)) {
			close(fd);
			fd = -1;
		}
	}
	rmdir(own);
	return fd;
}

static int
open_file(const struct region *r, const char *name, size_t pages)
{
	const char *tmp = getenv("TMPDIR");

	return open_file_in(r, tmp ? tmp : "/tmp", name, pages);
}

/* Maps the file and closes it: what is mapped stays. */
static bool
map_closing(struct region *r, int flags, int fd, size_t first)
{
	bool done = fd >= 0 && map_from(r, flags, fd, first);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool
make_anon(struct region *r)
{
	if (!map_anon(r))
		return false;
	write_pages(r, 0, r->pages);
	return true;
}

static bool
make_sparse(struct region *r)
{
	if (!map_anon(r))
		return false;
	write_page(r, 1);
	write_page(r, 8);
	write_page(r, r->pages - 1);
	return true;
}

/* One page in every STEP is written, from the first on; small pages, whatever the machine prefers. */
static bool
make_every(struct region *r, size_t step)
{
	if (!map_anon(r) || madvise(r->start, r->pages * page_size, MADV_NOHUGEPAGE) != 0)
		return false;
	for (size_t i = 0; i < r->pages; i += step)
		write_page(r, i);
	return true;
}

static bool
make_alt(struct region *r)
{
	return make_every(r, 2);
}

static bool
make_alt_8(struct region *r)
{
	return make_every(r, 8);
}

/* One in three written, the next one read, the third untouched; and no round number of them. */
static bool
make_alt_odd(struct region *r)
{
	if (!make_every(r, 3))
		return false;
	for (size_t i = 1; i < r->pages; i += 3)
		read_pages(r, i, 1);
	return true;
}

static bool
make_zero(struct region *r)
{
	if (!map_anon(r))
		return false;
	read_pages(r, 0, r->pages);
	return true;
}

static bool
make_private(struct region *r)
{
	if (!map_closing(r, MAP_PRIVATE, open_file(r, r->name, r->pages), 0))
		return false;
	read_pages(r, 0, r->pages);
	write_page(r, 5);
	return true;
}

static bool
make_named(struct region *r)
{
	if (!map_closing(r, MAP_PRIVATE, open_file(r, ODD_NAME, r->pages), 0))
		return false;
	read_pages(r, 0, r->pages);
	return true;
}

static bool
make_shared(struct region *r)
{
	if (!map(r, MAP_SHARED | MAP_ANONYMOUS, -1))
		return false;
	write_pages(r, 0, r->pages / 2);
	return true;
}

static int
open_memfd(const struct region *r, unsigned flags)
{
	int fd = memfd_create("subject", MFD_CLOEXEC | flags);

	if (fd >= 0 && ftruncate(fd, (off_t)(r->pages * page_size)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
make_memfd(struct region *r)
{
	if (!map_closing(r, MAP_SHARED, open_memfd(r, 0), 0))
		return false;
	write_pages(r, 0, r->pages / 2);
	return true;
}

static bool
make_thp(struct region *r)
{
	if (!map_anon(r))
		return false;
	/* Refused where huge pages are off: then these are small pages, which the tests see. */
	(void)madvise(r->start, r->pages * page_size, MADV_HUGEPAGE);
	write_pages(r, 0, r->pages);
	return true;
}

static bool
make_guard(struct region *r)
{
	if (!map_anon(r))
		return false;
	write_pages(r, 0, r->pages);
	return madvise(page_of(r, 4), 4 * page_size, ADVICE_GUARD_INSTALL) == 0 || unmake(r);
}

static bool
make_swap(struct region *r)
{
	if (!make_anon(r))
		return false;
	/* Without swap the pages stay; the first quarter comes back in any case. */
	(void)madvise(r->start, r->pages * page_size, ADVICE_PAGEOUT);
	read_pages(r, 0, r->pages / 4);
	return true;
}

/* Equal pages, which ksmd merges in its own time where it runs. */
static bool
make_ksm(struct region *r)
{
	if (!map_anon(r))
		return false;
	(void)madvise(r->start, r->pages * page_size, MADV_MERGEABLE);
	memset(r->start, 'k', r->pages * page_size);
	return true;
}

static bool
make_hugetlb(struct region *r)
{
	if (!map(r, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1))
		return false;
	write_pages(r, 0, r->pages);
	return true;
}

/*
 * A file that is mapped shared: all of it is read, because of large pages the kernel maps fewer around
 * the one that is; then two pages are changed.
 */
static bool
make_dirty(struct region *r)
{
	if (!map_closing(r, MAP_SHARED, open_file(r, r->name, r->pages), 0))
		return false;
	read_pages(r, 0, r->pages);
	write_page(r, r->pages / 2 + 1);
	write_page(r, r->pages - 1);
	return true;
}

/* The pages of "cached" that are in the page cache, and the one that is mapped as well. */
static const size_t in_cache[] = { 0, 1, 2, 3, 8 };
#define READ_HERE 12

static bool
is_in_cache(size_t page)
{
	for (size_t i = 0; i < sizeof in_cache / sizeof in_cache[0]; i++)
		if (in_cache[i] == page)
			return true;
	return page == READ_HERE;
}

/* Whether the page cache holds what it should: the kernel reads and drops as it likes. */
static bool
cache_is_right(const struct region *r)
{
	unsigned char there[64];

	if (r->pages > sizeof there || mincore(r->start, r->pages * page_size, there) != 0)
		return false;
	for (size_t i = 0; i < r->pages; i++)
		if ((there[i] & 1) != is_in_cache(i))
			return false;
	return true;
}

/* Through the mapping first: the kernel maps the neighbours that it finds in the cache, too. */
static void
fill_cache(const struct region *r, int fd)
{
	char byte;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	madvise(r->start, r->pages * page_size, MADV_RANDOM);
	read_pages(r, READ_HERE, 1);
	for (size_t i = 0; i < sizeof in_cache / sizeof in_cache[0]; i++)
		if (pread(fd, &byte, 1, (off_t)(in_cache[i] * page_size)) != 1)
			return;
}

static bool
make_cached(struct region *r)
{
	int fd = open_file(r, r->name, r->pages);
	bool done = fd >= 0 && map(r, MAP_SHARED, fd);

	if (done) {
		fill_cache(r, fd);
		done = cache_is_right(r) || unmake(r);
	}
	if (fd >= 0)
		close(fd);
	return done;
}

/* The first half stays in RAM. */
static bool
make_locked(struct region *r)
{
	if (!make_anon(r))
		return false;
	return mlock(r->start, r->pages / 2 * page_size) == 0 || unmake(r);
}

static bool
make_locked_file(struct region *r)
{
	if (!map_closing(r, MAP_PRIVATE, open_file(r, r->name, r->pages), 0))
		return false;
	return mlock(r->start, r->pages * page_size) == 0 || unmake(r);
}

static bool
make_huge_zero(struct region *r)
{
	if (!map_anon(r))
		return false;
	(void)madvise(r->start, r->pages * page_size, MADV_HUGEPAGE);
	read_pages(r, 0, r->pages);
	return true;
}

/* A huge page whose first small page is gone: the folio's head is not mapped any more. */
static bool
make_torn(struct region *r)
{
	if (!make_thp(r))
		return false;
	/* Or khugepaged would make it whole again. */
	(void)madvise(r->start, r->pages * page_size, MADV_NOHUGEPAGE);
	return madvise(r->start, page_size, MADV_DONTNEED) == 0 || unmake(r);
}

/* Swapped-out shared memory leaves nothing in the page table. */
static bool
make_swap_shared(struct region *r)
{
	if (!map(r, MAP_SHARED | MAP_ANONYMOUS, -1))
		return false;
	write_pages(r, 0, r->pages);
	(void)madvise(r->start, r->pages / 2 * page_size, ADVICE_PAGEOUT);
	return true;
}

/*
 * A userfaultfd that may do as much of FEATURES as the kernel can, kept open; -1: none at all, also
 * where SUBJECT_UNWATCHED says that another one is to watch us.
 */
static int
open_watch(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = getenv("SUBJECT_UNWATCHED") ? -1 : (int)syscall(SYS_userfaultfd, O_CLOEXEC | WATCH_USER);

	/* The first handshake shows the features, and only a new descriptor takes a second one. */
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0)
		return -1;
	close(fd);
	api = (struct uffdio_api){ .api = UFFD_API, .features = api.features & features };
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | WATCH_USER);
	return fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0 ? fd : -1;
}

static int watch = -1;

static bool
watch_region(const struct region *r, uint64_t mode)
{
	struct uffdio_register all = {
		.range = { (uintptr_t)r->start, r->pages * page_size },
		.mode = mode,
	};

	if (watch < 0)
		watch = open_watch(UFFD_FEATURE_PAGEFAULT_FLAG_WP | WATCH_SHMEM | WATCH_EMPTY | WATCH_POISON);
	return watch >= 0 && ioctl(watch, UFFDIO_REGISTER, &all) == 0;
}

/* Who writes to a protected page waits for ever: there is no one to let it through. */
static int
protect_pages(const struct region *r, size_t first, size_t n, int mode)
{
	struct uffdio_writeprotect what = {
		.range = { (uintptr_t)page_of(r, first), n * page_size },
		.mode = (uint64_t)mode,
	};

	return ioctl(watch, UFFDIO_WRITEPROTECT, &what);
}

/* Half of it written; of either half, page 2 and the following one protected. */
static bool
watch_halves(struct region *r)
{
	size_t half = r->pages / 2;

	write_pages(r, 0, half);
	return (watch_region(r, UFFDIO_REGISTER_MODE_WP) &&
		protect_pages(r, 2, 2, UFFDIO_WRITEPROTECT_MODE_WP) == 0 &&
		protect_pages(r, half + 2, 2, UFFDIO_WRITEPROTECT_MODE_WP) == 0) ||
	    unmake(r);
}

static bool
make_watched(struct region *r)
{
	return map_anon(r) && watch_halves(r);
}

static bool
make_watched_shared(struct region *r)
{
	return map(r, MAP_SHARED | MAP_ANONYMOUS, -1) && watch_halves(r);
}

static bool
make_poison(struct region *r)
{
	struct poison what = { .range = { (uintptr_t)page_of(r, 4), 4 * page_size } };

	if (!map_anon(r))
		return false;
	write_pages(r, 0, 4);
	return (watch_region(r, UFFDIO_REGISTER_MODE_MISSING) && ioctl(watch, POISON_RANGE, &what) == 0 &&
		what.updated > 0) || unmake(r);
}

static bool
make_sysv(struct region *r)
{
	int id = shmget(IPC_PRIVATE, r->pages * page_size, IPC_CREAT | 0600);
	bool done;

	if (id < 0)
		return false;
	done = shmat(id, r->start, 0) == r->start;
	shmctl(id, IPC_RMID, NULL);
	if (done)
		write_pages(r, 0, r->pages / 2);
	return done;
}

static bool
make_posix(struct region *r)
{
	if (!map_closing(r, MAP_SHARED, open_file_in(r, "/dev/shm", r->name, r->pages), 0))
		return false;
	write_pages(r, 0, r->pages / 2);
	return true;
}

static bool
label(struct region *r)
{
	return prctl(NAME_MEMORY, 0, r->start, r->pages * page_size, "subject's own") == 0 || unmake(r);
}

static bool
make_label(struct region *r)
{
	return make_anon(r) && label(r);
}

static bool
make_label_shared(struct region *r)
{
	return make_shared(r) && label(r);
}

/* The second half of a file twice as long. */
static bool
make_offset(struct region *r)
{
	if (!map_closing(r, MAP_SHARED, open_file(r, r->name, 2 * r->pages), r->pages))
		return false;
	read_pages(r, 0, r->pages);
	return true;
}

/* The second half lies beyond the end of the file. */
static bool
make_beyond(struct region *r)
{
	if (!map_closing(r, MAP_SHARED, open_file(r, r->name, r->pages / 2), 0))
		return false;
	read_pages(r, 0, r->pages / 2);
	return true;
}

/* A private mapping of shared memory: two pages copied, some read, the rest in the file alone. */
static bool
make_private_memfd(struct region *r)
{
	int fd = open_memfd(r, 0);

	if (fd < 0 || !fill_file(r, fd, r->pages) || !map(r, MAP_PRIVATE, fd)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	close(fd);
	write_pages(r, 0, 2);
	return true;
}

static bool
make_hugetlb_memfd(struct region *r)
{
	if (!map_closing(r, MAP_SHARED, open_memfd(r, MFD_HUGETLB), 0))
		return false;
	write_pages(r, 0, r->pages);
	return true;
}

static bool
make_droppable(struct region *r)
{
	if (!map(r, MAP_DROPPABLE_ | MAP_ANONYMOUS, -1))
		return false;
	write_pages(r, 0, r->pages);
	return true;
}

static bool
make_secret(struct region *r)
{
	int fd = (int)syscall(SECRET_MEMORY, O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)(r->pages * page_size)) != 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (!map_closing(r, MAP_SHARED, fd, 0))
		return false;
	write_pages(r, 0, r->pages / 2);
	return true;
}

/* /dev/zero, privately: anonymous pages under the name of a device. */
static bool
make_dev_zero(struct region *r)
{
	if (!map_closing(r, MAP_PRIVATE, open("/dev/zero", O_RDWR | O_CLOEXEC), 0))
		return false;
	write_pages(r, 0, 4);
	read_pages(r, 4, 4);
	return true;
}

/* Where the tests have a kernel of their own (tests/guest), they may do what harms a machine. */
static bool
in_guest(void)
{
	char line[4096] = "";
	FILE *file = fopen("/proc/cmdline", "r");

	if (file) {
		if (!fgets(line, sizeof line, file))
			line[0] = '\0';
		fclose(file);
	}
	return strstr(line, "guest.limit=") != NULL;
}

/* Physical memory, the BIOS of a PC, mapped and never touched: the kernel shows no page table for it. */
static bool
make_bios(struct region *r)
{
	int fd = in_guest() ? open("/dev/mem", O_RDONLY | O_CLOEXEC) : -1;

	return map_closing(r, MAP_SHARED, fd, 0xf0000 / page_size);
}

#define RW (PROT_READ | PROT_WRITE)

/* The row number decides the address: new rows go to the end. */
static struct region regions[] = {
	{ "anon", 64, RW, make_anon, NULL },
	{ "sparse", 64, RW, make_sparse, NULL },
	{ "zero", 16, RW, make_zero, NULL },
	{ "private", 16, RW, make_private, NULL },
	{ "shared", 16, RW, make_shared, NULL },
	{ "memfd", 16, RW, make_memfd, NULL },
	{ "thp", 2 * HUGE, RW, make_thp, NULL },
	{ "none", 16, PROT_NONE, map_anon, NULL },
	{ "named", 4, PROT_READ, make_named, NULL },
	{ "guard", 16, RW, make_guard, NULL },
	{ "swap", 64, RW, make_swap, NULL },
	{ "ksm", 16, RW, make_ksm, NULL },
	{ "hugetlb", HUGE, RW, make_hugetlb, NULL },
	{ "dirty", 16, RW, make_dirty, NULL },
	{ "cached", 16, PROT_READ, make_cached, NULL },
	{ "locked", 16, RW, make_locked, NULL },
	{ "locked-file", 4, PROT_READ, make_locked_file, NULL },
	{ "huge-zero", 2 * HUGE, RW, make_huge_zero, NULL },
	{ "mthp", 64, RW, make_thp, NULL },
	{ "torn", HUGE, RW, make_torn, NULL },
	{ "swap-shared", 64, RW, make_swap_shared, NULL },
	{ "watched", 16, RW, make_watched, NULL },
	{ "watched-shared", 16, RW, make_watched_shared, NULL },
	{ "poison", 16, RW, make_poison, NULL },
	{ "sysv", 16, RW, make_sysv, NULL },
	{ "posix", 16, RW, make_posix, NULL },
	{ "label", 16, RW, make_label, NULL },
	{ "label-shared", 16, RW, make_label_shared, NULL },
	{ "offset", 8, PROT_READ, make_offset, NULL },
	{ "beyond", 8, PROT_READ, make_beyond, NULL },
	{ "private-memfd", 16, RW, make_private_memfd, NULL },
	{ "hugetlb-memfd", HUGE, RW, make_hugetlb_memfd, NULL },
	{ "droppable", 16, RW, make_droppable, NULL },
	{ "secret", 8, RW, make_secret, NULL },
	{ "dev-zero", 16, RW, make_dev_zero, NULL },
	{ "bios", 4, PROT_READ, make_bios, NULL },
	{ "broken", 4, RW, make_anon, NULL }, /* by "madvise broken hwpoison PAGE" */
	{ "alt", 2048, RW, make_alt, NULL },
	{ "alt-8", 2048, RW, make_alt_8, NULL },
	{ "alt-odd", 1001, RW, make_alt_odd, NULL },
};

#define REGIONS (sizeof regions / sizeof regions[0])

/* Of a huge page, in pages. */
static size_t
huge_pages(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "r");
	size_t size = 0;

	if (f && fscanf(f, "%zu", &size) != 1)
		size = 0;
	if (f)
		fclose(f);
	return (size ? size : (size_t)2 << 20) / page_size;
}

static void
make_regions(void)
{
	size_t huge = huge_pages();

	for (size_t i = 0; i < REGIONS; i++) {
		regions[i].start = (char *)(uintptr_t)(BASE + i * STRIDE);
		if (regions[i].pages >= HUGE)
			regions[i].pages = regions[i].pages / HUGE * huge;
		if (!regions[i].make(&regions[i]))
			regions[i].start = NULL;
	}
}

static struct region *
find_region(const char *name)
{
	for (size_t i = 0; name && i < REGIONS; i++)
		if (strcmp(regions[i].name, name) == 0 && regions[i].start)
			return &regions[i];
	return NULL;
}

/* --- the commands: each gets the rest of its line through strtok_r's SAVE --------------------- */

static void obey(void);

/* The region that the line names, or NULL and an answer. */
static struct region *
take_region(char **save)
{
	struct region *r = find_region(strtok_r(NULL, " ", save));

	if (!r)
		answer("error: no such region");
	return r;
}

/* Of some pages of a region; false: errno says why not. */
typedef bool page_function(const struct region *r, size_t first, size_t n, int what);

/* Does it to each page that the line goes on to name, or else to all at once. */
static void
each_page(struct region *r, char **save, page_function *does, int what)
{
	const char *word = strtok_r(NULL, " ", save);
	bool done = word != NULL || does(r, 0, r->pages, what);

	for (; done && word; word = strtok_r(NULL, " ", save)) {
		size_t page = strtoul(word, NULL, 10);

		if (page >= r->pages) {
			answer("error: %s has %zu pages", r->name, r->pages);
			return;
		}
		done = does(r, page, 1, what);
	}
	if (done)
		answer("ok");
	else
		answer("error: %s", strerror(errno));
}

static bool
touch_pages(const struct region *r, size_t first, size_t n, int prot)
{
	errno = EACCES;
	if (!(r->prot & prot))
		return false;
	(prot == PROT_WRITE ? write_pages : read_pages)(r, first, n);
	return true;
}

static void
do_write(char **save)
{
	struct region *r = take_region(save);

	if (r)
		each_page(r, save, touch_pages, PROT_WRITE);
}

static void
do_read(char **save)
{
	struct region *r = take_region(save);

	if (r)
		each_page(r, save, touch_pages, PROT_READ);
}

static bool
lock_pages(const struct region *r, size_t first, size_t n, int lock)
{
	return (lock ? mlock : munlock)(page_of(r, first), n * page_size) == 0;
}

static void
do_mlock(char **save)
{
	struct region *r = take_region(save);

	if (r)
		each_page(r, save, lock_pages, true);
}

static void
do_munlock(char **save)
{
	struct region *r = take_region(save);

	if (r)
		each_page(r, save, lock_pages, false);
}

static bool
watch_pages(const struct region *r, size_t first, size_t n, int mode)
{
	return protect_pages(r, first, n, mode) == 0;
}

static void
do_protect(char **save)
{
	struct region *r = take_region(save);

	if (r)
		each_page(r, save, watch_pages, UFFDIO_WRITEPROTECT_MODE_WP);
}

static void
do_unprotect(char **save)
{
	struct region *r = take_region(save);

	if (r)
		each_page(r, save, watch_pages, 0);
}

static const struct advice {
	const char *name;
	int value;
} advices[] = {
	{ "pageout", ADVICE_PAGEOUT },
	{ "cold", ADVICE_COLD },
	{ "free", MADV_FREE },
	{ "dontneed", MADV_DONTNEED },
	{ "mergeable", MADV_MERGEABLE },
	{ "unmergeable", MADV_UNMERGEABLE },
	{ "guard-install", ADVICE_GUARD_INSTALL },
	{ "guard-remove", ADVICE_GUARD_REMOVE },
	{ "hwpoison", ADVICE_HWPOISON },
};

static bool
advise_pages(const struct region *r, size_t first, size_t n, int advice)
{
	errno = EPERM;
	/* The machine loses the frame until it starts anew. */
	if (advice == ADVICE_HWPOISON && !in_guest())
		return false;
	return madvise(page_of(r, first), n * page_size, advice) == 0;
}

static void
do_madvise(char **save)
{
	struct region *r = take_region(save);
	const char *name = r ? strtok_r(NULL, " ", save) : NULL;

	for (size_t i = 0; name && i < sizeof advices / sizeof advices[0]; i++)
		if (strcmp(advices[i].name, name) == 0) {
			each_page(r, save, advise_pages, advices[i].value);
			return;
		}
	if (r)
		answer("error: no such advice");
}

static void
do_dumpable(char **save)
{
	const char *word = strtok_r(NULL, " ", save);

	if (prctl(PR_SET_DUMPABLE, word ? atoi(word) : 0) == 0)
		answer("ok");
	else
		answer("error: %s", strerror(errno));
}

static void
do_list(char **save)
{
	(void)save;
	for (size_t i = 0; i < REGIONS; i++)
		if (regions[i].start)
			printf("%s %llx %llx\n", regions[i].name, (unsigned long long)(BASE + i * STRIDE),
			    (unsigned long long)(BASE + i * STRIDE + regions[i].pages * page_size));
	answer("ok");
}

static void
do_unmap(char **save)
{
	struct region *r = take_region(save);

	if (!r)
		return;
	munmap(r->start, r->pages * page_size);
	r->start = NULL;
	answer("ok");
}

static void
do_reserve(char **save)
{
	const char *word = strtok_r(NULL, " ", save);
	size_t size = (size_t)strtoul(word ? word : "1024", NULL, 10) << 30;
	char *p = mmap((void *)(uintptr_t)RESERVE_AT, size, RW,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED) {
		answer("error: %s", strerror(errno));
		return;
	}
	/* No huge pages, and one page at each end, so that all of it must be searched. */
	(void)madvise(p, size, MADV_NOHUGEPAGE);
	*(volatile char *)p = 1;
	*(volatile char *)(p + size - 1) = 1;
	answer("ok");
}

/* Every other page may not be touched, or the kernel would merge them. */
static void
do_many(char **save)
{
	static size_t there;
	const char *word = strtok_r(NULL, " ", save);
	size_t n = strtoul(word ? word : "0", NULL, 10);
	char *p = (char *)(uintptr_t)MANY_AT;

	munmap(p, (there + 1) * page_size);
	there = n;
	if (n && mmap(p, n * page_size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != p) {
		answer("error: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < n; i += 2) {
		p[i * page_size] = 1;
		if (mprotect(p + (i + 1) * page_size, page_size, PROT_NONE) != 0) {
			answer("error: %s", strerror(errno));
			return;
		}
	}
	answer("ok");
}

/* A child that dies with the subject and holds none of its pipes open. */
static pid_t
make_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
	}
	return pid;
}

static void
do_fork(char **save)
{
	pid_t pid = make_child();

	(void)save;
	while (pid == 0)
		pause();
	answer("ok %d", (int)pid);
}

static void
do_zombie(char **save)
{
	pid_t pid = make_child();
	siginfo_t info;

	(void)save;
	if (pid == 0)
		_exit(0);
	/* Answers when it is one: WNOWAIT sees the end and leaves the zombie. */
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	answer("ok %d", (int)pid);
}

struct sleeper {
	const char *name;
	volatile long tid;
};

static void *
sleeper(void *arg)
{
	struct sleeper *s = arg;

	prctl(PR_SET_NAME, s->name);
	s->tid = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

/* Memory for a stack, with a page below that stops who runs out of it. NULL: there is none. */
static char *
make_stack(void)
{
	static size_t stacks;
	char *guard = (char *)(uintptr_t)(STACKS_AT + stacks * STRIDE);

	if (mmap(guard, (1 + STACK_PAGES) * page_size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != guard ||
	    mprotect(guard + page_size, STACK_PAGES * page_size, RW) != 0)
		return NULL;
	stacks++;
	return guard + page_size;
}

static void
do_thread(char **save)
{
	static struct sleeper s;
	pthread_attr_t attr;
	pthread_t thread;
	char *stack = make_stack();

	s = (struct sleeper){ .name = **save ? *save : "sleeper" };
	pthread_attr_init(&attr);
	if (!stack || pthread_attr_setstack(&attr, stack, STACK_PAGES * page_size) != 0 ||
	    pthread_create(&thread, &attr, sleeper, &s) != 0) {
		answer("error: no thread");
		return;
	}
	while (s.tid == 0)
		sched_yield();
	answer("ok %ld %llx", s.tid, (unsigned long long)(uintptr_t)stack);
}

static void *
execute(void *arg)
{
	(void)arg;
	execv("/proc/self/exe", arguments);
	answer("error: %s", strerror(errno));
	return NULL;
}

/* From another thread than the main one: the process keeps its number, the thread gets it. */
static void
do_exec(char **save)
{
	pthread_t thread;

	if (!strtok_r(NULL, " \n", save) || pthread_create(&thread, NULL, execute, NULL) != 0)
		execute(NULL);
	else
		pthread_join(thread, NULL);
}

static void
do_exit(char **save)
{
	const char *status = strtok_r(NULL, " ", save);

	exit(status ? atoi(status) : 0);
}

static void *
successor(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	answer("ok %ld", (long)syscall(SYS_gettid));
	obey();
	exit(0);
}

/* The main thread ends, which makes /proc/PID look like a zombie's; another one goes on obeying. */
static void
do_leader_exit(char **save)
{
	static pthread_t leader;
	pthread_t thread;

	(void)save;
	leader = pthread_self();
	if (pthread_create(&thread, NULL, successor, &leader) != 0) {
		answer("error: no thread");
		return;
	}
	pthread_exit(NULL);
}

static const struct command {
	const char *name;
	void (*run)(char **save);
} commands[] = {
	/* Where pages can be named, none means all. */
	{ "write", do_write },         /* REGION [PAGE...] */
	{ "read", do_read },           /* REGION [PAGE...] */
	{ "mlock", do_mlock },         /* REGION [PAGE...] */
	{ "munlock", do_munlock },     /* REGION [PAGE...] */
	{ "madvise", do_madvise },     /* REGION ADVICE [PAGE...], see advices[] */
	{ "protect", do_protect },     /* REGION [PAGE...]: by userfaultfd, in a watched region */
	{ "unprotect", do_unprotect }, /* REGION [PAGE...] */
	{ "unmap", do_unmap },         /* REGION */
	{ "list", do_list },           /* "REGION START END" lines, then "ok" */
	{ "many", do_many },           /* N (even): as many regions of a page at MANY_AT; 0: none */
	{ "reserve", do_reserve },     /* [GIB]: 1 TiB at RESERVE_AT, first and last page written */
	{ "fork", do_fork },           /* "ok PID" of a sleeping child that shares the private pages */
	{ "zombie", do_zombie },       /* "ok PID" of a child that has ended */
	{ "thread", do_thread },       /* [NAME]: "ok TID STACK" of a sleeping thread; one page below its
	                                  stack may not be touched */
	{ "dumpable", do_dumpable },   /* 0|1: at 0, only root may read the process */
	{ "exec", do_exec },           /* [thread]: "ready PID" once more; by another thread */
	{ "exit", do_exit },           /* STATUS */
	{ "leader-exit", do_leader_exit }, /* "ok TID" of the thread that goes on */
};

static void
obey_line(char *line)
{
	char *save, *name = strtok_r(line, " \n", &save);

	for (size_t i = 0; name && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(commands[i].name, name) == 0) {
			save[strcspn(save, "\n")] = '\0';
			commands[i].run(&save);
			return;
		}
	answer("error: no such command");
}

static void
obey(void)
{
	char line[4096];

	while (fgets(line, sizeof line, stdin))
		obey_line(line);
}

/* A page that is declared broken may raise a signal, once, which must have no further effect. */
static void
nothing(int number)
{
	(void)number;
}

int
main(int argc, char **argv)
{
	const struct sigaction once = { .sa_handler = nothing, .sa_flags = (int)SA_RESETHAND };

	(void)argc;
	arguments = argv;
	sigaction(SIGBUS, &once, NULL);
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	/* Nothing read ahead: what follows `exec` is for the next image. */
	setvbuf(stdin, NULL, _IONBF, 0);
	make_regions();
	answer("ready %d", (int)getpid());
	obey();
	return 0;
}
