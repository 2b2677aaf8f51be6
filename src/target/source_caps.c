/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/source_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "cause/events.h"
#include "cause/stores.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "kernel/numa.h"
#include "kernel/page_idle.h"
#include "kernel/proc_bar.h"
#include "kernel/tiers.h"
#include "target/symbol.h"

struct caps {
	struct source_root *r;
	struct track *track;
};

static const char caps_no_tables[] = "the page tables are not readable";
static const char caps_as_admin[] = "run as root (CAP_SYS_ADMIN in the initial user namespace)";

static void
caps_yes(struct cap *c, const char *detail)
{
	c->ok = true;
	snprintf(c->detail, sizeof(c->detail), "%s", detail);
}

/* A copy: that of a tracker goes with its track. NULL: there is none. */
static void
caps_set_how(struct cap *c, const char *how)
{
	snprintf(c->how, sizeof(c->how), "%s", how ? how : "");
}

static void
caps_no(struct cap *c, const char *why, const char *how)
{
	c->ok = false;
	caps_set_how(c, how);
	snprintf(c->detail, sizeof(c->detail), "%s", why);
}

/* A right does not help where descriptors have run out. */
static void
caps_refused(struct cap *c, int sys, const char *how)
{
	caps_no(c, strerror(sys), err_help(sys, how));
}

/* Reads as well: some files open, and then fail. */
static void
caps_try_file(struct cap *c, int fd, const char *how)
{
	char byte[8];
	ssize_t n = fd < 0 ? -1 : read(fd, byte, sizeof(byte));

	if (n < 0)
		caps_refused(c, errno, how);
	else
		caps_yes(c, "readable");
	if (fd >= 0)
		close(fd);
}

/* A file of /proc itself, for all processes. Mounted with subset=pid it has none of them. */
static void
caps_try_root_file(struct caps *t, struct cap *c, const char *name)
{
	int fd = proc_root_file(&t->r->proc, name, O_RDONLY);

	if (fd < 0 && errno == ENOENT && t->r->base.meta.may_end)
		caps_no(c,
		        "this /proc does not have it (mounted with subset=pid, or the kernel "
		        "lacks it)",
		        "use a /proc mounted without subset=pid");
	else
		caps_try_file(c, fd, caps_as_admin);
}

/* A file of the process; the remedy is looked up only if it is refused. */
static void
caps_try_own_file(struct caps *t, struct cap *c, const char *name, uint64_t needed)
{
	caps_try_file(c, proc_file(&t->r->proc, name, O_RDONLY), NULL);
	if (!c->ok && !c->how[0])
		caps_set_how(c, proc_bar_how(proc_bar_of(&t->r->proc), needed));
}

static void
caps_maps(struct caps *t, struct cap *c)
{
	caps_try_own_file(t, c, "maps", RIGHTS_LOOK);
}

static void
caps_smaps(struct caps *t, struct cap *c)
{
	caps_try_own_file(t, c, "smaps", RIGHTS_LOOK);
}

static void
caps_damon(struct caps *t, struct cap *c)
{
	struct source *s = &t->r->base;
	struct err err;
	char how[sizeof(c->how)];
	bool left;

	if (s->ops->sampling->probe(s, &left, &err) < 0) {
		snprintf(how, sizeof(how), "%.*s", (int)sizeof(how) - 1, err.how);
		caps_no(c, err.why, how);
	} else if (!s->meta.may_end)
		caps_yes(c, "recorded");
	else if (t->r->damon)
		caps_yes(c, "at work: pmtop samples this process");
	else
		caps_yes(c, left ? "what a killed pmtop has left in it goes when it is asked for"
		                 : "there, and free; tried when it is asked for");
}

static void
caps_mem(struct caps *t, struct cap *c)
{
	int fd = proc_file(&t->r->proc, "mem", O_RDONLY);

	if (fd < 0) {
		caps_refused(c, errno, proc_memory_how(&t->r->proc));
		return;
	}
	close(fd);
	caps_yes(c, "opens; read only on request");
}

