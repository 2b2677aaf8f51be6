/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pread.h"
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/folio_sizes.h"
#include "kernel/kabi.h"

enum {
	RUN_MAX = 512, /* frames per read */
	GAP = 4,       /* unneeded frames that a read may include */
};

/* Whether a new page of our own, which cannot be merged, has the KSM flag. */
static bool
frames_ksm_lies(int flags, size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pagemap = proc_own_file("pagemap", O_RDONLY);
	uint64_t word = 0, kpf = 0, pfn;

	if (p != MAP_FAILED && pagemap >= 0) {
		*(volatile char *)p = 1;
		if (pread(pagemap, &word, sizeof(word),
		          (off_t)((uintptr_t)p / size * sizeof(word))) < 0)
			word = 0;
		pfn = word & PM_PFN_MASK;
		if (pfn && pread(flags, &kpf, sizeof(kpf), (off_t)(pfn * sizeof(kpf))) < 0)
			kpf = 0;
	}
	if (pagemap >= 0)
		close(pagemap);
	if (p != MAP_FAILED)
		munmap(p, size);
	return kpf & KPF_KSM;
}

/* Whether the page at `addr`, which has just been unmapped, still has a map count. */
static enum truth
frames_count_of_unmapped(const struct frames *f, char *page, size_t size)
{
	int pagemap = proc_own_file("pagemap", O_RDONLY);
	uint64_t word = 0, kpf = 0, count = 1, pfn;
	enum truth t = TRUTH_UNKNOWN;

	if (pagemap >= 0 && pread(pagemap, &word, sizeof(word),
	                          (off_t)((uintptr_t)page / size * sizeof(word))) < 0)
		word = 0;
	pfn = word & PM_PFN_MASK;
	if (pfn && pread(f->flags, &kpf, sizeof(kpf), (off_t)(pfn * sizeof(kpf))) ==
	               sizeof(kpf) &&
	    kpf & KPF_COMPOUND_TAIL && munmap(page, size) == 0 &&
	    pread(f->count, &count, sizeof(count), (off_t)(pfn * sizeof(count))) == sizeof(count))
		t = count ? TRUTH_YES : TRUTH_NO;
	if (pagemap >= 0)
		close(pagemap);
	return t;
}

enum { HUGE_MOST = 64 << 20 }; /* of pages of 64 KiB it would be half a gigabyte */

/* In a child: collapsing takes memory of which there may be none in one piece, and time. */
static enum truth
frames_try_averages(const struct frames *f)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), huge = page << folio_huge_order(page);
	char *p = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *at;
	enum truth t = TRUTH_UNKNOWN;

	if (huge > HUGE_MOST || p == MAP_FAILED)
		return t;
	at = (char *)(((uintptr_t)p + huge - 1) / huge * huge);
	madvise(at, huge, MADV_HUGEPAGE);
	*(volatile char *)at = 1;
	madvise(at, huge, PM_MADV_COLLAPSE); /* whatever the settings are (Linux 6.1) */
	t = frames_count_of_unmapped(f, at + huge / 2, page);
	munmap(p, 2 * huge);
	return t;
}

enum truth
frames_averages(const struct frames *f)
{
	enum { TIME_S = 5 };
	int status;
	pid_t child;

	if (f->flags < 0 || f->count < 0)
		return TRUTH_UNKNOWN;
	child = fork();
	if (child == 0) {
		sigset_t none;

		sigemptyset(&none);
		signal(SIGALRM, SIG_DFL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		alarm(TIME_S);
		_exit((int)frames_try_averages(f));
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return TRUTH_UNKNOWN;
	return child > 0 && WIFEXITED(status) ? (enum truth)WEXITSTATUS(status) : TRUTH_UNKNOWN;
}

void
frames_open(struct frames *f, const struct proc *p)
{
	f->flags = proc_root_file(p, "kpageflags", O_RDONLY);
	f->ksm_lies = false;
	f->count = proc_root_file(p, "kpagecount", O_RDONLY);
	f->cgroup = proc_root_file(p, "kpagecgroup", O_RDONLY);
}

void
frames_probe(struct frames *f, size_t page_size)
{
	f->ksm_lies = f->flags >= 0 && frames_ksm_lies(f->flags, page_size);
}

bool
frames_broken(const struct proc *p)
{
	static const char key[] = "HardwareCorrupted:";
	int fd = proc_root_file(p, "meminfo", O_RDONLY);
	char text[4096];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	const char *at;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return true;
	text[n] = '\0';
	at = strstr(text, key); /* missing: a kernel that cannot take pages out of use */
	return at && strtoull(at + strlen(key), NULL, 10) != 0;
}

static int
frames_file(const struct frames *f, enum frame_file file)
{
	switch (file) {
	case FRAME_FLAGS: return f->flags;
	case FRAME_COUNT: return f->count;
	case FRAME_CGROUP: return f->cgroup;
	}
	return -1;
}

unsigned
frames_files(const struct frames *f)
{
	unsigned out = 0;

	for (unsigned file = FRAME_FLAGS; file <= FRAME_CGROUP; file++)
		out |= frames_file(f, (enum frame_file)file) >= 0 ? 1u << file : 0;
	return out;
}

void
frames_close(struct frames *f)
{
	int *fds[] = {&f->flags, &f->count, &f->cgroup};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* A range of frames that one read covers. */
struct stretch {
	uint64_t lo, hi;
	size_t n; /* requested frames in it */
};

/*
 * The frames from pfn[0] on that are close together, ascending or descending (the buddy allocator
 * splits both ways) or with small gaps: a few extra frames are cheaper than another read.
 */
static struct stretch
frames_stretch_from(const uint64_t *pfn, size_t n)
{
	struct stretch s = {pfn[0], pfn[0], 1};

	for (; s.n < n; s.n++) {
		uint64_t p = pfn[s.n], lo = p < s.lo ? p : s.lo, hi = p > s.hi ? p : s.hi;

		/* unsigned, so that it is too far on either side */
		if (p + GAP - s.lo > s.hi - s.lo + 2 * GAP || hi - lo >= RUN_MAX)
			break;
		s.lo = lo;
		s.hi = hi;
	}
	return s;
}

void
frames_lookup(const struct frames *f, enum frame_file file, const uint64_t *pfn, size_t n,
              uint64_t *out, bool *ok)
{
	int fd = frames_file(f, file);
	uint64_t words[RUN_MAX];

	memset(ok, 0, n * sizeof(*ok));
	for (size_t i = 0; fd >= 0 && i < n;) {
		struct stretch s = frames_stretch_from(pfn + i, n - i);
		ssize_t r = pread_plain(fd, words, (s.hi - s.lo + 1) * sizeof(*words),
		                        s.lo * sizeof(*words));
		size_t got = r > 0 ? (size_t)r / sizeof(*words) : 0, end = i + s.n;

		if (got <= s.hi - s.lo)
			memset(words + got, 0, (s.hi - s.lo + 1 - got) * sizeof(*words));
		for (; i < end; i++) {
			out[i] = words[pfn[i] - s.lo];
			ok[i] = pfn[i] - s.lo < got;
		}
	}
}
