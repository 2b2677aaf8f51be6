/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages that are written without a fault of the process: stranger FILE; it says "ready", or "no" if
 * FILE cannot be read past the page cache. At REGION: pages 0 to 7 are read into by O_DIRECT, 12 is
 * written by own_store. At SHARED: its child writes pages 0 to 7 of shared memory.
 */
#include "live.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PAGES = 16, READ = 8, PAUSE_US = 10000 };

static char *const region = (char *)0x220000000000, *const shared = (char *)0x230000000000;

__attribute__((noinline, noclone)) void
own_store(int page)
{
	*(volatile char *)(region + page * PAGE) += 1;
}

static void
map(char *at, int how)
{
	if (mmap(at, PAGES * PAGE, PROT_READ | PROT_WRITE,
	         how | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at)
		cannot("a region at its place");
	madvise(at, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(at, 1, PAGES * PAGE);
}

static void
child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;; usleep(PAUSE_US))
		for (int i = 0; i < READ; i++)
			*(volatile char *)(shared + i * PAGE) += 1;
}

int
main(int argc, char **argv)
{
	int file = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECT) : -1;

	map(region, MAP_PRIVATE);
	map(shared, MAP_SHARED);
	if (!fork())
		child();
	puts(pread(file, region, READ * PAGE, 0) == READ * PAGE ? "ready" : "no");
	fflush(stdout);
	for (;; usleep(PAUSE_US)) {
		own_store(12);
		if (pread(file, region, READ * PAGE, 0) != READ * PAGE)
			pause();
	}
}
