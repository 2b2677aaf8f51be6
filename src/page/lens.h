/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LENS_H
#define PM_LENS_H

#include "page/page.h"
#include "page/state.h"

#define L(id, digit, name, want, question) LENS_##id,
enum lens {
#include "page/lens.def"
	LENS_COUNT
};
#undef L

/* A class is a number within its lens, from 0; of LENS_STATE it is enum state. */
enum class_kind { CLASS_NORMAL, CLASS_ABSENT, CLASS_ALARM, CLASS_UNKNOWN };
enum { CLASS_MAX = 32 }; /* no lens has more */

struct lens_row {
	char digit;
	const char *name, *question;
	unsigned needs; /* enum page_need */
};
const struct lens_row *lens_row(enum lens l);

struct class_row {
	char letter;
	enum class_kind kind;
	const char *name;
};
struct class_row lens_class(enum lens l, unsigned c);
unsigned lens_classes(enum lens l);

/* The place of a class in the list of lens.def, for tables made from it; not of LENS_STATE. */
unsigned lens_place(enum lens l, unsigned c);

/* The lens of this key or name ("4", "sharing"); LENS_COUNT: none. */
enum lens lens_named(const char *name);

/* The class that stands for pages that are not there: of gaps between pages. */
unsigned lens_gap(enum lens l, enum state s);

/*
 * A look through a lens at pages in ascending order; whether frames follow one another is a
 * question about neighbours. Start with all but `lens` zero.
 */
struct lens_look {
	enum lens lens;
	uint64_t next_addr, next_pfn;
	bool odd;
	bool unsure; /* what was not seen written there may have been (enum track_doubt) */
	bool (*watched)(const void *arg, uint64_t addr); /* a write there is seen; NULL: it is */
	const void *arg;
};
unsigned lens_page(struct lens_look *look, uint64_t addr, const struct page *pg, size_t page_size);

/* false: a region's strip shows states, and what was written, from categories alone. */
bool lens_needs_pages(enum lens l);

#endif
