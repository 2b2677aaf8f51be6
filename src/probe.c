/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "flags.h"
#include "kabi.h"
#include "symbol.h"

static const char as_root[] = "run as root, or as the process's owner";
static const char as_admin[] = "run as root (CAP_SYS_ADMIN in the initial user namespace)";

static void
yes(struct cap *c, const char *detail)
{
	c->ok = true;
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
}

static void
no(struct cap *c, const char *why, const char *how)
{
	c->ok = false;
	c->how = how;
	snprintf(c->detail, sizeof(c->detail), "%s", why);
}

/* Open and read: some files open and then fail. */
static void
try_file(struct cap *c, int fd, const char *how)
{
	char byte[8];
	ssize_t n = fd < 0 ? -1 : read(fd, byte, sizeof(byte));

	if (n < 0)
		no(c, strerror(errno), how);
	else
		yes(c, "readable");
	if (fd >= 0)
		close(fd);
}

static void
probe_maps(struct target *t, struct cap *c)
{
	try_file(c, proc_file(&t->proc, "maps", O_RDONLY), as_root);
}

static void
probe_smaps(struct target *t, struct cap *c)
{
	try_file(c, proc_file(&t->proc, "smaps", O_RDONLY), as_root);
}

static void
probe_mem(struct target *t, struct cap *c)
{
	int fd = proc_file(&t->proc, "mem", O_RDONLY);

	if (fd < 0) {
		no(c, strerror(errno), "run as root, or allow ptrace (kernel.yama.ptrace_scope)");
		return;
	}
	close(fd);
	yes(c, "opens; nothing is read from it unless asked");
}

/* A word of a page that is present, 0 if there is none. */
static int
note_present(void *arg, const struct pm_run *run)
{
	*(uint64_t *)arg = run->start;
	return 1;
}

static uint64_t
present_word(struct target *t)
{
	struct vma_list vmas = {0};
	struct err ignored;
	uint64_t addr = 0, word = 0;

	if (target_regions(t, &vmas, &ignored) == 0)
		for (size_t i = 0; i < vmas.n && !addr; i++)
			if (pagemap_runs(&t->pm, vmas.v[i].start, vmas.v[i].end, PM_CAT_PRESENT,
			                 PM_CAT_PRESENT, note_present, &addr, &ignored) < 0)
				break;
	if (addr && pagemap_words(&t->pm, addr, &word, 1, &ignored) != 1)
		word = 0;
	vma_free(&vmas);
	return word;
}

static void
probe_pagemap(struct target *t, struct cap *c)
{
	(void)t;
	yes(c, "readable");
}

static void
probe_pfn(struct target *t, struct cap *c)
{
	uint64_t word = present_word(t);

	if (!word)
		no(c, "no page of the process is in RAM, so it could not be tried", NULL);
	else if (word & PM_PFN_MASK)
		yes(c, "visible");
	else
		no(c, "the kernel shows zeros in their place", as_admin);
}

static void
probe_kpageflags(struct target *t, struct cap *c)
{
	try_file(c, proc_root_file(&t->proc, "kpageflags", O_RDONLY), as_admin);
	if (c->ok && t->frames.ksm_lies)
		yes(c, "readable; this kernel sets the KSM flag on every anonymous page: not believed");
}

static void
probe_kpagecount(struct target *t, struct cap *c)
{
	try_file(c, proc_root_file(&t->proc, "kpagecount", O_RDONLY), as_admin);
}

static void
probe_kpagecgroup(struct target *t, struct cap *c)
{
	try_file(c, proc_root_file(&t->proc, "kpagecgroup", O_RDONLY), as_admin);
}

static void
probe_scan(struct target *t, struct cap *c)
{
	static const char *const names[] = {"wpallowed", "written", "file",       "present", "swapped",
	                                    "pfnzero",   "huge",    "soft-dirty", "guard"};
	struct buf b = {0};

	if (!t->pm.scan) {
		no(c, t->proc.live ? "this kernel does not have it (Linux 6.7); pagemap is read instead"
		                   : "the proc root is no file system of the kernel's; pagemap is read instead",
		   NULL);
		return;
	}
	buf_str(&b, "categories");
	for (unsigned bit = 0; bit < 64; bit++)
		if (t->pm.scan >> bit & 1) {
			if (bit < ARRAY_LEN(names))
				buf_fmt(&b, " %s", names[bit]);
			else
				buf_fmt(&b, " bit%u", bit);
		}
	yes(c, b.s);
	buf_free(&b);
}

