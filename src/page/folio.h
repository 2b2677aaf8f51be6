/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FOLIO_H
#define PM_FOLIO_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/vma.h"
#include "page/page.h"

/*
 * Whether a page of private memory is a folio of its own, so that it exists because it was written
 * itself, not because a neighbour was. Known from kpageflags; without them, from the folio sizes
 * that the kernel is configured to use and from where a huge page fits.
 */
enum folio_sizes {
	FOLIOS_UNREAD,
	FOLIOS_SMALL, /* single pages only */
	FOLIOS_HUGE,  /* single pages and huge pages */
	FOLIOS_ANY,   /* sizes in between, too; or not known */
};
/* sys: the directory of the settings, FOLIO_SETTINGS */
enum folio_sizes folio_sizes(const char *sys);
#define FOLIO_SETTINGS "/sys/kernel/mm/transparent_hugepage"

/*
 * *sizes: initially FOLIOS_UNREAD; read on demand. false: it is part of a larger folio, or not
 * known.
 */
bool folio_is_small(const struct page *pg, const struct vma *v, uint64_t addr,
                    const struct pagemap *pm, enum folio_sizes *sizes);

#endif
