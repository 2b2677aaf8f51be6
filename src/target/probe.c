/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "target/cache.h"
#include "target/symbol.h"

static const char as_admin[] = "run as root (CAP_SYS_ADMIN in the initial user namespace)";

static void
probe_yes(struct cap *c, const char *detail)
{
	c->ok = true;
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
}

static void
probe_no(struct cap *c, const char *why, const char *how)
{
	c->ok = false;
	c->how = how;
	snprintf(c->detail, sizeof(c->detail), "%s", why);
}

/* Open and read: some files open and then fail. */
static void
probe_try_file(struct cap *c, int fd, const char *how)
{
	char byte[8];
	ssize_t n = fd < 0 ? -1 : read(fd, byte, sizeof(byte));

	if (n < 0)
		probe_no(c, strerror(errno), how);
	else
		probe_yes(c, "readable");
	if (fd >= 0)
		close(fd);
}

/* A file of the process's; what helps is found out when it is refused. */
static void
probe_try_own_file(struct target *t, struct cap *c, const char *name)
{
	probe_try_file(c, proc_file(&t->proc, name, O_RDONLY), NULL);
	if (!c->ok)
		c->how = proc_bar_help(proc_bar_of(&t->proc));
}

static void
probe_maps(struct target *t, struct cap *c)
{
	probe_try_own_file(t, c, "maps");
}

static void
probe_smaps(struct target *t, struct cap *c)
{
	probe_try_own_file(t, c, "smaps");
}

static void
probe_mem(struct target *t, struct cap *c)
{
	int fd = proc_file(&t->proc, "mem", O_RDONLY);

	if (fd < 0) {
		probe_no(c, strerror(errno), proc_memory_how(&t->proc));
		return;
	}
	close(fd);
	probe_yes(c, "opens; nothing is read from it unless asked");
}

/* A word of a page that is present, 0 if there is none. */
static int
probe_note_present(void *arg, const struct pm_run *run)
{
	*(uint64_t *)arg = run->start;
	return 1;
}

static uint64_t
probe_present_word(struct target *t)
{
	struct vma_list vmas = {0};
	struct err ignored;
	uint64_t addr = 0, word = 0;

	if (target_regions(t, &vmas, &ignored) == 0)
		for (size_t i = 0; i < vmas.n && !addr; i++)
			if (pagemap_runs(&t->pm, vmas.v[i].start, vmas.v[i].end, PM_CAT_PRESENT,
			                 PM_CAT_PRESENT, probe_note_present, &addr, &ignored) < 0)
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
	probe_yes(c, "readable");
}

static void
probe_pfn(struct target *t, struct cap *c)
{
	uint64_t word = probe_present_word(t);

	if (!word)
		probe_no(c, "no page of the process is in RAM, so it could not be tried", NULL);
	else if (word & PM_PFN_MASK)
		probe_yes(c, "visible");
	else
		probe_no(c, "the kernel shows zeros in their place", as_admin);
}

static void
probe_kpageflags(struct target *t, struct cap *c)
{
	probe_try_file(c, proc_root_file(&t->proc, "kpageflags", O_RDONLY), as_admin);
	if (c->ok && t->frames.ksm_lies)
		probe_yes(c, "readable; this kernel sets the KSM flag on every anonymous page: not "
		             "believed");
}

static void
probe_kpagecount(struct target *t, struct cap *c)
{
	probe_try_file(c, proc_root_file(&t->proc, "kpagecount", O_RDONLY), as_admin);
}

static void
probe_kpagecgroup(struct target *t, struct cap *c)
{
	probe_try_file(c, proc_root_file(&t->proc, "kpagecgroup", O_RDONLY), as_admin);
}

static void
probe_scan(struct target *t, struct cap *c)
{
	if (t->pm.scan)
		probe_yes(c, "answers; its categories one by one:");
	else
		probe_no(c,
		         t->proc.live
		             ? "this kernel does not have it (Linux 6.7); pagemap is read instead"
		             : "the proc root is no file system of the kernel's; pagemap is read "
		               "instead",
		         NULL);
}

