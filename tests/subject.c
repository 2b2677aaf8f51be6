/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process the live tests look at: regions of known kinds at known addresses with known
 * contents, which then change only when a line on standard input says so.
 *
 * Region number i starts at BASE + i * STRIDE and is far smaller than STRIDE, so that unmapped
 * space is around each one (no two merge) and each start is aligned for a huge page and for a row
 * of 64 cells. Every written page begins with the text "subject REGION page N write COUNT".
 *
 * Each command is answered by one line on standard output: "ok", "ok NUMBER" where a process or
 * thread was made, or "error: why". At start, and after `exec`, the answer is "ready PID".
 *
 * A region that this kernel cannot make (guards, huge pages of hugetlbfs) is left out of `list`.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define BASE         UINT64_C(0x100000000000)
#define STRIDE       UINT64_C(0x1000000)
#define RESERVE_AT   UINT64_C(0x200000000000)
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

/* --- the ways to make a region ------------------------------------------------------------------ */

static char *
page_of(const struct region *r, size_t page)
{
	return r->start + page * page_size;
}

static void
write_page(const struct region *r, size_t page)
{
	static unsigned count;

	snprintf(page_of(r, page), page_size, "subject %s page %zu write %u\n", r->name, page, ++count);
}

static void
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

/* Maps the whole region at the address its row number gives it. */
static bool
map(struct region *r, int flags, int fd)
{
	void *p = mmap(r->start, r->pages * page_size, r->prot, flags | MAP_FIXED_NOREPLACE, fd, 0);

	if (p == MAP_FAILED || p != r->start) {
		r->start = NULL;
		return false;
	}
	return true;
}

