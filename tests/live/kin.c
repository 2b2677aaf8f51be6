/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process and its child, which unshare pages of a region from each other, one page every few ms
 * each: the first half by parent_store and the next quarter by child_store. The last quarter the
 * child has unshared with child_early before "ready": there the parent's parent_late comes too
 * late.
 */
#include "live.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

enum { QUARTER = 1024, PAGES = 4 * QUARTER, PAUSE_US = 2000 };

static char *const region = (char *)0x230000000000;

#define STORE(name) \
	__attribute__((noinline, noclone)) void name(int page) \
	{ \
		*(volatile char *)(region + page * PAGE) += 1; \
	}
STORE(parent_store)
STORE(parent_late)
STORE(child_store)
STORE(child_early)

static void
child(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 3 * QUARTER; i < PAGES; i++)
		child_early(i);
	if (write(ready, "1", 1) != 1)
		cannot("the pipe");
	for (int i = 2 * QUARTER; i < 3 * QUARTER; i++) {
		child_store(i);
		usleep(PAUSE_US);
	}
	pause();
}

int
main(void)
{
	int ready[2];
	char byte;

	if (mmap(region, PAGES * PAGE, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != region ||
	    pipe(ready))
		cannot("a region at its place");
	madvise(region, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(region, 1, PAGES * PAGE);
	if (!fork())
		child(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		cannot("the child");
	printf("ready\n");
	fflush(stdout);
	for (int i = 0; i < 2 * QUARTER; i++) {
		parent_store(i);
		parent_late(3 * QUARTER + i / 2);
		usleep(PAUSE_US);
	}
	pause();
	return 0;
}
