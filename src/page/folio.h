/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FOLIO_H
#define PM_FOLIO_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/vma.h"
#include "page/page.h"

/*
 * Whether a page of private memory is a folio of its own, so that it is there because it, and no
 * neighbour of it, was written. kpageflags tells; without it, what sizes the kernel is set to make,
 * and where a huge page fits.
 */
enum folio_sizes {
	FOLIOS_UNREAD,
	FOLIOS_SMALL, /* no others */
	FOLIOS_HUGE,  /* and huge pages */
	FOLIOS_ANY,   /* and sizes between; or not known */
};
enum folio_sizes folio_sizes(const char *sys); /* the folder of the settings, FOLIO_SETTINGS */
#define FOLIO_SETTINGS "/sys/kernel/mm/transparent_hugepage"

/*
 * *sizes: to begin with FOLIOS_UNREAD; read when it is needed. false: it is not, or that is not
 * known.
 */
bool folio_is_small(const struct page *pg, const struct vma *v, uint64_t addr,
                    const struct pagemap *pm, enum folio_sizes *sizes);

#endif
