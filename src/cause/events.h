/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_EVENTS_H
#define PM_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/worker.h"
#include "cause/causes.h"
#include "cause/perf.h"
#include "kernel/proc.h"

/*
 * Events of all threads of a process: every thread has one on every CPU, which threads started
 * later inherit, and each CPU has a ring that all its events write to. A thread of ours reads the
 * rings, and calls its owner in turn.
 */
struct events_owner {
	/* A sample of the process, each once; with the lock held. */
	void (*sample)(void *arg, const struct perf_sample *s);
	/* n events have no sample so far; with the lock held. */
	void (*lost)(void *arg, uint64_t n);
	/* Now and then, on the thread that reads: at least each 250 ms. */
	void (*turn)(void *arg);
	/* The number of threads that have events, or have none, has changed. */
	void (*threads)(void *arg);
	void *arg;
};

struct events {
	const struct proc *p;
	struct perf_watch watch; /* watch.kernel false: the kernel would not */
	bool major;              /* each thread has an event for major faults, too */
	struct events_owner owner;
	size_t threads, unwatched; /* threads that have events; that could not get them */

	pthread_mutex_t lock; /* of the rings, and of what is counted as they are read */
	struct events_ring *ring;
	size_t rings;
	uint64_t samples, lost; /* read from the rings; that they said were lost */
	uint64_t early;         /* lost, which no ring has said yet, but the events count */
	uint64_t happened;      /* by the events, at the last look; 0: not counted */
	bool full;              /* a ring was full, so that samples may be lost */
	bool partly;            /* not every event was watched all the time: counts say nothing */
	bool rests;             /* they are stopped */

	int *event;
	size_t events, events_cap;
	pid_t *tid; /* the threads that have events, of their own or inherited */
	size_t tids, tids_cap;
	uint64_t named_ns;
	uint64_t opened_ns, opened_ticks; /* when all had events; ticks: of /proc/PID/stat */

	struct worker worker;
	bool started;
};

/*
 * Opens the events and starts to read. ring_most: bytes of a ring, at most. -1 with errno; call
 * events_close all the same.
 */
int events_open(struct events *e, const struct proc *p, const struct perf_watch *watch, bool major,
                const struct events_owner *owner, size_t ring_most);

/* The same of n other processes as well; not for events_reopen. */
int events_open_family(struct events *e, const struct proc *p, const pid_t *pids, size_t n,
                       const struct perf_watch *watch, bool major,
                       const struct events_owner *owner, size_t ring_most);

/* The owner has had all that was over when it was called. */
void events_drain(struct events *e);

/*
 * On the thread that reads: watches each period-th event from now on. -1: as before, because no
 * descriptors are left, or the process is ending.
 */
int events_reopen(struct events *e, uint64_t period);

/* Stops and starts all of them, of inherited ones as well. */
void events_pause(struct events *e, bool on);

/* Ends it: after this, what was lost is known exactly. */
void events_close(struct events *e);

/* Reads the names of the threads in c that faulted since that was done, below a proc root;
 * `nameless`: only of those that have none yet. */
void events_read_names(int root, struct causes *c, bool nameless);

/* Reads the names of the threads in c that have happened anew, at most four times a second. */
void events_name_threads(struct events *e, struct causes *c);

/* The CPU time that the process has used. false: not known. */
bool events_cpu(const struct proc *p, uint64_t *ns);

#endif
