/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiles text to a program: each grammar rule is a function that appends its part. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/guess.h"
#include "base/util.h"
#include "filter/filter_parts.h"

/* & or &&, | or || */
static bool
filter_eat_twice(struct filter_parser *p, char sign)
{
	bool eaten = lex_eat_sign(&p->lex, sign);

	if (eaten)
		lex_eat_sign(&p->lex, sign);
	return eaten;
}

static int
filter_emit(struct filter_parser *p, struct filter_op op)
{
	if (p->f->n == FILTER_OPS)
		return filter_fail(p, p->lex.at, "the filter is too long", "shorten it");
	p->f->ops[p->f->n++] = op;
	return 0;
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *
filter_rows_of(enum filter_scope scope)
{
	return scope == FILTER_REGION ? "regions" : "pages";
}

/* The error for a page name used on regions, or the reverse. */
static int
filter_fail_scope(struct filter_parser *p, const char *s, size_t n, bool field)
{
	enum filter_scope other = p->scope == FILTER_PAGE ? FILTER_REGION : FILTER_PAGE;
	char why[96], how[96];

	snprintf(why, sizeof(why), "\"%.*s\" applies to %s, and these are %s", (int)u64_min(n, 24),
	         s, filter_rows_of(other), filter_rows_of(p->scope));
	if (other == FILTER_REGION && !field && filter_find_type(s, n) >= 0)
		snprintf(how, sizeof(how), "type=%.*s selects the pages of such regions", (int)n,
		         s);
	else if (p->question)
		snprintf(how, sizeof(how), "%s",
		         other == FILTER_REGION ? "sum asks for regions"
		                                : "count and find ask for pages");
	else
		snprintf(how, sizeof(how), "use it with %s",
		         other == FILTER_REGION ? "--list" : "--pages");
	return filter_fail(p, s, why, how);
}

static int
filter_fail_unknown(struct filter_parser *p, const char *s, size_t n, bool field)
{
	char name[40], why[96];
	struct guess g = {.name = name, .best = u64_min(n / 2 + 1, 4),
	                  .how = "`man pmtop-query` lists them under FILTER"};
	const char *word;
	size_t len;

	snprintf(name, sizeof(name), "%.*s", (int)u64_min(n, sizeof(name) - 1), s);
	for (size_t i = 0; !field && (word = filter_word(p->scope, i, &len)); i++)
		guess_try(&g, word, len);
	for (size_t i = 0; (word = filter_nth_name(p->scope, true, i, &len)); i++)
		guess_try(&g, word, len);
	snprintf(why, sizeof(why), "%s have no %s \"%s\"", filter_rows_of(p->scope),
	         field ? "field" : "word", name);
	return filter_fail(p, s, why, g.how);
}

static int
parse_word(struct filter_parser *p, const char *s, size_t n, bool negate)
{
	size_t rows_n;
	const struct filter_row *rows = filter_table(&rows_n);
	struct filter_op op;
	int row;

	if (filter_find_word(p->scope, s, n, &op)) {
		op.negate = negate;
		if (op.code == FILTER_OP_WORD)
			p->f->needs |= rows[op.row].needs;
		else if (op.code != FILTER_OP_TYPE)
			p->f->needs |=
			    PAGE_NEED_FLAGS | (op.code == FILTER_OP_STATE ? PAGE_NEED_CACHE : 0);
		return filter_emit(p, op);
	}
	row = filter_find_row(p->scope, true, s, n);
	if (row >= 0) {
		char how[64];

		snprintf(how, sizeof(how), "example: %s", rows[row].example);
		return filter_fail(p, s, "this is a field: compare it with a value",
		                   how);
	}
	if (filter_find_word(p->scope ^ FILTER_BOTH, s, n, &op) ||
	    filter_find_row(p->scope ^ FILTER_BOTH, true, s, n) >= 0)
		return filter_fail_scope(p, s, n, false);
	return filter_fail_unknown(p, s, n, false);
}

/* --- fields ----------------------------------------------------------------------------------- */

static bool
filter_eat_cmp(struct filter_parser *p, enum filter_cmp *cmp)
{
	static const struct {
		const char *s;
		enum filter_cmp cmp;
	} signs[] = {
	    {"==", FILTER_EQ}, {"!=", FILTER_NE}, {"<=", FILTER_LE}, {">=", FILTER_GE},
	    {"=", FILTER_EQ},  {"<", FILTER_LT},  {">", FILTER_GT},  {"~", FILTER_HAS},
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (!strncmp(p->lex.at, signs[i].s, strlen(signs[i].s))) {
			p->lex.at += strlen(signs[i].s);
			*cmp = signs[i].cmp;
			return true;
		}
	return false;
}

static int
parse_field(struct filter_parser *p, const char *s, size_t n, enum filter_cmp cmp,
            const char *cmp_at, bool negate)
{
	size_t rows_n;
	const struct filter_row *rows = filter_table(&rows_n);
	struct filter_op op = {.code = FILTER_OP_FIELD, .cmp = (uint8_t)cmp, .negate = negate};
	int row = filter_find_row(p->scope, true, s, n);
	char how[96];

	if (row < 0) {
		if (filter_find_word(p->scope, s, n, &op))
			return filter_fail(p, s, "this is a word, true or false, not a field",
			                   "write it alone, or with ! before it");
		if (filter_find_row(p->scope ^ FILTER_BOTH, true, s, n) >= 0)
			return filter_fail_scope(p, s, n, true);
		return filter_fail_unknown(p, s, n, true);
	}
	if (!filter_can_compare(rows[row].kind, cmp)) {
		snprintf(how, sizeof(how), "use %s; example: %s",
		         filter_can_compare(rows[row].kind, FILTER_LT)    ? "= != < <= > >="
		         : filter_can_compare(rows[row].kind, FILTER_HAS) ? "= != ~"
		                                                          : "= !=",
		         rows[row].example);
		return filter_fail(p, cmp_at, "this field has no such comparison", how);
	}
	op.row = (uint8_t)row;
	p->f->needs |= rows[row].needs;
	return filter_take_value(p, rows[row].kind, &op) < 0 ? -1 : filter_emit(p, op);
}

/* --- the grammar ------------------------------------------------------------------------------ */

static int parse_or(struct filter_parser *p, bool negate);

static int
parse_bracket(struct filter_parser *p, bool negate)
{
	const char *open = p->lex.at;

	if (p->depth == FILTER_DEPTH)
		return filter_fail(p, p->lex.at, "too many nested parentheses", "shorten it");
	p->depth++;
	p->lex.at++;
	if (parse_or(p, negate) < 0)
		return -1;
	p->depth--;
	if (*p->lex.at != ')')
		return *p->lex.at ? filter_fail(p, p->lex.at, "expected &, | or ) here",
		                     "quote names with blanks: name=\"my file\"")
		              : filter_fail(p, open, "missing )", "add it");
	p->lex.at++;
	return 0;
}

static int
parse_not(struct filter_parser *p, bool negate)
{
	enum filter_cmp cmp;
	const char *s, *cmp_at;
	size_t n;

	for (lex_skip_blanks(&p->lex); lex_eat_sign(&p->lex, '!') || lex_eat_word(&p->lex, "not");
	     lex_skip_blanks(&p->lex))
		negate = !negate;
	if (*p->lex.at == '(')
		return parse_bracket(p, negate);
	s = p->lex.at;
	n = lex_word_length(s);
	if (!n || lex_is_one_of("and or", s, n))
		return filter_fail(p, s, "expected a word or a field here",
		                   "examples: anon, mapcount>1, perm~rwx");
	if (p->only && !p->only->has(s, n))
		return filter_fail(p, s, p->only->why, p->only->how);
	p->lex.at += n;
	lex_skip_blanks(&p->lex);
	cmp_at = p->lex.at;
	return filter_eat_cmp(p, &cmp) ? parse_field(p, s, n, cmp, cmp_at, negate)
	                               : parse_word(p, s, n, negate);
}

/* Compiles the operator after the left side: keep its result, or jump over the right side. */
static int
filter_join(struct filter_parser *p, bool is_and, int (*right)(struct filter_parser *, bool),
            bool negate)
{
	size_t at = p->f->n;

	if (filter_emit(p, (struct filter_op){.code = is_and != negate ? FILTER_OP_AND
	                                                               : FILTER_OP_OR}) < 0 ||
	    right(p, negate) < 0)
		return -1;
	p->f->ops[at].to = (uint16_t)p->f->n;
	return filter_emit(
	    p, (struct filter_op){.code = is_and != negate ? FILTER_OP_MIN : FILTER_OP_MAX});
}

static int
parse_and(struct filter_parser *p, bool negate)
{
	int r = parse_not(p, negate);

	for (lex_skip_blanks(&p->lex);
	     r == 0 && (filter_eat_twice(p, '&') || lex_eat_word(&p->lex, "and"));
	     lex_skip_blanks(&p->lex))
		r = filter_join(p, true, parse_not, negate);
	return r;
}

static int
parse_or(struct filter_parser *p, bool negate)
{
	int r = parse_and(p, negate);

	for (lex_skip_blanks(&p->lex);
	     r == 0 && (filter_eat_twice(p, '|') || lex_eat_word(&p->lex, "or"));
	     lex_skip_blanks(&p->lex))
		r = filter_join(p, false, parse_and, negate);
	return r;
}

static int
filter_parse_parser(struct filter_parser *p, struct lex *l, struct filter *f)
{
	struct filter made = {.scope = p->scope};

	p->lex = *l;
	p->f = &made;
	if (parse_or(p, false) < 0)
		return -1;
	if (*p->lex.at == ')')
		return filter_fail(p, p->lex.at, "missing (", "add it");
	*l = p->lex;
	*f = made;
	return 0;
}

int
filter_parse_part(struct lex *l, enum filter_scope scope, const struct filter_only *only,
                  struct filter *f, struct err *err)
{
	struct filter_parser p = {.scope = scope, .question = true, .only = only, .err = err};

	return filter_parse_parser(&p, l, f);
}

int
filter_parse(const char *text, enum filter_scope scope, size_t page_size, struct filter *f,
             struct err *err)
{
	struct filter_parser p = {.scope = scope, .err = err};
	struct lex l = {.text = text, .at = text, .page_size = page_size};
	struct filter made;

	if (filter_parse_parser(&p, &l, &made) < 0)
		return -1;
	if (*l.at)
		return lex_fail(&l, l.at, "expected & or | here",
		                "quote names with blanks: name=\"my file\"", err);
	*f = made;
	return 0;
}
