/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COLUMNS_H
#define PM_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/util.h"
#include "diff/diff.h"
#include "filter/filter.h"
#include "kernel/smaps.h"
#include "kernel/swap.h"
#include "page/page.h"
#include "share/share.h"
#include "table/value.h"
#include "target/growth.h"
#include "target/heatmap.h"
#include "target/region.h"
#include "target/timeline.h"
#include "target/touched.h"
#include "target/writers.h"

/* The columns of columns.def and their values. The list's columns come first: one bit each. */
#define R(id, ...) COL_REGION_##id,
#define L(id, ...) COL_LIST_##id,
#define P(id, ...) COL_PAGE_##id,
#define N(id, ...) COL_RUN_##id,
#define W(id, ...) COL_WATCH_##id,
#define C(id, ...) COL_CAUSE_##id,
#define G(id, ...) COL_GROWTH_##id,
#define B(id, ...) COL_BROUGHT_##id,
#define T(id, ...) COL_TOUCHED_##id,
#define S(id, ...) COL_SHARE_##id,
#define D(id, ...) COL_DIFF_##id,
#define E(id, ...) COL_DIFFER_##id,
#define H(id, ...) COL_HEAT_##id,
enum column_id {
#include "table/columns.def"
	COL_COUNT
};

enum { ROW_MOST = 64 }; /* columns in a row: no set has as many */

#define R(id, ...) +1
#define L(id, ...) +1
enum { LIST_COLUMNS = 0
#include "table/columns.def"
};

/* SET_RUN has columns of SET_PAGE, too. */
enum column_set {
	SET_REGION, SET_PAGE, SET_RUN, SET_WATCH, SET_CAUSE, SET_GROWTH, SET_BROUGHT, SET_TOUCHED,
	SET_SHARE, SET_DIFF, SET_DIFFER, SET_HEAT, SET_LIST
};

/* What a column needs beyond the page table and enum page_need. */
enum column_need {
	NEED_WRITES = FILTER_NEED_WRITTEN, /* what was written since the clear */
	NEED_HUGE = FILTER_NEED_HUGE,      /* huge mappings: by PAGEMAP_SCAN, else by smaps */
	NEED_SMAPS = 1 << 18,              /* read for all regions, which walks all page tables */
	NEED_KSM = 1 << 19,                /* the flags of all its frames; else smaps */
	NEED_RATE = 1 << 20,               /* the growth of what was written, over time */
	NEED_COUNTS = 1 << 21,             /* the region's pages counted: struct region */
	NEED_WRITER = 1 << 22,             /* which code writes: struct attribution */
	NEED_BASELINE = 1 << 23,           /* a baseline of growth */
	NEED_TOUCHED = 1 << 24,            /* a clear of the referenced bits before smaps is read */
	NEED_DIFF = 1 << 25,               /* another moment to compare with */
	NEED_ACCESSES = 1 << 26,           /* samples of DAMON */
};

/* The facts behind one row. */
struct region_row {
	const struct vma *v;
	const struct region *r;
	const struct smaps_entry *smaps; /* NULL: not read */
	size_t page_size;
	bool older; /* its counts are, so much that it is told */
	bool blind; /* the page tables are refused: RSS and SWAP are those of smaps */
	bool dirty_known;
	size_t regions;  /* the number of regions summed; 0: a single region */
	const struct heatmap *history; /* RAM over time, by region; NULL: not known */
	const struct diff_region *became; /* compared with another moment; NULL: not known */
	const struct diff_counts *compared; /* the counts of that, or of a group; NULL: not known */
	const char *writer; /* the function that wrote most of it; NULL: not known */
	bool touched_known; /* smaps is of after a clear of the referenced bits */
	const struct accesses *accesses; /* what DAMON saw; NULL: not sampled */
	bool huge_known; /* r->thp is valid: the kernel has PAGEMAP_SCAN */
	bool ksm_known;  /* ksm, the pages merged by KSM, is valid */
	uint64_t ksm;
};
struct page_row {
	uint64_t addr;
	const struct page *pg;
	const struct vma *v;
	const struct swaps *swaps;
	size_t page_size;
	bool written_known;
	/* reports which pages are written; NULL: their soft-dirty bits do */
	const struct track *track;
	const struct source *source; /* resolves cgroup names; NULL: numbers only */
};

struct run_row {
	uint64_t start, end;
	size_t page_size;
};

struct watch_row {
	unsigned interval;
	uint64_t ms, pages;
	uint64_t cost_ns;    /* what watching it cost the process */
	uint64_t unknown;    /* pages beyond those that may have been written */
	bool known;          /* `pages` is valid: the region existed at the clear and is watched */
	const struct vma *v; /* NULL: all regions */
	size_t page_size;
};