/* The start of the first run of present pages. */
static int
caps_note_present(void *arg, const struct pm_run *run)
{
	*(uint64_t *)arg = run->start;
	return 1;
}

static uint64_t
caps_present_word(struct caps *t)
{
	struct vma_list vmas = {0};
	struct err ignored;
	uint64_t addr = 0, word = 0;

	if (t->r->base.ops->regions(&t->r->base, &vmas, &ignored) == 0)
		for (size_t i = 0; i < vmas.n && !addr; i++)
			if (pagemap_runs(&t->r->pm, vmas.v[i].start, vmas.v[i].end,
			                 &(struct pm_match){.any = PM_CAT_PRESENT},
			                 PM_CAT_PRESENT, caps_note_present, &addr, &ignored) < 0)
				break;
	if (addr && pagemap_words(&t->r->pm, addr, &word, 1, &ignored) != 1)
		word = 0;
	vma_free(&vmas);
	return word;
}

static void
caps_pagemap(struct caps *t, struct cap *c)
{
	caps_try_own_file(t, c, "pagemap", RIGHTS_TABLES);
}

static void
caps_pfn(struct caps *t, struct cap *c)
{
	uint64_t word = t->r->base.meta.open ? caps_present_word(t) : 0;

	if (!t->r->base.meta.open)
		caps_no(c, caps_no_tables, NULL);
	else if (!word)
		caps_no(c, "no page of the process is in RAM, so it could not be tried", NULL);
	else if (word & PM_PFN_MASK)
		caps_yes(c, "visible");
	else
		caps_no(c, "the kernel shows zeros instead", caps_as_admin);
}

static void
caps_kpageflags(struct caps *t, struct cap *c)
{
	caps_try_root_file(t, c, "kpageflags");
	if (c->ok && t->r->base.meta.ksm_lies)
		caps_yes(c, "readable; this kernel sets the KSM flag on every anonymous page: not "
		             "trusted");
}

static void
caps_kpagecount(struct caps *t, struct cap *c)
{
	const struct source *s = &t->r->base;

	caps_try_root_file(t, c, "kpagecount");
	if (c->ok && s->ops->others->averages(s) == TRUTH_YES)
		caps_yes(c, "readable; in large folios it is an average, and PSS an estimate");
}

/* The errno of opening it once more; 0: it opens now. */
static int
caps_page_idle_error(const struct caps *t)
{
	int fd = source_root_open_page_idle(t->r), sys = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return sys;
}

static void
caps_page_idle(struct caps *t, struct cap *c)
{
	int sys = t->r->page_idle < 0 ? caps_page_idle_error(t) : 0;

	if (t->r->page_idle >= 0)
		caps_yes(c, "readable: of a frame that somebody has marked idle");
	else if (file_is_shortage(sys))
		caps_refused(c, sys, NULL);
	else if (t->r->base.meta.may_end && access(PAGE_IDLE_BITMAP, F_OK) == 0)
		caps_no(c, "not readable", caps_as_admin);
	else if (t->r->base.meta.may_end)
		caps_no(c, "this kernel lacks CONFIG_IDLE_PAGE_TRACKING", NULL);
	else
		caps_no(c, "the folder has no page_idle", NULL);
}

static void
caps_kpagecgroup(struct caps *t, struct cap *c)
{
	caps_try_root_file(t, c, "kpagecgroup");
}

static void
caps_scan(struct caps *t, struct cap *c)
{
	if (!t->r->base.meta.open)
		caps_no(c, caps_no_tables, NULL);
	else if (t->r->base.meta.scan)
		caps_yes(c, "works; its categories:");
	else
		caps_no(c,
		         t->r->base.meta.may_end
		             ? "this kernel does not have it (Linux 6.7); pagemap is read instead"
		             : "the proc root is not a proc file system; pagemap is read "
		               "instead",
		         NULL);
}

