/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_TEXT_H
#define PM_ANSWER_TEXT_H

#include "query/answer.h"

/* The table of an answer as lines of text: its headings, then its rows, then what was left out. */
enum { ANSWER_COLUMNS = 12 };
struct answer_text {
	const struct answer_table *table;
	bool ascii;
	size_t width[ANSWER_COLUMNS]; /* of each column, in cells */
};

/* `a` must live as long as x. */
void answer_text_begin(struct answer_text *x, const struct answer *a, bool ascii);

/* How many lines there are: 0 without a table. And line i, appended to `out`. */
size_t answer_text_lines(const struct answer_text *x);
void answer_text_line(const struct answer_text *x, size_t i, struct buf *out);

/* All of an answer: its sentence, its bytes or facts, its table; each line ends in a newline. */
void answer_text_all(const struct answer *a, bool ascii, struct buf *out);

#endif
