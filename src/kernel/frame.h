/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FRAME_H
#define PM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/truth.h"
#include "kernel/proc.h"

/*
 * Facts by page frame number: /proc/kpageflags, kpagecount, kpagecgroup, one 64-bit word per frame
 * (Documentation/admin-guide/mm/pagemap.rst). Readable by root only; each file may be missing or
 * refused. Looked up for frames just read from a page table, and never cached: a frame may have a
 * new owner at any time.
 */
struct frames {
	int flags, count, cgroup; /* file descriptors, or -1 */
	/*
	 * Linux 6.12 (seen on 6.12.117) sets KPF_KSM on every anonymous page: found on a page of
	 * our own that nobody merged. There the flag is not believed: a merged page reads as
	 * shared.
	 */
	bool ksm_lies;
};

enum frame_file { FRAME_FLAGS, FRAME_COUNT, FRAME_CGROUP };

void frames_open(struct frames *f, const struct proc *p);
void frames_close(struct frames *f);

/* Finds out which flags of the running kernel are wrong. */
void frames_probe(struct frames *f, size_t page_size);

/*
 * Whether kpagecount has one number for all pages of a large folio, the average of their mappings
 * (CONFIG_NO_PAGE_MAPCOUNT, Linux 6.15): tried on a huge page of a child of ours. TRUTH_UNKNOWN:
 * the kernel gave none, or took too long.
 */
enum truth frames_averages(const struct frames *f);

/* Whether memory of the machine has broken, by /proc/meminfo, or that is not known. */
bool frames_broken(const struct proc *p);

/* 1 << enum frame_file, for each that is open. */
unsigned frames_files(const struct frames *f);

/*
 * One word for each of the n frames, which need not be in order; runs of neighbours are read
 * together. ok[i] is false where the file has none (past the end of memory, not readable).
 */
void frames_lookup(const struct frames *f, enum frame_file file, const uint64_t *pfn, size_t n,
                   uint64_t *out, bool *ok);

#endif