/* The categories of PAGEMAP_SCAN, each probed separately (pagemap.c); rows below it. */
static const struct {
	uint64_t bit;
	const char *name, *since, *gives;
} caps_cats[] = {
    {PM_CAT_WPALLOWED, "scan:wpallowed", "6.7", "regions that userfaultfd may write-protect"},
    {PM_CAT_WRITTEN, "scan:written", "6.7", "writes, in regions that userfaultfd watches"},
    {PM_CAT_FILE, "scan:file", "6.7", "pages of files"},
    {PM_CAT_PRESENT, "scan:present", "6.7", "pages in RAM"},
    {PM_CAT_SWAPPED, "scan:swapped", "6.7", "pages in swap, and special entries"},
    {PM_CAT_PFNZERO, "scan:pfnzero", "6.7", "the zero page, without any privilege"},
    {PM_CAT_HUGE, "scan:huge", "6.7", "huge pages mapped as one"},
    {PM_CAT_SOFT_DIRTY, "scan:soft-dirty", "6.8", "written pages, in ranges"},
    {PM_CAT_GUARD, "scan:guard", "6.16", "guard pages"},
    {PM_CAT_ACCESSED, "scan:accessed", NULL,
     "reads and writes, in regions that userfaultfd protects from both"},
};

/* Why a category that is not known is not. */
static void
caps_lacks_category(const struct caps *t, size_t i, struct cap *c)
{
	if (!t->r->base.meta.open)
		caps_no(c, caps_no_tables, NULL);
	else if (!t->r->base.meta.scan)
		caps_no(c, "PAGEMAP_SCAN does not work here", NULL);
	else
		caps_no(c, "not known to this kernel's scan", NULL);
	if (caps_cats[i].since && t->r->base.meta.open)
		snprintf(c->detail + strlen(c->detail), sizeof(c->detail) - strlen(c->detail),
		         " (Linux %s)", caps_cats[i].since);
}

static void
caps_category(const struct caps *t, size_t i, struct cap *c)
{
	const struct source_meta *m = &t->r->base.meta;

	c->name = caps_cats[i].name;
	c->gives = caps_cats[i].gives;
	if (!(m->scan & caps_cats[i].bit))
		caps_lacks_category(t, i, c);
	else if (caps_cats[i].bit == PM_CAT_SOFT_DIRTY && m->may_end && !track_kernel_marks())
		caps_no(c, "known, but this kernel never sets it", NULL);
	else
		caps_yes(c, "known");
}

static size_t
caps_categories(struct caps *t, struct cap *at)
{
	for (size_t k = 0; k < ARRAY_LEN(caps_cats); k++)
		caps_category(t, k, &at[k]);
	return ARRAY_LEN(caps_cats);
}

static void
caps_procmap_query(struct caps *t, struct cap *c)
{
	struct pm_procmap_query q = {.size = sizeof(q), .query_flags = PM_QUERY_COVERING_OR_NEXT};

	if (ioctl(t->r->maps, PM_IOC_QUERY, &q) == 0)
		caps_yes(c, "works");
	else
		caps_no(c,
		         errno == ENOTTY ? "this kernel does not have it (Linux 6.11)"
		                         : strerror(errno),
		         NULL);
}

static void
caps_tracker(struct caps *t, enum tracker tracker, struct cap *c)
{
	const struct track_status *s = &t->track->status[tracker];

	c->name = tracker_words(tracker)->label;
	c->gives = tracker_words(tracker)->gives;
	if (!t->r->base.meta.open) {
		caps_no(c, caps_no_tables, NULL);
		return;
	}
	if (t->track->can == TRACK_UNKNOWN)
		track_probe(t->track, &t->r->proc, &t->r->pm);
	if (s->can == TRACK_NO)
		caps_no(c, s->why, s->how);
	else
		caps_yes(c, s->proof);
}

