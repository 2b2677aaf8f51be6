/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELP_H
#define PM_HELP_H

#include "page/lens.h"
#include "term/paint.h"

/* The pages of the help, made from the tables: entries of a term and its explanation. */
struct help_entry {
	enum role role;      /* of `left` */
	char left[40];
	wchar_t glyph;       /* a class's letter, in its colours, before it; 0: none */
	enum role glyph_role;
	const char *right;   /* "": a heading */
};

enum { HELP_ENTRIES = 160 };

struct help {
	struct help_entry entry[HELP_ENTRIES];
	size_t n;
};

/* NULL after the last page. */
const char *help_page_name(size_t page);

/* The page of the view with this letter in keys.def. */
size_t help_page_of(char letter);

/* Fills an empty help; `lens` is the current one. */
void help_make(struct help *h, size_t page, enum lens lens, bool recorded);

#endif
