/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FOLIO_H
#define PM_FOLIO_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/folio_sizes.h"
#include "kernel/vma.h"
#include "page/page.h"

/* Whether kpageflags has the folio; else folio_is_small uses the configured folio sizes. */
bool folio_is_known(const struct page *pg);

/*
 * Whether a page of private memory is a folio of its own, so that it exists because it was written
 * itself, not because a neighbour was. Known from kpageflags; without them, from the folio sizes
 * that the kernel is configured to use and from where a huge page fits. zero_known: the page is
 * known not to be the zero page. false: it is part of a larger folio, or not known.
 */
bool folio_is_small(const struct page *pg, const struct vma *v, uint64_t addr, size_t page_size,
                    bool zero_known, enum folio_sizes sizes);

#endif
