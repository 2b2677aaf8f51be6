/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/numa.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/flags.h"

void
numa_nodes(const struct proc *p, uint64_t addr, size_t page_size, struct page *pages, size_t n)
{
	void *at[PAGE_BATCH];
	int status[PAGE_BATCH];

	if (!p->ours)
		return;
	for (size_t i = 0; i < n; i++) {
		at[i] = (void *)(uintptr_t)(addr + i * page_size);
		status[i] = -1;
	}
	if (syscall(SYS_move_pages, (int)proc_thread(p), n, at, NULL, status, 0) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (pages[i].word & PM_PRESENT && status[i] >= 0) {
			pages[i].node = (int16_t)status[i];
			pages[i].known |= PAGE_NODE;
		}
}