static size_t
caps_trackers(struct caps *t, struct cap *at)
{
	size_t n = 0;

	for (unsigned i = 0; i < TRACKERS; i++)
		if (tracker_words((enum tracker)i)->gives)
			caps_tracker(t, (enum tracker)i, &at[n++]);
	return n;
}

static void
caps_faults(struct caps *t, struct cap *c)
{
	struct perf_words err;

	if (!t->r->proc.ours) {
		caps_no(c, "the target is not a live process", NULL);
		return;
	}
	switch (faults_probe(&t->r->proc, &err)) {
	case FAULTS_NO:
		caps_no(c, err.why, err.how);
		break;
	case FAULTS_USER:
		caps_yes(c, "writes by instructions; writes in system calls need CAP_PERFMON "
		            "or kernel.perf_event_paranoid=1");
		break;
	case FAULTS_ALL:
		caps_yes(c, "writes by instructions and in system calls");
		break;
	}
}

static void
caps_watchpoints(struct caps *t, struct cap *c)
{
	struct perf_words err;

	if (!t->r->proc.ours)
		caps_no(c, "the target is not a live process", NULL);
	else if (faults_probe(&t->r->proc, &err) == FAULTS_NO || !stores_probe(&err))
		caps_no(c, err.why, err.how);
	else
		caps_yes(c, "tried on a variable of our own");
}

static void
caps_swaps(struct caps *t, struct cap *c)
{
	const struct swaps *s = &t->r->base.meta.swaps;
	struct buf b = {0};

	if (s->error) {
		caps_refused(c, s->error, NULL);
		return;
	}
	if (!s->n) {
		caps_no(c, "no swap is in use: /proc/swaps is empty", NULL);
		return;
	}
	for (unsigned i = 0; i < s->n; i++)
		buf_fmt(&b, "%s%u: %s", i ? ", " : "", i, s->name[i]);
	caps_yes(c, b.s);
	buf_free(&b);
}

/* Tried on mapped files until one answers. */
static void
caps_page_cache(struct caps *t, struct cap *c)
{
	struct source *s = &t->r->base;
	struct file_pages *got = mem_alloc(sizeof(*got));
	struct vma_list vmas = {0};
	struct err ignored, bar;
	bool any = false, answered = false;

	if (s->ops->regions(s, &vmas, &ignored) == 0)
		for (size_t i = 0; i < vmas.n && !answered; i++) {
			const struct vma *v = &vmas.v[i];

			if (!vma_is_file(v))
				continue;
			any = true;
			answered = s->ops->files(s, v, v->start, v->start + s->meta.page_size,
			                     FILE_ASK_RESIDENT, got) &&
			       got->known & FILE_ASK_RESIDENT;
		}
	vma_free(&vmas);
	free(got);
	if (answered)
		caps_yes(c, "mincore reports on its files");
	else if (any && source_is_barred(s, &bar))
		caps_refused(c, bar.sys, err_start_how(bar.sys));
	else if (!s->meta.may_end || !any)
		caps_no(c, any ? "the target is not a live process" : "it maps no file", NULL);
	else
		caps_no(c, "the kernel reports only on local files that you own or may write",
		        "run as root, or as the owner of its files");
}

/* Without attaching: mem takes the same right, and status shows an existing tracer. */
static void
caps_ptrace(struct caps *t, struct cap *c)
{
	char why[96];
	long tracer = proc_tracer(&t->r->proc);
	int fd = proc_file(&t->r->proc, "mem", O_RDONLY);

	if (tracer > 0) {
		snprintf(why, sizeof(why), "process %ld already traces it", tracer);
		caps_no(c, why, "end that one first");
	} else if (fd < 0) {
		caps_refused(c, errno, proc_memory_how(&t->r->proc));
	} else {
		caps_yes(c, "may attach; done once, for --tracker uffd, only with your consent");
	}
	if (fd >= 0)
		close(fd);
}

