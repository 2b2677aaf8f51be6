/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SOURCE_H
#define PM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/truth.h"
#include "cause/causes.h"
#include "cause/stores.h"
#include "kernel/damon.h"
#include "kernel/folio_sizes.h"
#include "kernel/frame.h"
#include "kernel/mapmax.h"
#include "kernel/others.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"
#include "kernel/smaps.h"
#include "kernel/swap.h"
#include "kernel/thread.h"
#include "kernel/vma.h"
#include "page/extents.h"
#include "symbol/helper.h"
#include "target/growth.h"
#include "target/timeline.h"
#include "track/track.h"

/*
 * The seam: everything that is known of a process comes through a source. There are two: the live
 * kernel (source_proc) and a directory laid out like /proc (source_dir); source_root is what they
 * share. Nothing above opens files, calls the system or reads a clock, so that a source of other
 * data needs only its meta and its ops.
 *
 * Addresses are in bytes; each `n` counts pages or entries, as stated. The caller keeps what it
 * passes, and frees what an op fills in. A source belongs to one thread. A source must not invent
 * what it does not know: each op states how it reports that.
 */
struct source;

/*
 * What this kernel and our privileges allow, found by trying: on the target, reading only, or on a
 * page of our own.
 */
enum { CAPS_MAX = 64 };
struct cap {
	const char *name, *gives;
	bool ok;
	char detail[192]; /* details, or why not */
	char how[192];    /* the remedy; "": there is none, or none is needed */
};

/* Facts about the whole source. Only the source writes to it. */
struct source_meta {
	pid_t pid;
	char comm[64];     /* updated by `life` */
	char boot[40];     /* the boot of the machine that it runs on; "": not known */
	int end_fd;        /* readable when the process ends; -1: poll `alive` */
	bool faults;       /* there are page faults to watch */
	bool may_end;      /* false: it never changes, and `alive` need not be polled */

	bool open;         /* the page tables are open; false after a failed reopen */

	size_t page_size;  /* bytes */
	unsigned word;     /* bytes per pointer, 4 or 8; updated by `regions` */

	/* privileges: what is visible */
	unsigned frames;   /* 1 << enum frame_file, for each that can be looked up */
	bool protects;     /* of a recording: from sample to sample, to see who writes (bit 57) */
	bool ksm_lies;     /* KPF_KSM is set on pages that are not merged (frame.h) */
	bool nodes;        /* NUMA nodes may be known */
	uint64_t zero_pfn; /* frame of the zero page; 0: not known */
	uint64_t scan;     /* PM_CAT_* that `runs` reports without reading words; 0: none */

	struct swaps swaps; /* the swap devices; updated by `regions` */
};

/*
 * How writes are tracked. Runs and words show which pages are marked as written; the source decides
 * which of these count, and clears them. A recording fills in the stamps in `follow`.
 */
struct source_writes {
	/* Finds out which trackers work here, and why not: fills t->status, can, why, how. */
	void (*probe)(struct source *s, struct track *t);

	/* Starts counting writes. Changes the target, as otherwise only fault_in does. */
	int (*clear)(struct source *s, struct track *t, const struct vma_list *vmas,
	             struct err *err);

	/* Before each scan of all regions, which are now vmas; a grid may be scanned first. */
	void (*follow)(struct source *s, struct track *t, const struct vma_list *vmas);

	/* Judges the scan of one region: whether all its writes are known. */
	struct track_verdict (*judge)(struct source *s, struct track *t,
	                              const struct track_scan *scan);

	/* Appends to `out` who would be harmed by a clear. false: nobody, as far as is known. */
	bool (*hazard)(struct source *s, const struct track *t, const struct vma_list *vmas,
	               struct buf *out);

	/* The costs of a clear that need consent: see track_costs. false: there are none. */
	bool (*costs)(struct source *s, const struct track *t, struct buf *question,
	              track_cost_fn *fn, void *arg);

	/* Removes from the target what blocks a clear (track_offers_close); only with consent. */
	int (*unblock)(struct source *s, struct track *t, struct err *err);
};

/*
 * The other processes, for `who`: only read, each for a moment. `o` is an open one, or NULL: the
 * target itself.
 */
struct source_others {
	/* The PIDs of all but the target, ascending; the caller frees them. -1 with err. */
	int (*list)(struct source *s, pid_t **pids, size_t *n, struct err *err);

