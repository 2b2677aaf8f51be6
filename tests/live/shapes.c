/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process whose regions have shapes that are easy to count wrong. It says "NAME START-END" of
 * each, then "ready", and stays as it is until its standard input ends.
 *
 *   almost   1000 pages, all but the last of them in RAM
 *   vast     16 TiB, one page of it in RAM
 *   hole     a huge page without a 32nd of it, after an eighth (two regions, "hole" and "rest")
 *   cut      a huge page, one of whose pages is read-only (three regions, reported as one)
 *   zero     100 pages that were only read
 *   dense    64 MiB, all in RAM but a hole and a page that was only read in the second half; before
 *            them a huge page among small ones, if the kernel makes it; in pages of 4 KiB only
 */
#include "live.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

static size_t page;

/* Between two pages that nobody may touch, or the kernel would merge it with its neighbours. */
static char *
map(size_t size, int flags)
{
	char *p = mmap(NULL, size + 2 * page, PROT_NONE, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1,
	               0);

	if (p == MAP_FAILED || mprotect(p + page, size, PROT_READ | PROT_WRITE))
		cannot("mmap");
	return p + page;
}

/* One huge page, if the kernel has one to give. */
static char *
map_huge(size_t size)
{
	char *p = map(2 * size, 0), *at = (char *)(((uintptr_t)p + size - 1) / size * size);

	madvise(at, size, MADV_HUGEPAGE);
	memset(at, 1, size);
	return at;
}

static void
print_range(const char *name, const char *from, size_t size)
{
	printf("%s %lx-%lx\n", name, (unsigned long)(uintptr_t)from,
	       (unsigned long)((uintptr_t)from + size));
}

static void
map_dense(size_t huge, size_t size)
{
	char *p = map(size, 0), *gap = p + size / 4 * 3;
	char *at = (char *)(((uintptr_t)p + size / 4) / huge * huge);

	/* the kernel makes no other, and fills no hole; in the end it is one region again */
	madvise(p, size, MADV_NOHUGEPAGE);
	memset(p, 1, size);
	madvise(at, huge, MADV_HUGEPAGE);
	madvise(at, huge, MADV_COLLAPSE);
	madvise(at, huge, MADV_NOHUGEPAGE);
	madvise(gap, 3 * page, MADV_DONTNEED);
	(void)*(volatile char *)gap;
	print_range("dense", p, size);
}

int
main(void)
{
	size_t huge;
	char *p, word;

	page = (size_t)sysconf(_SC_PAGESIZE);
	huge = huge_pages() * page;
	p = map(1000 * page, 0);
	madvise(p, 1000 * page, MADV_NOHUGEPAGE);
	memset(p, 1, 999 * page);
	print_range("almost", p, 1000 * page);

	p = map((size_t)16 << 40, MAP_NORESERVE);
	madvise(p, (size_t)16 << 40, MADV_NOHUGEPAGE);
	*p = 1;
	print_range("vast", p, (size_t)16 << 40);

	p = map_huge(huge);
	munmap(p + huge / 8, huge / 32);
	print_range("hole", p, huge / 8);
	print_range("rest", p + huge / 8 + huge / 32, huge - huge / 8 - huge / 32);

	p = map_huge(huge);
	mprotect(p + huge / page / 4 * page, page, PROT_READ);
	print_range("cut", p, huge);

	p = map(256 * page, 0);
	madvise(p, 256 * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < 100; i++)
		(void)*(volatile char *)(p + i * page);
	print_range("zero", p, 256 * page);

	if (page == 4096)
		map_dense(huge, (size_t)64 << 20);

	printf("ready\n");
	fflush(stdout);
	while (read(0, &word, 1) > 0)
		;
	return 0;
}
