/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that stores to each page of a region once, and counts the faults it takes. It says
 * "ready START", and after any line "stored PAGES FAULTS", when the contents say that each store
 * was done once. A store whose page is protected again between its fault and its repetition faults
 * twice: FAULTS is then above PAGES.
 */
#include "live.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGES = 20000, STEP = 7919, RING = 1 << 21 };

static char *const region = (char *)0x210000000000;
static struct perf_event_mmap_page *ring;

static int
count_faults(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
	                               .size = sizeof(attr),
	                               .config = PERF_COUNT_SW_PAGE_FAULTS,
	                               .sample_period = 1,
	                               .sample_type = PERF_SAMPLE_ADDR,
	                               .exclude_kernel = 1,
	                               .disabled = 1};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		cannot("faults cannot be counted");
	ring = mmap(NULL, RING + PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		cannot("faults cannot be counted");
	return fd;
}

static void
copy_out(uint64_t from, void *to, size_t n)
{
	const char *data = (const char *)ring + ring->data_offset;

	for (size_t i = 0; i < n; i++)
		((char *)to)[i] = data[(from + i) % RING];
}

/* Of the region; none may be lost. */
static unsigned
faults_counted(void)
{
	struct perf_event_header head;
	unsigned n = 0;
	uint64_t addr;

	for (uint64_t at = ring->data_tail; at < ring->data_head; at += head.size) {
		copy_out(at, &head, sizeof(head));
		if (head.type == PERF_RECORD_LOST)
			cannot("faults were lost");
		copy_out(at + sizeof(head), &addr, sizeof(addr));
		n += head.type == PERF_RECORD_SAMPLE &&
		     addr - (uintptr_t)region < (uint64_t)PAGES * PAGE;
	}
	return n;
}

int
main(void)
{
	const struct timespec pause = {0, 1000};
	char line[16];
	int fd = count_faults();

	if (mmap(region, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != region ||
	    madvise(region, (size_t)PAGES * PAGE, MADV_NOHUGEPAGE) < 0)
		cannot("no memory");
	memset(region, 1, (size_t)PAGES * PAGE);
	printf("ready %llx\n", (unsigned long long)(uintptr_t)region);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	for (unsigned i = 0; i < PAGES; i++) {
		((volatile char *)region)[(size_t)(i * STEP % PAGES) * PAGE]++;
		nanosleep(&pause, NULL);
	}
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	for (unsigned i = 0; i < PAGES; i++)
		if (region[(size_t)i * PAGE] != 2)
			cannot("a store was not done once");
	printf("stored %u %u\n", PAGES, faults_counted());
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) == NULL;
}
