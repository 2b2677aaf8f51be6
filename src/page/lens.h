/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LENS_H
#define PM_LENS_H

#include "kernel/damon.h"
#include "page/page.h"
#include "page/pageset.h"
#include "page/state.h"

#define L(id, digit, name, needs, question) LENS_##id,
enum lens {
#include "page/lens.def"
	LENS_COUNT
};
#undef L

/* A class is an index within its lens, from 0; for LENS_STATE it is enum state. */
enum class_kind { CLASS_NORMAL, CLASS_ABSENT, CLASS_ALARM, CLASS_LIT, CLASS_UNKNOWN };
enum { CLASS_MAX = 32 }; /* upper bound for every lens */

struct lens_row {
	char digit;
	const char *name, *question;
	unsigned needs; /* bits of enum page_need */
};
const struct lens_row *lens_row(enum lens l);

struct class_row {
	char letter;
	enum class_kind kind;
	const char *name;
};
struct class_row lens_class(enum lens l, unsigned c);
unsigned lens_classes(enum lens l);

/* The index of a class in the list of lens.def, for tables made from it; not for LENS_STATE. */
unsigned lens_place(enum lens l, unsigned c);

/* The class of that kind CLASS_LIT; CLASS_MAX: the lens has none. */
unsigned lens_lit(enum lens l);

/* The lens with this key or name ("4", "sharing"); LENS_COUNT: none. */
enum lens lens_named(const char *name);

/*
 * The class of the pages of a gap in the page table. Of the lens of growth only where there is no
 * baseline, or none was there: lens_count_gap counts them.
 */
unsigned lens_gap(enum lens l, enum state s);

/* What became of a page since the baseline, if more is known than which pages were there. */
enum lens_kept {
	LENS_KEPT_UNKNOWN, /* it was there, and is: nothing more is known */
	LENS_KEPT_SAME,
	LENS_KEPT_CHANGED,
	LENS_KEPT_MOVED,
	LENS_KEPT_REWRITTEN,
	LENS_KEPT_GAINED,
	LENS_KEPT_LOST,
	LENS_KEPT_OUT, /* it is not there, and was not */
	LENS_KEPT_KINDS
};

/* Shared and immutable, whoever holds it. */
struct lens_keeper {
	/* Of a page that was there and is; with `count`: of any page, whatever pg is. */
	enum lens_kept (*judge)(const struct lens_keeper *k, const struct vma *v, uint64_t addr,
	                        const struct page *pg);
	/*
	 * Adds the pages of [start, end) to n: what differs is known as of two moments. NULL: of
	 * the baseline alone, and pages that are there now are compared with it.
	 */
	void (*count)(const struct lens_keeper *k, uint64_t start, uint64_t end,
	              uint64_t n[LENS_KEPT_KINDS]);
	void (*take)(struct lens_keeper *k); /* one more holds it */
	void (*drop)(struct lens_keeper *k); /* one fewer: the last frees it */
};

/*
 * State of one pass over pages in ascending order, needed because contiguous frames are a question
 * about neighbours. Start with all but `lens` zero.
 */
struct lens_pass {
	enum lens lens;
	uint64_t next_addr, next_pfn;
	bool odd;
	bool unsure; /* pages not seen written may have been written (enum track_doubt) */
	/* whether a write there is seen; NULL: everywhere */
	bool (*watched)(const void *arg, uint64_t addr);
	const void *arg;
	const struct pageset *base; /* what was there at the baseline; NULL: there is none */
	const struct lens_keeper *kept; /* what more is known of it; NULL: nothing */
	const struct vma *v;            /* with `kept`: the region */
	const struct damon_regions *accesses; /* what DAMON saw; NULL: nothing was sampled */
	const struct damon_region *accessed;  /* of them the last one asked for */
};
unsigned lens_page(struct lens_pass *pass, uint64_t addr, const struct page *pg, size_t page_size);

/* Adds the pages of a gap in the page table, [start, end), to n by class. */
void lens_count_gap(const struct lens_pass *pass, uint64_t start, uint64_t end, enum state s,
                    size_t page_size, uint64_t n[CLASS_MAX]);

/* false: a region's strip can show the lens from PM_CAT_* categories alone (states, and writes). */
bool lens_needs_pages(enum lens l);

#endif
