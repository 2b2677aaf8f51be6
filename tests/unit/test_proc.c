/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cannot be found out is not reported as known. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/mapmax.h"
#include "kernel/proc.h"
#include "kernel/thread.h"
#include "kernel/processes.h"
#include "kernel/swap.h"
#include "symbol/helper.h"
#include "tap.h"
#include "target/bytes.h"
#include "target/kinds.h"

static int ready[2];

static void *
outlive(void *arg)
{
	char text[512], byte = 0;

	/* the leader has ended when its stat says so */
	do
		file_read_small(AT_FDCWD, arg, text, sizeof(text));
	while (!strstr(text, ") Z "));
	if (write(ready[1], &byte, 1) == 1)
		pause();
	_exit(1);
}

/* A process whose main thread has ended and another lives on; 0: it could not be made. */
static pid_t
start_leaderless(void)
{
	static char path[32];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		pthread_t thread;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
		if (pthread_create(&thread, NULL, outlive, path))
			_exit(1);
		pthread_exit(NULL);
	}
	close(ready[1]);
	return pid > 0 && read(ready[0], &byte, 1) == 1 ? pid : 0;
}

/* Leaves room for this many more descriptors; returns the previous limit. */
static struct rlimit
leave_descriptors(int n)
{
	struct rlimit before, now;
	int lowest = open("/", O_PATH | O_CLOEXEC);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	now = before;
	now.rlim_cur = (rlim_t)(lowest + n);
	setrlimit(RLIMIT_NOFILE, &now);
	return before;
}

/* Its folder can be read, those of its threads cannot: that is no end. */
static void
test_leaderless(void)
{
	struct proc p;
	struct err err;
	struct rlimit before;
	pid_t pid = start_leaderless();

	if (!ok(pid && proc_open(&p, "/proc", pid, &err) == 0, "a process without its main thread"))
		return;
	for (int n = 0; n < 4; n++) {
		char name[64];

		before = leave_descriptors(n);
		snprintf(name, sizeof(name), "with %d descriptors left it has not ended", n);
		is_u64(proc_check(&p), PROC_RUNNING, name);
		setrlimit(RLIMIT_NOFILE, &before);
	}
	proc_close(&p);
	before = leave_descriptors(3); /* for the proc root, its folder, and one more */
	ok(proc_open(&p, "/proc", pid, &err) < 0 && err.sys == EMFILE, "nor is it called a zombie");
	setrlimit(RLIMIT_NOFILE, &before);
	proc_close(&p);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
}

/* A file that cannot be read says nothing: neither that there is no swap nor that it is gone. */
static void
test_swaps_unread(const struct proc *p)
{
	static const char text[] = "Filename Type Size Used Priority\n/swap file 8 4 -2\n";
	struct swaps s = {0};
	int fd = openat(p->root, "swaps", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	struct rlimit before;

	ok(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a swap device");
	close(fd);
	before = leave_descriptors(0);
	swaps_read(&s, p, true);
	ok(s.error == EMFILE && s.in_use && swaps_types(&s), "without descriptors there may be swap");
	setrlimit(RLIMIT_NOFILE, &before);
	swaps_read(&s, p, true);
	ok(!s.error && s.n == 1 && s.in_use && swaps_types(&s) == 1, "with them there is some");
	before = leave_descriptors(0);
	swaps_read(&s, p, true);
	ok(s.error == EMFILE && s.n == 1 && !strcmp(s.name[0], "/swap"), "and it stays known");
	setrlimit(RLIMIT_NOFILE, &before);
	unlinkat(p->root, "swaps", 0);
	swaps_read(&s, p, false);
	ok(!s.error && !s.n && !swaps_types(&s) && !s.in_use, "until there is none");
	swaps_free(&s);
}

static void
test_swaps(void)
{
	char folder[] = "/tmp/pmtop-proc.XXXXXX";
	struct proc p = {.root = -1};
	struct swaps s = {0};

	p.root = mkdtemp(folder) ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (!ok(p.root >= 0, "a folder"))
		return;
	swaps_read(&s, &p, true);
	ok(s.n == 0 && s.in_use, "a kernel that shows no swaps may have some");
	swaps_free(&s);
	swaps_read(&s, &p, false);
	ok(!s.in_use, "a folder without them has none");
	test_swaps_unread(&p);
	close(p.root);
	rmdir(folder);
}

static bool
go_on(void *arg)
{
	(void)arg;
	return false;
}

static bool
is_denied(const struct processes *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].pid == pid)
			return list->v[i].access == ACCESS_DENIED;
	return false;
}