	/*
	 * Opens one, until `end`. NULL: it has no memory; or, with *refused, we may not; or errno
	 * is a shortage (file.h).
	 */
	struct other *(*begin)(struct source *s, pid_t pid, bool *refused);
	void (*end)(struct other *o);

	/* How many may be open at once. */
	size_t (*room)(struct source *s);

	/* The words of n pages from addr; returns how many are known. */
	size_t (*words)(struct source *s, struct other *o, uint64_t addr, uint64_t *words,
	                size_t n);

	/* The first page in [addr, end) that may be present or in swap; `end`: none. */
	uint64_t (*next)(struct source *s, const struct other *o, uint64_t addr, uint64_t end);

	/* Its regions, with types by name alone. false: it has ended. Not of the target. */
	bool (*regions)(struct source *s, const struct other *o, struct vma_list *out);
	bool (*name)(struct source *s, const struct other *o, struct other_name *out);

	/* Orders the address spaces of two threads (other.tid); 0: the target. After `list`. */
	enum others_order (*compare)(struct source *s, pid_t a, pid_t b);

	/*
	 * Whether map counts of pages of large folios are averages (CONFIG_NO_PAGE_MAPCOUNT); smaps
	 * then estimates what is shared. Tried once, when it is first asked.
	 */
	enum truth (*averages)(const struct source *s);

	/*
	 * How often the target's pages are mapped at most, by region; if no more than `pages` are
	 * in RAM. The caller frees it.
	 */
	bool (*most)(struct source *s, uint64_t pages, struct mapmax *out);

	/* Whether KSM may have merged pages since the system started. */
	bool (*merges)(struct source *s);
};

/* Who writes: the page faults of the process, which a thread puts into `causes` as they happen. */
struct source_faults {
	/*
	 * Starts to watch, within a budget (faults_open); at most once at a time. -1 with err:
	 * nothing is watched.
	 */
	int (*watch)(struct source *s, struct causes *into, unsigned budget, struct err *err);
	/* The same, beside it, of a family: see faults_open_family. Ends with close and reopen. */
	int (*family)(struct source *s, const pid_t *pids, size_t n, struct causes *into,
	              unsigned budget, struct err *err);
	/* All faults that are over are in `causes`. */
	void (*drain)(struct source *s);
	/* Ends it; also done by close and reopen. */
	void (*unwatch)(struct source *s);
	/*
	 * Watches the stores to bytes at addr until stores_end (see stores.h). NULL with err.
	 */
	struct stores *(*stores)(struct source *s, uint64_t addr, unsigned bytes, unsigned budget,
	                         struct causes *into, struct err *err);
	void (*stores_read)(struct stores *s, struct stores_times *out);
	void (*stores_end)(struct stores *s);

	/*
	 * What was recorded of who brought in what came since that time and is still there: sums of
	 * `into`, or the watch says why not. The caller frees it. NULL: the faults tell.
	 */
	struct growth_told *(*brought)(struct source *s, uint64_t since_ns, struct causes *into);

	/* Waits that long, or until s->stop. */
	void (*wait)(struct source *s, uint64_t ns);

	/* The function of the kernel at addr; valid until close. NULL: not known. */
	const char *(*kernel)(struct source *s, uint64_t addr);
};

/* A source as it was at one time. */
struct source_moment {
	uint64_t time_ns;
	const struct extents *pages;   /* all that exist, by PM_CAT_* */
	const struct extents *written; /* since the time before; if it is known: */
	bool written_known;
};
/* Not 0: ends it. */
typedef int source_moment_fn(void *arg, const struct source_moment *m);

/* Pages of a region that were written between two times of its line: tick - 1, tick. */
struct source_wrote {
	uint64_t start; /* of the region */
	size_t tick;
	uint64_t pages;
};

/* Of a source that has a past: it is shown as it was at one time, the last at first. */
struct source_time {
	/*
	 * Takes in what was recorded since: its line is another then. It stays at its time; if that
	 * was dropped meanwhile, at another, and knows nothing of it before it goes there.
	 */
	void (*grow)(struct source *s);

	/*
	 * Takes that in, and goes to what is shown at that time of its clock. -1 with err: it stays
	 * where it is.
	 */
	int (*go)(struct source *s, uint64_t time_ns, struct err *err);

	/* When its process, as it is shown, began to be recorded. */
	uint64_t (*began)(struct source *s);

	/* All its times; a reference for the caller. */
	struct timeline *(*line)(struct source *s);

