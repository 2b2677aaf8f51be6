/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SOURCE_H
#define PM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/folio_sizes.h"
#include "kernel/frame.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"
#include "kernel/smaps.h"
#include "kernel/swap.h"
#include "kernel/thread.h"
#include "kernel/vma.h"
#include "symbol/helper.h"
#include "track/track.h"

/*
 * The seam: everything that is known of a process comes through a source. Two of them are here: the
 * live kernel (source_proc) and a folder that looks like its /proc (source_dir); what they share is
 * source_root. Nobody above opens, asks or measures anything by itself, so that a source may as
 * well be made of other data: it brings its meta and its ops, and nothing else changes.
 *
 * Addresses are bytes, sizes of n are pages or entries as said. Every op but `close` leaves what it
 * was given to the caller; what it fills is the caller's to free. A source belongs to one thread.
 * What a source cannot tell it must not make up: each op says how it says so.
 */
struct source;

/*
 * What this kernel and these privileges allow, found by trying each thing on the target (reading
 * only) or on a page of our own.
 */
enum { CAPS_MAX = 64 };
struct cap {
	const char *name, *gives;
	bool ok;
	char detail[160]; /* what exactly, or why not */
	const char *how;  /* the remedy; NULL if there is none, or none is needed */
};

/* What holds for the whole source. The source keeps it; only the source writes to it. */
struct source_meta {
	pid_t pid;
	char comm[64];     /* anew after each `life` */
	int end_fd;        /* readable when the process ends; -1: ask `alive` */
	bool may_end;      /* false: it stands still, and `alive` need not be asked */

	bool open;         /* the page tables are; false after a reopen that failed */

	size_t page_size;  /* bytes */
	unsigned word;     /* bytes of a pointer, 4 or 8; of the regions read last */

	/* privileges: what may be seen */
	unsigned frames;   /* 1 << enum frame_file, of each that can be looked up */
	bool ksm_lies;     /* KPF_KSM is set on pages that are not merged (frame.h) */
	bool nodes;        /* NUMA nodes may be known */
	uint64_t scan;     /* PM_CAT_* that `runs` tells cheaply; 0: it reads words for them */

	struct swaps swaps; /* the swap devices, as of the last regions */
};

/*
 * What the trackers do: writes are seen in runs and words, but which of them count, since when, and
 * the clearing itself, are the source's. A source of the past fills the stamps in `follow`.
 */
struct source_writes {
	/* Finds out what can track writes here, and why not: fills t->status, can, why, how. */
	void (*probe)(struct source *s, struct track *t);

	/* Marks the moment from which writes count. The only op that may change the target. */
	int (*clear)(struct source *s, struct track *t, const struct vma_list *vmas,
	             struct err *err);

	/* Before each look at all regions, which are vmas now; after that at a grid on screen. */
	void (*follow)(struct source *s, struct track *t, const struct vma_list *vmas);

	/* What follows from a look at one region: whether what was seen written is all. */
	struct track_verdict (*judge)(struct source *s, struct track *t,
	                              const struct track_scan *scan);

	/* Whom a clear would harm, appended to `out`. false: nobody, as far as is known. */
	bool (*hazard)(struct source *s, const struct track *t, const struct vma_list *vmas,
	               struct buf *out);

	/* What a clear would cost that needs consent: see track_costs. false: none does. */
	bool (*costs)(struct source *s, const struct track *t, struct buf *question,
	              track_cost_fn *fn, void *arg);

	/* Closes the userfaultfd t->stray in the target, which a person has agreed to. */
	int (*close_stray)(struct source *s, struct track *t, struct err *err);
};

struct source_ops {
	/* --- its life ------------------------------------------------------------------------- */

	/*
	 * Opens the page tables; before it only meta, life, alive and regions may be asked. It may
	 * block for as long as the kernel does. -1: nothing can be known of its pages.
	 */
	int (*open_pages)(struct source *s, struct err *err);

	/* After exec: the address space that was open is gone; opens the new one, pages as well. */
	int (*reopen)(struct source *s, struct err *err);

	/* Whether the address space that was opened is still there. Cheap. */
	bool (*alive)(const struct source *s);

	/* What has become of the process. meta.comm is new afterwards. */
	enum proc_life (*life)(struct source *s);

	/* The time of what is read now, in ns, of the same clock as all stamps. */
	uint64_t (*clock)(const struct source *s);

	/* --- the address space ---------------------------------------------------------------- */

	/*
	 * The regions now, ascending, each with its type and what is behind it; meta.swaps and
	 * meta.word are new afterwards. None: the address space is gone.
	 */
	int (*regions)(struct source *s, struct vma_list *out, struct err *err);

	/*
	 * Its threads, if it is time; `again`: there is reason to look again. Those of which
	 * nothing is known are not in the list.
	 */
	void (*threads)(struct source *s, struct threads *t, bool again);

	/* --- pages ---------------------------------------------------------------------------- */

