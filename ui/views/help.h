/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELP_H
#define PM_HELP_H

#include "page/lens.h"
#include "term/paint.h"

/* What the help says, page by page, made from the tables: entries of what and words about it. */
struct help_entry {
	enum role role;      /* of `left` */
	char left[40];
	wchar_t glyph;       /* a class's letter in its colours, in front; 0 none */
	enum role glyph_role;
	const char *right;   /* "": a heading */
};

enum { HELP_ENTRIES = 160 };

struct help {
	struct help_entry entry[HELP_ENTRIES];
	size_t n;
};

/* NULL behind the last page. */
const char *help_page_name(size_t page);

/* The page of the view with this letter in keys.def. */
size_t help_page_of(char letter);

/* Fills an empty one; `lens` is the one in use. */
void help_make(struct help *h, size_t page, enum lens lens);

#endif