	/*
	 * Calls fn at the times [from, to] of its line, ascending; the source stays where it is.
	 * 1: fn or s->stop ended it early; -1 with err.
	 */
	int (*walk)(struct source *s, size_t from, size_t to, source_moment_fn *fn, void *arg,
	            struct err *err);

	/*
	 * What was written from one time of its line to the one that it is at, in one session:
	 * ascending by region, then by time; returns how many. The caller frees them.
	 */
	size_t (*wrote)(struct source *s, size_t from, struct source_wrote **out);

	/*
	 * What was written in the intervals between its times, by then: as stamps whose counts are
	 * of the intervals whose faults are known page by page, valid until the next `go`; returns
	 * the pages of those before, since the first epoch that is known.
	 */
	uint64_t (*written)(struct source *s, const struct stamps **by_page);

	/* The highest end of any region that ever began in [start, end); 0: there was none. */
	uint64_t (*reach)(struct source *s, uint64_t start, uint64_t end);

	/*
	 * The next page from addr on whose contents were recorded at any of its times, UINT64_MAX:
	 * none; and what was in a page by the one that it is at. false: it was not recorded.
	 */
	uint64_t (*contents)(struct source *s, uint64_t addr);
	bool (*content)(struct source *s, uint64_t addr, uint8_t *to);

	/*
	 * When the frame of the page at addr was looked up, by the time that it is at; 0: it was
	 * not. *again: when it was found to be the same after that time; 0: never.
	 */
	uint64_t (*looked)(const struct source *s, uint64_t addr, uint64_t *again);

	/*
	 * When smaps was last read, of which smaps_one is then; 0: it was not. Of all regions it is
	 * only known where that is no earlier than the time that it is at.
	 */
	uint64_t (*smaps)(const struct source *s);
};

/* What is known of a place in the code (struct code); its texts are valid until the next `go`. */
struct source_code {
	const char *name, *file;
	const char *source;  /* FILE:LINE; NULL: not known */
	const char *inlined; /* one in a line, the innermost first; NULL: none */
	uint64_t offset, called;
	bool known, kernel, runs, framed, reads;
};

/* Accesses by address, sampled (damon.h): begun once, and then read again and again. */
struct source_sampling {
	/* Whether it can; only reads. *left: see damon_probe. -1 with err: why not. */
	int (*probe)(struct source *s, bool *left, struct err *err);

	/* Begins, if it has not begun. It disturbs the target. -1 with err. */
	int (*begin)(struct source *s, struct err *err);

	/* What was seen in the last moment. -1 with err: it has ended, or has not begun. */
	int (*read)(struct source *s, struct damon_regions *out, struct err *err);

	/* Ends it, if it has begun; an exec does, too, and the close of the source. */
	void (*end)(struct source *s);
};

struct source_ops {
	/* --- its life ------------------------------------------------------------------------- */

	/*
	 * Opens the page tables; before it only meta, life, alive and regions may be used. May
	 * block as long as the kernel does. -1: the page tables cannot be read.
	 */
	int (*open_pages)(struct source *s, struct err *err);

	/* After exec: opens the new address space, with its page tables. */
	int (*reopen)(struct source *s, struct err *err);

	/* Whether the address space that was opened is still there. Cheap. */
	bool (*alive)(const struct source *s);

	/* Whether the process runs, is ending or has ended. Updates meta.comm. */
	enum proc_life (*life)(struct source *s);

	/* The time of what is read now, in ns, on the clock of all stamps. */
	uint64_t (*clock)(const struct source *s);
	/*
	 * What this thread has used of a processor so far, in ns: waits for the kernel, or for its
	 * turn, are no part of what a scan costs. NULL: scans cost nothing.
	 */
	uint64_t (*spent)(const struct source *s);

	/* --- the address space ---------------------------------------------------------------- */

	/*
	 * The regions now, ascending, each with its type and backing. Updates meta.swaps and
	 * meta.word. None: the address space is gone. -1 with err.
	 */
	int (*regions)(struct source *s, struct vma_list *out, struct err *err);

	/*
	 * Updates the list of threads if that is due; `again`: the regions have changed. Leaves out
	 * threads of which nothing is known.
	 */
	void (*threads)(struct source *s, struct threads *t, bool again);

	/*
	 * The stack pointer and program counter of a thread that waits. -1 with err: it runs, it is
	 * not there, or we may not look.
	 */
	int (*registers)(const struct source *s, pid_t tid, struct thread_registers *out,
	                 struct err *err);

