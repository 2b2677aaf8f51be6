/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Soft-dirty: bit 55, cleared by a write to clear_refs
 * (Documentation/admin-guide/mm/soft-dirty.rst).
 *
 * A kernel without CONFIG_MEM_SOFT_DIRTY accepts the clear and does nothing: support is proven on a
 * page of our own, never by the success of the write. The bits are shared by all: others may clear
 * them, or depend on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include "kernel/clear_refs.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "kernel/proc_bar.h"
#include "kernel/smaps.h"
#include "track/hazard.h"
#include "track/tracker_ops.h"

struct softdirty {
	struct track_ranges born; /* VmFlags has shown them to be newer than the clear */
	struct smaps flags;       /* VmFlags, read at most once per scan: */
	bool flags_read;
	/* when they were last read, and how long it took: that is expensive */
	uint64_t flags_ns, flags_cost_ns;
};

/* --- the probe: bit 55 of a page of our own --------------------------------------------------- */

static int
softdirty_own_bit(int pagemap, const volatile char *p, size_t page_size)
{
	uint64_t word;
	off_t at = (off_t)((uintptr_t)p / page_size * sizeof(word));

	if (pread(pagemap, &word, sizeof(word), at) != sizeof(word))
		return -1;
	return word & PM_SOFT_DIRTY ? 1 : 0;
}

/* A fresh page is cleared and written again. As track_try; 1: it is not marked as it should be. */
static int
softdirty_round_trip(void)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	int pagemap = open(PROC_ROOT "/self/pagemap", O_RDONLY | O_CLOEXEC);
	int clear = open(PROC_ROOT "/self/clear_refs", O_WRONLY | O_CLOEXEC);
	volatile char *p = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
	                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pagemap < 0 || clear < 0 || p == MAP_FAILED)
		return errno == EMFILE || errno == ENFILE ? TRY_SHORTAGE : 2;
	p[0] = p[page_size] = 1;
	if (softdirty_own_bit(pagemap, p, page_size) != 1)
		return 1;
	if (write(clear, PM_CLEAR_SOFT_DIRTY, 1) != 1 ||
	    softdirty_own_bit(pagemap, p, page_size) != 0)
		return 1;
	p[0] = 2;
	return softdirty_own_bit(pagemap, p, page_size) == 1 &&
	               softdirty_own_bit(pagemap, p + page_size, page_size) == 0
	           ? 0
	           : 1;
}

bool
track_kernel_marks(void)
{
	return track_try(softdirty_round_trip) == 0;
}

static bool
softdirty_probe(struct track_status *s, struct track *t, const struct proc *p,
                const struct pagemap *pm)
{
	int fd = proc_file(p, "clear_refs", O_WRONLY);

	(void)t, (void)pm;
	if (fd < 0 && file_is_shortage(errno))
		return track_cannot_open(s);
	if (fd < 0)
		return track_cannot(s, errno == EACCES ? "no permission to write its clear_refs"
		                                       : "it has no clear_refs to write to",
		                    proc_bar_help(proc_bar_of(p)));
	close(fd);
	s->proof = "not tried: the proc root is a directory with a clear_refs file";
	if (!p->live)
		return true; /* the file is there, as on a kernel that supports it */
	s->proof = "works: proven by a write, a clear and a write on a page of pmtop's own";
	switch (track_try(softdirty_round_trip)) {
	case 0:
		return true;
	case 1:
		return track_cannot(s,
		                    "this kernel lacks CONFIG_MEM_SOFT_DIRTY: a clear does nothing",
		                    "use one that has it, such as Debian's on x86-64");
	case TRY_SHORTAGE:
		return track_cannot_open(s);
	case TRY_NO_CHILD:
		return track_cannot_try(s);
	}
	return track_cannot(s, "soft-dirty could not be tried on a page of pmtop's own",
	                    "check that /proc is mounted");
}

/* --- the clear -------------------------------------------------------------------------------- */

static int
softdirty_clear_bits(const struct proc *p, struct err *err)
{
	const char *how;
	int sys;

	if (clear_refs_write(p, PM_CLEAR_SOFT_DIRTY) == 0)
		return 0;
	sys = errno;
	how = sys == ESRCH ? NULL : proc_bar_help(proc_bar_of(p));
	errno = sys;
	return err_sys(err, how,
	               "cannot clear the soft-dirty bits of process %d (%s)", (int)p->pid,
	               p->comm);
}

static int
softdirty_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
                const struct vma_list *vmas, struct err *err)
{
	struct softdirty *own = t->own;

	(void)pm;
	if (softdirty_clear_bits(p, err) < 0)
		return -1;
	if (own)
		own->born.n = 0;
	t->cleared.n = 0;
	for (size_t i = 0; i < vmas->n; i++)
		ranges_add(&t->cleared, vmas->v[i].start, vmas->v[i].end);
	return 0;
}

/* --- following the target --------------------------------------------------------------------- */

/*
 * Removes what is no longer mapped from `cleared`: marks of a later mapping there are not writes
 * since the clear.
 */
