/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FRAME_H
#define PM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/proc.h"

/*
 * Facts by page frame number: /proc/kpageflags, kpagecount, kpagecgroup, one 64-bit word a frame
 * (Documentation/admin-guide/mm/pagemap.rst). Readable by root only; each file may be missing or
 * refused each for itself. They are looked up for frames just read from a page table, never cached:
 * a frame can belong to somebody else the moment after.
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

void frames_open(struct frames *f, const struct proc *p);
void frames_close(struct frames *f);

enum frame_file { FRAME_FLAGS, FRAME_COUNT, FRAME_CGROUP };

/*
 * One word for each of the n frames, which need not be in order; runs of neighbours are read
 * together. ok[i] is false where the file has none (past the end of memory, not readable).
 */
void frames_lookup(const struct frames *f, enum frame_file file, const uint64_t *pfn, size_t n,
                   uint64_t *out, bool *ok);

/*
 * The folio (compound page) that a frame belongs to: 1 << order pages from `head` on, a power of
 * two at a multiple of itself. kpf is the frame's own word of kpageflags. false: its neighbours do
 * not fit together, so it was taken apart meanwhile.
 */
struct folio {
	uint64_t head;
	unsigned order;
	uint64_t kpf; /* of its head */
};
bool frames_folio(const struct frames *f, uint64_t pfn, uint64_t kpf, struct folio *out);

#endif
