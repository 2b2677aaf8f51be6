/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HEATMAP_H
#define PM_HEATMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "target/source.h"

/*
 * Memory over time: addresses down, times across. Only pages that were there at some time have a
 * place, so gaps between mappings take none. A row ends with the mappings of one name; where these
 * are too many for that, rows have as many pages each. Immutable once made; memory follows its
 * cells.
 */
struct heatmap_of {
	uint64_t lo, hi;     /* of these addresses; hi 0: of all */
	size_t first, last;  /* of these times, by their number; last is cut to what there is */
	unsigned rows, cols; /* at most */
	bool by_region;      /* a row for each region of a list, which all have a place */
};

bool heatmap_same(const struct heatmap_of *a, const struct heatmap_of *b);

struct heatmap {
	int refs;
	struct heatmap_of of;
	size_t page_size;
	uint64_t pages;          /* that were there at some time */
	uint64_t each;           /* in a row at most */
	size_t first, last, times; /* what it shows, of so many */
	unsigned rows, cols;     /* 0: there was nothing */
	/* Of equal time, in order; a column covers those after the last one's, up to its own. */
	unsigned slots;
	uint64_t slot_ns, slots_ns; /* how long they are; when the first ends; 0: as the columns */
	struct heatmap_row {
		uint64_t start, end; /* bytes; nothing else was there before the next row */
		uint64_t pages;
		uint64_t before;     /* pages in RAM at the time that the first column is since */
		unsigned more;       /* names of mappings that it has pages of, beyond the first */
	} *row;
	struct heatmap_column {
		size_t first, last;      /* times */
		/* From the time before the first, or from the first time of all, of which nothing
		 * is known but what was there; 0: it is all that the column has. */
		uint64_t since_ns, time_ns;
		uint64_t rss;            /* pages in RAM at its last time, of all addresses */
		unsigned slot;           /* the last one that it covers */
	} *column;
	struct heatmap_cell {
		uint64_t rss;     /* pages in RAM at the last time of the column */
		uint64_t written; /* in the whole column: a page counts once for each time */
		bool written_known;
	} *cell; /* row by row */
	uint64_t most; /* pages written a second, in the cell with most */
	uint64_t made_ns; /* the last time that there was */
	uint64_t cost_ns; /* set by who makes it */
};
struct heatmap *heatmap_ref(struct heatmap *h);
void heatmap_unref(struct heatmap *h);

/* Where it comes from: walks as source_time's walk does. */
struct heatmap_from {
	const uint64_t *time_ns;
	size_t times; /* at least one */
	size_t page_size;
	int (*walk)(void *arg, size_t from, size_t to, source_moment_fn *fn, void *fn_arg,
	            struct err *err);
	void *arg;
	struct progress *progress;
	const struct vma_list *vmas; /* what is mapped now, whose ends are those of rows; or NULL */
	/* bytes that may be kept meanwhile, instead of walking twice; 0: HEATMAP_ROOM */
	size_t room;
};
enum { HEATMAP_ROOM = 32 << 20 };

/* NULL: it was stopped; or with err. */
struct heatmap *heatmap_make(const struct heatmap_from *from, const struct heatmap_of *of,
                             struct err *err);

/* The same of a source that has a past. */
struct heatmap *heatmap_of_source(struct source *s, struct progress *p,
                                  const struct vma_list *vmas, const struct heatmap_of *of,
                                  struct err *err);

/* What it can show. */
enum heatmap_what { HEATMAP_WRITES, HEATMAP_RSS, HEATMAP_GROWTH, HEATMAP_WHATS };
const char *heatmap_name(enum heatmap_what what);

/*
 * A cell: pages a second for writes, pages for the others; growth is since `since_ns`.
 * false: it is not known.
 */
bool heatmap_value(const struct heatmap *h, enum heatmap_what what, unsigned row, unsigned col,
                   double *out);

/*
 * In steps: 0 nothing, up to HEATMAP_STEPS; below 0: less than before. Of writes each step is twice
 * or four times the one below it; of the others it is an equal share of the row.
 */
enum { HEATMAP_STEPS = 5 };
bool heatmap_step(const struct heatmap *h, enum heatmap_what what, unsigned row, unsigned col,
                  int *out);

/* When a slot ends, and the column that covers it. */
uint64_t heatmap_slot_time(const struct heatmap *h, unsigned slot);
unsigned heatmap_slot_column(const struct heatmap *h, unsigned slot);
/* The first slot that a column covers. */
unsigned heatmap_column_begins(const struct heatmap *h, unsigned col);

/* The row of a region, at whatever time: it may have grown at either end since. NULL: none. */
const struct heatmap_cell *heatmap_region(const struct heatmap *h, uint64_t start, uint64_t end);

/* The least value of a step: pages a second, or a part of a row. */
double heatmap_least(const struct heatmap *h, enum heatmap_what what, int step);

#endif
