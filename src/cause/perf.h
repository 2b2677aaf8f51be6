/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PERF_H
#define PM_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The kernel's performance events, as far as they are about page faults and watchpoints: the ABI
 * under names of our own (include/uapi/linux/perf_event.h), the opening of an event, and a ring of
 * its samples. The kernel writes a sample for every event and never waits for us: if a ring is
 * full, samples are lost, and it says how many.
 */

/* What to watch. */
enum perf_kind {
	PERF_FAULTS_MINOR, /* page faults that needed no I/O */
	PERF_FAULTS_MAJOR, /* those that did */
	PERF_STORES,       /* a watchpoint: stores to bytes */
	PERF_NOTHING,      /* an event that never happens, to which a ring can belong */
};

struct perf_watch {
	enum perf_kind kind;
	uint64_t period;      /* one sample per that many events; 1: all of them */
	bool kernel;          /* also what happens in system calls */
	bool children;        /* also in processes that it forks from now on, not only threads */
	unsigned depth;       /* frames of a call chain, at most; 0: no call chain */
	uint64_t addr, bytes; /* PERF_STORES: where, and 1, 2, 4 or 8 */
	uint32_t wakeup;      /* its ring is readable with that many bytes in it */
};

/*
 * Opens the event for thread `tid` (0: ours) on one CPU (-1: wherever it runs, and then not for
 * threads that it starts). On one CPU it counts nothing until a ring takes it. A descriptor, or -1
 * with errno.
 */
int perf_open(const struct perf_watch *w, pid_t tid, int cpu);

/* How often it happened so far, also in the threads that inherited it; 0: not known. */
uint64_t perf_count(int event);

/* Stops it, or starts it again, also in the threads that inherited it. */
void perf_stop(int event, bool stop);

/* A sample. The frames are those of the ring: valid until the function that gets it returns. */
struct perf_sample {
	uint64_t ip, addr;
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t event;   /* the event it is of; if inherited, the one it is a copy of */
	pid_t pid, tid;
	const uint64_t *frames; /* leaf first; those of the kernel, then those of the process */
	size_t kernel, n;       /* how many are the kernel's; of all */
};

struct perf_events {
	void (*sample)(void *arg, const struct perf_sample *s);
	void (*lost)(void *arg, uint64_t n);
	void *arg;
};

/*
 * Reads the records in [tail, head) of a ring's data, which is size bytes, a power of two. Returns
 * the new tail; a record that contradicts itself, or is longer than any of ours, ends it, and the
 * rest is lost. Pure.
 */
uint64_t perf_parse(const uint8_t *data, uint64_t size, uint64_t tail, uint64_t head,
                    const struct perf_events *to);

/* The samples of the events of one CPU that were redirected to it. */
struct perf_ring {
	int fd; /* readable when there is something to read */
	int cpu;
	void *map;
	size_t pages; /* of data, a power of two */
};

/*
 * bytes: of data, at least one page; less if the kernel allows no more. With `wakeup` bytes in it
 * it is readable, or once a quarter is full. -1 with errno; ENOBUFS: it allows none.
 */
int perf_ring_open(struct perf_ring *r, int cpu, size_t bytes, size_t wakeup);
void perf_ring_close(struct perf_ring *r);

/* From now on the event counts, and writes its samples there. -1 with errno. */
int perf_ring_take(const struct perf_ring *r, int event);

/* Reads all that is in it. false: it was full, and samples may be lost. */
bool perf_ring_read(struct perf_ring *r, const struct perf_events *to);

/* The CPUs there are, which may be offline. */
int perf_cpus(void);

#endif
