/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compiles text to a program: each grammar rule is a function that appends its part. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/guess.h"
#include "base/util.h"
#include "filter/filter_facts.h"
#include "kernel/flags.h"
#include "page/state.h"

/* --- the words there are ---------------------------------------------------------------------- */

/* Whether the word s of length n is one of `names`. */
static bool
filter_is_one_of(const char *names, const char *s, size_t n)
{
	for (const char *at = names; *at;) {
		size_t len = strcspn(at, " ");

		if (len == n && !strncasecmp(at, s, n))
			return true;
		at += len + (at[len] == ' ');
	}
	return false;
}

/* The row of that name, or -1. */
static int
filter_find_row(enum filter_scope scope, bool field, const char *s, size_t n)
{
	size_t rows_n;
	const struct filter_row *rows = filter_table(&rows_n);

	for (size_t i = 0; i < rows_n; i++)
		if (rows[i].scope & scope && (rows[i].kind != FILTER_WORD) == field &&
		    filter_is_one_of(rows[i].names, s, n))
			return (int)i;
	return -1;
}

static int
filter_find_flag(const char *s, size_t n)
{
	size_t flags_n;
	const struct flag *flags = flag_table(&flags_n);

	for (size_t i = 0; i < flags_n; i++)
		if (flags[i].source == FLAG_KPF && filter_is_one_of(flags[i].name, s, n))
			return (int)i;
	return -1;
}

static int
filter_find_state(const char *s, size_t n)
{
	for (unsigned i = 0; i < STATE_COUNT; i++)
		if (filter_is_one_of(state_row((enum state)i)->name, s, n))
			return (int)i;
	return -1;
}

static int
filter_find_type(const char *s, size_t n)
{
	for (unsigned i = 0; i < VMA_TYPES; i++)
		if (filter_is_one_of(vma_type_name((enum vma_type)i), s, n))
			return (int)i;
	return -1;
}

/* The word s as an operation, without its needs; false: unknown word. Earlier tables win. */
static bool
filter_find_word(enum filter_scope scope, const char *s, size_t n, struct filter_op *op)
{
	int row = filter_find_row(scope, false, s, n);
	int type = row < 0 && scope == FILTER_REGION ? filter_find_type(s, n) : -1;
	int flag = row < 0 && scope == FILTER_PAGE ? filter_find_flag(s, n) : -1;
	int state = row < 0 && flag < 0 && scope == FILTER_PAGE ? filter_find_state(s, n) : -1;
	size_t flags_n;

	if (row >= 0)
		*op = (struct filter_op){.code = FILTER_OP_WORD, .row = (uint8_t)row};
	else if (type >= 0)
		*op = (struct filter_op){.code = FILTER_OP_TYPE, .n = (uint64_t)type};
	else if (flag >= 0)
		*op = (struct filter_op){.code = FILTER_OP_FLAG,
		                         .n = UINT64_C(1) << flag_table(&flags_n)[flag].bit};
	else if (state >= 0)
		*op = (struct filter_op){.code = FILTER_OP_STATE, .n = (uint64_t)state};
	return row >= 0 || type >= 0 || flag >= 0 || state >= 0;
}

/*
 * Iterates over the names of the rows of one kind, then over the other tables with words; each name
 * once.
 */
static const char *
filter_nth_name(enum filter_scope scope, bool field, size_t i, size_t *n)
{
	size_t rows_n;
	const struct filter_row *rows = filter_table(&rows_n);

	for (size_t r = 0; r < rows_n; r++) {
		if (!(rows[r].scope & scope) || (rows[r].kind != FILTER_WORD) != field)
			continue;
		for (const char *at = rows[r].names; *at; at += *n + (at[*n] == ' ')) {
			*n = strcspn(at, " ");
			if (i-- == 0)
				return at;
		}
	}
	return NULL;
}

