/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGEMAP_H
#define PM_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/util.h"
#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * The page tables: /proc/PID/pagemap, a 64-bit word per virtual page
 * (Documentation/admin-guide/mm/pagemap.rst), in two forms:
 *
 *   words   pread, exact, ~28 ns a page: for the pages on screen and for dumps
 *   runs    PAGEMAP_SCAN where the kernel has it (6.7): ranges of pages with the same categories,
 *           ~0 ns for empty address space, 11 ns a page that it reports and 2 for one that it does
 *           not; made from words on older kernels
 *
 * A read is not a snapshot: the kernel locks each 2 MiB separately.
 */
struct pagemap {
	int fd;
	size_t page_size;
	uint64_t scan;     /* PM_CAT_* the kernel's PAGEMAP_SCAN knows; 0: it has none */
	uint64_t zero_pfn; /* frame of the 4 KiB zero page, found on an own page; 0: not known */
	int maps;          /* /proc/PID/maps of the same address space, open; -1: not there */
	bool inverts;      /* `maps` says whether a region is there: see pagemap_runs */
	bool few_tables;   /* a walk of all page tables is short, so that reach does not matter */
	bool plain;        /* a plain file (fixtures): its holes can be skipped */
	bool (*stop)(void *arg); /* called during long walks; true ends them. NULL: never */
	void *stop_arg;
};

/*
 * Opens it; the caller sets page_size, plain and `stop` before. Fails for another user's process
 * and for a kernel thread.
 */
int pagemap_open(struct pagemap *pm, const struct proc *p, struct err *err);

/* Sets scan, inverts and zero_pfn, by trying on the open files. */
void pagemap_probe(struct pagemap *pm);
void pagemap_close(struct pagemap *pm);

/* Whether the kernel shows us page frames, tried on a page of our own. */
bool pagemap_shows_frames(size_t page_size);

/*
 * The words of `n` pages from addr. Returns how many were read: fewer if there is no page table
 * ([vsyscall]) or the address space is gone. -1 with err.
 */
ssize_t pagemap_words(const struct pagemap *pm, uint64_t addr, uint64_t *words, size_t n,
                      struct err *err);

/*
 * The first page at or after addr that may be present or in swap; `end`: there is none. Fast over
 * empty address space where the kernel has PAGEMAP_SCAN; without it, addr.
 */
uint64_t pagemap_next(const struct pagemap *pm, uint64_t addr, uint64_t end);

/*
 * Whether a region is as it was when listed, but for its name. true where the kernel does not say
 * so of one region (before Linux 6.11).
 */
bool pagemap_region_stays(const struct pagemap *pm, const struct vma *v);

/* A pause between two reads, so that a process waiting for its mmap_lock gets it. */
void pagemap_breathe(void);

/*
 * Waits until nobody holds the mmap_lock of an open pagemap's address space for writing, so that a
 * kill ends the wait: before a rare call that would wait for it whatever happens (userfaultfd's,
 * DAMON's), for then pmtop itself could not end. It may be taken again before that call.
 */
void pagemap_await(int fd);

struct pm_run {
	uint64_t start, end; /* bytes */
	uint64_t cats;       /* PM_CAT_* */
};

/* Return non-zero to stop the walk. */
typedef int pagemap_run_fn(void *arg, const struct pm_run *run);

/* Pages with all of `all`, none of `none` and, unless it is 0, one of `any` (PM_CAT_*). */
struct pm_match {
	uint64_t any, all, none;
};

/*
 * Calls fn, ascending, for each maximal run of pages in [start, end) that match, with those of
 * `cats` that apply. PM_CAT_FILE, in either, makes the kernel access every struct page (6x slower).
 * Returns 1 if fn or pm->stop ended the walk early; -1 with err. Never holds the target's mmap lock
 * for long: calls are short, with pauses between them. Fastest within one region: where most pages
 * have the same categories the kernel is asked for the others.
 */
int pagemap_runs(const struct pagemap *pm, uint64_t start, uint64_t end,
                 const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn, void *arg,
                 struct err *err);

/* The categories a word shows (never HUGE; PFNZERO only for the known zero frame). */
uint64_t pagemap_word_cats(const struct pagemap *pm, uint64_t word);

/* Appends the names of PM_CAT_* as the kernel's PAGE_IS_*, in lower case, separated by `sep`. */
void pagemap_cat_names(struct buf *out, uint64_t cats, const char *sep);

#endif