/* The categories, each asked for by itself (pagemap.c); rows of their own below PAGEMAP_SCAN. */
static const struct {
	uint64_t bit;
	const char *name, *since, *gives;
} categories[] = {
    {PM_CAT_WPALLOWED, "scan:wpallowed", "6.7", "regions that userfaultfd may write-protect"},
    {PM_CAT_WRITTEN, "scan:written", "6.7", "writes, in regions that userfaultfd watches"},
    {PM_CAT_FILE, "scan:file", "6.7", "pages of files"},
    {PM_CAT_PRESENT, "scan:present", "6.7", "pages in RAM"},
    {PM_CAT_SWAPPED, "scan:swapped", "6.7", "pages in swap, and special entries"},
    {PM_CAT_PFNZERO, "scan:pfnzero", "6.7", "the zero page, without any privilege"},
    {PM_CAT_HUGE, "scan:huge", "6.7", "huge pages mapped as one"},
    {PM_CAT_SOFT_DIRTY, "scan:soft-dirty", "6.8", "written pages, by the stretch"},
    {PM_CAT_GUARD, "scan:guard", "6.16", "guard pages"},
};

static void
probe_category(const struct target *t, size_t i, struct cap *c)
{
	c->name = categories[i].name;
	c->gives = categories[i].gives;
	if (t->pm.scan & categories[i].bit)
		probe_yes(c, "known");
	else if (!t->pm.scan)
		probe_no(c, "no PAGEMAP_SCAN here", NULL);
	else
		probe_no(c, "this kernel's scan does not know it", NULL);
	if (!c->ok)
		snprintf(c->detail + strlen(c->detail), sizeof(c->detail) - strlen(c->detail),
		         " (Linux %s)", categories[i].since);
}

static size_t
probe_categories(struct target *t, struct cap *at)
{
	for (size_t k = 0; k < ARRAY_LEN(categories); k++)
		probe_category(t, k, &at[k]);
	return ARRAY_LEN(categories);
}

static void
probe_procmap_query(struct target *t, struct cap *c)
{
	struct pm_procmap_query q = {.size = sizeof(q), .query_flags = PM_QUERY_COVERING_OR_NEXT};

	if (ioctl(t->maps, PM_IOC_QUERY, &q) == 0)
		probe_yes(c, "answers (not used yet: one region at a time)");
	else
		probe_no(c,
		         errno == ENOTTY ? "this kernel does not have it (Linux 6.11)"
		                         : strerror(errno),
		         NULL);
}

static void
probe_tracker(struct target *t, enum tracker tracker, struct cap *c)
{
	const struct track_status *s = &t->track.status[tracker];

	if (t->track.can == TRACK_UNKNOWN)
		track_probe(&t->track, &t->proc, &t->pm);
	c->name = tracker_words(tracker)->label;
	c->gives = tracker_words(tracker)->gives;
	if (s->can == TRACK_NO)
		probe_no(c, s->why, s->how);
	else
		probe_yes(c, s->proof);
}

static size_t
probe_trackers(struct target *t, struct cap *at)
{
	size_t n = 0;

	for (unsigned i = 0; i < TRACKERS; i++)
		if (tracker_words((enum tracker)i)->gives)
			probe_tracker(t, (enum tracker)i, &at[n++]);
	return n;
}

static void
probe_swaps(struct target *t, struct cap *c)
{
	struct buf b = {0};

	if (!t->swaps.n) {
		probe_no(c, "no swap is in use: /proc/swaps is empty", NULL);
		return;
	}
	for (unsigned i = 0; i < t->swaps.n; i++)
		buf_fmt(&b, "%s%u: %s", i ? ", " : "", i, t->swaps.name[i]);
	probe_yes(c, b.s);
	buf_free(&b);
}

/* Tried on the first file that is mapped. */
static void
probe_page_cache(struct target *t, struct cap *c)
{
	struct vma_list vmas = {0};
	struct err ignored;
	bool any = false, told = false;

	if (target_regions(t, &vmas, &ignored) == 0)
		for (size_t i = 0; i < vmas.n && !told; i++) {
			const struct vma *v = &vmas.v[i];
			struct cache k;

			if (!vma_is_file(v))
				continue;
			any = true;
			told = cache_open(&k, t, v, v->start, v->start + t->pm.page_size,
			                  FILE_ASK_RESIDENT) &&
			       k.got->known & FILE_ASK_RESIDENT;
			cache_close(&k);
		}
	vma_free(&vmas);
	if (told)
		probe_yes(c, "mincore tells of its files");
	else if (!t->proc.live || !any)
		probe_no(c, any ? "the target is not a live process" : "it maps no file", NULL);
	else
		probe_no(c, "the kernel tells only for local files that you own or may write",
		         "run as root, or as the owner of its files");
}

