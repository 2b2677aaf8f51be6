/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/source_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"
#include "kernel/clear_refs.h"
#include "kernel/kabi.h"
#include "kernel/page_idle.h"
#include "kernel/proc_bar.h"

/* --- opening and closing ---------------------------------------------------------------------- */

static bool
source_root_is_stopped(void *arg)
{
	return source_stopped(arg);
}

void
source_root_init(struct source_root *r, const struct source_ops *ops, size_t page_size)
{
	*r = (struct source_root){
	    .base = {.ops = ops, .meta = {.end_fd = -1, .page_size = page_size, .word = 8}},
	    .proc = {.root = -1, .leader = -1, .pidfd = -1},
	    .maps = -1,
	    .mem = -1,
	    .numa = {.line = -1},
	    .page_idle = -1,
	    .pm = {.fd = -1, .maps = -1, .page_size = page_size, .stop = source_root_is_stopped,
	           .stop_arg = &r->base},
	    .frames = {.flags = -1, .count = -1, .cgroup = -1}};
}

static int
source_root_open_maps(struct source_root *r, struct err *err)
{
	char how[192];
	int sys;

	r->maps = r->pm.maps = proc_file(&r->proc, "maps", O_RDONLY);
	sys = errno;
	if (r->maps >= 0)
		return 0;
	if (proc_is_hidden(&r->proc))
		return proc_refuse_hidden(r->proc.pid, err);
	errno = sys;
	proc_refused_how(proc_bar_of(&r->proc), r->proc.uid, RIGHTS_LOOK, how, sizeof(how));
	return err_sys(err, errno == EACCES || errno == EPERM ? how : NULL,
	               "cannot inspect process %d (%s)", (int)r->proc.pid, r->proc.comm);
}

static void
source_root_copy_comm(struct source_root *r)
{
	memcpy(r->base.meta.comm, r->proc.comm, sizeof(r->base.meta.comm));
}

int
source_root_open_page_idle(const struct source_root *r)
{
	return r->base.meta.may_end ? file_open(AT_FDCWD, PAGE_IDLE_BITMAP, O_RDONLY)
	                            : proc_root_file(&r->proc, "page_idle", O_RDONLY);
}

int
source_root_begin(struct source_root *r, struct err *err)
{
	struct source_meta *m = &r->base.meta;

	m->pid = r->proc.pid;
	m->end_fd = r->proc.pidfd;
	source_root_copy_comm(r);
	if (source_root_open_maps(r, err) < 0)
		return -1;
	frames_open(&r->frames, &r->proc);
	r->page_idle = source_root_open_page_idle(r);
	m->frames = frames_files(&r->frames);
	swaps_read(&m->swaps, &r->proc, m->may_end);
	if (file_read_small(r->proc.root, "sys/kernel/random/boot_id", m->boot, sizeof(m->boot)))
		m->boot[strcspn(m->boot, "\n")] = '\0';
	return 0;
}

int
source_root_open(struct source *s, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (pagemap_open(&r->pm, &r->proc, err) < 0)
		return -1;
	s->meta.open = true;
	return 0;
}

/* Memory is opened again on use: an exec may have taken the right to read it. */
static void
source_root_close_space(struct source_root *r)
{
	int *fds[] = {&r->maps, &r->mem};

	source_root_end_accesses(&r->base);
	faults_close(r->faults);
	r->faults = NULL;
	faults_close(r->family);
	r->family = NULL;
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	pagemap_close(&r->pm);
	r->pm.maps = -1;
	r->base.meta.open = false;
	kinds_forget(&r->kinds);
}

int
source_root_reopen(struct source *s, struct err *err)
{
	struct source_root *r = source_root_of(s);

	source_root_close_space(r);
	return source_root_open_maps(r, err) < 0 ? -1 : s->ops->open_pages(s, err);
}

void
source_root_close(struct source *s)
{
	struct source_root *r = source_root_of(s);

	source_root_close_space(r);
	frames_close(&r->frames);
	numa_end(&r->numa);
	if (r->page_idle >= 0)
		close(r->page_idle);
	swaps_free(&s->meta.swaps);
	helper_free(r->helper);
	kallsyms_free(&r->kallsyms);
	proc_close(&r->proc);
	free(r);
}

/* --- its life --------------------------------------------------------------------------------- */

enum proc_life
source_root_life(struct source *s)
{
	struct source_root *r = source_root_of(s);
	enum proc_life life = proc_check(&r->proc);

	source_root_copy_comm(r);
	return life;
}

uint64_t
source_root_clock(const struct source *s)
{
	(void)s;
	return time_ns();
}

uint64_t
source_root_spent(const struct source *s)
{
	(void)s;
	return time_spent_ns();
}

bool
source_root_counters(const struct source *s, struct proc_activity *out)
{
	return proc_activity_read(&source_root_of(s)->proc, out);
}

/* --- the address space ------------------------------------------------------------------------ */

/*
 * maps reads as empty, or fails, both when its thread has ended and when the address space is gone.
 * The descriptor of the page tables holds the address space and so shows which. 1: it is gone.
 */
