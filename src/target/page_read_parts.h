/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What page_read and page_huge know of words and flags. */
#ifndef PM_PAGE_READ_PARTS_H
#define PM_PAGE_READ_PARTS_H

#include "kernel/flags.h"
#include "target/page_read.h"

/* Of a word of the page table: which frame, or place in swap. */
#define PAGE_PLACE (PM_PFN_MASK | PM_PRESENT | PM_SWAPPED)

/* Flags that a folio has as a whole, and the kernel keeps in its head. */
#define PAGE_OF_FOLIO                                                                              \
	(KPF_REFERENCED | KPF_UPTODATE | KPF_DIRTY | KPF_LRU | KPF_ACTIVE | KPF_WRITEBACK |        \
	 KPF_SWAPBACKED | KPF_SWAPCACHE | KPF_UNEVICTABLE | KPF_MLOCKED)

#endif