const char *
filter_word(enum filter_scope scope, size_t i, size_t *n)
{
	size_t flags_n, rows_n = 0;
	const struct flag *flags = flag_table(&flags_n);
	const char *s;

	while (filter_nth_name(scope, false, rows_n, n))
		if (rows_n++ == i)
			return filter_nth_name(scope, false, i, n);
	i -= rows_n;
	for (size_t k = 0; k < (scope == FILTER_REGION ? VMA_TYPES : flags_n + STATE_COUNT); k++) {
		struct filter_op op;

		if (scope == FILTER_REGION)
			s = vma_type_name((enum vma_type)k);
		else if (k < flags_n)
			s = flags[k].source == FLAG_KPF ? flags[k].name : "";
		else
			s = state_row((enum state)(k - flags_n))->name;
		*n = strlen(s);
		if (!*n || !filter_find_word(scope, s, *n, &op) || op.code == FILTER_OP_WORD ||
		    (k >= flags_n && op.code == FILTER_OP_FLAG))
			continue;
		if (i-- == 0)
			return s;
	}
	return NULL;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct parser {
	const char *text, *at;
	enum filter_scope scope;
	size_t page_size;
	unsigned depth;
	struct filter *f;
	struct err *err;
};

static int
filter_fail(struct parser *p, const char *at, const char *why, const char *how)
{
	char place[224];
	int column = (int)(at - p->text) + 1;

	snprintf(place, sizeof(place), "%s (column %d)", why, column);
	err_set(p->err, ERR_USAGE, place, how, "cannot read \"%.80s\"", p->text);
	p->err->column = column;
	return -1;
}

static void
filter_skip_blanks(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static size_t
filter_word_length(const char *s)
{
	size_t n = 0;

	if (!isalpha((unsigned char)s[0]))
		return 0;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_-.:", s[n])))
		n++;
	return n;
}

static bool
filter_eat_word(struct parser *p, const char *word)
{
	size_t n = filter_word_length(p->at);

	if (!n || !filter_is_one_of(word, p->at, n))
		return false;
	p->at += n;
	return true;
}

static bool
filter_eat_one(struct parser *p, char sign)
{
	if (*p->at != sign)
		return false;
	p->at++;
	return true;
}

/* & or &&, | or || */
static bool
filter_eat_sign(struct parser *p, char sign)
{
	bool eaten = filter_eat_one(p, sign);

	if (eaten)
		filter_eat_one(p, sign);
	return eaten;
}

static int
filter_emit(struct parser *p, struct filter_op op)
{
	if (p->f->n == FILTER_OPS)
		return filter_fail(p, p->at, "the filter is too long", "ask in parts");
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
filter_fail_scope(struct parser *p, const char *s, size_t n, bool field)
{
	enum filter_scope other = p->scope == FILTER_PAGE ? FILTER_REGION : FILTER_PAGE;
	char why[96], how[96] = "use it with --pages";

	snprintf(why, sizeof(why), "\"%.*s\" applies to %s, and these are %s", (int)u64_min(n, 24),
	         s, filter_rows_of(other), filter_rows_of(p->scope));
	if (other == FILTER_REGION && !field && filter_find_type(s, n) >= 0)
		snprintf(how, sizeof(how), "type=%.*s selects the pages of such regions", (int)n,
		         s);
	else if (other == FILTER_REGION)
		snprintf(how, sizeof(how), "use it with --list");
	return filter_fail(p, s, why, how);
}

static int
filter_fail_unknown(struct parser *p, const char *s, size_t n, bool field)
{
	char name[40], why[96];
	struct guess g = {.name = name, .best = u64_min(n / 2 + 1, 4),
	                  .how = "`man pmtop` lists them under FILTER"};
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
parse_word(struct parser *p, const char *s, size_t n, bool negate)
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

		snprintf(how, sizeof(how), "such as %s", rows[row].example);
		return filter_fail(p, s, "this is a field, not a word: compare it with a value",
		                   how);
	}
	if (filter_find_word(p->scope ^ FILTER_BOTH, s, n, &op) ||
	    filter_find_row(p->scope ^ FILTER_BOTH, true, s, n) >= 0)
		return filter_fail_scope(p, s, n, false);
	return filter_fail_unknown(p, s, n, false);
}

/* --- fields ----------------------------------------------------------------------------------- */

static bool
filter_eat_cmp(struct parser *p, enum filter_cmp *cmp)
{
	static const struct {
		const char *s;
		enum filter_cmp cmp;
	} signs[] = {
	    {"==", FILTER_EQ}, {"!=", FILTER_NE}, {"<=", FILTER_LE}, {">=", FILTER_GE},
	    {"=", FILTER_EQ},  {"<", FILTER_LT},  {">", FILTER_GT},  {"~", FILTER_HAS},
	};

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (!strncmp(p->at, signs[i].s, strlen(signs[i].s))) {
			p->at += strlen(signs[i].s);
			*cmp = signs[i].cmp;
			return true;
		}
	return false;
}

/* A value as written: quoted, bracketed, or up to a blank or an operator. */
struct token {
	const char *s;
	size_t n;
};

static int
filter_read_token(struct parser *p, struct token *t)
{
	const char *end;

	filter_skip_blanks(p);
	*t = (struct token){.s = p->at, .n = strcspn(p->at, " \t&|()")};
	if (*p->at == '"' || *p->at == '\'') {
		end = strchr(p->at + 1, *p->at);
		if (!end)
			return filter_fail(p, p->at, "missing quote", "close it");
		t->s++;
		t->n = (size_t)(end - t->s);
		p->at = end + 1;
		return 0;
	}
	end = *p->at == '[' ? strchr(p->at, ']') : NULL;
	if (end)
		t->n = (size_t)(end - t->s) + 1;
	p->at += t->n;
	if (!t->n)
		return filter_fail(p, p->at, "a value is expected here",
		                   "such as mapcount>1, size>=2m or name~libc");
	return 0;
}

static bool
filter_is_0x(const struct token *t)
{
	return t->n > 2 && t->s[0] == '0' && (t->s[1] | 32) == 'x';
}

static bool
filter_take_hex(const struct token *t, uint64_t *out)
{
	size_t skip = filter_is_0x(t) ? 2 : 0;

	return parse_digits(t->s + skip, t->n - skip, 16, out);
}

/* 4096, 0x1000, 4k, 1p (a page) */
static bool
filter_take_bytes(const struct parser *p, const struct token *t, uint64_t *out)
{
	static const char units[] = "kmgt";
	char last = t->n ? (char)tolower((unsigned char)t->s[t->n - 1]) : '\0';
	const char *unit = last ? strchr(units, last) : NULL;
	uint64_t n, scale = last == 'p' ? p->page_size
	                    : unit      ? UINT64_C(1) << 10 * (unit - units + 1)
	                                : 1;

	if (filter_is_0x(t))
		return filter_take_hex(t, out);
	if (!parse_digits(t->s, t->n - (scale > 1), 10, &n) || n > UINT64_MAX / scale)
		return false;
	*out = n * scale;
	return true;
}

static int
filter_bad_value(struct parser *p, const struct token *t, const char *what, const char *how)
{
	char why[96];

	snprintf(why, sizeof(why), "\"%.*s\" is not %s", (int)u64_min(t->n, 24), t->s, what);
	return filter_fail(p, t->s, why, how);
}

static int
filter_take_perm(struct parser *p, const struct token *t, struct filter_op *op)
{
	static const char set[] = "rwxs";
	bool whole = op->cmp != FILTER_HAS;
	unsigned needs = 0, mask = 0;

	if (!t->n || (whole && t->n != 3 && t->n != 4))
		return filter_bad_value(p, t, "a set of permissions",
		                        "such as perm=r-xp, perm=rw- or perm~wx");
	for (size_t i = 0; i < t->n; i++) {
		char c = (char)tolower((unsigned char)t->s[i]);
		const char *at = c == 'p' ? set + 3 : c == '-' ? set + i : strchr(set, c);
		unsigned bit = at ? 1u << (at - set) : 0;

		if (!at || !c ||
		    (whole ? at != set + i || (i == 3 && c == '-') : c == '-' || mask & bit))
			return filter_bad_value(
			    p, t, "a set of permissions",
			    whole ? "give them as maps does: rw-p, r-xp, rw-s, or rw-"
				  : "give the letters that must be there: r w x, s shared or p "
			            "private");
		mask |= bit;
		needs |= c == 'p' || c == '-' ? 0 : bit;
	}
	op->mask = (uint16_t)mask;
	op->n = needs;
	return 0;
}

static int
filter_take_name(struct parser *p, const struct token *t, struct filter_op *op)
{
	struct filter *f = p->f;

	if (!t->n && op->cmp == FILTER_HAS)
		return filter_fail(p, t->s, "every name contains that",
		                   "name!=\"\" selects those with a name");
	if (f->text_n + t->n + 1 > sizeof(f->text))
		return filter_fail(p, t->s, "the filter is too long", "ask in parts");
	op->n = f->text_n;
	memcpy(f->text + f->text_n, t->s, t->n);
	f->text_n += t->n + 1;
	return 0;
}

/* The name of a state or of a region type. */
static int
filter_take_one_of(struct parser *p, const struct token *t, enum filter_kind kind,
                   struct filter_op *op)
{
	char name[40];
	struct guess g = {.name = name, .best = 4, .how = "`man pmtop` lists them"};
	int at =
	    kind == FILTER_STATE ? filter_find_state(t->s, t->n) : filter_find_type(t->s, t->n);
	unsigned count = kind == FILTER_STATE ? (unsigned)STATE_COUNT : (unsigned)VMA_TYPES;

	op->n = (uint64_t)at;
	if (at >= 0)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)u64_min(t->n, sizeof(name) - 1), t->s);
	for (unsigned i = 0; i < count; i++) {
		const char *s = kind == FILTER_STATE ? state_row((enum state)i)->name
		                                     : vma_type_name((enum vma_type)i);

		guess_try(&g, s, strlen(s));
	}
	return filter_bad_value(p, t, kind == FILTER_STATE ? "a state" : "a type of region", g.how);
}