static void
softdirty_trim_mark(struct track *t, const struct vma_list *vmas)
{
	struct track_ranges left = {0};

	for (size_t i = 0, k = 0; i < t->cleared.n; i++) {
		struct track_range m = t->cleared.v[i];
		size_t first = left.n;

		while (k < vmas->n && vmas->v[k].end <= m.start)
			k++;
		for (size_t j = k; j < vmas->n && vmas->v[j].start < m.end; j++) {
			uint64_t start = u64_max(vmas->v[j].start, m.start),
				 end = u64_min(vmas->v[j].end, m.end);

			if (left.n > first && left.v[left.n - 1].end == start)
				left.v[left.n - 1].end = end;
			else
				ranges_add(&left, start, end);
		}
	}
	free(t->cleared.v);
	t->cleared = left;
}

static bool
softdirty_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
                 const struct vma_list *vmas)
{
	struct softdirty *own = t->own;

	(void)p;
	if (own)
		own->flags_read = false;
	newer_follow(t, pm, vmas, &(struct track_ranges){0});
	softdirty_trim_mark(t, vmas);
	return true;
}

/* --- judging a scan --------------------------------------------------------------------------- */

static bool
softdirty_written(uint64_t cats)
{
	return cats & PM_CAT_SOFT_DIRTY;
}

/*
 * Whether any of [start, end) was mapped at the clear and, as far as scans show, ever since. If the
 * clear was not ours: yes.
 */
static bool
softdirty_met(const struct track *t, uint64_t start, uint64_t end)
{
	return !t->cleared.n || ranges_meet(&t->cleared, start, end);
}

bool
track_knew(const struct track *t, uint64_t start, uint64_t end)
{
	size_t i = ranges_first_after(&t->cleared, start);

	return i < t->cleared.n && t->cleared.v[i].start == start && t->cleared.v[i].end == end;
}

/*
 * The VmFlags of the region. Read at most once per scan, and only if 20 times the duration of the
 * last reading has passed.
 */
static const struct smaps_entry *
softdirty_vm_flags(struct softdirty *own, const struct proc *p, const struct vma *v)
{
	enum { SHARE = 20 };
	uint64_t begin = time_ns();
	struct err ignored;

	if (!own->flags_read && begin - own->flags_ns >= SHARE * own->flags_cost_ns) {
		smaps_free(&own->flags);
		own->flags_read = smaps_read_process(p, NULL, &own->flags, &ignored) == 0;
		own->flags_ns = time_ns();
		own->flags_cost_ns = own->flags_ns - begin;
	}
	return own->flags_read ? smaps_find(&own->flags, v->start) : NULL;
}

/*
 * All pages of the region became dirty at once: is that because the region is newer than the clear?
 * While VmFlags cannot be read, yes, unless exactly this region existed at the clear.
 */
static bool
softdirty_is_born(struct track *t, const struct proc *p, const struct vma *v)
{
	struct softdirty *own = t->own;
	const struct smaps_entry *e;
	bool born;

	if (!own)
		own = t->own = mem_alloc(sizeof(*own));
	for (size_t i = 0; i < own->born.n; i++)
		if (own->born.v[i].start == v->start && own->born.v[i].end == v->end)
			return true;
	e = softdirty_vm_flags(own, p, v);
	born = e && e->known & SMAPS_FLAGS ? smaps_newborn(e) : !track_knew(t, v->start, v->end);
	if (e && born)
		ranges_add(&own->born, v->start, v->end);
	return born;
}

static enum track_doubt
softdirty_doubt_of(struct track *t, const struct proc *p, const struct track_scan *scan)
{
	const struct vma *v = scan->vma;
	uint64_t seen = track_bytes(t, v->start, v->end);
	bool born = scan->everywhere;

	if (tracker_is_hidden(scan))
		return DOUBT_UNWATCHED;
	if (v->type == VMA_HUGETLB)
		return DOUBT_HUGETLB;
	if (!softdirty_met(t, v->start, v->end))
		return DOUBT_NEW;
	if (!born && scan->written && !scan->clean && seen < scan->written)
		born = softdirty_is_born(t, p, v);
	if (!born)
		return DOUBT_NONE;
	return track_knew(t, v->start, v->end) || seen ? DOUBT_REMAPPED : DOUBT_NEW;
}

static struct track_verdict
softdirty_doubt(struct track *t, const struct proc *p, const struct track_scan *scan)
{
	return (struct track_verdict){
	    .doubt = softdirty_doubt_of(t, p, scan),
	    .cleared = scan->lost && !t->auto_clear && !t->others,
	};
}

static void
softdirty_release(void *own)
{
	struct softdirty *s = own;

	smaps_free(&s->flags);
	free(s->born.v);
	free(s);
}

const struct tracker_ops soft_dirty_ops = {
    .words =
	{
	    .name = "soft-dirty",
	    .label = "soft-dirty",
	    .help = "bit 55 of the page table, cleared through clear_refs: the whole process, "
		    "no write lost after a clear",
	    .gives = "written pages, after a clear",
	    .verb = "written",
	    .cleared = "cleared",
	    .unknown = "not known",
	    .why_unknown = "not covered by soft-dirty",
	},
    .caps = TRACKER_HUGE | TRACKER_LASTING,
    .cats = PM_CAT_SOFT_DIRTY,
    .everywhere = PM_CAT_SOFT_DIRTY,
    .probe = softdirty_probe,
    .clear = softdirty_clear,
    .follow = softdirty_follow,
    .written = softdirty_written,
    .doubt = softdirty_doubt,
    .release = softdirty_release,
    .hazard = hazard_of_clear,
};
