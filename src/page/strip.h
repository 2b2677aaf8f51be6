/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STRIP_H
#define PM_STRIP_H

#include <stdint.h>

#include "page/lens.h"

/* One column of a page strip: a share of the region, drawn as one character. */
struct strip_cell {
	uint8_t height; /* eighths in RAM or in swap: 0 only if nothing is, 8 only if all is */
	uint8_t cls;    /* class of the lens it was made through: the commonest there */
	uint8_t heat;   /* enum heat: the newest write there */
	uint8_t often;  /* enum heat as heat_of_count: the page that was written most often */
};

enum { STRIP_MAX = 256, LIST_STRIP = 24,
       STRIP_HIGH = 7 /* eighths of a character that show a whole one: rows must not fuse */ };

/* A strip in the making: pages by class for each of `width` equal shares of the region's pages. */
struct strip {
	uint64_t pages;
	unsigned width; /* at most `pages` */
	uint32_t (*share)[CLASS_MAX];
};

/* strip_free frees what it keeps. */
void strip_begin(struct strip *s, uint64_t pages, unsigned width);
void strip_free(struct strip *s);

/* Pages [from, to) of the region are of this class. */
void strip_add(struct strip *s, uint64_t from, uint64_t to, unsigned cls);

/* First page of a share. */
uint64_t strip_start(const struct strip *s, unsigned share);

/* Fills out[0..width); out may be wider than there are pages. */
void strip_finish(const struct strip *s, struct strip_cell *out, unsigned width);

/* The share that out[i] of `width` shows. */
unsigned strip_share(const struct strip *s, unsigned i, unsigned width);

#endif
