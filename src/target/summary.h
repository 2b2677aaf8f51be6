/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SUMMARY_H
#define PM_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page/pfnset.h"
#include "page/state.h"
#include "target/target.h"

/*
 * Sums over the pages of a process: by state, by type of region, by combination of kpageflags, by
 * how often they are mapped, by the folios they are in. All numbers are pages. Each page of each
 * region counts once, absent ones too; memory use grows with the number of distinct combinations of
 * flags, and by a bit per folio (pfnset.h).
 */
struct summary_type {
	uint64_t regions, pages;
	uint64_t rss, swap, hugetlb; /* as in region.h: RSS is without zero page and hugetlb */
	uint64_t unreadable;         /* pages of which nothing is known */
	bool swap_unknown;           /* more may be in swap: shared memory is not all known */
};

struct summary_flags {
	uint64_t kpf, pages;
};

/*
 * How often pages in RAM are mapped, by any process. If the count is hidden, bit 56 of the page
 * table still shows whether it is one.
 */
enum summary_share {
	SHARE_0, SHARE_1, SHARE_2, SHARE_4, SHARE_16, SHARE_64,
	SHARE_EXCLUSIVE, SHARE_REST, /* the count is hidden */
	SHARE_NO_COUNT,              /* memory of a device */
	SHARE_COUNT
};
struct summary_share_row {
	uint64_t from; /* the smallest count */
	const char *name, *words;
};
const struct summary_share_row *summary_share_row(enum summary_share s);

const char *summary_kind_name(enum page_kind k);

/*
 * How the pages of a folio are mapped, in the categories of the kernel's thpmaps. Whole: all of the
 * folio's pages in order within one region, as a single entry could map them.
 */
enum summary_fit {
	FIT_PMD,       /* by a single entry (only if `pmd_known`) */
	FIT_ALIGNED,   /* whole, at a multiple of its size: could be mapped by one entry */
	FIT_UNALIGNED, /* whole, elsewhere */
	FIT_PARTIAL,   /* some of its pages */
	FIT_COUNT
};
struct summary_folios {
	uint64_t met; /* the number of different folios, mapped in whole or in part */
	uint64_t pages[FIT_COUNT];
};

enum { SUMMARY_ORDERS = 22 };

/* Pages of one folio that follow each other, in memory and in the folio. */
struct summary_run {
	uint64_t start, next;   /* addresses: of the first, and after the last */
	uint64_t pfn, next_pfn; /* likewise; next_pfn 0: there is no run */
	uint64_t folio;
	uint8_t order, kind;
	bool pmd;
};

struct summary {
	size_t page_size;
	bool pmd_known, no_flags; /* no_flags: kpageflags cannot be read */
	enum page_lack lack;      /* why frames may not be known */
	uint64_t regions, pages, present;
	uint64_t hidden; /* present pages with hidden frame numbers */
	uint64_t by_state[STATE_COUNT];
	struct summary_type by_type[VMA_TYPES];

	/* of pages in RAM only */
	struct summary_flags *flags; /* ascending */
	size_t flags_n, flags_cap, flags_last;
	uint64_t flags_unknown;
	uint64_t by_share[SHARE_COUNT];
	uint64_t averaged[SHARE_COUNT]; /* of these, counted as their folio is on average */
	uint64_t pss, pss_unknown; /* see summary_pss */
	struct summary_folios folios[KIND_COUNT][SUMMARY_ORDERS];
	uint64_t folios_unknown;
	struct pfnset heads; /* of the folios so far */
	struct summary_run run;
};

/* pmd_known: the scan of the page tables reports huge mappings (PM_CAT_HUGE). */
void summary_init(struct summary *s, size_t page_size, bool pmd_known);
void summary_free(struct summary *s);

/*
 * Adds [start, end) of region v. Regions come once each. Returns what walk_pages does.
 */
int summary_add(struct summary *s, struct target *t, const struct vma *v, uint64_t start,
                uint64_t end, struct err *err);

/* A part of summary_add: some pages of a region. */
void summary_pages(struct summary *s, const struct vma *v, uint64_t addr, const struct page *pages,
                   size_t n);

/* After the last region: counts the run that is still open. */
void summary_end(struct summary *s);

/* Why no frame of the pages in RAM is known; NULL: some are, or no page is in RAM. */
const char *summary_hidden_why(const struct summary *s);

/* Pages counted as their folio is on average (PAGE_AVERAGED). */
uint64_t summary_averaged(const struct summary *s);

/*
 * The proportional set size in bytes, as in smaps: each page's size divided by how often it is
 * mapped, without hugetlb. false: not known, because the count of a shared page is not.
 */
bool summary_pss(const struct summary *s, uint64_t *bytes);

#endif