	/* --- pages ---------------------------------------------------------------------------- */

	/*
	 * The page-table words (flags.def) of n pages from addr. Returns how many are known: fewer
	 * than n if one is not. -1 with err.
	 */
	ssize_t (*words)(const struct source *s, uint64_t addr, uint64_t *words, size_t n,
	                 struct err *err);

	/*
	 * Calls fn, ascending, for each maximal run of pages in [start, end) that match, with those
	 * of `cats` that apply. 1: fn or s->stop ended it early; -1 with err.
	 */
	int (*runs)(const struct source *s, uint64_t start, uint64_t end,
	            const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn, void *arg,
	            struct err *err);

	/*
	 * The word of `file` for each of n frames, in any order. ok[i] false: not known. A frame
	 * may have changed its owner meanwhile: read the page's word again (page_read).
	 */
	void (*frames)(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
	               uint64_t *out, bool *ok);

	/*
	 * Whether a frame was marked as idle and not used since (page_idle.h). false: not known.
	 * NULL: never.
	 */
	bool (*idle)(const struct source *s, uint64_t pfn, bool *idle);

	/*
	 * Whether memory of the machine has broken (hwpoison), or that is not known: then a page
	 * may differ from the others of its folio in any way.
	 */
	bool (*broken)(const struct source *s);

	/* The NUMA node of each of n pages from addr (at most PAGE_BATCH); -1: not known. */
	void (*nodes)(const struct source *s, uint64_t addr, int *out, size_t n);

	/* The sizes of folios that the kernel is configured to use. FOLIOS_ANY: not known. */
	enum folio_sizes (*folio_sizes)(const struct source *s);

	/* Appends the path of the memory cgroup with that inode. false: not known. */
	bool (*cgroup)(const struct source *s, uint64_t inode, struct buf *out);

	/* --- expensive: only on request ------------------------------------------------------- */

	/*
	 * smaps of all regions, ascending; `p` advances by one for each. -1: it cannot be read. 1:
	 * s->stop ended it early.
	 */
	int (*smaps)(const struct source *s, struct progress *p, struct smaps *out,
	             struct err *err);

	/* The same of the one region that starts at `start`. -1: there is none, or as above. */
	int (*smaps_one)(const struct source *s, struct progress *p, uint64_t start,
	                 struct smaps_entry *out, struct err *err);

	/*
	 * Clears the referenced bits of all its pages: smaps says then what was used since. It
	 * changes the target. -1 with err.
	 */
	int (*unreference)(struct source *s, struct err *err);

	/*
	 * Samples which memory is accessed, for that long or until s->stop (damon.h). NULL: it
	 * cannot. -1 with err.
	 */
	int (*accesses)(struct source *s, uint64_t ns, struct damon_regions *out, struct err *err);

	const struct source_sampling *sampling; /* the same, going on; NULL: it cannot */

	/*
	 * Reads n bytes of memory at addr, which must be in RAM by the page table. Returns how many
	 * were read; if fewer than n, *sys is the errno, or 0 at the end of memory. -1 with err:
	 * memory cannot be read at all.
	 */
	ssize_t (*bytes)(struct source *s, uint64_t addr, void *to, size_t n, int *sys,
	                 struct err *err);

	/*
	 * Faults in the absent page of v at addr, by reading a byte of it. Returns an errno; 0:
	 * done. -1 with err: memory cannot be read at all.
	 */
	int (*fault_in)(struct source *s, const struct vma *v, uint64_t addr, struct err *err);

	/* Announces files(): starts what its first answer would wait for. NULL: nothing to start */
	void (*files_soon)(struct source *s);

	/* Facts from the file of v about [start, end): see helper_pages. false: not known. */
	bool (*files)(struct source *s, const struct vma *v, uint64_t start, uint64_t end,
	              unsigned needs, struct file_pages *out);

	/* n bytes of the file of v as it would be mapped at `start`. false: they cannot be read. */
	bool (*file_bytes)(struct source *s, const struct vma *v, uint64_t start, size_t n,
	                   uint8_t *to);

	/*
	 * The symbol at addr, from the file of v, or from `image`, the first page of the vdso v
	 * (NULL: a file). false: not known.
	 */
	bool (*symbol)(struct source *s, const struct vma_list *vmas, const struct vma *v,
	               const uint8_t *image, uint64_t addr, unsigned needs,
	               struct helper_symbol *out);