static int
source_root_read_maps(struct source_root *r, struct vma_list *out, struct err *err)
{
	enum { TRIES = 8 }; /* threads that end one after another */

	for (int i = 0;; i++) {
		int got = vma_read(r->maps, out, err);

		if (got == 0 && out->n)
			return 0;
		if (r->base.meta.open && !r->base.ops->alive(&r->base))
			return 1;
		if (source_root_life(&r->base) != PROC_RUNNING)
			return got == 0 ? 1 : got;
		if (i == TRIES || (got < 0 && err->sys != ESRCH))
			return got;
		close(r->maps);
		if (source_root_open_maps(r, err) < 0)
			return -1;
	}
}

/*
 * Where a region is so large that scanning it in steps takes long: whether there are so few page
 * tables that steps are not needed to keep each call short. 16 MiB of them take some 4 ms.
 */
static bool
source_root_has_few_tables(const struct source_root *r, const struct vma_list *vmas)
{
	static const uint64_t large = UINT64_C(64) << 30, few = UINT64_C(16) << 20;

	for (size_t i = 0; i < vmas->n; i++)
		if (vma_size(&vmas->v[i]) >= large)
			return proc_tables(&r->proc) <= few;
	return false;
}

int
source_root_regions(struct source *s, struct vma_list *out, struct err *err)
{
	struct source_root *r = source_root_of(s);
	int got;

	*out = (struct vma_list){0};
	got = source_root_read_maps(r, out, err);
	if (got != 0)
		return got < 0 ? -1 : 0;
	s->meta.word = vma_pointer_size(out);
	r->pm.few_tables = source_root_has_few_tables(r, out);
	swaps_read(&s->meta.swaps, &r->proc, s->meta.may_end);
	kinds_judge(&r->kinds, r->helper, &r->proc, r->maps, s->meta.page_size, out);
	return 0;
}

void
source_root_threads(struct source *s, struct threads *t, bool again)
{
	threads_read(t, &source_root_of(s)->proc, again);
}

int
source_root_registers(const struct source *s, pid_t tid, struct thread_registers *out,
                      struct err *err)
{
	return thread_registers(&source_root_of(s)->proc, tid, out, err);
}

/* --- pages ------------------------------------------------------------------------------------ */

ssize_t
source_root_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	return pagemap_words(&source_root_of(s)->pm, addr, words, n, err);
}

int
source_root_runs(const struct source *s, uint64_t start, uint64_t end,
                 const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn,
                 void *arg, struct err *err)
{
	return pagemap_runs(&source_root_of(s)->pm, start, end, match, cats, fn, arg, err);
}

void
source_root_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
                   uint64_t *out, bool *ok)
{
	frames_lookup(&source_root_of(s)->frames, file, pfn, n, out, ok);
}

int
source_root_accesses(struct source *s, struct damon_regions *out, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (!r->damon)
		return err_set(err, ERR_TARGET, "nothing samples them", NULL,
		               "cannot sample accesses");
	/* DAMON's thread takes the lock as well, and until it has, nothing ends the wait for it */
	pagemap_await(r->pm.fd);
	if (damon_read(r->damon, out, err) == 0)
		return 0;
	damon_free(out);
	source_root_end_accesses(s);
	return -1;
}

void
source_root_end_accesses(struct source *s)
{
	struct source_root *r = source_root_of(s);

	damon_end(r->damon);
	r->damon = NULL;
}

bool
source_root_idle(const struct source *s, uint64_t pfn, bool *idle)
{
	int fd = source_root_of(s)->page_idle;

	return fd >= 0 && page_idle_read(fd, pfn, idle);
}

enum folio_sizes
source_root_folio_sizes(const struct source *s)
{
	return folio_sizes(FOLIO_SETTINGS, s->meta.page_size);
}

/* --- expensive -------------------------------------------------------------------------------- */

static struct smaps_host
source_root_smaps_host(const struct source *s, struct progress *p)
{
	return (struct smaps_host){p, source_root_is_stopped, &source_root_of(s)->base};
}

int
source_root_smaps(const struct source *s, struct progress *p, struct smaps *out, struct err *err)
{
	struct smaps_host host = source_root_smaps_host(s, p);

	return smaps_read_process(&source_root_of(s)->proc, &host, out, err);
}

int
source_root_smaps_one(const struct source *s, struct progress *p, uint64_t start,
                      struct smaps_entry *out, struct err *err)
{
	struct smaps_host host = source_root_smaps_host(s, p);

	return smaps_read_region(&source_root_of(s)->proc, &host, start, out, err);
}

int
source_root_unreference(struct source *s, struct err *err)
{
	const struct proc *p = &source_root_of(s)->proc;
	const char *how;
	int sys;

	if (clear_refs_write(p, PM_CLEAR_REFERENCED) == 0)
		return 0;
	sys = errno;
	how = sys == EACCES || sys == EPERM ? proc_bar_help(proc_bar_of(p)) : NULL;
	errno = sys;
	return err_sys(err, how, "cannot clear the referenced bits of process %d (%s)",
	               (int)p->pid, p->comm);
}

int
source_root_open_memory(struct source_root *r, struct err *err)
{
	const char *how;
	int sys;

	if (r->mem < 0)
		r->mem = proc_file(&r->proc, "mem", O_RDONLY);
	if (r->mem >= 0)
		return 0;
	sys = errno;
	how = sys == EACCES || sys == EPERM ? proc_memory_how(&r->proc) : NULL;
	errno = sys;
	return err_sys(err, how, "cannot read the memory of process %d", (int)r->proc.pid);
}
