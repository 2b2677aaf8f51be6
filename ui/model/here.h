/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HERE_H
#define PM_HERE_H

#include "base/err.h"
#include "model/ui.h"

/* Replaces the words of here.def in a line of the prompt, so that it no longer needs the screen. */
struct here {
	char text[512];
	short from[512]; /* for each byte of text, the byte of the line it comes from */
};

/* -1: a word has no meaning now, such as a bookmark that is not set; err->column says which. */
int here_read(const struct ui *ui, const char *line, struct here *out, struct err *err);

/* The column of the line that belongs to a column of the text; both from 1. */
int here_column(const struct here *h, int column);

struct here_form {
	const char *form, *help;
};
const struct here_form *here_forms(size_t *n);

#endif
