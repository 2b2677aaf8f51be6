/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/numa.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"

struct question {
	int64_t pid;
	uint64_t addr, page_size, n; /* n 0: there are no more */
};

/* Of no page at all it waits for nothing. */
static bool
numa_ask(const struct question *q, int *out)
{
	void *at[NUMA_PAGES];

	for (size_t i = 0; i < q->n; i++)
		at[i] = (void *)(uintptr_t)(q->addr + i * q->page_size);
	if (RIGHTS_FOR(RIGHTS_TRACE,
	               syscall(SYS_move_pages, (int)q->pid, q->n, at, NULL, out, 0)) == 0)
		return true;
	for (size_t i = 0; i < q->n; i++)
		out[i] = -1;
	return false;
}

bool
numa_works(const struct proc *p)
{
	return numa_ask(&(struct question){.pid = proc_thread(p)}, NULL);
}

/* --- the process that asks -------------------------------------------------------------------- */

static void
numa_be_asker(int line)
{
	struct question q;
	int out[NUMA_PAGES];
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	file_keep_only(line, line);
	while (recv(line, &q, sizeof(q), 0) == sizeof(q) && q.n) {
		numa_ask(&q, out);
		if (send(line, out, q.n * sizeof(*out), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static bool
numa_begin(struct numa *numa)
{
	int ends[2];

	if (numa->line >= 0)
		return true;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	numa->line = ends[1];
	numa->asker = fork();
	if (numa->asker == 0)
		numa_be_asker(ends[0]);
	close(ends[0]);
	if (numa->asker > 0)
		return true;
	close(numa->line);
	numa->line = -1;
	return false;
}

static void
numa_say(const struct numa *numa, const struct question *q)
{
	send(numa->line, q, sizeof(*q), MSG_NOSIGNAL);
}

/* false: there is no such process, or somebody killed it. */
static bool
numa_have_asked(struct numa *numa, const struct question *q, int *out)
{
	size_t size = q->n * sizeof(*out);
	ssize_t r;

	if (!numa_begin(numa))
		return false;
	numa_say(numa, q);
	do
		r = recv(numa->line, out, size, 0);
	while (r < 0 && errno == EINTR);
	return r == (ssize_t)size;
}

void
numa_end(struct numa *numa)
{
	if (numa->line < 0)
		return;
	numa_say(numa, &(struct question){.n = 0});
	while (waitpid(numa->asker, NULL, 0) < 0 && errno == EINTR)
		;
	close(numa->line);
	numa->line = -1;
}

/* --- answers ---------------------------------------------------------------------------------- */

void
numa_nodes(struct numa *numa, const struct proc *p, uint64_t addr, size_t page_size, int *out,
           size_t n)
{
	struct question q = {
	    .pid = proc_thread(p), .addr = addr, .page_size = page_size, .n = n};

	if (p->ours && n && numa_have_asked(numa, &q, out))
		return;
	for (size_t i = 0; i < n; i++)
		out[i] = -1;
}
