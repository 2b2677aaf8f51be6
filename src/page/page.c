/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/page.h"

bool
page_hidden(const struct page *pg)
{
	return pg->known & PAGE_WORD && pg->word & PM_PRESENT && !(pg->word & PM_PFN_MASK);
}

uint64_t
page_flags(const struct page *pg)
{
	return pg->kpf | pg->head;
}

/*
 * Only lazyfree memory is anonymous without swap backing. When it is written again the kernel first
 * only sets the dirty bit in the page table, and restores the flag when it next scans the page, so
 * "freed" may be outdated.
 */
bool
page_is_lazyfree(const struct page *pg)
{
	static const uint64_t none =
	    KPF_SWAPBACKED | KPF_DIRTY | KPF_HUGE | KPF_ZERO_PAGE | KPF_HWPOISON;
	uint64_t k = page_flags(pg);
	/* nothing is known about its head page */
	bool tail = k & KPF_COMPOUND_TAIL && !(pg->known & PAGE_FOLIO);

	return pg->known & PAGE_FLAGS && k & KPF_ANON && !(k & none) && !tail &&
	       (!(k & KPF_KSM) || pg->known & PAGE_NO_KSM);
}
