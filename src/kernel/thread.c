/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/thread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include "kernel/proc_bar.h"

enum { READ_MAX = 4096 /* threads per reading */, SHARE = 50 /* at most a 50th of the time */ };
static const uint64_t STALE_NS = UINT64_C(5000000000);

void
threads_free(struct threads *t)
{
	free(t->v);
	*t = (struct threads){0};
}

/* Parses the last number before `end`; returns where its text begins. NULL: none is there. */
static const char *
thread_last_number(const char *text, const char *end, uint64_t *out)
{
	const char *s = end;

	while (s > text && s[-1] != ' ')
		s--;
	return s > text && !strncmp(s, "0x", 2) &&
	               parse_digits(s + 2, (size_t)(end - s) - 2, 16, out)
	           ? s
	           : NULL;
}

struct thread_registers
thread_parse_registers(const char *text)
{
	/* NR ARG1 .. ARG6 SP PC, or, outside a system call, -1 SP PC */
	struct thread_registers r;
	const char *pc = thread_last_number(text, text + strcspn(text, "\n"), &r.pc);

	return pc && thread_last_number(text, pc - 1, &r.sp) ? r : (struct thread_registers){0};
}

int
thread_registers(const struct proc *p, pid_t tid, struct thread_registers *out, struct err *err)
{
	char path[48], text[256];

	snprintf(path, sizeof(path), "task/%d/syscall", (int)tid);
	if (!file_read_small(p->leader, path, text, sizeof(text))) {
		if (errno == ENOENT)
			return err_set(err, ERR_TARGET, "the process has no such thread",
			               "give the ID of one of its threads",
			               "cannot read the registers of thread %d", (int)tid);
		return err_sys(err, proc_memory_how(p), "cannot read the registers of thread %d",
		               (int)tid);
	}
	*out = thread_parse_registers(text);
	if (out->sp)
		return 0;
	if (!strncmp(text, "-1 0x0 0x0", 10)) /* the kernel's words for one without a stack */
		return err_set(err, ERR_TARGET, "it has ended",
		               "give the ID of another thread: $sp@TID",
		               "thread %d has no registers", (int)tid);
	return err_set(err, ERR_TARGET, "it is running, and they change all the time",
	               "ask again when it waits", "the registers of thread %d are not known",
	               (int)tid);
}

static int
threads_by_tid(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static uint64_t
threads_former_sp(const struct threads *old, pid_t tid)
{
	struct thread key = {.tid = tid};
	const struct thread *t =
	    old->n ? bsearch(&key, old->v, old->n, sizeof(key), threads_by_tid) : NULL;

	return t ? t->sp : 0;
}

static void
threads_add_thread(struct threads *t, const struct threads *old, int task, pid_t tid)
{
	char path[64], text[256];
	struct thread *th;

	t->v = vec_room(t->v, t->n, &t->cap, sizeof(*t->v));
	th = &t->v[t->n++];
	*th = (struct thread){.tid = tid};
	snprintf(path, sizeof(path), "%d/syscall", (int)tid);
	if (file_read_small(task, path, text, sizeof(text)))
		th->sp = thread_parse_registers(text).sp;
	if (!th->sp)
		th->sp = threads_former_sp(old, tid);
	snprintf(path, sizeof(path), "%d/comm", (int)tid);
	if (file_read_small(task, path, text, sizeof(text))) {
		text[strcspn(text, "\n")] = '\0';
		snprintf(th->comm, sizeof(th->comm), "%.15s", text);
	}
}

static bool
threads_is_time(const struct threads *t, bool again)
{
	uint64_t since = time_ns() - t->time_ns;

	if (!t->time_ns)
		return true;
	return since >= t->cost_ns * SHARE && (again || since >= STALE_NS);
}

void
threads_read(struct threads *t, const struct proc *p, bool again)
{
	struct threads now = {.time_ns = time_ns()};
	struct dirent *e;
	DIR *d;
	int task;

	if (!threads_is_time(t, again))
		return;
	/* of the leader, for a thread has none */
	task = file_open(p->leader, "task", O_RDONLY | O_DIRECTORY);
	d = task < 0 ? NULL : fdopendir(task);
	while (d && now.n < READ_MAX && (e = readdir(d))) {
		const char *end;
		uint64_t tid;

		if (parse_u64(e->d_name, 10, &end, &tid) && !*end)
			threads_add_thread(&now, t, task, (pid_t)tid);
	}
	if (d)
		closedir(d);
	else if (task >= 0)
		close(task);
	vec_sort(now.v, now.n, sizeof(*now.v), threads_by_tid);
	now.cost_ns = time_ns() - now.time_ns;
	free(t->v);
	*t = now;
}

static void
thread_label(struct vma_list *l, size_t i, enum vma_type type, const char *kind,
             const struct thread *th)
{
	struct buf name = {0};

	l->v[i].type = (uint8_t)type;
	if (l->v[i].name[0])
		return;
	buf_fmt(&name, "[%s:%d%s%s]", kind, (int)th->tid, type == VMA_STACK ? " " : "",
	        type == VMA_STACK ? th->comm : "");
	vma_rename(l, i, name.s);
}

void
threads_label(const struct threads *t, struct vma_list *vmas)
{
	unsigned char *pointers = mem_alloc(vmas->n); /* into each region, 2 for more */

	for (size_t k = 0; k < t->n; k++) {
		const struct vma *v = vma_at(vmas, t->v[k].sp);

		if (v && pointers[v - vmas->v] < 2)
			pointers[v - vmas->v]++;
	}
	for (size_t k = 0; k < t->n; k++) {
		const struct vma *v = vma_at(vmas, t->v[k].sp);
		size_t i = v ? (size_t)(v - vmas->v) : 0;

		if (!v || v->type != VMA_ANON || pointers[i] != 1)
			continue;
		thread_label(vmas, i, VMA_STACK, "stack", &t->v[k]);
		if (i > 0 && vmas->v[i - 1].end == v->start && vmas->v[i - 1].type == VMA_RESERVE)
			thread_label(vmas, i - 1, VMA_GUARD, "guard", &t->v[k]);
	}
	free(pointers);
}