/* A class of the lens, by its name or letter. */
static int
filter_take_class(struct parser *p, const struct token *t, struct filter_op *op)
{
	enum lens l = filter_lens_of(op->row);
	char name[40];
	struct guess g = {.name = name, .best = 4};

	for (unsigned c = 0; c < lens_classes(l); c++) {
		struct class_row row = lens_class(l, c);

		op->n = c;
		if ((t->n == 1 && t->s[0] == row.letter) ||
		    (strlen(row.name) == t->n && !strncasecmp(row.name, t->s, t->n)))
			return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)u64_min(t->n, sizeof(name) - 1), t->s);
	snprintf(g.how, sizeof(g.how), "the legend of lens %s shows them", lens_row(l)->name);
	for (unsigned c = 0; c < lens_classes(l); c++)
		guess_try(&g, lens_class(l, c).name, strlen(lens_class(l, c).name));
	return filter_bad_value(p, t, "a class of this lens", g.how);
}

/* 2s, 1.5s, 300ms, 5m, 1h */
static bool
filter_take_time(const struct token *t, uint64_t *out)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ms", 1000000},
	             {"s", 1000000000},
	             {"m", UINT64_C(60000000000)},
	             {"h", UINT64_C(3600000000000)}};
	size_t whole = 0, point;
	uint64_t n, part = 0, scale = 1;

	while (whole < t->n && isdigit((unsigned char)t->s[whole]))
		whole++;
	if (!parse_digits(t->s, whole, 10, &n))
		return false;
	point = whole;
	if (point < t->n && t->s[point] == '.')
		for (point++; point < t->n && isdigit((unsigned char)t->s[point]) && scale < 1000;
		     point++, scale *= 10)
			part = part * 10 + (uint64_t)(t->s[point] - '0');
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strlen(units[i].name) == t->n - point &&
		    !strncasecmp(units[i].name, t->s + point, t->n - point) &&
		    n < UINT64_MAX / units[i].ns) {
			*out = n * units[i].ns + part * units[i].ns / scale;
			return true;
		}
	return false;
}

