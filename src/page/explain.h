/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_EXPLAIN_H
#define PM_EXPLAIN_H

#include "kernel/flags.h"
#include "kernel/vma.h"
#include "page/page.h"

/*
 * What a bit means for this particular page, where that differs from the general words: bit 62 of a
 * guard page, bit 61 of the huge zero page, bit 34 of kpageflags for an anonymous page. NULL: the
 * words in flags.def suffice.
 */
const char *explain_bit(const struct flag *f, const struct page *pg, const struct vma *v);

/* The kind of a region in words: "memfd", "private mapping of a file", "System V shared memory". */
const char *explain_region(const struct vma *v);

/* Writes the permissions of /proc/PID/maps in words: "readable, writable, private". */
void explain_perm(const struct vma *v, struct buf *out);

#endif
