/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WORKER_H
#define PM_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A thread of pmtop's own, and the one who started it, its owner. They share something, counted
 * (refs.h) so that it outlives both, in which this lies; `lock`, which the owner made, guards it.
 * No signal reaches the thread, for they are the main thread's, and its stack is large enough
 * whatever `ulimit -s` says.
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
 * Runs run(arg), and then release(arg), which gives up the thread's hold on what is shared, on the
 * thread. Returns 0 or an errno: then neither runs.
 */
int worker_start(struct worker *w, pthread_mutex_t *lock, void (*run)(void *arg),
                 void (*release)(void *arg), void *arg);

/* With the lock held: waits to be woken, until that time (time_ns). false: the time has come. */
enum { WORKER_FOREVER = 0 };
bool worker_wait(struct worker *w, uint64_t until);
void worker_wake(struct worker *w);

/* Whether it is to end. Takes the lock. */
bool worker_stopping(struct worker *w);

/*
 * Asks it to end, and waits so long. One that is stuck in the kernel is left behind, and ends when
 * it comes back, or with the process: false then.
 */
void worker_ask_to_stop(struct worker *w);
bool worker_stop(struct worker *w, uint64_t wait_ns);

/*
 * Calls main(argc, argv) where there is stack enough: libraries take more than `ulimit -s` may
 * leave (ncurses reads its database with 70 KiB). Then it is called on a thread, whose signals are
 * the process's; if none can be started, here.
 */
int worker_main(int (*main)(int argc, char **argv), int argc, char **argv);

#endif
