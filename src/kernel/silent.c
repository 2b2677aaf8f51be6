/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/silent.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/refs.h"
#include "base/util.h"
#include "base/worker.h"

enum {
	WAIT_MS = 250, /* longer than a lock is usually held */
	MOST = 64,     /* threads left behind, one with each; more processes are not tried */
};

static pthread_mutex_t silent_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t silent_pids[MOST]; /* 0: free */

struct asker {
	int refs; /* the owner's and the thread's */
	int root;
	pid_t *pids;
	size_t n;

	pthread_mutex_t lock; /* guards the rest */
	struct worker worker;
	size_t asked; /* how many have answered, and when the last one did */
	uint64_t answered_ns;
	bool left;    /* with the next one, which is silent */
};

/* --- those that are known --------------------------------------------------------------------- */

/* Puts `to` where `from` is. false: it is not there. */
static bool
silent_replace(pid_t from, pid_t to)
{
	size_t i = 0;

	pthread_mutex_lock(&silent_lock);
	while (i < MOST && silent_pids[i] != from)
		i++;
	if (i < MOST)
		silent_pids[i] = to;
	pthread_mutex_unlock(&silent_lock);
	return i < MOST;
}

bool
silent_is(pid_t pid)
{
	return pid && silent_replace(pid, pid);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* One word of its page table: that takes its lock, wherever it is. */
static void
silent_ask(int root, pid_t pid)
{
	char name[32];
	uint64_t word;
	int fd;

	snprintf(name, sizeof(name), "%d/pagemap", (int)pid);
	fd = file_open(root, name, O_RDONLY);
	if (fd < 0)
		return;
	(void)!pread(fd, &word, sizeof(word), 0);
	close(fd);
}

/* Notes that one has answered. false: too late. */
static bool
silent_answered(struct asker *a)
{
	bool in_time;

	pthread_mutex_lock(&a->lock);
	in_time = !a->left;
	if (a->left)
		silent_replace(a->pids[a->asked], 0);
	a->asked += in_time;
	a->answered_ns = time_ns();
	if (a->asked == a->n)
		worker_wake(&a->worker);
	pthread_mutex_unlock(&a->lock);
	return in_time;
}

static void
silent_run(void *arg)
{
	struct asker *a = arg;

	for (size_t i = 0; i < a->n; i++) {
		if (!silent_is(a->pids[i]))
			silent_ask(a->root, a->pids[i]);
		if (!silent_answered(a))
			return;
	}
}

static void
silent_release(void *arg)
{
	struct asker *a = arg;

	if (!refs_drop(&a->refs))
		return;
	close(a->root);
	pthread_mutex_destroy(&a->lock);
	free(a->pids);
	free(a);
}

static struct asker *
silent_start(int root, const pid_t *pids, size_t n)
{
	struct asker *a = mem_alloc(sizeof(*a));

	a->refs = 2;
	a->root = fcntl(root, F_DUPFD_CLOEXEC, 0);
	a->pids = mem_alloc(n * sizeof(*pids));
	a->n = n;
	a->answered_ns = time_ns();
	memcpy(a->pids, pids, n * sizeof(*pids));
	pthread_mutex_init(&a->lock, NULL);
	if (a->root >= 0 &&
	    !worker_start(&a->worker, &a->lock, silent_run, silent_release, a))
		return a;
	a->refs = 1;
	silent_release(a);
	return NULL;
}

/* How many have answered, when all have or one does not: that one is silent then. */
static size_t
silent_wait(struct asker *a)
{
	static const uint64_t wait = WAIT_MS * TIME_MS;
	size_t seen;

	pthread_mutex_lock(&a->lock);
	while (a->asked < a->n && time_ns() < a->answered_ns + wait)
		worker_wait(&a->worker, a->answered_ns + wait);
	seen = a->asked;
	a->left = seen < a->n && silent_replace(0, a->pids[seen]);
	pthread_mutex_unlock(&a->lock);
	return seen;
}

void
silent_find(int root, const pid_t *pids, size_t n)
{
	while (n) {
		struct asker *a = silent_start(root, pids, n);
		size_t answered = a ? silent_wait(a) : n;

		if (a) {
			worker_stop(&a->worker, answered < n ? time_ns() : WORKER_FOREVER);
			silent_release(a);
		}
		if (answered == n)
			return;
		pids += answered + 1;
		n -= answered + 1;
	}
}
