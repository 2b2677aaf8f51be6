/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SOURCE_ROOT_H
#define PM_SOURCE_ROOT_H

/*
 * What source_proc and source_dir share: files below a proc root. For source_*.c and tests only.
 */
#include "cause/faults.h"
#include "kernel/kallsyms.h"
#include "kernel/numa.h"
#include "target/kinds.h"
#include "target/source.h"

struct source_root {
	struct source base;
	struct proc proc;
	int maps;              /* kept open: reads as empty once the address space is gone */
	int mem;               /* the target's memory; opened on first use, -1 until then */
	struct pagemap pm;
	struct frames frames;
	struct numa numa;
	int page_idle;         /* its bitmap, -1: there is none, or it is refused */
	struct damon *damon;   /* samples its accesses; NULL: nothing does */
	struct kinds kinds;
	pid_t tid;             /* of a thread that has its memory, when others were listed */
	enum truth averages;   /* of map counts, once that was tried: */
	bool averages_tried;
	struct faults *faults; /* watched; NULL: they are not */
	struct faults *family; /* those of the family; NULL: they are not */
	/* a directory: the file of its page faults, if meta.faults; who gets them, or NULL */
	int fault_lines;
	struct causes *into;
	struct kallsyms kallsyms;
	struct helper *helper; /* accesses its files; NULL until first use, and for a directory */
};

static inline struct source_root *
source_root_of(const struct source *s)
{
	return (struct source_root *)(uintptr_t)s; /* base is its first member */
}

/* Sets up the base, with everything closed. */
void source_root_init(struct source_root *r, const struct source_ops *ops, size_t page_size);

/* Opens the bitmap of idle frames. -1 with errno. */
int source_root_open_page_idle(const struct source_root *r);

/* With `proc` open: opens maps and the files about frames. */
int source_root_begin(struct source_root *r, struct err *err);
int source_root_open(struct source *s, struct err *err);
int source_root_reopen(struct source *s, struct err *err);
void source_root_close(struct source *s);

enum proc_life source_root_life(struct source *s);
uint64_t source_root_clock(const struct source *s);
uint64_t source_root_spent(const struct source *s);
int source_root_regions(struct source *s, struct vma_list *out, struct err *err);
void source_root_threads(struct source *s, struct threads *t, bool again);
int source_root_registers(const struct source *s, pid_t tid, struct thread_registers *out,
                          struct err *err);
ssize_t source_root_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n,
                          struct err *err);
int source_root_runs(const struct source *s, uint64_t start, uint64_t end,
                     const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn, void *arg,
                     struct err *err);
void source_root_frames(const struct source *s, enum frame_file file, const uint64_t *pfn,
                        size_t n, uint64_t *out, bool *ok);
bool source_root_idle(const struct source *s, uint64_t pfn, bool *idle);
enum folio_sizes source_root_folio_sizes(const struct source *s);
int source_root_smaps(const struct source *s, struct progress *p, struct smaps *out,
                      struct err *err);
int source_root_smaps_one(const struct source *s, struct progress *p, uint64_t start,
                          struct smaps_entry *out, struct err *err);
int source_root_accesses(struct source *s, struct damon_regions *out, struct err *err);
void source_root_end_accesses(struct source *s);
int source_root_unreference(struct source *s, struct err *err);
bool source_root_counters(const struct source *s, struct proc_activity *out);

/* 0, or -1 with err: reading memory takes the right to attach. */
int source_root_open_memory(struct source_root *r, struct err *err);

/* source_dir.c, source_proc.c: take over `proc`, which is open. NULL with err. */
struct source *source_dir_open(const struct proc *proc, struct err *err);
struct source *source_proc_open(const struct proc *proc, struct err *err);
extern const struct source_ops source_dir_ops;

/* source_faults.c: of a directory they fail, or know nothing. */
int source_faults_watch(struct source *s, struct causes *into, unsigned budget, struct err *err);
int source_faults_family(struct source *s, const pid_t *pids, size_t n, struct causes *into,
                         unsigned budget, struct err *err);
struct stores *source_faults_stores(struct source *s, uint64_t addr, unsigned bytes,
                                    unsigned budget, struct causes *into, struct err *err);
void source_faults_wait(struct source *s, uint64_t ns);
const char *source_faults_kernel(struct source *s, uint64_t addr);

/* source_dir_faults.c */
extern const struct source_faults source_dir_faults;
void source_dir_open_faults(struct source_root *r);
void source_dir_close(struct source *s);
int source_dir_regions(struct source *s, struct vma_list *out, struct err *err);
bool source_dir_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                       const uint8_t *image, uint64_t addr, unsigned needs,
                       struct helper_symbol *out);

/* source_tracked.c, source_others.c, source_faults.c, source_caps.c */
extern const struct source_writes source_tracked;
extern const struct source_others source_others;
extern const struct source_faults source_faults;
size_t source_caps(struct source *s, struct track *t, struct cap *out);

#endif
