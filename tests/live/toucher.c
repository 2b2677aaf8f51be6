/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * toucher MIB HOT: maps MIB MiB at 200000000000, writes them once, says "ready", and then writes the
 * first HOT MiB of them, over and over, a byte a page. None is huge: of a
 * huge page the kernel does not know which part was accessed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	size_t all = argc == 3 ? strtoul(argv[1], NULL, 10) << 20 : 0;
	size_t hot = argc == 3 ? strtoul(argv[2], NULL, 10) << 20 : 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *p;

	if (!all || hot > all)
		return 2;
	p = mmap((void *)0x200000000000, all, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED) {
		perror("toucher");
		return 1;
	}
	madvise((char *)p, all, MADV_NOHUGEPAGE);
	memset((char *)p, 'x', all);
	puts("ready");
	fflush(stdout);
	for (;;)
		for (size_t i = 0; i < hot; i += page)
			p[i]++;
}
