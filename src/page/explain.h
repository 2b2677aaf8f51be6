/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_EXPLAIN_H
#define PM_EXPLAIN_H

#include "kernel/flags.h"
#include "kernel/vma.h"
#include "page/page.h"

/*
 * What a bit says of this very page, where that is more, or other, than the bit's own words: bit 62
 * of a guard page, bit 61 of the huge zero page, kpageflags' 34 of an anonymous page. NULL: nothing
 * beyond the words in flags.def.
 */
const char *explain_bit(const struct flag *f, const struct page *pg, const struct vma *v);

/* What kind of region it is, in words: "memfd", "System V shared memory", "file, deleted since". */
const char *explain_region(const struct vma *v);

/* One part of the flags of /proc/PID/maps, in words: "readable, writable, private". */
void explain_perm(const struct vma *v, struct buf *out);

#endif
