/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COPIES_H
#define PM_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "target/target.h"

/*
 * The private copies of file pages (copy on write), compared with the file as it is now. A copy is
 * made by the first write, whatever it writes: relocations, breakpoints, patched code, data.
 */
enum copy_is {
	COPY_SAME,    /* the contents are the file's */
	COPY_CHANGED, /* they are not */
	COPY_UNKNOWN, /* it is in swap or must not be read, or its file cannot be read */
	COPY_KINDS
};

/* One copy; `bytes`: how many differ. Non-zero ends the walk. */
typedef int copies_fn(void *arg, uint64_t addr, enum copy_is is, unsigned bytes);

/*
 * Calls fn for each copy in [start, end) of region v, ascending. Reads these pages of memory, as
 * bytes.h does, and of the file, which the kernel may have to fetch from its disk. 1: fn or the
 * source's `stop` ended it. -1: memory cannot be read at all.
 */
int copies_walk(struct target *t, const struct vma *v, uint64_t start, uint64_t end, copies_fn *fn,
                void *arg, struct err *err);

#endif
