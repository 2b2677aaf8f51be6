/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STRIP_H
#define PM_STRIP_H

#include <stdint.h>

#include "page/lens.h"

/* One column of a page strip: a share of the region, drawn as one character. */
struct strip_cell {
	uint16_t height : 4; /* eighths in RAM or in swap: 0 only if nothing is, 8 only if all is */
	uint16_t cls : 5;    /* the most frequent class of the lens */
	uint16_t heat : 3;   /* enum heat by age: the newest write */
	uint16_t often : 3;  /* enum heat by count: of the page written most often */
	uint16_t lit : 1;    /* cls is the class that is shown even if rare */
};

enum {
	STRIP_MAX = 256,
	LIST_STRIP = 24,
	STRIP_HIGH = 7 /* height in eighths that shows a full cell: rows must not touch */
};

/* A strip under construction: pages by class for each of `width` equal shares of the region. */
struct strip {
	uint64_t pages;
	unsigned width; /* at most `pages` */
	uint32_t (*share)[CLASS_MAX]; /* NULL: nothing was added */
	unsigned lit; /* the class that is shown even if rare; CLASS_MAX: none */
	/* the share that was added to last, and its pages: the next ones are mostly there, too */
	unsigned last;
	uint64_t last_lo, last_hi;
};

/* Takes memory once something is added; strip_free frees it. Set `lit` after it. */
void strip_begin(struct strip *s, uint64_t pages, unsigned width);
void strip_free(struct strip *s);

/* Adds pages [from, to) of the region with this class. */
void strip_add(struct strip *s, uint64_t from, uint64_t to, unsigned cls);

/* The share of a page: the last one that starts at or before it. */
unsigned strip_share_of(const struct strip *s, uint64_t page);

/* The first page of a share. */
uint64_t strip_start(const struct strip *s, unsigned share);

/* Fills out[0..width); out may be wider than there are pages. */
void strip_finish(const struct strip *s, struct strip_cell *out, unsigned width);

/* The share shown by out[i] of `width` columns. */
unsigned strip_share(const struct strip *s, unsigned i, unsigned width);

#endif
