/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the helper: what a file reports about its pages. */
#include "symbol/helper_parts.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "kernel/kabi.h"

enum { MAPPED_MAX = 64 << 20 }; /* mapped at a time: it counts as address space */

static void
helper_set_bits(uint64_t *bits, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		bits[i / 64] |= UINT64_C(1) << i % 64;
}

/*
 * mincore reports every page of other users' files as resident. A page past the end of the file is
 * in no cache, so if that is reported as resident the answer is worthless. It must be far past the
 * end, since a large folio may extend beyond it.
 */
static bool
helper_trusts_mincore(int fd, uint64_t size, size_t page_size)
{
	static const uint64_t far = UINT64_C(1) << 30;
	uint64_t past = (size / far + 2) * far;
	unsigned char in = 1;
	void *p = mmap(NULL, page_size, PROT_NONE, MAP_PRIVATE, fd, (off_t)past);

	if (p == MAP_FAILED)
		return false;
	if (mincore(p, page_size, &in) < 0)
		in = 1;
	munmap(p, page_size);
	return !(in & 1);
}

/*
 * How many pages, and traces of some, the cache has of these bytes. cachestat (Linux 6.5) goes
 * through those alone, while mincore looks for each page that may be one. UINT64_MAX: not known.
 */
static uint64_t
helper_count_cached(int fd, uint64_t offset, uint64_t bytes)
{
	struct pm_cachestat_range range = {offset, bytes};
	struct pm_cachestat got;

	if (syscall(PM_SYS_CACHESTAT, fd, &range, &got, 0) < 0)
		return UINT64_MAX;
	return got.nr_cache + got.nr_evicted;
}

/* Sets the bits, from `first` on, of n pages from offset: mapped at once. */
static bool
helper_map_resident(int fd, uint64_t offset, size_t n, size_t page_size, size_t first,
                    uint64_t *bits)
{
	unsigned char *in = mem_alloc(n);
	void *p = mmap(NULL, n * page_size, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE, fd,
	               (off_t)offset);
	bool ok = p != MAP_FAILED && mincore(p, n * page_size, in) == 0;

	for (size_t i = 0; ok && i < n; i++)
		if (in[i] & 1)
			helper_set_bits(bits, first + i, first + i + 1);
	if (p != MAP_FAILED)
		munmap(p, n * page_size);
	free(in);
	return ok;
}

static bool
helper_map_pieces(int fd, uint64_t offset, size_t n, size_t page_size, size_t first,
                  uint64_t *bits)
{
	size_t most = MAPPED_MAX / page_size;

	for (size_t i = 0; i < n; i += most)
		if (!helper_map_resident(fd, offset + i * page_size, n - i < most ? n - i : most,
		                         page_size, first + i, bits))
			return false;
	return true;
}

/* The same; where few are in the cache, the range is halved until they are many, or none. */
static bool
helper_find_resident(int fd, uint64_t offset, size_t n, size_t page_size, size_t first,
                     uint64_t *bits)
{
	enum { FEW = 64 };
	uint64_t cached = n ? helper_count_cached(fd, offset, n * page_size) : 0;
	size_t half = n / 2;

	if (!cached)
		return true;
	if (cached >= n / FEW)
		return helper_map_pieces(fd, offset, n, page_size, first, bits);
	return helper_find_resident(fd, offset, half, page_size, first, bits) &&
	       helper_find_resident(fd, offset + half * page_size, n - half, page_size,
	                            first + half, bits);
}

static bool
helper_all_resident(int fd, uint64_t offset, size_t n, size_t page_size, struct file_pages *out)
{
	return helper_trusts_mincore(fd, out->size, page_size) &&
	       helper_find_resident(fd, offset, n, page_size, 0, out->resident);
}

/* A page counts if it contains any data. ENXIO: none follows. */
static bool
helper_all_data(int fd, uint64_t offset, size_t n, size_t page_size, uint64_t *bits)
{
	uint64_t end = offset + n * page_size, at = offset;

	while (at < end) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

		if (data < 0 || (uint64_t)data >= end)
			return data >= 0 || errno == ENXIO;
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data)
			return false;
		at = u64_min((uint64_t)hole, end);
		helper_set_bits(bits, ((uint64_t)data - offset) / page_size,
		                (at - offset + page_size - 1) / page_size);
	}
	return true;
}

/*
 * Pages [from, to) of a shared memory file that are in swap: cachestat reports a page as evicted if
 * the page cache holds a swap entry in its place. It only counts, so a mixed range is halved.
 */
static bool
helper_find_swapped(int fd, uint64_t offset, size_t from, size_t to, size_t page_size,
                    uint64_t *bits)
{
	struct pm_cachestat_range range = {offset + from * page_size, (to - from) * page_size};
	struct pm_cachestat got;
	size_t mid = from + (to - from) / 2;

	if (syscall(PM_SYS_CACHESTAT, fd, &range, &got, 0) < 0)
		return false;
	if (!got.nr_evicted)
		return true;
	if (got.nr_evicted >= to - from) {
		helper_set_bits(bits, from, to);
		return true;
	}
	return helper_find_swapped(fd, offset, from, mid, page_size, bits) &&
	       helper_find_swapped(fd, offset, mid, to, page_size, bits);
}

static bool
helper_is_on(int fd, unsigned long magic)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

bool
helper_file_pages(const struct helper_ask *ask, struct file_pages *out)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t end = u64_min(ask->end, ask->start + FILE_PAGES * page_size);
	uint64_t offset = ask->map.offset + (ask->start - ask->map.start);
	size_t n = (end - ask->start) / page_size;
	int fd = helper_open(ask);
	struct stat st;

	*out = (struct file_pages){.start = ask->start, .end = end};
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return false;
	}
	out->size = (uint64_t)st.st_size;
	if (ask->needs & FILE_ASK_RESIDENT && !helper_is_on(fd, HUGETLBFS_MAGIC) &&
	    helper_all_resident(fd, offset, n, page_size, out))
		out->known |= FILE_ASK_RESIDENT;
	if (ask->needs & FILE_ASK_DATA && helper_all_data(fd, offset, n, page_size, out->data))
		out->known |= FILE_ASK_DATA;
	if (ask->needs & FILE_ASK_SWAPPED && helper_is_on(fd, TMPFS_MAGIC) &&
	    helper_find_swapped(fd, offset, 0, n, page_size, out->swapped))
		out->known |= FILE_ASK_SWAPPED;
	close(fd);
	return true;
}

bool
helper_file_bytes(const struct helper_ask *ask, uint8_t *out)
{
	uint64_t offset = ask->map.offset + (ask->start - ask->map.start);
	size_t n = (size_t)u64_min(ask->end - ask->start, FILE_BYTES), got = 0;
	int fd = helper_open(ask);
	ssize_t r = fd < 0 ? -1 : 1;

	memset(out, 0, n);
	while (r > 0 && got < n) {
		r = pread(fd, out + got, n - got, (off_t)(offset + got));
		if (r < 0 && errno == EINTR)
			r = 1;
		else if (r > 0)
			got += (size_t)r;
	}
	if (fd >= 0)
		close(fd);
	return r >= 0;
}
