/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A family of processes that share memory in every way. It says "NAME PID START-END" of each region
 * and "NAME PID" of each process, then "ready", and stays as it is until its standard input ends.
 *
 *   target   the one to ask about: it has these regions
 *     fork     64 pages, written before the forks
 *     shm      32 pages of shared anonymous memory, all touched
 *     memfd    16 pages of a memfd, all touched; "again": the same pages, mapped once more
 *   child    its child: wrote pages 0..15 of fork, touched 0..15 of shm
 *   grand    the child's child: wrote 8..23 of fork besides, touched 0..7 of shm
 *   moved    a child that moved pages 32..39 of fork to another address
 *   ended    a child whose main thread has ended, and another one lives on
 *   passed   no relative by fork of these pages: it got the memfd over a socket, and touched 5 pages
 *   twin     uses the target's address space (CLONE_VM)
 * and the target has a second thread.
 */
#include "live.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORK = 64, SHM = 32, MEMFD = 16 };

static size_t page;
static char *forked, *shm;
static int up[2]; /* each process writes a byte when it is as it should be */

/* Between two pages that nobody may touch, or the kernel would merge it with its neighbours. */
static char *
map(size_t pages)
{
	char *p = mmap(NULL, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, pages * page, PROT_READ | PROT_WRITE))
		cannot("mmap");
	madvise(p + page, pages * page, MADV_NOHUGEPAGE);
	return p + page;
}

static void
touch(char *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		p[i * page] = (char)(i + 1);
}

static void
print_range(const char *name, const char *from, size_t pages)
{
	printf("%s %d %lx-%lx\n", name, (int)getpid(), (unsigned long)(uintptr_t)from,
	       (unsigned long)((uintptr_t)from + pages * page));
}

/* Ready, and stays until it is killed, which it is with its parent. */
static _Noreturn void
stay(void)
{
	if (write(up[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void
await(unsigned n)
{
	char byte;

	while (n--)
		if (read(up[0], &byte, 1) != 1)
			cannot("read");
}

static pid_t
born(void (*live)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		cannot("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	live();
	stay();
}

static void
grand_lives(void)
{
	touch(forked, 8, 24);
	touch(shm, 0, 8);
}

static void
child_lives(void)
{
	touch(forked, 0, 16);
	touch(shm, 0, 16);
	printf("grand %d\n", (int)born(grand_lives));
	fflush(stdout);
}

static void
moved_lives(void)
{
	char *to = map(8);

	if (mremap(forked + 32 * page, 8 * page, 8 * page, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		_exit(1);
}

static void *
outlive(void *arg)
{
	char state[8];

	(void)arg;
	/* once the main thread is a zombie */
	do {
		char path[64], text[512], *at;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
		f = fopen(path, "r");
		if (!f || !fgets(text, sizeof(text), f))
			_exit(1);
		fclose(f);
		at = strrchr(text, ')');
		snprintf(state, sizeof(state), "%.1s", at ? at + 2 : "");
		sched_yield();
	} while (*state != 'Z');
	stay();
}

static void
ended_lives(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, outlive, NULL))
		_exit(1);
	pthread_exit(NULL);
}

/* Gets the memfd over the socket. */
static _Noreturn void
passed_lives(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))], *p;
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
	                   .msg_controllen = sizeof(control)};
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (recvmsg(from, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		_exit(1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	/* from its second page on, and so at another address and another offset */
	p = mmap(NULL, 8 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)page);
	if (p == MAP_FAILED)
		_exit(1);
	touch(p, 0, 5);
	stay();
}

static void
pass(int to, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
	                   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(to, &m, 0) != 1)
		cannot("sendmsg");
}

static int
twin_lives(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stay();
}

static void *
thread_lives(void *arg)
{
	(void)arg;
	stay();
}

/* The memfd, mapped twice, and passed on. */
static void
share_memfd(int to)
{
	int fd = memfd_create("passed", MFD_CLOEXEC);
	char *p, *again;

	if (fd < 0 || ftruncate(fd, (off_t)(MEMFD * page)) < 0)
		cannot("memfd_create");
	p = mmap(NULL, MEMFD * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	again = mmap(NULL, MEMFD * page, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED || again == MAP_FAILED)
		cannot("mmap");
	touch(p, 0, MEMFD);
	for (size_t i = 0; i < MEMFD; i++)
		(void)*(volatile char *)(again + i * page);
	pass(to, fd);
	print_range("memfd", p, MEMFD);
	print_range("again", again, MEMFD);
}

int
main(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pair[2];
	pthread_t t;
	char word;
	pid_t pid;

	page = (size_t)sysconf(_SC_PAGESIZE);
	if (pipe(up) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		cannot("socketpair");
	printf("target %d\n", (int)getpid());
	fflush(stdout);
	pid = fork(); /* before there is anything to share */
	if (!pid)
		passed_lives(pair[1]);
	printf("passed %d\n", (int)pid);

	forked = map(FORK);
	touch(forked, 0, FORK);
	shm = mmap(NULL, SHM * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shm == MAP_FAILED)
		cannot("mmap");
	touch(shm, 0, SHM);
	print_range("fork", forked, FORK);
	print_range("shm", shm, SHM);
	printf("child %d\n", (int)born(child_lives));
	printf("moved %d\n", (int)born(moved_lives));
	printf("ended %d\n", (int)born(ended_lives));
	await(4); /* child, grand, moved, ended: from here on the target touches no page of theirs */
	share_memfd(pair[0]);
	if (pthread_create(&t, NULL, thread_lives, NULL))
		cannot("pthread_create");
	pid = clone(twin_lives, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		cannot("clone");
	printf("twin %d\n", (int)pid);
	await(3); /* passed, the thread, twin */
	printf("ready\n");
	fflush(stdout);
	while (read(0, &word, 1) > 0)
		;
	return 0;
}