static void
probe_procmap_query(struct target *t, struct cap *c)
{
	struct pm_procmap_query q = {.size = sizeof(q), .query_flags = PM_QUERY_COVERING_OR_NEXT};

	if (ioctl(t->maps, PM_IOC_QUERY, &q) == 0)
		yes(c, "answers (not used yet: one region at a time)");
	else
		no(c, errno == ENOTTY ? "this kernel does not have it (Linux 6.11)" : strerror(errno), NULL);
}

static void
probe_soft_dirty(struct target *t, struct cap *c)
{
	if (t->track.can == TRACK_UNKNOWN)
		track_probe(&t->track, &t->proc);
	if (t->track.can == TRACK_YES && !t->proc.live)
		yes(c, "not tried: the proc root is a folder that has clear_refs");
	else if (t->track.can == TRACK_YES)
		yes(c, "works: proven by a write, a clear and a write to a page of our own");
	else
		no(c, t->track.why, t->track.how);
}

static void
probe_uffd(struct target *t, struct cap *c)
{
#ifdef SYS_userfaultfd
	long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1 /* UFFD_USER_MODE_ONLY */);

	(void)t;
	if (fd < 0) {
		no(c, strerror(errno), NULL);
		return;
	}
	close((int)fd);
	yes(c, "the system call works (not used yet)");
#else
	(void)t;
	no(c, "not known on this machine", NULL);
#endif
}

static void
probe_move_pages(struct target *t, struct cap *c)
{
	void *page = NULL;
	int status = 0;

	if (!t->proc.live)
		no(c, "the target is no live process", NULL);
	else if (syscall(SYS_move_pages, (int)t->proc.pid, 1ul, &page, NULL, &status, 0) < 0)
		no(c, strerror(errno), as_root);
	else
		yes(c, "tells each page's NUMA node");
}

static void
probe_pidfd(struct target *t, struct cap *c)
{
	if (t->proc.pidfd >= 0)
		yes(c, "tells the end of the process at once");
	else
		no(c, "not here: the end is noticed at the next look", NULL);
}

static void
probe_symbols(struct target *t, struct cap *c)
{
	(void)t;
	if (symbol_supported())
		yes(c, "built with elfutils");
	else
		no(c, "built without elfutils", "configure with libdw");
}

static const struct {
	const char *name, *gives;
	void (*probe)(struct target *t, struct cap *c);
} table[] = {
    {"maps", "the regions", probe_maps},
    {"pagemap", "the page tables", probe_pagemap},
    {"pfn", "page frame numbers", probe_pfn},
    {"kpageflags", "what the kernel does with a frame", probe_kpageflags},
    {"kpagecount", "how often a frame is mapped", probe_kpagecount},
    {"kpagecgroup", "which memory cgroup pays for it", probe_kpagecgroup},
    {"PAGEMAP_SCAN", "page tables by the stretch, fast", probe_scan},
    {"PROCMAP_QUERY", "one region by address", probe_procmap_query},
    {"soft-dirty", "written pages, after a clear", probe_soft_dirty},
    {"userfaultfd", "written pages, without soft-dirty", probe_uffd},
    {"smaps", "PSS and referenced pages", probe_smaps},
    {"mem", "the bytes in a page", probe_mem},
    {"move_pages", "NUMA nodes", probe_move_pages},
    {"pidfd", "the end of the process", probe_pidfd},
    {"symbols", "names of functions and data", probe_symbols},
};

struct cap *
probe_all(struct target *t, size_t *n)
{
	struct cap *caps = mem_alloc(sizeof(table) / sizeof(table[0]) * sizeof(*caps));

	*n = ARRAY_LEN(table);
	for (size_t i = 0; i < *n; i++) {
		caps[i].name = table[i].name;
		caps[i].gives = table[i].gives;
		table[i].probe(t, &caps[i]);
	}
	return caps;
}