struct cause_row {
	unsigned interval;
	uint64_t ms, pages;
	uint64_t cost_ns;       /* of the total: what watching cost the process */
	const struct writer *w; /* NULL: a row of ours, with these words: */
	const char *words;
	size_t page_size;
};

struct growth_row {
	unsigned interval;
	uint64_t ms;                /* since the baseline */
	struct growth_count n;
	const struct vma *v;        /* NULL: all regions */
	bool gone;                  /* of the baseline: part of it is no longer mapped */
	size_t page_size;
};

/* The same by code. */
struct brought_row {
	unsigned interval;
	uint64_t ms, pages, fresh;
	const struct writer *w; /* NULL: a row of ours, with these words: */
	const char *words;
	size_t page_size;
};

struct touched_row {
	unsigned interval;
	uint64_t ms;
	uint64_t cost_ns;      /* how long its memory was locked for it; 0: only of the total */
	uint64_t touched, rss; /* bytes, if `known` */
	bool known;
	const struct vma *v;   /* NULL: all regions */
};

struct share_row {
	const struct share_peer *p;
	const struct share *of;
};

struct diff_row {
	const struct diff_region *r; /* NULL: all regions */
	const struct diff_counts *n;
	size_t page_size;
};

struct differ_row {
	const struct span *s;
	const struct page_run *run;
	uint64_t was_pfn, is_pfn; /* of its first page; 0: not known */
	size_t page_size;
};

struct heat_row {
	const struct heatmap *h;
	unsigned row, col;
	const struct timeline *line; /* of a recording; NULL: times are seconds before the last */
	bool exact;                  /* times are for programs */
	const char *mapping;         /* NULL: there is none */
};

/* A row of columns.def; the members are documented there. */
struct column {
	enum column_set set;
	enum column_id id;
	const char *title, *help;
	int width;
	enum value_kind type; /* of every known value */
	union {
		struct value (*of_region)(const struct region_row *); /* and SET_LIST */
		void (*of_page)(const struct page_row *, struct value *out);
		struct value (*of_run)(const struct run_row *);
		struct value (*of_watch)(const struct watch_row *);
		struct value (*of_cause)(const struct cause_row *);
		struct value (*of_growth)(const struct growth_row *);
		struct value (*of_brought)(const struct brought_row *);
		struct value (*of_touched)(const struct touched_row *);
		struct value (*of_share)(const struct share_row *);
		struct value (*of_diff)(const struct diff_row *);
		struct value (*of_differ)(const struct differ_row *);
		struct value (*of_heat)(const struct heat_row *);
	};
	unsigned needs;
	bool usual;
	enum column_runs { RUNS_YES, RUNS_USUAL, RUNS_NEVER } runs; /* for SET_PAGE */
	const char *once;
	/* for SET_REGION and SET_LIST: */
	const char *heading;
	char letter;
	bool up;
	int place, shed;
};
enum { LIST_MORE = 100 };

const struct column *column_row(enum column_id id);

/* The column's help, with what must be read for it if that is expensive. */
void column_help(const struct column *c, struct buf *out);

/* The union of what these columns need. */
unsigned columns_needs(const enum column_id *ids, size_t n);

struct value region_value(enum column_id id, const struct region_row *row);
struct value page_value(enum column_id id, const struct page_row *row);

/* The same for n columns, for millions of rows. */
void page_values(const enum column_id *ids, size_t n, const struct page_row *row,
                 struct value *out);

struct value run_value(enum column_id id, const struct run_row *row);
struct value watch_value(enum column_id id, const struct watch_row *row);
struct value cause_value(enum column_id id, const struct cause_row *row);
struct value growth_value(enum column_id id, const struct growth_row *row);
struct value brought_value(enum column_id id, const struct brought_row *row);
struct value touched_value(enum column_id id, const struct touched_row *row);
struct value share_value(enum column_id id, const struct share_row *row);
struct value diff_value(enum column_id id, const struct diff_row *row);
struct value differ_value(enum column_id id, const struct differ_row *row);
struct value heat_value(enum column_id id, const struct heat_row *row);

/* The column of this name or former name; COL_COUNT: none. */
enum column_id column_named(enum column_set set, const char *name, size_t len);

/* "start,RSS" -> ids; an unknown name is an error that lists the names. *n at most ROW_MOST. */
int columns_parse(enum column_set set, const char *list, enum column_id ids[ROW_MOST], size_t *n,
                  struct err *err);

/* The columns of a set in its order: all, or the default ones. */
void columns_all(enum column_set set, bool usual, enum column_id ids[ROW_MOST], size_t *n);

#endif
