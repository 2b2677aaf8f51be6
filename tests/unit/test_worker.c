/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads that start, and threads that cannot: those leave nothing open. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include "base/worker.h"
#include "sample/lister.h"
#include "sample/sampler.h"
#include "symbol/helper_parts.h"
#include "tap.h"

enum { TRIES = 20 };

static unsigned
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* From here on nothing of a thread's size can be mapped: what is small finds room on the heap. */
static void
leave_no_room(void)
{
	char text[64];
	const char *end;
	uint64_t pages = 0;
	rlim_t bytes;

	free(mem_alloc(100000)); /* below what malloc maps by itself */
	file_read_small(AT_FDCWD, "/proc/self/statm", text, sizeof(text));
	parse_u64(text, 10, &end, &pages);
	bytes = (rlim_t)(pages * (uint64_t)sysconf(_SC_PAGESIZE)) + (256 << 10);
	setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
}

/* In a child: 0 they do not start and leave nothing open, 3 something is left, 2 they start. */
static int
start_in_vain(void)
{
	struct sampler_target self = {.root = "/proc", .pid = getpid()};
	unsigned before;
	struct err err;

	leave_no_room();
	before = open_files();
	for (int i = 0; i < TRIES; i++)
		if (sampler_start(&self, &err) ||
		    lister_start("/proc", 0, &err))
			return 2;
	return open_files() != before ? 3 : 0;
}

static void
test_no_thread(void)
{
	int status = 0;
	pid_t pid;

#ifdef HELPER_SANITIZED
	ok(true, "# SKIP a sanitizer maps what it wants");
	return;
#endif
	pid = fork();
	if (pid == 0)
		_exit(start_in_vain());
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		ok(true, "# SKIP threads start whatever is left of memory");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		ok(true, "# SKIP valgrind itself has no memory left");
	else
		ok(status == 0, "bug: a thread that cannot be started leaves descriptors open");
}

struct seen {
	pthread_mutex_t lock;
	struct worker worker;
	bool good, released;
};

static void
examine_itself(void *arg)
{
	struct seen *l = arg;
	pthread_attr_t attr;
	size_t size = 0;
	sigset_t mask;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstacksize(&attr, &size);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	l->good = size >= 512 << 10 && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
}

static void
run_until_stopped(void *arg)
{
	struct seen *l = arg;

	pthread_mutex_lock(&l->lock);
	while (!l->worker.stop)
		worker_wait(&l->worker, WORKER_FOREVER);
	pthread_mutex_unlock(&l->lock);
}

static void
release_seen(void *arg)
{
	((struct seen *)arg)->released = true;
}

static void
test_thread(void)
{
	struct seen l = {.lock = PTHREAD_MUTEX_INITIALIZER};

	setrlimit(RLIMIT_STACK, &(struct rlimit){80 << 10, RLIM_INFINITY});
	ok(worker_start(&l.worker, &l.lock, examine_itself, release_seen, &l) == 0 &&
	       worker_stop(&l.worker, time_ns() + UINT64_C(10000000000)),
	   "a thread starts, and ends");
	ok(l.good, "its stack does not follow ulimit -s, and no signal is its own");
	ok(l.released, "it gives up what it shares at its end");
	ok(worker_start(&l.worker, &l.lock, run_until_stopped, release_seen, &l) == 0 &&
	       worker_stop(&l.worker, time_ns() + UINT64_C(10000000000)),
	   "one that waits ends when it is asked to");
}

static int
deep(int argc, char **argv)
{
	volatile char room[300 << 10];
	sigset_t mask;

	for (size_t i = 0; i < sizeof(room); i += 1024)
		room[i] = (char)i;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	return argc + (argv == NULL) + room[1024] + sigismember(&mask, SIGTERM);
}

static void
test_main(void)
{
	setrlimit(RLIMIT_STACK, &(struct rlimit){80 << 10, RLIM_INFINITY});
	ok(worker_main(deep, 41, NULL) == 42,
	   "what needs more stack than is allowed runs on another, and hears signals");
}

int
main(void)
{
	tap_start();
	test_no_thread();
	test_thread();
	test_main();
	return tap_done();
}