static int
filter_take_value(struct parser *p, enum filter_kind kind, struct filter_op *op)
{
	struct token t;

	if (filter_read_token(p, &t) < 0)
		return -1;
	switch (kind) {
	case FILTER_COUNT:
		if (filter_is_0x(&t) ? filter_take_hex(&t, &op->n)
		                     : parse_digits(t.s, t.n, 10, &op->n))
			return 0;
		return filter_bad_value(p, &t, "a number", "write it in decimal, or 0x and hex");
	case FILTER_HEX:
	case FILTER_ADDRESS:
		if (!filter_take_hex(&t, &op->n))
			return filter_bad_value(p, &t, "a number in hex",
			                        "such as 7f12a000 or 0x1000");
		if (kind == FILTER_ADDRESS && (op->cmp == FILTER_EQ || op->cmp == FILTER_NE))
			op->n &= ~(uint64_t)(p->page_size - 1); /* any address in the page */
		return 0;
	case FILTER_BYTES:
		if (filter_take_bytes(p, &t, &op->n))
			return 0;
		return filter_bad_value(p, &t, "a size",
		                        "such as 4096, 0x1000, 64k, 2m, 1g or 12p (pages)");
	case FILTER_STATE:
	case FILTER_TYPE:
		return filter_take_one_of(p, &t, kind, op);
	case FILTER_CLASS:
		return filter_take_class(p, &t, op);
	case FILTER_TIME:
		if (filter_take_time(&t, &op->n))
			return 0;
		return filter_bad_value(p, &t, "a time", "such as 300ms, 2s, 5m or 1h");
	case FILTER_PERM:
		return filter_take_perm(p, &t, op);
	case FILTER_NAME:
		return filter_take_name(p, &t, op);
	case FILTER_WORD:
		break;
	}
	return -1;
}