static void
caps_move_pages(struct caps *t, struct cap *c)
{
	if (!t->r->base.meta.may_end)
		caps_no(c, "the target is not a live process", NULL);
	else if (numa_works(&t->r->proc))
		caps_yes(c, "reports each page's NUMA node");
	else
		caps_no(c, strerror(errno), proc_bar_help(proc_bar_of(&t->r->proc)));
}

static void
caps_pidfd(struct caps *t, struct cap *c)
{
	if (t->r->proc.pidfd >= 0)
		caps_yes(c, "reports the end of the process at once");
	else
		caps_no(c, "not here: the end shows in the next sample", NULL);
}

static void
caps_symbols(struct caps *t, struct cap *c)
{
	(void)t;
	if (symbol_supported() && symbol_demangled())
		caps_yes(c, "built with elfutils");
	else if (symbol_supported())
		caps_yes(c, "built with elfutils; without libiberty C++ and Rust stay mangled");
	else
		caps_no(c, "built without elfutils", "configure with libdw");
}

static void
caps_instructions(struct caps *t, struct cap *c)
{
	(void)t;
	if (symbol_decodes())
		caps_yes(c, "built with Zydis, which reads instructions of x86");
	else
		caps_no(c, "built without Zydis, or without elfutils", "configure with zydis");
}

/* Of a live process alone. How many rows: one, or none. */
static size_t
caps_privileges(struct caps *t, struct cap *c)
{
	if (!t->r->proc.ours)
		return 0;
	c->name = "privileges";
	c->gives = "whose memory, and how much of it";
	c->ok = true;
	tiers_say(c->detail, sizeof(c->detail), c->how, sizeof(c->how));
	return 1;
}

static const struct {
	const char *name, *gives;
	void (*probe)(struct caps *t, struct cap *c);
	size_t (*more)(struct caps *t, struct cap *at); /* rows behind it: how many */
} caps_table[] = {
    {"maps", "the regions", caps_maps, NULL},
    {"pagemap", "the page tables", caps_pagemap, NULL},
    {"pfn", "page frame numbers", caps_pfn, NULL},
    {"kpageflags", "how the kernel uses a frame", caps_kpageflags, NULL},
    {"kpagecount", "how often a frame is mapped", caps_kpagecount, NULL},
    {"kpagecgroup", "which memory cgroup pays for it", caps_kpagecgroup, NULL},
    {"page_idle", "whether a frame was used", caps_page_idle, NULL},
    {"PAGEMAP_SCAN", "page tables in ranges, fast", caps_scan, caps_categories},
    {"PROCMAP_QUERY", "one region by address", caps_procmap_query, caps_trackers},
    {"faults", "which code writes a page", caps_faults, NULL},
    {"watchpoints", "which code stores to an address", caps_watchpoints, NULL},
    {"swap", "names of swap devices", caps_swaps, NULL},
    {"page-cache", "file pages that are not mapped here", caps_page_cache, NULL},
    {"smaps", "PSS and referenced pages", caps_smaps, NULL},
    {"DAMON", "accesses by address, sampled", caps_damon, NULL},
    {"mem", "the bytes in a page", caps_mem, NULL},
    {"ptrace", "detecting writes by userfaultfd; the hex view", caps_ptrace, NULL},
    {"move_pages", "NUMA nodes", caps_move_pages, NULL},
    {"pidfd", "the end of the process", caps_pidfd, NULL},
    {"symbols", "names of functions and data", caps_symbols, NULL},
    {"instructions", "whether code reads or writes", caps_instructions, NULL},
};

size_t
source_caps(struct source *s, struct track *track, struct cap *out)
{
	struct caps c = {.r = source_root_of(s), .track = track};
	size_t n = caps_privileges(&c, out);

	for (size_t i = 0; i < ARRAY_LEN(caps_table); i++) {
		struct cap *cap = &out[n++];

		cap->name = caps_table[i].name;
		cap->gives = caps_table[i].gives;
		caps_table[i].probe(&c, cap);
		if (caps_table[i].more)
			n += caps_table[i].more(&c, &out[n]);
	}
	return n;
}
