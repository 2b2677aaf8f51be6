/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of the running kernel: its files in /proc, system calls, PAGEMAP_SCAN and, through the
 * helper, the files that it maps.
 */
#include "target/source_root.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/cgroup.h"
#include "kernel/numa.h"
#include "page/page.h"

static int
source_proc_open_pages(struct source *s, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (source_root_open(s, err) < 0)
		return -1;
	pagemap_probe(&r->pm);
	s->meta.scan = r->pm.scan;
	s->meta.zero_pfn = r->pm.zero_pfn;
	return 0;
}

/*
 * Files read as empty once the address space is gone: maps, if the page tables are refused. A whole
 * word, which takes its lock: that is how a target that never lets go of it is noticed.
 */
static bool
source_proc_alive(const struct source *s)
{
	const struct source_root *r = source_root_of(s);
	uint64_t word;
	ssize_t n;

	do
		n = pread(s->meta.open ? r->pm.fd : r->maps, &word, sizeof(word), 0);
	while (n < 0 && errno == EINTR);
	return n == sizeof(word);
}

static bool
source_proc_gives_up(void *arg)
{
	const struct source *s = arg;

	return s->stop_waits && source_stopped(s);
}

static struct helper *
source_proc_helper(struct source_root *r)
{
	if (!r->helper)
		r->helper = helper_new(source_proc_gives_up, &r->base);
	return r->helper;
}

static int
source_proc_regions(struct source *s, struct vma_list *out, struct err *err)
{
	source_proc_helper(source_root_of(s));
	return source_root_regions(s, out, err);
}

_Static_assert((int)NUMA_PAGES >= (int)PAGE_BATCH, "nodes are asked for by the batch");

static void
source_proc_nodes(const struct source *s, uint64_t addr, int *out, size_t n)
{
	struct source_root *r = source_root_of(s);

	numa_nodes(&r->numa, &r->proc, addr, s->meta.page_size, out, n);
}

static bool
source_proc_stays(const struct source *s, const struct vma *v)
{
	return pagemap_region_stays(&source_root_of(s)->pm, v);
}

static bool
source_proc_broken(const struct source *s)
{
	return frames_broken(&source_root_of(s)->proc);
}

static bool
source_proc_cgroup(const struct source *s, uint64_t inode, struct buf *out)
{
	(void)s;
	return cgroup_path(inode, out);
}

static ssize_t
source_proc_bytes(struct source *s, uint64_t addr, void *to, size_t n, int *sys, struct err *err)
{
	struct source_root *r = source_root_of(s);
	ssize_t got;

	*sys = 0;
	if (source_root_open_memory(r, err) < 0)
		return -1;
	got = pread(r->mem, to, n, (off_t)addr);
	if (got < 0)
		*sys = errno;
	return got < 0 ? 0 : got;
}

/* By the helper: it may block for ever, in a wait that no signal ends. */
static int
source_proc_fault_in(struct source *s, const struct vma *v, uint64_t addr, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (source_root_open_memory(r, err) < 0)
		return -1;
	return helper_fault(source_proc_helper(r), &r->proc, v, r->mem, addr);
}

static void
source_proc_files_soon(struct source *s)
{
	struct source_root *r = source_root_of(s);

	helper_begin(source_proc_helper(r), &r->proc);
}

/* Not of remote files: their server may not answer. */
static bool
source_proc_files(struct source *s, const struct vma *v, uint64_t start, uint64_t end,
                  unsigned needs, struct file_pages *out)
{
	struct source_root *r = source_root_of(s);

	if (kinds_is_remote(&r->kinds, v))
		return false;
	return helper_pages(source_proc_helper(r), &r->proc, v, start, end, needs, out);
}

static bool
source_proc_file_bytes(struct source *s, const struct vma *v, uint64_t start, size_t n, uint8_t *to)
{
	struct source_root *r = source_root_of(s);

	if (kinds_is_remote(&r->kinds, v))
		return false;
	return helper_bytes(source_proc_helper(r), &r->proc, v, start, n, to);
}

static bool
source_proc_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                   const uint8_t *image, uint64_t addr, unsigned needs, struct helper_symbol *out)
{
	struct source_root *r = source_root_of(s);
	struct helper *h = source_proc_helper(r);

	return image ? helper_symbol_vdso(h, &r->proc, v, image, s->meta.page_size, addr, out)
	             : helper_symbol(h, &r->proc, vmas, v, addr, needs, out);
}

static bool
source_proc_find_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                        const uint8_t *image, const char *name, enum symbol_how how,
                        struct helper_matches *out)
{
	struct source_root *r = source_root_of(s);
	struct helper *h = source_proc_helper(r);

	return image ? helper_find_vdso(h, &r->proc, v, image, s->meta.page_size, name, how, out)
	             : helper_find(h, &r->proc, vmas, v, name, how, out);
}

