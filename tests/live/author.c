/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process whose functions write to pages that they alone write to, over and over; it says "ready".
 * At REGION: pages 0 to 3 by store_main, in the main thread; 4 to 7 by store_second, in a thread
 * called "second"; 8 to 11 by read(2); 12 is dropped each time, read by look and then written by
 * store_main. With frame pointers store_main is called by outer, which main calls. Page 16 is written
 * by store_lost, to which the frame pointer is a register like any other; page 17 by store_around, in
 * code of put_twice and put, which are inlined.
 */
#include "live.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 18, PAUSE_US = 10000 };

static char *const region = (char *)0x220000000000;

#define ALONE __attribute__((noinline, noclone))

ALONE void
store_main(int page)
{
	*(volatile char *)(region + page * PAGE) += 1;
}

ALONE void
store_second(int page)
{
	*(volatile char *)(region + page * PAGE) += 2;
}

/* What the kernel finds there in place of a frame: a return address of 0. */
ALONE void
store_lost(int page)
{
	static const long other[2];
	char *at = region + page * PAGE;

#if defined(__x86_64__)
	__asm__ volatile("push %%rbp\n\tmov %1, %%rbp\n\tmovb $3, (%0)\n\tpop %%rbp"
	                 : : "r"(at), "r"(other) : "memory");
#else
	*(volatile char *)at = 3 + (char)other[0];
#endif
}

static inline __attribute__((always_inline)) void
put(volatile char *at)
{
	*at += 4;
}

static inline __attribute__((always_inline)) void
put_twice(int page)
{
	put(region + page * PAGE);
	put(region + page * PAGE + 1);
}

ALONE void
store_around(int page)
{
	put_twice(page);
}

ALONE int
look(int page)
{
	return *(volatile char *)(region + page * PAGE);
}

ALONE void
outer(void)
{
	for (volatile int i = 0; i < 4; i++)
		store_main(i);
}

static void *
second(void *arg)
{
	pthread_setname_np(pthread_self(), "second");
	for (;;) {
		for (volatile int i = 4; i < 8; i++)
			store_second(i);
		usleep(PAUSE_US);
	}
	return arg;
}

int
main(void)
{
	pthread_t thread;
	int zero = open("/dev/zero", O_RDONLY);

	if (zero < 0 || mmap(region, PAGES * PAGE, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != region)
		cannot("a region at its place");
	madvise(region, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(region, 1, PAGES * PAGE);
	if (pthread_create(&thread, NULL, second, NULL))
		cannot("a thread");
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		outer();
		if (read(zero, region + 8 * PAGE, 4 * PAGE) < 0)
			cannot("reading");
		madvise(region + 12 * PAGE, PAGE, MADV_DONTNEED);
		if (look(12) == 0)
			store_main(12);
		store_lost(16);
		store_around(17);
		usleep(PAUSE_US);
	}
}
