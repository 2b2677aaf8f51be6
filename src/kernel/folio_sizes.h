/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FOLIO_SIZES_H
#define PM_FOLIO_SIZES_H

#include <stddef.h>
#include <stdint.h>

/* The sizes of anonymous folios that the kernel is configured to use. */
enum folio_sizes {
	FOLIOS_UNREAD,
	FOLIOS_SMALL, /* single pages only */
	FOLIOS_HUGE,  /* single pages and huge pages */
	FOLIOS_ANY,   /* sizes in between, too; or not known */
};

/* sys: the directory of the settings, FOLIO_SETTINGS */
#define FOLIO_SETTINGS "/sys/kernel/mm/transparent_hugepage"
enum folio_sizes folio_sizes(const char *sys, size_t page_size);

/* The order of a huge page: as many pages as one page table has 8-byte entries, but for PowerPC. */
unsigned folio_huge_order(size_t page_size);

static inline uint64_t
folio_huge_pages(size_t page_size)
{
	return UINT64_C(1) << folio_huge_order(page_size);
}

#endif
