/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DOCS_PARTS_H
#define PM_DOCS_PARTS_H

#include "base/util.h"
#include "config/options.h"
#include "filter/filter.h"
#include "table/columns.h"

/* --- the manuals: what they are made of ----------------------------------------------------- */

/* The first line. `document`: the word of --print for it. */
void docs_title(const char *name, int section, const char *what, const char *document);

/* Prints text, with what roff interprets escaped: - and \, and . or ' at the start of a line. */
void docs_roff(const char *s);

/* A term, and what it means. */
void docs_item(const char *term, const char *text);

/* Parts of pmtop(1): its keys; writes, growth and other changes over time. */
void docs_keys(void);
void docs_changes(void);

/* --- the documents that --print prints ------------------------------------------------------ */

void docs_manual(void);
void docs_query(void);
void docs_pmtoprc(void);
void docs_recording(void);
void docs_bash(void);
void docs_zsh(void);
void docs_fish(void);

/* The name of the i-th document; NULL after the last. */
const char *docs_name(size_t i);

/* --- words that completion offers, separated by blanks ---------------------------------------- */

void docs_words_of(enum option_takes takes, struct buf *out);
void docs_words_columns(enum column_set set, struct buf *out);
void docs_words_filter(enum filter_scope scope, struct buf *out);

/* Iterates over the first words of questions that -e answers: *i from 0; false after the last. */
bool docs_words_question(size_t *i, const char **word, const char **help);

/* Which columns -o offers: those of the first row whose options are all on the line. */
struct docs_column_case {
	const char *option, *and; /* NULL: no other */
	enum column_set set;
};
enum { DOCS_COLUMN_CASES = 13 };
extern const struct docs_column_case docs_column_cases[DOCS_COLUMN_CASES];

/* Prints the patterns of `case` for a command line with those options, `or` between two. */
void docs_words_pattern(const struct docs_column_case *c, const char *or);

#endif
