/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/perf.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/rights.h"
#include "base/util.h"

/* --- the ABI ---------------------------------------------------------------------------------- */

enum {
	TYPE_SOFTWARE = 1,
	TYPE_BREAKPOINT = 5,

	SW_FAULTS_MINOR = 5,
	SW_FAULTS_MAJOR = 6,
	SW_DUMMY = 9,

	STORES = 2, /* HW_BREAKPOINT_W */

	SAMPLE_IP = 1 << 0,
	SAMPLE_TID = 1 << 1,
	SAMPLE_TIME = 1 << 2,
	SAMPLE_ADDR = 1 << 3,
	SAMPLE_CHAIN = 1 << 5,
	SAMPLE_ID = 1 << 6,

	RECORD_LOST = 2,
	RECORD_SAMPLE = 9,

	OPEN_CLOEXEC = 8,
};
#define FLAG_DISABLED       (UINT64_C(1) << 0)
#define FLAG_INHERIT        (UINT64_C(1) << 1)
#define FLAG_NO_KERNEL      (UINT64_C(1) << 5)
#define FLAG_NO_HYPERVISOR  (UINT64_C(1) << 6)
#define FLAG_WATERMARK      (UINT64_C(1) << 14)
#define FLAG_CHAIN_NO_KERNEL (UINT64_C(1) << 21)
#define FLAG_CLOCK          (UINT64_C(1) << 25)
#define FLAG_INHERIT_THREAD (UINT64_C(1) << 35) /* Linux 5.13 */

#define IOC_ENABLE     _IO('$', 0)
#define IOC_DISABLE    _IO('$', 1)
#define IOC_SET_OUTPUT _IO('$', 5)

/* struct perf_event_attr as of Linux 4.8: later kernels take the shorter one */
struct perf_attr {
	uint32_t type, size;
	uint64_t config, period, sample_type, read_format, flags;
	uint32_t wakeup, bp_type;
	uint64_t bp_addr, bp_len;
	uint64_t branch_sample_type, sample_regs_user;
	uint32_t sample_stack_user;
	int32_t clock;
	uint64_t sample_regs_intr;
	uint32_t aux_watermark;
	uint16_t max_stack, reserved;
};
_Static_assert(sizeof(struct perf_attr) == 112, "PERF_ATTR_SIZE_VER5");

/* The first page of a ring: what is read of struct perf_event_mmap_page. */
enum { PAGE_HEAD = 1024, PAGE_TAIL = 1032 };

struct perf_header {
	uint32_t type;
	uint16_t misc, size;
};

/* what a call chain says of the frames after it, instead of an address */
#define CONTEXT_FIRST  ((uint64_t)-4095)
#define CONTEXT_KERNEL ((uint64_t)-128)

/* --- events ----------------------------------------------------------------------------------- */

static void
perf_attr_kind(struct perf_attr *a, const struct perf_watch *w)
{
	switch (w->kind) {
	case PERF_FAULTS_MINOR:
		a->config = SW_FAULTS_MINOR;
		break;
	case PERF_FAULTS_MAJOR:
		a->config = SW_FAULTS_MAJOR;
		break;
	case PERF_STORES:
		a->type = TYPE_BREAKPOINT;
		a->bp_type = STORES;
		a->bp_addr = w->addr;
		a->bp_len = w->bytes;
		break;
	case PERF_NOTHING:
		a->config = SW_DUMMY;
		a->flags = FLAG_NO_KERNEL | FLAG_NO_HYPERVISOR | FLAG_CLOCK | FLAG_WATERMARK;
		a->wakeup = w->wakeup;
		break;
	}
}

static struct perf_attr
perf_attr_of(const struct perf_watch *w, int cpu)
{
	struct perf_attr a = {
	    .type = TYPE_SOFTWARE,
	    .size = sizeof(a),
	    .period = w->period,
	    .sample_type = SAMPLE_IP | SAMPLE_TID | SAMPLE_TIME | SAMPLE_ADDR | SAMPLE_ID,
	    .flags = FLAG_NO_HYPERVISOR | FLAG_CLOCK,
	    .clock = CLOCK_MONOTONIC,
	};

	if (!w->kernel)
		a.flags |= FLAG_NO_KERNEL | FLAG_CHAIN_NO_KERNEL;
	if (w->depth) {
		a.sample_type |= SAMPLE_CHAIN;
		a.max_stack = (uint16_t)w->depth;
	}
	if (cpu >= 0)
		a.flags |= FLAG_DISABLED | FLAG_INHERIT |
		           (w->children ? 0 : FLAG_INHERIT_THREAD);
	perf_attr_kind(&a, w);
	if (w->kind == PERF_NOTHING)
		a.period = 0;
	return a;
}

/* Debian's kernels take CAP_SYS_ADMIN alone where kernel.perf_event_paranoid is above 2. */
static int
perf_call(const struct perf_attr *a, pid_t tid, int cpu)
{
	return (int)RIGHTS_FOR(RIGHTS_LOOK | RIGHT(CAP_SYS_ADMIN),
	                       syscall(SYS_perf_event_open, a, tid, cpu, -1, OPEN_CLOEXEC));
}

int
perf_open(const struct perf_watch *w, pid_t tid, int cpu)
{
	struct perf_attr a = perf_attr_of(w, cpu);
	int fd = perf_call(&a, tid, cpu);

	if (fd < 0 && errno == EINVAL && a.flags & FLAG_INHERIT_THREAD) {
		a.flags &= ~FLAG_INHERIT_THREAD;
		fd = perf_call(&a, tid, cpu);
	}
	return fd;
}