static bool
source_proc_instruction(struct source *s, const struct vma_list *vmas, const struct vma *v,
                        uint64_t addr, bool stored, struct helper_instruction *out)
{
	struct source_root *r = source_root_of(s);

	return helper_instruction(source_proc_helper(r), &r->proc, vmas, v, addr, stored, out);
}

static bool
source_proc_late(const struct source *s)
{
	const struct helper *h = source_root_of(s)->helper;

	return h && helper_is_late(h);
}

static int
source_proc_reads_files(const struct source *s, struct err *err)
{
	const struct helper *h = source_root_of(s)->helper;

	return h ? helper_bar(h, err) : 0;
}

/* DAMON takes PIDs of our namespace. */
static int
source_proc_is_ours(const struct source_root *r, struct err *err)
{
	return r->proc.ours ? 0
	                    : err_set(err, ERR_TARGET, "its PID is that of another PID namespace",
	                              "run pmtop in its namespace", "cannot sample accesses");
}

static int
source_proc_probe_accesses(struct source *s, bool *left, struct err *err)
{
	struct source_root *r = source_root_of(s);

	*left = false;
	if (r->damon)
		return 0;
	return source_proc_is_ours(r, err) < 0 ? -1 : damon_probe(DAMON_ADMIN, left, err);
}

static int
source_proc_begin_accesses(struct source *s, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (source_proc_is_ours(r, err) < 0)
		return -1;
	if (!r->damon)
		r->damon = damon_begin(DAMON_ADMIN, r->proc.pid, err);
	return r->damon ? 0 : -1;
}

static const struct source_sampling source_proc_sampling = {
    .probe = source_proc_probe_accesses,
    .begin = source_proc_begin_accesses,
    .read = source_root_accesses,
    .end = source_root_end_accesses,
};

/* Ours from here to the end, unless it goes on: whatever happens to pmtop, DAMON is as it was. */
static int
source_proc_accesses(struct source *s, uint64_t ns, struct damon_regions *out, struct err *err)
{
	static const uint64_t STEP_NS = 100 * TIME_MS;
	bool goes_on = source_root_of(s)->damon != NULL;
	uint64_t end;
	int result;

	if (source_proc_begin_accesses(s, err) < 0)
		return -1;
	end = time_ns() + ns;
	for (uint64_t now; (now = time_ns()) < end && !source_stopped(s) &&
	                   source_root_life(s) == PROC_RUNNING;)
		s->ops->faults->wait(s, u64_min(end - now, STEP_NS));
	result = source_root_accesses(s, out, err);
	if (!goes_on)
		source_root_end_accesses(s);
	return result;
}

static const struct source_ops source_proc_ops = {
    .open_pages = source_proc_open_pages,
    .reopen = source_root_reopen,
    .alive = source_proc_alive,
    .life = source_root_life,
    .clock = source_root_clock,
    .spent = source_root_spent,
    .regions = source_proc_regions,
    .threads = source_root_threads,
    .registers = source_root_registers,
    .words = source_root_words,
    .runs = source_root_runs,
    .frames = source_root_frames,
    .idle = source_root_idle,
    .broken = source_proc_broken,
    .nodes = source_proc_nodes,
    .folio_sizes = source_root_folio_sizes,
    .cgroup = source_proc_cgroup,
    .smaps = source_root_smaps,
    .smaps_one = source_root_smaps_one,
    .unreference = source_root_unreference,
    .accesses = source_proc_accesses,
    .sampling = &source_proc_sampling,
    .bytes = source_proc_bytes,
    .fault_in = source_proc_fault_in,
    .files_soon = source_proc_files_soon,
    .files = source_proc_files,
    .file_bytes = source_proc_file_bytes,
    .symbol = source_proc_symbol,
    .find_symbol = source_proc_find_symbol,
    .instruction = source_proc_instruction,
    .late = source_proc_late,
    .reads_files = source_proc_reads_files,
    .counters = source_root_counters,
    .stays = source_proc_stays,
    .caps = source_caps,
    .writes = &source_tracked,
    .others = &source_others,
    .faults = &source_faults,
    .close = source_root_close,
};

struct source *
source_proc_open(const struct proc *proc, struct err *err)
{
	struct source_root *r = mem_alloc(sizeof(*r));
	struct source_meta *m = &r->base.meta;

	source_root_init(r, &source_proc_ops, (size_t)sysconf(_SC_PAGESIZE));
	r->proc = *proc;
	m->may_end = true;
	m->faults = true;
	m->nodes = proc->ours;
	if (source_root_begin(r, err) < 0) {
		source_root_close(&r->base);
		return NULL;
	}
	frames_probe(&r->frames, m->page_size);
	m->ksm_lies = r->frames.ksm_lies;
	kinds_learn(&r->kinds);
	return &r->base;
}
