/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WORKER_H
#define PM_WORKER_H

#include <pthread.h>

/*
 * Starts a thread of pmtop's own: no signal reaches it, for they are the main thread's, and its
 * stack is large enough whatever `ulimit -s` says. Returns 0 or an errno.
 */
int worker_start(pthread_t *thread, void *(*main)(void *arg), void *arg);

/*
 * Calls main(argc, argv) where there is stack enough: libraries take more than `ulimit -s` may
 * leave (ncurses reads its database with 70 KiB). Then it is called on a thread, whose signals are
 * the process's; if none can be started, here.
 */
int worker_main(int (*main)(int argc, char **argv), int argc, char **argv);

/* For waits by CLOCK_MONOTONIC. */
void worker_cond_init(pthread_cond_t *cond);

#endif
