/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/numa.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/rights.h"

static long
numa_ask(const struct proc *p, size_t n, void **at, int *out)
{
	return RIGHTS_FOR(RIGHTS_TRACE, syscall(SYS_move_pages, (int)proc_thread(p), n, at, NULL,
	                                        out, 0));
}

bool
numa_works(const struct proc *p)
{
	void *page = NULL;
	int node;

	return numa_ask(p, 1, &page, &node) == 0;
}

void
numa_nodes(const struct proc *p, uint64_t addr, size_t page_size, int *out, size_t n)
{
	void *at[NUMA_PAGES];

	for (size_t i = 0; i < n; i++) {
		at[i] = (void *)(uintptr_t)(addr + i * page_size);
		out[i] = -1;
	}
	if (!p->ours || numa_ask(p, n, at, out) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		out[i] = -1;
}