static bool
filter_can_compare(enum filter_kind kind, enum filter_cmp cmp)
{
	switch (kind) {
	case FILTER_WORD:
		return false;
	case FILTER_COUNT:
	case FILTER_HEX:
	case FILTER_ADDRESS:
	case FILTER_BYTES:
	case FILTER_TIME:
		return cmp != FILTER_HAS;
	case FILTER_STATE:
	case FILTER_CLASS:
	case FILTER_TYPE:
		return cmp == FILTER_EQ || cmp == FILTER_NE;
	case FILTER_PERM:
	case FILTER_NAME:
		return cmp == FILTER_EQ || cmp == FILTER_NE || cmp == FILTER_HAS;
	}
	return false;
}

static int
parse_field(struct parser *p, const char *s, size_t n, enum filter_cmp cmp, const char *cmp_at,
            bool negate)
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
		snprintf(how, sizeof(how), "it is compared by %s, such as %s",
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

static int parse_or(struct parser *p, bool negate);

static int
parse_bracket(struct parser *p, bool negate)
{
	const char *open = p->at;

	if (p->depth == FILTER_DEPTH)
		return filter_fail(p, p->at, "too many nested parentheses", "shorten it");
	p->depth++;
	p->at++;
	if (parse_or(p, negate) < 0)
		return -1;
	p->depth--;
	if (*p->at != ')')
		return *p->at ? filter_fail(p, p->at, "&, | or ) is expected here",
		                     "quote names with blanks: name=\"my file\"")
		              : filter_fail(p, open, "missing )", "close it");
	p->at++;
	return 0;
}

static int
parse_not(struct parser *p, bool negate)
{
	enum filter_cmp cmp;
	const char *s, *cmp_at;
	size_t n;

	for (filter_skip_blanks(p); filter_eat_one(p, '!') || filter_eat_word(p, "not");
	     filter_skip_blanks(p))
		negate = !negate;
	if (*p->at == '(')
		return parse_bracket(p, negate);
	s = p->at;
	n = filter_word_length(s);
	if (!n || filter_is_one_of("and or", s, n))
		return filter_fail(p, s, "a word or a field is expected here",
		                   "such as anon, mapcount>1 or perm~rwx");
	p->at += n;
	filter_skip_blanks(p);
	cmp_at = p->at;
	return filter_eat_cmp(p, &cmp) ? parse_field(p, s, n, cmp, cmp_at, negate)
	                               : parse_word(p, s, n, negate);
}

/* Compiles the operator after the left side: keep its result, or jump over the right side. */
static int
filter_join(struct parser *p, bool is_and, int (*right)(struct parser *, bool), bool negate)
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
parse_and(struct parser *p, bool negate)
{
	int r = parse_not(p, negate);

	for (filter_skip_blanks(p);
	     r == 0 && (filter_eat_sign(p, '&') || filter_eat_word(p, "and"));
	     filter_skip_blanks(p))
		r = filter_join(p, true, parse_not, negate);
	return r;
}

static int
parse_or(struct parser *p, bool negate)
{
	int r = parse_and(p, negate);

	for (filter_skip_blanks(p); r == 0 && (filter_eat_sign(p, '|') || filter_eat_word(p, "or"));
	     filter_skip_blanks(p))
		r = filter_join(p, false, parse_and, negate);
	return r;
}

int
filter_parse(const char *text, enum filter_scope scope, size_t page_size, struct filter *f,
             struct err *err)
{
	struct filter made = {.scope = scope};
	struct parser p = {.text = text, .at = text, .scope = scope, .page_size = page_size,
	                   .f = &made, .err = err};

	if (parse_or(&p, false) < 0)
		return -1;
	if (*p.at == ')')
		return filter_fail(&p, p.at, "missing (", "open it");
	if (*p.at)
		return filter_fail(&p, p.at, "& or | is expected here",
		                   "quote names with blanks: name=\"my file\"");
	*f = made;
	return 0;
}