uint64_t
perf_count(int event)
{
	uint64_t n;

	return read(event, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

void
perf_stop(int event, bool stop)
{
	ioctl(event, stop ? IOC_DISABLE : IOC_ENABLE, 0);
}

int
perf_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	return n < 1 ? 1 : (int)n;
}

/* --- the ring --------------------------------------------------------------------------------- */

int
perf_ring_take(const struct perf_ring *r, int event)
{
	if (ioctl(event, IOC_SET_OUTPUT, r->fd) < 0)
		return -1;
	return ioctl(event, IOC_ENABLE, 0);
}

int
perf_ring_open(struct perf_ring *r, int cpu, size_t bytes, size_t wakeup)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 1;
	struct perf_watch w = {.kind = PERF_NOTHING};
	int error;

	while (pages * 2 * page <= bytes)
		pages *= 2;
	w.wakeup = (uint32_t)u64_min(pages * page / 4, wakeup);
	*r = (struct perf_ring){.fd = perf_open(&w, 0, cpu), .cpu = cpu, .map = MAP_FAILED};
	if (r->fd < 0)
		return -1;
	/* what the kernel lets users lock is little, and counted by user */
	for (; pages; pages /= 2) {
		r->map = mmap(NULL, (1 + pages) * page, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		              0);
		if (r->map != MAP_FAILED)
			break;
	}
	r->pages = pages;
	if (r->map != MAP_FAILED)
		return 0;
	error = errno == EPERM ? ENOBUFS : errno; /* locked memory is used up */
	perf_ring_close(r);
	errno = error;
	return -1;
}

void
perf_ring_close(struct perf_ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (r->map != MAP_FAILED && r->map)
		munmap(r->map, (1 + r->pages) * page);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct perf_ring){.fd = -1};
}

/* --- records ---------------------------------------------------------------------------------- */

/* The largest record that its 16-bit size allows. */
enum { RECORD_MAX = 2048 }; /* bytes; more than a record of ours takes */

static uint64_t
perf_word(const uint8_t *at)
{
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

/*
 * Takes the contexts out of a call chain, which say whose the frames after them are. The kernel's
 * come first.
 */
static void
perf_chain_take(struct perf_sample *s, uint64_t *chain, uint64_t n)
{
	bool kernel = false;

	for (uint64_t i = 0; i < n; i++) {
		if (chain[i] >= CONTEXT_FIRST) {
			kernel = chain[i] == CONTEXT_KERNEL;
			continue;
		}
		s->kernel += kernel;
		chain[s->n++] = chain[i];
	}
	s->frames = chain;
}

/* The body of a sample, in the order of the bits of its type. */
static void
perf_take_sample(uint8_t *at, size_t size, const struct perf_events *to)
{
	enum { FIXED = 40 };
	struct perf_sample s = {0};
	uint64_t n, ids;

	if (size < FIXED)
		return;
	s.ip = perf_word(at);
	ids = perf_word(at + 8);
	memcpy(&s.pid, &ids, sizeof(s.pid));
	memcpy(&s.tid, (uint8_t *)&ids + 4, sizeof(s.tid));
	s.time_ns = perf_word(at + 16);
	s.addr = perf_word(at + 24);
	s.event = perf_word(at + 32);
	if (size >= FIXED + 8) {
		n = perf_word(at + FIXED);
		if (n > (size - FIXED - 8) / 8)
			return;
		perf_chain_take(&s, (uint64_t *)(void *)(at + FIXED + 8), n);
	}
	to->sample(to->arg, &s);
}

static void
perf_copy(uint8_t *to, const uint8_t *data, uint64_t size, uint64_t at, size_t n)
{
	uint64_t from = at & (size - 1), first = u64_min(n, size - from);

	memcpy(to, data + from, first);
	memcpy(to + first, data, n - first);
}

uint64_t
perf_parse(const uint8_t *data, uint64_t size, uint64_t tail, uint64_t head,
           const struct perf_events *to)
{
	/* copied, because a record may wrap around, and its call chain is changed */
	uint64_t record[RECORD_MAX / 8];
	uint8_t *body = (uint8_t *)record;

	while (tail < head) {
		struct perf_header h;

		if (head - tail < sizeof(h))
			return head;
		perf_copy((uint8_t *)&h, data, size, tail, sizeof(h));
		if (h.size < sizeof(h) || h.size > head - tail || h.size > RECORD_MAX)
			return head;
		perf_copy(body, data, size, tail + sizeof(h), h.size - sizeof(h));
		if (h.type == RECORD_SAMPLE)
			perf_take_sample(body, h.size - sizeof(h), to);
		else if (h.type == RECORD_LOST && h.size >= sizeof(h) + 16)
			to->lost(to->arg, perf_word(body + 8));
		tail += h.size;
	}
	return tail;
}

bool
perf_ring_read(struct perf_ring *r, const struct perf_events *to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = r->pages * page;
	uint8_t *first = r->map;
	uint64_t *head_at = (uint64_t *)(void *)(first + PAGE_HEAD),
		 *tail_at = (uint64_t *)(void *)(first + PAGE_TAIL);
	uint64_t head = __atomic_load_n(head_at, __ATOMIC_ACQUIRE);
	uint64_t tail = *tail_at;

	if (head == tail)
		return true;
	perf_parse(first + page, size, tail, head, to);
	__atomic_store_n(tail_at, head, __ATOMIC_RELEASE);
	return size - (head - tail) >= RECORD_MAX;
}
