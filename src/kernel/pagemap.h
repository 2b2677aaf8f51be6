/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGEMAP_H
#define PM_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * What the page tables say: /proc/PID/pagemap, a 64-bit word for each virtual page
 * (Documentation/admin-guide/mm/pagemap.rst). Two ways in:
 *
 *   words   pread, exact, ~28 ns a page: for the pages on screen and for dumps
 *   runs    PAGEMAP_SCAN where the kernel has it (6.7): stretches of pages that share categories,
 *           ~0 for empty address space; the same runs are made from words on older kernels
 *
 * One read is not a snapshot: the kernel looks at 2 MiB under one lock, then at the next.
 */
struct pagemap {
	int fd;
	size_t page_size;
	uint64_t scan;     /* PM_CAT_* the kernel's PAGEMAP_SCAN knows; 0: it has none */
	uint64_t zero_pfn; /* frame of the 4 KiB zero page, found on an own page; 0: not known */
	bool plain;        /* a plain file (fixtures): its holes can be skipped */
	bool (*stop)(void *arg); /* asked during long walks; true ends them. NULL: never */
	void *stop_arg;
};

/*
 * Opens it anew; page_size, plain and `stop` are the caller's. The file of another user's process,
 * or of a kernel thread, is an error.
 */
int pagemap_open(struct pagemap *pm, const struct proc *p, struct err *err);

/* Finds out what the kernel's own can do besides: scan and zero_pfn. */
void pagemap_probe(struct pagemap *pm);
void pagemap_close(struct pagemap *pm);

/* Whether the kernel shows us page frames at all, tried on a page of our own. */
bool pagemap_shows_frames(size_t page_size);

/*
 * The words of `n` pages from addr. Returns how many were read: fewer means that the kernel has no
 * page table there ([vsyscall]) or that the address space is gone. -1 with `err` if it would not.
 */
ssize_t pagemap_words(const struct pagemap *pm, uint64_t addr, uint64_t *words, size_t n,
                      struct err *err);

struct pm_run {
	uint64_t start, end; /* bytes */
	uint64_t cats;       /* PM_CAT_* */
};

/* Return non-zero to stop the walk. */
typedef int pagemap_run_fn(void *arg, const struct pm_run *run);

/*
 * Calls fn, ascending, for each longest run in [start, end) that has one of the `any` categories,
 * with those of `cats` that apply. Asking for PM_CAT_FILE makes the kernel touch every struct page
 * (6x dearer). Returns 1 if fn or pm->stop ended the walk before its end: what was seen is then not
 * all there is. Never blocks the target's mmap lock for long: short calls, a breath between them.
 */
int pagemap_runs(const struct pagemap *pm, uint64_t start, uint64_t end, uint64_t any,
                 uint64_t cats, pagemap_run_fn *fn, void *arg, struct err *err);

/* The categories a word shows (never HUGE; PFNZERO only for the known zero frame). */
uint64_t pagemap_word_cats(const struct pagemap *pm, uint64_t word);

#endif
