/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that the completions offer, in any shell: values of options, columns, questions. */
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "filter/filter.h"
#include "page/lens.h"
#include "query/answer_query.h"
#include "query/query.h"
#include "table/columns.h"
#include "target/writers.h"
#include "term/paint.h"
#include "track/track.h"

static void
docs_word(struct buf *out, const char *s, size_t n)
{
	buf_fmt(out, "%s%.*s", out->len ? " " : "", (int)n, s);
}

static void
docs_word_list(struct buf *out, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		docs_word(out, words[i], strlen(words[i]));
}

static void
docs_words_when(struct buf *out)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(rows[i].names, " ");

		if (rows[i].scope & FILTER_REGION && query_when_has(rows[i].names, len))
			docs_word(out, rows[i].names, len);
	}
}

void
docs_words_of(enum option_takes takes, struct buf *out)
{
	static const char *const ranges[] = {"heap", "stack", "[vdso]"},
	                         *const moments[] = {"start", "end"};
	const char *words[32];
	size_t n = 0;

	if (takes == TAKES_GROUP)
		for (; n < GROUPING_COUNT; n++)
			words[n] = grouping_name((enum grouping)n);
	else if (takes == TAKES_LENS)
		for (; n < LENS_COUNT; n++)
			words[n] = lens_row((enum lens)n)->name;
	else if (takes == TAKES_COLOR)
		for (; option_color_name((unsigned)n); n++)
			words[n] = option_color_name((unsigned)n);
	else if (takes == TAKES_EXPORT)
		for (; option_export_name((unsigned)n); n++)
			words[n] = option_export_name((unsigned)n);
	else if (takes == TAKES_THEME)
		for (; n < THEME_COUNT; n++)
			words[n] = paint_theme_name((enum theme)n);
	else if (takes == TAKES_BY)
		for (; n < WRITERS_BY_COUNT; n++)
			words[n] = writers_by_words((enum writers_by)n)->name;
	else if (takes == TAKES_TRACKER)
		for (words[n++] = "auto"; n <= TRACKERS; n++)
			words[n] = tracker_words((enum tracker)(n - 1))->name;
	else if (takes == TAKES_DOCUMENT)
		for (; docs_name(n); n++)
			words[n] = docs_name(n);
	docs_word_list(out, words, n);
	if (takes == TAKES_RANGE)
		docs_word_list(out, ranges, ARRAY_LEN(ranges));
	if (takes == TAKES_MOMENT)
		docs_word_list(out, moments, ARRAY_LEN(moments));
	if (takes == TAKES_WHEN)
		docs_words_when(out);
}

void
docs_words_pattern(const struct docs_column_case *c, const char *or)
{
	printf("*%s*", c->option);
	if (c->and)
		printf("%s*%s*%s*%s*", c->and, or, c->and, c->option);
}

void
docs_words_columns(enum column_set set, struct buf *out)
{
	for (unsigned c = 0; c < COL_COUNT; c++)
		if (column_row((enum column_id)c)->set == set) {
			const char *title = column_row((enum column_id)c)->title;

			docs_word(out, title, strlen(title));
		}
}

void
docs_words_filter(enum filter_scope scope, struct buf *out)
{
	size_t n, rows_n;
	const struct filter_row *rows = filter_table(&rows_n);
	const char *s;

	for (size_t i = 0; (s = filter_word(scope, i, &n)); i++)
		docs_word(out, s, n);
	for (size_t i = 0; i < rows_n; i++)
		if (rows[i].scope & scope && rows[i].kind != FILTER_WORD)
			docs_word(out, rows[i].names, strcspn(rows[i].names, " "));
}

bool
docs_words_question(size_t *i, const char **word, const char **help)
{
	size_t n;
	const struct query_form *q = query_forms(&n);

	for (; *i < n; (*i)++)
		if (q[*i].word[0] &&
		    (query_group(q[*i].kind) != QUERY_OF_SCREEN || !strcmp(q[*i].word, "help"))) {
			*word = q[*i].word;
			*help = q[(*i)++].help;
			return true;
		}
	return false;
}

const struct docs_column_case docs_column_cases[] = {
    {"--diff", "--pages", SET_DIFFER}, {"--diff", NULL, SET_DIFF},
    {"--runs", NULL, SET_RUN},       {"--pages", NULL, SET_PAGE},
    {"--list", NULL, SET_REGION},    {"--grow", "--by", SET_BROUGHT},
    {"--grow", NULL, SET_GROWTH},    {"--by", NULL, SET_CAUSE},
    {"--watch", NULL, SET_WATCH},    {"--who", NULL, SET_SHARE},
    {"--touched", NULL, SET_TOUCHED}, {"--heat", NULL, SET_HEAT},
    {"", NULL, SET_REGION},
};
_Static_assert(ARRAY_LEN(docs_column_cases) == DOCS_COLUMN_CASES, "each is offered");