	/*
	 * Symbols of that name in the file whose code v maps, or in the vdso v: see helper_find.
	 * false: not known.
	 */
	bool (*find_symbol)(struct source *s, const struct vma_list *vmas, const struct vma *v,
	                    const uint8_t *image, const char *name, enum symbol_how how,
	                    struct helper_matches *out);

	/*
	 * The instruction at addr, from the file of v: see helper_instruction. NULL, or false: not
	 * known.
	 */
	bool (*instruction)(struct source *s, const struct vma_list *vmas, const struct vma *v,
	                    uint64_t addr, bool stored, struct helper_instruction *out);

	/*
	 * What was known of the code at addr when it ran; `returns`: it is a return address. NULL:
	 * there is only now, so that symbols and memory say it; false: not known.
	 */
	bool (*code)(struct source *s, uint64_t addr, bool returns, struct source_code *out);

	/* Whether the last call of files or symbol failed only because it timed out. */
	bool (*late)(const struct source *s);

	/*
	 * 0; or -1 with err: the last question about a file was not asked, as the process that
	 * reads files cannot be started. NULL: there is no such process.
	 */
	int (*reads_files)(const struct source *s, struct err *err);

	/* Counters of faults and sizes: if equal twice, no page is new. false: not known. */
	bool (*counters)(const struct source *s, struct proc_activity *out);

	/* Whether a region is as it was when listed, where the kernel says so of one; else true. */
	bool (*stays)(const struct source *s, const struct vma *v);

	/* Fills in rows for --capabilities, at most CAPS_MAX; returns their number. */
	size_t (*caps)(struct source *s, struct track *t, struct cap *out);

	const struct source_writes *writes;
	const struct source_others *others;
	const struct source_faults *faults;
	const struct source_time *time; /* NULL: there is only now */

	/* Closes everything and frees s. */
	void (*close)(struct source *s);
};

/* A source's own struct begins with this one. */
struct source {
	const struct source_ops *ops;
	struct source_meta meta;
	/* set by the caller: called during long walks; true ends them. NULL: never */
	bool (*stop)(void *arg);
	void *stop_arg;
	bool stop_waits; /* it also ends waits for a file's server: what was asked is not known */
};

/*
 * Opens process `pid` below `root`, a proc file system or a directory laid out like one; all but
 * the page tables (`open_pages`). NULL with err.
 */
struct source *source_open(const char *root, pid_t pid, struct err *err);

/* Whether it is shown as it was: what was not found out by then is not known. */
static inline bool
source_is_past(const struct source *s)
{
	return s->ops->time != NULL;
}

/* Why frames may not be known. */
static inline enum page_lack
source_lack(const struct source *s)
{
	return !source_is_past(s) ? PAGE_LACK_RIGHT
	       : s->meta.frames   ? PAGE_LACK_LOOK
	                          : PAGE_LACK_RECORDED;
}

/* Whether the last question about a file was not asked, with err: why. */
static inline bool
source_is_barred(const struct source *s, struct err *err)
{
	return s->ops->reads_files && s->ops->reads_files(s, err) < 0;
}

/* Whether to abandon the walk. */
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

static inline uint64_t
source_spent(const struct source *s)
{
	return s->ops->spent ? s->ops->spent(s) : 0;
}

static inline ssize_t
source_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	return s->ops->words(s, addr, words, n, err);
}

static inline int
source_runs_matching(const struct source *s, uint64_t start, uint64_t end,
                     const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn, void *arg,
                     struct err *err)
{
	return s->ops->runs(s, start, end, match, cats, fn, arg, err);
}

/* The runs of pages with one of the `any` categories; 0: of all pages. */
static inline int
source_runs(const struct source *s, uint64_t start, uint64_t end, uint64_t any, uint64_t cats,
            pagemap_run_fn *fn, void *arg, struct err *err)
{
	return source_runs_matching(s, start, end, &(struct pm_match){.any = any}, cats, fn, arg,
	                            err);
}

static inline void
source_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
              uint64_t *out, bool *ok)
{
	s->ops->frames(s, file, pfn, n, out, ok);
}

/* false: this region has no page table ([vsyscall], outside user space). */
static inline bool
source_readable(const struct source *s, const struct vma *v)
{
	uint64_t word;
	struct err ignored;

	return s->ops->words(s, v->start, &word, 1, &ignored) == 1;
}

#endif
