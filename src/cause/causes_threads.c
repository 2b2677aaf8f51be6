/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threads that faulted, each once. */
#include "cause/causes_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"

/* From the next on they are one. */
enum { THREADS_MOST = 1 << 16 };

static size_t
causes_thread_place(const struct causes *c, pid_t pid, pid_t tid)
{
	size_t mask = c->thread_table_size - 1;
	uint64_t key = (uint64_t)tid << 32 ^ (uint64_t)pid;
	size_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> 40 & mask;

	for (; c->thread_table[i]; i = (i + 1) & mask) {
		const struct causes_thread *t = &c->thread[c->thread_table[i] - 1];

		if (t->tid == tid && t->pid == pid)
			break;
	}
	return i;
}

static void
causes_grow_threads(struct causes *c)
{
	enum { LEAST = 64 };

	if (c->threads * 2 < c->thread_table_size)
		return;
	free(c->thread_table);
	c->thread_table_size = c->thread_table_size ? c->thread_table_size * 2 : LEAST;
	c->thread_table = mem_alloc(c->thread_table_size * sizeof(*c->thread_table));
	for (uint32_t k = 0; k < c->threads; k++)
		c->thread_table[causes_thread_place(c, c->thread[k].pid, c->thread[k].tid)] = k + 1;
}

static size_t
causes_find_thread(struct causes *c, pid_t pid, pid_t tid)
{
	size_t i;

	causes_grow_threads(c);
	i = causes_thread_place(c, pid, tid);
	if (c->thread_table[i])
		return c->thread_table[i] - 1;
	if (c->threads >= THREADS_MOST && tid)
		return causes_find_thread(c, pid, 0);
	c->thread = vec_room(c->thread, c->threads, &c->threads_cap, sizeof(*c->thread));
	c->thread[c->threads] = (struct causes_thread){.pid = pid, .tid = tid};
	c->thread_table[i] = (uint32_t)++c->threads;
	return c->threads - 1;
}

/* Threads fault in turns: the last one again, mostly. */
uint32_t
causes_thread_number(struct causes *c, pid_t pid, pid_t tid)
{
	size_t i = c->last_thread;

	if (i >= c->threads || c->thread[i].tid != tid || c->thread[i].pid != pid)
		i = causes_find_thread(c, pid, tid);
	c->thread[i].fresh = c->thread[i].tid;
	c->last_thread = i;
	return (uint32_t)i;
}

void
causes_name_thread(struct causes *c, uint32_t thread, const char *comm)
{
	pthread_mutex_lock(&c->lock);
	if (thread < c->threads) {
		struct causes_thread *t = &c->thread[thread];

		t->fresh = false;
		t->ended = !comm;
		if (comm && *comm)
			snprintf(t->comm, sizeof(t->comm), "%s", comm);
	}
	pthread_mutex_unlock(&c->lock);
}

size_t
causes_threads(struct causes *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->threads;
	pthread_mutex_unlock(&c->lock);
	return n;
}

void
causes_thread(struct causes *c, uint32_t thread, struct causes_thread *out)
{
	*out = (struct causes_thread){0};
	pthread_mutex_lock(&c->lock);
	if (thread < c->threads)
		*out = c->thread[thread];
	pthread_mutex_unlock(&c->lock);
}
