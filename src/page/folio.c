/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/folio.h"

#include "kernel/flags.h"

bool
folio_is_known(const struct page *pg)
{
	return pg->known & PAGE_FLAGS && pg->word & PM_PRESENT;
}

/* Whether a huge page fits here: aligned to its size, inside the region. */
static bool
folio_fits_huge(const struct vma *v, uint64_t addr, size_t page_size)
{
	uint64_t size = (uint64_t)page_size << folio_huge_order(page_size);
	uint64_t start = addr & ~(size - 1);

	return start >= v->start && start + size <= v->end;
}

bool
folio_is_small(const struct page *pg, const struct vma *v, uint64_t addr, size_t page_size,
               bool zero_known, enum folio_sizes sizes)
{
	static const uint64_t large = KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL | KPF_THP | KPF_HUGE;

	if (folio_is_known(pg))
		return !(pg->kpf & (large | KPF_ZERO_PAGE));
	if (!zero_known && pg->word & PM_PRESENT && !(pg->word & PM_EXCLUSIVE))
		return false; /* it may be the zero page */
	return sizes == FOLIOS_SMALL ||
	       (sizes == FOLIOS_HUGE && !folio_fits_huge(v, addr, page_size));
}
