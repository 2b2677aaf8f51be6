/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual of questions and filters, printed as man/pmtop-query.7. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "filter/filter.h"
#include "model/here.h"
#include "query/query.h"

/* As headings are written. */
static const char *
docs_upper(const char *s, char *out, size_t size)
{
	size_t n = 0;

	for (; s[n] && n + 1 < size; n++)
		out[n] = (char)toupper((unsigned char)s[n]);
	out[n] = '\0';
	return out;
}

/* The help, an example, and what it costs. */
static void
docs_question(const struct query_form *q)
{
	struct buf text = {0};

	buf_str(&text, q->help);
	if (strcmp(q->example, q->form) != 0)
		buf_fmt(&text, ". Example: %s", q->example);
	if (q->cost[0])
		buf_fmt(&text, ". Cost: %s", q->cost);
	docs_item(q->form, text.s);
	buf_free(&text);
}

static void
docs_questions_of(enum query_group g)
{
	size_t n;
	const struct query_form *q = query_forms(&n);
	char title[64];

	printf(".SH \"%s\"\n", docs_upper(query_group_name(g), title, sizeof(title)));
	if (g == QUERY_OF_SCREEN)
		printf("What keys do, in words. \\fB\\-e\\fR refuses them, except for "
		       "\\fIhelp\\fR.\n");
	for (size_t i = 0; i < n; i++)
		if (query_group(q[i].kind) == g)
			docs_question(&q[i]);
}

static void
docs_query_questions(void)
{
	size_t n;
	const struct here_form *here = here_forms(&n);

	docs_questions_of(QUERY_PLACE);
	for (size_t i = 0; i < n; i++)
		docs_item(here[i].form, here[i].help);
	printf(".SH PREDICATES\nPAGES is a filter of pages, PREDICATE one of pages or of "
	       "regions, both as in FILTER: \\fIanon & written & !thp\\fR, "
	       "\\fIperm~rw & rss>=1m\\fR.\n");
	docs_questions_of(QUERY_ANSWER);
	docs_questions_of(QUERY_OF_SCREEN);
}

static void
docs_query_filter_rows(enum filter_scope scope, bool fields)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	for (size_t i = 0; i < n; i++) {
		struct buf names = {0};

		if (!(rows[i].scope & scope) || (rows[i].kind != FILTER_WORD) != fields)
			continue;
		for (const char *s = rows[i].names; *s; s++)
			buf_add(&names, *s == ' ' ? ", " : s, *s == ' ' ? 2 : 1);
		docs_item(names.s, rows[i].help);
		buf_free(&names);
	}
}

static void
docs_query_filter(void)
{
	printf(".SH FILTER\n"
	       "A filter selects the rows of \\-\\-pages or \\-\\-list for which its expression "
	       "is true. An expression consists of words, which are true or false of a page or a "
	       "region, and of fields, compared with a value by = != < <= > >= or ~. \\fB!\\fR "
	       "(not) binds tighter than \\fB&\\fR (and), and that tighter than \\fB|\\fR (or); "
	       "parentheses group.\n.PP\n"
	       "Counts are decimal, or hex after 0x; addresses, frames and file offsets are hex; "
	       "sizes take k m g t and p (pages), times ms s m h. Quote names that contain "
	       "spaces.\n.PP\n"
	       "Words are facts, not states: a page may be anon, mlocked and dirty at once. What "
	       "a page does not have (the frame of one that is not in RAM) compares false. Where "
	       "a fact is not known (hidden without CAP_SYS_ADMIN, or changed meanwhile), neither "
	       "a word nor its negation is true: such rows are left out, and standard error says "
	       "how many.\n"
	       ".PP\n.B pmtop \\-\\-pages \\-\\-filter 'anon & written & !thp' PID\n.br\n"
	       ".B pmtop \\-\\-list \\-\\-filter 'perm~rwx | size>=2m & name~libc' PID\n"
	       ".SS Words of \\-\\-pages\nIn addition, every name under FLAGS and STATES in\n"
	       ".BR pmtop (1).\n");
	docs_query_filter_rows(FILTER_PAGE, false);
	printf(".SS Fields of \\-\\-pages\n");
	docs_query_filter_rows(FILTER_PAGE, true);
	printf(".SS Words of \\-\\-list\n");
	docs_query_filter_rows(FILTER_REGION, false);
	printf(".PP\nAnd every type of region:\n");
	for (unsigned t = 0; t < VMA_TYPES; t++)
		docs_item(vma_type_name((enum vma_type)t), vma_type_help((enum vma_type)t));
	printf(".SS Fields of \\-\\-list\n");
	docs_query_filter_rows(FILTER_REGION, true);
}

void
docs_query(void)
{
	docs_title("PMTOP-QUERY", 7, "Questions", "man-query");
	printf(".SH NAME\npmtop\\-query \\- questions about the memory of a process, and filters\n"
	       ".SH SYNOPSIS\n"
	       ".B pmtop \\-e\n\\fIQUESTION\\fR \\fIPID\\fR\n.br\n"
	       ".B pmtop \\-\\-pages\\c\n=\\fIRANGE\\fR \\fIPID\\fR\n.br\n"
	       ".B pmtop \\-\\-pages \\-\\-filter\n\\fIPREDICATE\\fR \\fIPID\\fR\n"
	       ".SH DESCRIPTION\n"
	       "The prompt of\n.BR pmtop (1)\n(key :) and its option \\fB\\-e\\fR answer "
	       "questions. Those that name a place or a range are a RANGE; as such a NAME alone "
	       "is its whole mapping, with all segments of a file; if the file is mapped several "
	       "times, the first mapping with code, else the first (\\fBname~\\fR\\fINAME\\fR in a "
	       "filter takes all of them). vma:NAME is one region. A name that is "
	       "also a verb needs quotes. At the prompt Tab completes, and \\fBhelp\\fR "
	       "\\fIWORD\\fR says what a word means, which \\fBpmtop \\-e \\(aqhelp\\fR "
	       "\\fIWORD\\fR\\fB\\(aq\\fR does, too.\n");
	docs_query_questions();
	docs_query_filter();
	printf(".SH EXAMPLES\n.TP\n.B pmtop \\-e malloc+8 PID\nwhat is there\n"
	       ".TP\n.B pmtop \\-e \\(aqcount anon & !exclusive by vma\\(aq PID\n"
	       "how much is still shared since a fork, by region\n"
	       ".TP\n.B pmtop \\-\\-watch=5 \\-e \\(aqwriters heap by function\\(aq PID\n"
	       "which code wrote to the heap within five seconds\n"
	       ".SH \"SEE ALSO\"\n.BR pmtop (1),\n.BR pmtoprc (5)\n");
}
