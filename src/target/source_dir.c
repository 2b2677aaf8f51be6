/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A directory laid out like a proc root (--proc-root). It never changes, nothing about it is taken
 * from the running kernel, and its sparse files stand for address spaces.
 */
#include "target/source_root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

static bool
source_dir_alive(const struct source *s)
{
	(void)s;
	return true;
}

static bool
source_dir_broken(const struct source *s)
{
	(void)s;
	return true; /* of the machine that it shows nothing is known */
}

static void
source_dir_nodes(const struct source *s, uint64_t addr, int *out, size_t n)
{
	(void)s, (void)addr;
	for (size_t i = 0; i < n; i++)
		out[i] = -1;
}

/* The running kernel's cgroups are not those of the directory. */
static bool
source_dir_cgroup(const struct source *s, uint64_t inode, struct buf *out)
{
	(void)s, (void)inode, (void)out;
	return false;
}

/* A fixture's file may end early: the rest reads as zeros. */
static ssize_t
source_dir_bytes(struct source *s, uint64_t addr, void *to, size_t n, int *sys, struct err *err)
{
	struct source_root *r = source_root_of(s);
	ssize_t got;

	*sys = 0;
	if (source_root_open_memory(r, err) < 0)
		return -1;
	got = pread(r->mem, to, n, (off_t)addr);
	if (got < 0) {
		*sys = errno;
		return 0;
	}
	memset((char *)to + got, 0, n - (size_t)got);
	return (ssize_t)n;
}

static int
source_dir_fault_in(struct source *s, const struct vma *v, uint64_t addr, struct err *err)
{
	uint8_t byte;
	int sys;

	(void)v;
	return source_dir_bytes(s, addr, &byte, 1, &sys, err) < 0 ? -1 : sys;
}

static bool
source_dir_files(struct source *s, const struct vma *v, uint64_t start, uint64_t end,
                 unsigned needs, struct file_pages *out)
{
	(void)s, (void)v, (void)start, (void)end, (void)needs, (void)out;
	return false;
}

static bool
source_dir_file_bytes(struct source *s, const struct vma *v, uint64_t start, size_t n, uint8_t *to)
{
	(void)s, (void)v, (void)start, (void)n, (void)to;
	return false;
}

static bool
source_dir_find_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                       const uint8_t *image, const char *name, enum symbol_how how,
                       struct helper_matches *out)
{
	(void)s, (void)vmas, (void)v, (void)image, (void)name, (void)how, (void)out;
	return false;
}

static bool
source_dir_late(const struct source *s)
{
	(void)s;
	return false;
}

/* A recorded DAMON: DIR/damon, laid out as its folder in sysfs. */
static int
source_dir_open_damon(const struct source *s, struct err *err)
{
	int dir = proc_root_file(&source_root_of(s)->proc, "damon", O_RDONLY | O_DIRECTORY);

	return dir >= 0 ? dir
	                : err_set(err, ERR_TARGET, "the folder has no damon", NULL,
	                          "cannot sample accesses");
}

static int
source_dir_probe_accesses(struct source *s, bool *left, struct err *err)
{
	int dir = source_dir_open_damon(s, err);

	*left = false;
	if (dir < 0)
		return -1;
	close(dir);
	return 0;
}

static int
source_dir_begin_accesses(struct source *s, struct err *err)
{
	struct source_root *r = source_root_of(s);
	int dir;

	if (r->damon)
		return 0;
	dir = source_dir_open_damon(s, err);
	if (dir < 0)
		return -1;
	r->damon = damon_recorded(dir);
	return 0;
}

static const struct source_sampling source_dir_sampling = {
    .probe = source_dir_probe_accesses,
    .begin = source_dir_begin_accesses,
    .read = source_root_accesses,
    .end = source_root_end_accesses,
};

const struct source_ops source_dir_ops = {
    .open_pages = source_root_open,
    .reopen = source_root_reopen,
    .alive = source_dir_alive,
    .life = source_root_life,
    .clock = source_root_clock,
    .spent = source_root_spent,
    .regions = source_dir_regions,
    .threads = source_root_threads,
    .registers = source_root_registers,
    .words = source_root_words,
    .runs = source_root_runs,
    .frames = source_root_frames,
    .idle = source_root_idle,
    .broken = source_dir_broken,
    .nodes = source_dir_nodes,
    .folio_sizes = source_root_folio_sizes,
    .cgroup = source_dir_cgroup,
    .smaps = source_root_smaps,
    .smaps_one = source_root_smaps_one,
    .unreference = source_root_unreference,
    .sampling = &source_dir_sampling,
    .bytes = source_dir_bytes,
    .fault_in = source_dir_fault_in,
    .files = source_dir_files,
    .file_bytes = source_dir_file_bytes,
    .symbol = source_dir_symbol,
    .find_symbol = source_dir_find_symbol,
    .late = source_dir_late,
    .counters = source_root_counters,
    .caps = source_caps,
    .writes = &source_tracked,
    .others = &source_others,
    .faults = &source_dir_faults,
    .close = source_dir_close,
};

struct source *
source_dir_open(const struct proc *proc, struct err *err)
{
	struct source_root *r = mem_alloc(sizeof(*r));

	source_root_init(r, &source_dir_ops, (size_t)sysconf(_SC_PAGESIZE));
	r->pm.plain = true;
	r->proc = *proc;
	source_dir_open_faults(r);
	if (source_root_begin(r, err) == 0)
		return &r->base;
	source_dir_close(&r->base);
	return NULL;
}
