/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WORKER_H
#define PM_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A thread of ours and the owner that started it. The two share a reference-counted object (refs.h)
 * that contains this struct, so that it outlives both; `lock`, which the owner made, guards it. All
 * signals are blocked in the thread, because they belong to the main thread; its stack is large
 * enough whatever `ulimit -s` says.
 */
struct worker {
	pthread_t thread;
	pthread_mutex_t *lock;
	pthread_cond_t wake;
	bool stop, ended;
	void (*run)(void *arg);
	void (*release)(void *arg);
	void *arg;
};

/*
 * Runs run(arg) on the thread and then release(arg), which drops the thread's reference. Returns 0
 * or an errno: then neither runs.
 */
int worker_start(struct worker *w, pthread_mutex_t *lock, void (*run)(void *arg),
                 void (*release)(void *arg), void *arg);

/* With the lock held: waits for a wake-up until that time (by time_ns). false: timed out. */
enum { WORKER_FOREVER = 0 };
bool worker_wait(struct worker *w, uint64_t until);
void worker_wake(struct worker *w);

/* Whether the owner has asked it to stop. Takes the lock. */
bool worker_stopping(struct worker *w);

/*
 * Asks it to stop and waits until a time (by time_ns). A thread stuck in the kernel is left behind;
 * it ends when its call returns or the process exits. Then worker_stop returns false.
 */
void worker_ask_to_stop(struct worker *w);
bool worker_stop(struct worker *w, uint64_t until);

/*
 * Calls main(argc, argv) with a large enough stack: libraries need more than `ulimit -s` may leave
 * (ncurses reads its database with 70 KiB). So it runs on a thread of its own, which takes the
 * process's signals; if none can be started, on this one.
 */
int worker_main(int (*main)(int argc, char **argv), int argc, char **argv);

#endif