	/*
	 * The page-table words (flags.def) of n pages from addr. Returns how many are known: fewer
	 * than n from the first on of which nothing is known.
	 */
	ssize_t (*words)(const struct source *s, uint64_t addr, uint64_t *words, size_t n,
	                 struct err *err);

	/*
	 * Calls fn, ascending, for each longest run in [start, end) that has one of the `any`
	 * categories (PM_CAT_*), with those of `cats` that apply. 1: fn or s->stop ended it early.
	 */
	int (*runs)(const struct source *s, uint64_t start, uint64_t end, uint64_t any,
	            uint64_t cats, pagemap_run_fn *fn, void *arg, struct err *err);

	/*
	 * A word of `file` for each of n frames, in any order. ok[i] false: none is known. They are
	 * of now: who looks a frame up reads its page's word again afterwards.
	 */
	void (*frames)(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
	               uint64_t *out, bool *ok);

	/* The NUMA node of each of n pages from addr (at most PAGE_BATCH); -1: not known. */
	void (*nodes)(const struct source *s, uint64_t addr, int *out, size_t n);

	/* Which sizes of folios the kernel is set to make. FOLIOS_ANY: not known. */
	enum folio_sizes (*folio_sizes)(const struct source *s);

	/* Appends the path of the memory cgroup of that inode. false: it has no name here. */
	bool (*cgroup)(const struct source *s, uint64_t inode, struct buf *out);

	/* --- what is dear, and read only when it is asked for --------------------------------- */

	/* smaps of the regions that start in [start, end), ascending. -1: it cannot be read. */
	int (*smaps)(const struct source *s, uint64_t start, uint64_t end, struct smaps *out,
	             struct err *err);

	/*
	 * Reads n bytes of memory at addr, which the page table says are in RAM. Returns how many
	 * were read; after fewer than n *sys is errno, 0: there is nothing more. -1 with err:
	 * memory cannot be read at all.
	 */
	ssize_t (*bytes)(struct source *s, uint64_t addr, void *to, size_t n, int *sys,
	                 struct err *err);

	/*
	 * Brings the absent page of v at addr in, by reading a byte of it. Returns errno; 0: done.
	 * -1 with err: memory cannot be read at all.
	 */
	int (*fault_in)(struct source *s, const struct vma *v, uint64_t addr, struct err *err);

	/* What the file behind v says of [start, end): see helper_pages. false: nothing. */
	bool (*files)(struct source *s, const struct vma *v, uint64_t start, uint64_t end,
	              unsigned needs, struct file_pages *out);

	/*
	 * The symbol at addr by the file that v maps; `image` (NULL: a file): the first page of the
	 * vdso v. false: none is known.
	 */
	bool (*symbol)(struct source *s, const struct vma_list *vmas, const struct vma *v,
	               const uint8_t *image, uint64_t addr, struct helper_symbol *out);

	/* Whether the last answer of files or symbol is missing only because it came too late. */
	bool (*late)(const struct source *s);

	/* Counters that stand still while the target does: equal twice, no page is new. */
	bool (*counters)(const struct source *s, struct proc_activity *out);

	/* Rows for --capabilities, at most CAPS_MAX; how many. */
	size_t (*caps)(struct source *s, struct track *t, struct cap *out);

	const struct source_writes *writes;

	/* Closes all, and frees s. */
	void (*close)(struct source *s);
};

/* A source's own struct begins with this one. */
struct source {
	const struct source_ops *ops;
	struct source_meta meta;
	/* the caller's: asked during long walks; true ends them. NULL: never */
	bool (*stop)(void *arg);
	void *stop_arg;
};

/*
 * Opens process `pid` below `root`: a proc file system, or a folder that looks like one. All but
 * the page tables: see `open_pages`. NULL with err.
 */
struct source *source_open(const char *root, pid_t pid, struct err *err);

/* Whether it is time to give up what is being done. */
static inline bool
source_stopped(const struct source *s)
{
	return s->stop && s->stop(s->stop_arg);
}

static inline bool
source_has(const struct source *s, enum frame_file file)
{
	return s->meta.frames & 1u << file;
}

static inline uint64_t
source_now(const struct source *s)
{
	return s->ops->clock(s);
}

static inline ssize_t
source_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	return s->ops->words(s, addr, words, n, err);
}

static inline int
source_runs(const struct source *s, uint64_t start, uint64_t end, uint64_t any, uint64_t cats,
            pagemap_run_fn *fn, void *arg, struct err *err)
{
	return s->ops->runs(s, start, end, any, cats, fn, arg, err);
}

static inline void
source_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
              uint64_t *out, bool *ok)
{
	s->ops->frames(s, file, pfn, n, out, ok);
}

/* false: there is no page table for this region ([vsyscall] lies outside the user's). */
static inline bool
source_readable(const struct source *s, const struct vma *v)
{
	uint64_t word;
	struct err ignored;

	return s->ops->words(s, v->start, &word, 1, &ignored) == 1;
}

#endif