/*
 * Their files cannot be opened just now: they are there; whether they may be seen is not known.
 * valgrind opens first and counts descriptors afterwards, so some may be denied for another reason.
 */
static bool
is_listed(const struct processes *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].pid == pid)
			return true;
	return false;
}

/* How many of the n processes are not in the list, although they have not ended. */
static size_t
gone(const struct processes *list, const pid_t *pid, size_t n)
{
	size_t lost = 0;

	for (size_t i = 0; i < n; i++)
		lost += !is_listed(list, pid[i]) && (kill(pid[i], 0) == 0 || errno == EPERM);
	return lost;
}

static void
test_processes(void)
{
	struct processes_root r;
	struct processes *list, *enough;
	struct rlimit before;
	struct err err;
	size_t n, denied = 0;
	pid_t *pid;

	if (!ok(processes_open(&r, "/proc", &err) == 0, "the processes"))
		return;
	list = processes_list(&r, NULL, go_on, NULL);
	n = list->n;
	pid = mem_alloc((n + 1) * sizeof(*pid));
	for (size_t i = 0; i < n; i++)
		pid[i] = list->v[i].pid;
	before = leave_descriptors(0);
	processes_fill(&r, list, go_on, NULL);
	setrlimit(RLIMIT_NOFILE, &before);
	ok(n > 0 && gone(list, pid, n) == 0, "none has gone for want of descriptors");
	free(pid);
	before = leave_descriptors(1); /* for its folder, and none of its files */
	processes_fill(&r, list, go_on, NULL);
	setrlimit(RLIMIT_NOFILE, &before);
	enough = processes_list(&r, NULL, go_on, NULL);
	processes_fill(&r, enough, go_on, NULL);
	for (size_t i = 0; i < list->n; i++)
		denied += is_denied(list, list->v[i].pid) && !is_denied(enough, list->v[i].pid);
	is_u64(denied, 0, "and none is called denied");
	processes_free(enough);
	processes_free(list);
	processes_close(&r);
}

/* Mounts that could not be read are read again, though no other file was mapped. */
static void
test_mounts_again(void)
{
	static const char line[] = "36 35 0:99 / /mnt rw - tmpfs none rw\n";
	char folder[] = "/tmp/pmtop-proc.XXXXXX", name[64];
	struct proc p = {.root = -1};
	struct vma one = {.end = 4096, .name = "/mnt/x", .dev_minor = 99, .inode = 7,
	                  .perm = VMA_READ | VMA_SHARED, .type = VMA_FILE};
	struct vma_list vmas = {.v = &one, .n = 1};
	struct kinds k = {0};
	int fd;

	p.leader = mkdtemp(folder) ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (!ok(p.leader >= 0, "a folder"))
		return;
	kinds_judge(&k, NULL, &p, -1, 4096, &vmas);
	is_u64(one.type, VMA_FILE, "no mounts: by its name");
	snprintf(name, sizeof(name), "%s/mountinfo", folder);
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok(fd >= 0 && write(fd, line, sizeof(line) - 1) == sizeof(line) - 1, "now there are some");
	close(fd);
	k.read_ns = 1; /* long ago */
	kinds_judge(&k, NULL, &p, -1, 4096, &vmas);
	is_u64(one.type, VMA_SHM, "they are read again");
	kinds_forget(&k);
	unlink(name);
	close(p.leader);
	rmdir(folder);
}