/* Nothing is attached to: mem asks for the same right, and status tells who is there already. */
static void
probe_ptrace(struct target *t, struct cap *c)
{
	char why[96];
	long tracer = proc_tracer(&t->proc);
	int fd = proc_file(&t->proc, "mem", O_RDONLY);

	if (tracer > 0) {
		snprintf(why, sizeof(why), "process %ld traces it already", tracer);
		probe_no(c, why, "end that one first");
	} else if (fd < 0) {
		probe_no(c, strerror(errno), proc_memory_how(&t->proc));
	} else {
		probe_yes(c, "may attach; done once, for --tracker uffd, and only on your word");
	}
	if (fd >= 0)
		close(fd);
}

static void
probe_move_pages(struct target *t, struct cap *c)
{
	void *page = NULL;
	int status = 0;

	if (!t->proc.live)
		probe_no(c, "the target is not a live process", NULL);
	else if (syscall(SYS_move_pages, (int)proc_thread(&t->proc), 1ul, &page, NULL,
	                 &status, 0) == 0)
		probe_yes(c, "tells each page's NUMA node");
	else
		probe_no(c, strerror(errno), proc_bar_help(proc_bar_of(&t->proc)));
}

static void
probe_pidfd(struct target *t, struct cap *c)
{
	if (t->proc.pidfd >= 0)
		probe_yes(c, "tells the end of the process at once");
	else
		probe_no(c, "not here: the end is noticed at the next look", NULL);
}

static void
probe_symbols(struct target *t, struct cap *c)
{
	(void)t;
	if (symbol_supported() && symbol_demangled())
		probe_yes(c, "built with elfutils");
	else if (symbol_supported())
		probe_yes(c, "built with elfutils; without libiberty C++ and Rust stay mangled");
	else
		probe_no(c, "built without elfutils", "configure with libdw");
}

static const struct {
	const char *name, *gives;
	void (*probe)(struct target *t, struct cap *c);
	size_t (*more)(struct target *t, struct cap *at); /* rows behind it: how many */
} table[] = {
    {"maps", "the regions", probe_maps, NULL},
    {"pagemap", "the page tables", probe_pagemap, NULL},
    {"pfn", "page frame numbers", probe_pfn, NULL},
    {"kpageflags", "what the kernel does with a frame", probe_kpageflags, NULL},
    {"kpagecount", "how often a frame is mapped", probe_kpagecount, NULL},
    {"kpagecgroup", "which memory cgroup pays for it", probe_kpagecgroup, NULL},
    {"PAGEMAP_SCAN", "page tables by the stretch, fast", probe_scan, probe_categories},
    {"PROCMAP_QUERY", "one region by address", probe_procmap_query, probe_trackers},
    {"swap", "the devices' names", probe_swaps, NULL},
    {"page-cache", "pages of a file that are not mapped here", probe_page_cache, NULL},
    {"smaps", "PSS and referenced pages", probe_smaps, NULL},
    {"mem", "the bytes in a page", probe_mem, NULL},
    {"ptrace", "telling writes by userfaultfd; the hex view", probe_ptrace, NULL},
    {"move_pages", "NUMA nodes", probe_move_pages, NULL},
    {"pidfd", "the end of the process", probe_pidfd, NULL},
    {"symbols", "names of functions and data", probe_symbols, NULL},
};

const struct cap *
probe_all(struct target *t, size_t *n)
{
	struct cap *caps = t->caps;

	*n = t->caps_n;
	if (caps)
		return caps;
	caps = mem_alloc((ARRAY_LEN(table) + ARRAY_LEN(categories) + TRACKERS) * sizeof(*caps));
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct cap *c = &caps[(*n)++];

		c->name = table[i].name;
		c->gives = table[i].gives;
		table[i].probe(t, c);
		if (table[i].more)
			*n += table[i].more(t, &caps[*n]);
	}
	t->caps = caps;
	t->caps_n = *n;
	return caps;
}
