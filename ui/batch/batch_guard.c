/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch/batch_guard.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include "base/worker.h"

enum {
	LOOK_MS = 1000,
	LIMIT_S = 15, /* longer than a fork, or an unmap, of a terabyte holds the lock */
};

static struct guard {
	pthread_mutex_t lock;
	struct worker worker;
	void (*silent)(unsigned seconds, pid_t pid);
	pid_t tid, pid;
	uint64_t since; /* the first look that found it where it is now */
	long switches;  /* that it had by then */
} guard = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool
batch_guard_read(const char *name, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int)guard.tid, name);
	return file_read_small(AT_FDCWD, path, text, size);
}

/* Our reader of output may take as long as it likes. */
static bool
batch_guard_writes_output(void)
{
	char text[256];
	long number;
	unsigned long long fd;

	return batch_guard_read("syscall", text, sizeof(text)) &&
	       sscanf(text, "%ld %llx", &number, &fd) == 2 && number == SYS_write &&
	       fd <= STDERR_FILENO;
}

/* Asleep, and no signal wakes it; -1: it is not. Else how often it has gone to sleep. */
static long
batch_guard_asleep(void)
{
	static const char counter[] = "\nvoluntary_ctxt_switches:";
	char text[8192];
	const char *at;

	if (!batch_guard_read("status", text, sizeof(text)) || !strstr(text, "\nState:\tD") ||
	    batch_guard_writes_output())
		return -1;
	at = strstr(text, counter);
	return at ? strtol(at + strlen(counter), NULL, 10) : -1;
}

static void
batch_guard_look(void)
{
	uint64_t now = time_ns();
	long switches = batch_guard_asleep();

	if (switches < 0 || switches != guard.switches)
		guard.since = now;
	guard.switches = switches;
	if (now - guard.since >= LIMIT_S * 1000 * TIME_MS)
		guard.silent(LIMIT_S, guard.pid);
}

static void
batch_guard_run(void *arg)
{
	(void)arg;
	for (;;) {
		pthread_mutex_lock(&guard.lock);
		worker_wait(&guard.worker, time_ns() + LOOK_MS * TIME_MS);
		pthread_mutex_unlock(&guard.lock);
		batch_guard_look();
	}
}

static void
batch_guard_release(void *arg)
{
	(void)arg;
}

void
batch_guard(void (*silent)(unsigned seconds, pid_t pid), pid_t pid)
{
	guard.silent = silent;
	guard.pid = pid;
	guard.tid = (pid_t)syscall(SYS_gettid);
	worker_start(&guard.worker, &guard.lock, batch_guard_run, batch_guard_release, NULL);
}