/* This program cannot be the helper. */
static void
test_no_helper(void)
{
	struct proc p;
	struct err err;
	struct helper *h = helper_new(NULL, NULL);
	struct vma v = {.end = 4096, .name = ""};
	struct buf why = {0};

	if (ok(proc_open(&p, "/proc", getpid(), &err) == 0, "ourselves"))
		is_u64((uint64_t)helper_fault(h, &p, &v, -1, 0), EAGAIN,
		       "without a helper a page is not late");
	bytes_why(&(struct bytes_page){.kind = BYTES_FAILED, .sys = EAGAIN}, &why);
	ok(strstr(why.s, "cannot be started") != NULL, "and that is what is said");
	buf_free(&why);
	helper_free(h);
	proc_close(&p);
}

/* What the file `syscall` says of a thread. */
static void
test_registers(void)
{
	static const struct {
		const char *text;
		uint64_t sp, pc;
	} rows[] = {
	    {"0 0x3 0x7ffe 0x1 0x0 0x0 0x0 0x7ffe10 0x7f20\n", 0x7ffe10, 0x7f20},
	    {"-1 0x7ffe10 0x7f20\n", 0x7ffe10, 0x7f20},
	    {"-1 0x7ffe10 0x7f20", 0x7ffe10, 0x7f20},
	    {"running\n", 0, 0},
	    {"", 0, 0},
	    {"\n", 0, 0},
	    {"0x10 0x20", 0, 0},
	    {"-1 0x10 ", 0, 0},
	    {"-1 10 20\n", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct thread_registers r = thread_parse_registers(rows[i].text);

		ok(r.sp == rows[i].sp && r.pc == rows[i].pc, rows[i].text[0] ? rows[i].text : "nothing");
	}
}

static bool
put_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* How often pages are mapped at most, by region. */
static void
test_mapmax(void)
{
	static const char *const names[] = {"stat", "statm", "numa_maps"};
	char folder[] = "/tmp/test_proc_XXXXXX";
	struct proc p = {.root = -1, .pidfd = -1, .pid = 1};
	struct mapmax m;

	p.leader = mkdtemp(folder) ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (!ok(put_file(p.leader, "stat", "1 (a) S 0 1 1 0 -1 0 5 0 6 0 0 0 0 0 20 0 1 0 9 0 0\n") &&
	            put_file(p.leader, "statm", "100 50 1 1 0 1 0\n"),
	        "a process"))
		return;
	ok(!mapmax_read(&p, 100, &m), "a kernel without NUMA");
	put_file(p.leader, "numa_maps",
	         "1000 default anon=5 dirty=5 mapmax=7 active=0 N0=5 kernelpagesize_kB=4\n"
	         "5000 default file=/x\\040mapmax=9 mapped=2 N0=2 kernelpagesize_kB=4\n"
	         "no line\n"
	         "9000 default\n"
	         "b000 bind:0 heap anon=1 mapmax=x N0=1\n"
	         "c000 default stack anon=1 dirty=1 mapmax=4294967296 N0=1\n");
	ok(!mapmax_read(&p, 49, &m), "too many pages are in RAM");
	ok(mapmax_read(&p, 50, &m) && m.n == 5, "a row for each region");
	ok(!mapmax_at(&m, 0xfff) && mapmax_at(&m, 0x1000) == 7 && mapmax_at(&m, 0x4000) == 7, "the region with it");
	ok(mapmax_at(&m, 0x5000) == 1 && mapmax_at(&m, 0x9000) == 1, "without the word: mapped once, if at all");
	ok(!mapmax_at(&m, 0xb000) && mapmax_at(&m, 0xd000) == UINT64_C(1) << 32, "not a number; a large one");
	mapmax_free(&m);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlinkat(p.leader, names[i], 0);
	rmdir(folder);
	close(p.leader);
}

int
main(void)
{
	tap_start();
	test_leaderless();
	test_swaps();
	test_processes();
	test_mounts_again();
	test_no_helper();
	test_registers();
	test_mapmax();
	return tap_done();
}
