/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGE_CARD_H
#define PM_PAGE_CARD_H

#include "views/card.h"

/*
 * The facts of a page. `more`: the sampler's answer about the page (symbol, cgroup, folio), or
 * NULL. A narrow card shows it last, so that nothing moves when it arrives.
 */
void page_card(struct card *c, const struct sample *s, const struct vma *v, uint64_t addr,
               const struct page *pg, uint64_t written_ns, uint64_t now, const struct answer *more);

#endif
