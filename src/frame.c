/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flags.h"
#include "kabi.h"
#include "util.h"

enum { RUN_MAX = 512 }; /* frames a read */

/* Whether a fresh page of our own, which nobody can have merged, is said to be KSM's. */
static bool
probe_ksm(int flags)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pagemap = open(PROC_ROOT "/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t word = 0, kpf = 0, pfn;

	if (p != MAP_FAILED && pagemap >= 0) {
		*(volatile char *)p = 1;
		if (pread(pagemap, &word, sizeof(word), (off_t)((uintptr_t)p / size * sizeof(word))) < 0)
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

void
frames_open(struct frames *f, const struct proc *p)
{
	f->flags = proc_root_file(p, "kpageflags", O_RDONLY);
	f->ksm_lies = p->live && f->flags >= 0 && probe_ksm(f->flags);
	f->count = proc_root_file(p, "kpagecount", O_RDONLY);
	f->cgroup = proc_root_file(p, "kpagecgroup", O_RDONLY);
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

/* Length of the run from pfn[0] of frames that follow each other upwards or are the same. */
static size_t
run_length(const uint64_t *pfn, size_t n)
{
	size_t i = 1;

	while (i < n && pfn[i] >= pfn[i - 1] && pfn[i] - pfn[0] < RUN_MAX && pfn[i] - pfn[i - 1] <= 1)
		i++;
	return i;
}

void
frames_lookup(const struct frames *f, enum frame_file file, const uint64_t *pfn, size_t n,
              uint64_t *out, bool *ok)
{
	int fd = file == FRAME_FLAGS ? f->flags : file == FRAME_COUNT ? f->count : f->cgroup;
	uint64_t words[RUN_MAX];

	memset(ok, 0, n * sizeof(*ok));
	for (size_t i = 0, len; fd >= 0 && i < n; i += len) {
		len = run_length(pfn + i, n - i);
		size_t span = pfn[i + len - 1] - pfn[i] + 1;
		ssize_t r = pread(fd, words, span * sizeof(*words), (off_t)(pfn[i] * sizeof(*words)));
		size_t got = r > 0 ? (size_t)r / sizeof(*words) : 0;

		for (size_t k = i; k < i + len; k++) {
			ok[k] = pfn[k] - pfn[i] < got;
			out[k] = ok[k] ? words[pfn[k] - pfn[i]] : 0;
		}
	}
}