static bool
map_anon(struct region *r)
{
	return map(r, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/*
 * Maps a file of that name, filled, privately. The file and its folder are gone afterwards (the
 * kernel adds " (deleted)" to the name), so that nothing is left behind however the subject ends.
 */
static bool
map_file(struct region *r, const char *name)
{
	const char *tmp = getenv("TMPDIR");
	char dir[256], path[512];
	bool done = false;
	int fd;

	snprintf(dir, sizeof dir, "%s/pmtop-subject-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return false;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		char *text = malloc(page_size);

		done = text != NULL;
		for (size_t i = 0; done && i < r->pages; i++) {
			memset(text, 0, page_size);
			snprintf(text, page_size, "subject %s page %zu\n", r->name, i);
			done = write(fd, text, page_size) == (ssize_t)page_size;
		}
		/* On disk before the tests look: write-back would change flags under them. */
		done = done && fsync(fd) == 0 && map(r, MAP_PRIVATE, fd);
		free(text);
		unlink(path);
		close(fd);
	}
	rmdir(dir);
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
	if (!map_file(r, "private"))
		return false;
	read_pages(r, 0, r->pages);
	write_page(r, 5);
	return true;
}

static bool
make_named(struct region *r)
{
	if (!map_file(r, ODD_NAME))
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

static bool
make_memfd(struct region *r)
{
	int fd = memfd_create("subject", MFD_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = ftruncate(fd, (off_t)(r->pages * page_size)) == 0 && map(r, MAP_SHARED, fd);
	close(fd);
	if (done)
		write_pages(r, 0, r->pages / 2);
	return done;
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
	if (madvise(page_of(r, 4), 4 * page_size, MADV_GUARD_INSTALL) == 0)
		return true;
	munmap(r->start, r->pages * page_size);
	r->start = NULL;
	return false;
}

static bool
make_swap(struct region *r)
{
	if (!make_anon(r))
		return false;
	/* Without swap the pages stay; the first quarter comes back in any case. */
	(void)madvise(r->start, r->pages * page_size, MADV_PAGEOUT);
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

#define RW (PROT_READ | PROT_WRITE)

/* The row number decides the address: new rows go to the end. */
static struct region regions[] = {
	{ "anon", 64, RW, make_anon, NULL },
	{ "sparse", 64, RW, make_sparse, NULL },
	{ "zero", 16, RW, make_zero, NULL },
	{ "private", 16, RW, make_private, NULL },
	{ "shared", 16, RW, make_shared, NULL },
	{ "memfd", 16, RW, make_memfd, NULL },
	{ "thp", 1024, RW, make_thp, NULL },
	{ "none", 16, PROT_NONE, map_anon, NULL },
	{ "named", 4, PROT_READ, make_named, NULL },
	{ "guard", 16, RW, make_guard, NULL },
	{ "swap", 64, RW, make_swap, NULL },
	{ "ksm", 16, RW, make_ksm, NULL },
	{ "hugetlb", 512, RW, make_hugetlb, NULL },
};

#define REGIONS (sizeof regions / sizeof regions[0])

static void
make_regions(void)
{
	for (size_t i = 0; i < REGIONS; i++) {
		regions[i].start = (char *)(uintptr_t)(BASE + i * STRIDE);
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

/* --- the commands: each gets the rest of its line through strtok_r's SAVE ------------------------ */

static void obey(void);

static void
each_page(char **save, int prot, void (*touch)(const struct region *, size_t, size_t))
{
	struct region *r = find_region(strtok_r(NULL, " ", save));
	const char *word;

	if (!r || !(r->prot & prot)) {
		answer("error: no such region, or not allowed");
		return;
	}
	while ((word = strtok_r(NULL, " ", save))) {
		size_t page = strtoul(word, NULL, 10);

		if (page >= r->pages) {
			answer("error: %s has %zu pages", r->name, r->pages);
			return;
		}
		touch(r, page, 1);
	}
	answer("ok");
}

static void
do_write(char **save)
{
	each_page(save, PROT_WRITE, write_pages);
}

static void
do_read(char **save)
{
	each_page(save, PROT_READ, read_pages);
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
	struct region *r = find_region(strtok_r(NULL, " ", save));

	if (!r || munmap(r->start, r->pages * page_size) != 0) {
		answer("error: no such region");
		return;
	}
	r->start = NULL;
	answer("ok");
}

static void
do_pageout(char **save)
{
	struct region *r = find_region(strtok_r(NULL, " ", save));

	if (!r || madvise(r->start, r->pages * page_size, MADV_PAGEOUT) != 0) {
		answer("error: cannot page out");
		return;
	}
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
	/* No huge pages, and one page at each end: the whole of it has to be looked through. */
	(void)madvise(p, size, MADV_NOHUGEPAGE);
	*(volatile char *)p = 1;
	*(volatile char *)(p + size - 1) = 1;
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

static void *
sleeper(void *tid)
{
	*(volatile long *)tid = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void
do_thread(char **save)
{
	static volatile long tid;
	pthread_t thread;

	(void)save;
	tid = 0;
	if (pthread_create(&thread, NULL, sleeper, (void *)&tid) != 0) {
		answer("error: no thread");
		return;
	}
	while (tid == 0)
		sched_yield();
	answer("ok %ld", tid);
}

static void
do_exec(char **save)
{
	(void)save;
	execv("/proc/self/exe", arguments);
	answer("error: %s", strerror(errno));
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
	{ "write", do_write }, /* REGION PAGE... */
	{ "read", do_read },   /* REGION PAGE... */
	{ "list", do_list },   /* "REGION START END" lines, then "ok" */
	{ "unmap", do_unmap }, /* REGION */
	{ "pageout", do_pageout }, /* REGION */
	{ "reserve", do_reserve }, /* [GIB]: 1 TiB at RESERVE_AT, first and last page written */
	{ "fork", do_fork },       /* "ok PID" of a sleeping child that shares the private pages */
	{ "zombie", do_zombie },   /* "ok PID" of a child that has ended */
	{ "thread", do_thread },   /* "ok TID" of a sleeping thread */
	{ "exec", do_exec },       /* "ready PID" once more */
	{ "exit", do_exit },       /* STATUS */
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

int
main(int argc, char **argv)
{
	(void)argc;
	arguments = argv;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	/* Nothing read ahead: what follows `exec` is for the next image. */
	setvbuf(stdin, NULL, _IONBF, 0);
	make_regions();
	answer("ready %d", (int)getpid());
	obey();
	return 0;
}
