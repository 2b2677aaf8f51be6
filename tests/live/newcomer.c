/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that maps what its commands say. It says "ready PID", reads one command per line, does it,
 * and says "ok", or why not. Addresses are hexadecimal, sizes in pages.
 *
 *   map AT PAGES       private memory
 *   huge AT PAGES      the same, in huge pages where it is touched
 *   shared AT PAGES    shared memory
 *   file AT PAGES      of the file that is our argument: private, read-only
 *   write AT PAGES     each page, anew
 *   read AT PAGES
 *   poke AT            a write between two calls of mprotect()
 *   debug AT           a write through /proc/self/mem
 *   open AT PAGES      may be written from now on
 *   move AT PAGES TO   by mremap()
 *   leave AT PAGES TO  the same, and AT stays mapped, and empty
 *   unmap AT PAGES
 *   turn AT PAGES TO   in one go: map and write as many at TO, unmap those at AT
 */
#include "live.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *file;

static char *
map(char *at, size_t pages, int prot, int flags, int fd)
{
	char *p = mmap(at, pages * PAGE, prot, MAP_FIXED_NOREPLACE | flags, fd, 0);

	return p == at ? p : NULL;
}

/* Without a read before: on most machines that is a fault of its own, which takes the page of zeros. */
static bool
write_pages(char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)at)[i * PAGE] = 1;
	return true;
}

static bool
read_pages(const char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		(void)((const volatile char *)at)[i * PAGE];
	return true;
}

static bool
map_memory(char *at, size_t pages)
{
	return map(at, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1) &&
	       madvise(at, pages * PAGE, MADV_NOHUGEPAGE) == 0;
}

static bool
map_file(char *at, size_t pages)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && map(at, pages, PROT_READ, MAP_PRIVATE, fd);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool
debug(const char *at)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	bool done = fd >= 0 && pwrite(fd, "x", 1, (off_t)(uintptr_t)at) == 1;

	if (fd >= 0)
		close(fd);
	return done;
}

static bool
protect(char *at, size_t pages, int prot)
{
	return mprotect(at, pages * PAGE, prot) == 0;
}

static bool
is(const char *word, const char *what)
{
	return !strcmp(word, what);
}

static bool
act(const char *word, char *at, size_t pages, char *to)
{
	if (is(word, "map"))
		return map_memory(at, pages);
	if (is(word, "huge"))
		return map(at, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1) &&
		       madvise(at, pages * PAGE, MADV_HUGEPAGE) == 0;
	if (is(word, "shared"))
		return map(at, pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	if (is(word, "file"))
		return map_file(at, pages);
	if (is(word, "write"))
		return write_pages(at, pages);
	if (is(word, "read"))
		return read_pages(at, pages);
	if (is(word, "poke"))
		return protect(at, 1, PROT_READ | PROT_WRITE) && write_pages(at, 1) &&
		       protect(at, 1, PROT_READ);
	if (is(word, "debug"))
		return debug(at);
	if (is(word, "open"))
		return protect(at, pages, PROT_READ | PROT_WRITE);
	if (is(word, "move"))
		return mremap(at, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
		       to;
	if (is(word, "leave")) /* MREMAP_DONTUNMAP */
		return mremap(at, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | 4,
		              to) == to;
	if (is(word, "unmap"))
		return munmap(at, pages * PAGE) == 0;
	if (is(word, "turn"))
		return map_memory(to, pages) && write_pages(to, pages) &&
		       munmap(at, pages * PAGE) == 0;
	errno = ENOSYS;
	return false;
}

int
main(int argc, char **argv)
{
	char line[128], word[16];
	unsigned long long at, to;
	size_t pages;

	file = argc > 1 ? argv[1] : "";
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		at = to = 0;
		pages = 1;
		if (sscanf(line, "%15s %llx %zu %llx", word, &at, &pages, &to) >= 2 &&
		    act(word, (char *)(uintptr_t)at, pages, (char *)(uintptr_t)to))
			printf("ok\n");
		else
			printf("error: %s: %s\n", word, strerror(errno));
		fflush(stdout);
	}
	return 0;
}
