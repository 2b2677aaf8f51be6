/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_THREAD_H
#define PM_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * The threads of a process and their stacks. In maps the kernel names only the main thread's stack;
 * the others are found by the stack pointer in /proc/PID/task/TID/syscall, which shows it for
 * threads that are not running, to those who may trace them.
 */
struct thread {
	pid_t tid;
	uint64_t sp;   /* 0: not known; of a running thread, from when it last slept */
	char comm[16];
};

struct threads {
	struct thread *v; /* ascending by tid */
	size_t n, cap;
	uint64_t time_ns, cost_ns; /* of the last reading */
};

/* Reads them if that is due: `again` requests it, but within a limited share of the time. */
void threads_read(struct threads *t, const struct proc *p, bool again);
void threads_free(struct threads *t);

/* The registers that a `syscall` file shows of a thread that waits; both 0: it shows none. */
struct thread_registers {
	uint64_t sp, pc;
};
struct thread_registers thread_parse_registers(const char *text);

/*
 * Those of a thread of p, without stopping it. -1 with err: it runs, it is not there, or we may not
 * look.
 */
int thread_registers(const struct proc *p, pid_t tid, struct thread_registers *out,
                     struct err *err);

/*
 * Names the stacks "[stack:TID NAME]" and the no-access regions below them "[guard:TID]". A region
 * with the stack pointers of several threads is no stack; one that has a name keeps it.
 */
void threads_label(const struct threads *t, struct vma_list *vmas);

#endif
