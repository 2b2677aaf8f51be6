/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values that fields are compared with. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/guess.h"
#include "base/util.h"
#include "filter/filter_facts.h"
#include "filter/filter_parts.h"
#include "page/lens.h"
#include "page/state.h"

/* A value as written: quoted, bracketed, or up to a blank or an operator. */
static int
filter_read_token(struct filter_parser *p, struct lex_word *t)
{
	const char *at;

	lex_skip_blanks(&p->lex);
	at = p->lex.at;
	if (*at == '"' || *at == '\'')
		return lex_eat_enclosed(&p->lex, *at, t)
		           ? 0
		           : filter_fail(p, at, "missing closing quote", "add it");
	if (*at != '[' || !lex_eat_enclosed(&p->lex, ']', t))
		p->lex.at += strcspn(at, " \t&|()");
	*t = (struct lex_word){.s = at, .n = (size_t)(p->lex.at - at)};
	return t->n ? 0
	            : filter_fail(p, at, "expected a value here",
	                          "examples: mapcount>1, size>=2m, name~libc");
}

static int
filter_bad_value(struct filter_parser *p, const struct lex_word *t, const char *what,
                 const char *how)
{
	char why[96];

	snprintf(why, sizeof(why), "\"%.*s\" is not %s", (int)u64_min(t->n, 24), t->s, what);
	return filter_fail(p, t->s, why, how);
}

static int
filter_take_perm(struct filter_parser *p, const struct lex_word *t, struct filter_op *op)
{
	static const char set[] = "rwxs";
	bool whole = op->cmp != FILTER_HAS;
	unsigned needs = 0, mask = 0;

	if (!t->n || (whole && t->n != 3 && t->n != 4))
		return filter_bad_value(p, t, "a set of permissions",
		                        "examples: perm=r-xp, perm=rw-, perm~wx");
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
filter_take_name(struct filter_parser *p, const struct lex_word *t, struct filter_op *op)
{
	struct filter *f = p->f;

	if (!t->n && op->cmp == FILTER_HAS)
		return filter_fail(p, t->s, "every name contains the empty text",
		                   "name!=\"\" selects those with a name");
	if (f->text_n + t->n + 1 > sizeof(f->text))
		return filter_fail(p, t->s, "the filter is too long", "shorten it");
	op->n = f->text_n;
	memcpy(f->text + f->text_n, t->s, t->n);
	f->text_n += t->n + 1;
	return 0;
}

/* The name of a state or of a region type. */
static int
filter_take_one_of(struct filter_parser *p, const struct lex_word *t, enum filter_kind kind,
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
filter_take_class(struct filter_parser *p, const struct lex_word *t, struct filter_op *op)
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
filter_take_time(const struct lex_word *t, uint64_t *out)
{
	static const struct lex_unit units[] = {{"ms", TIME_MS},
	                                        {"s", TIME_SECOND},
	                                        {"m", 60 * TIME_SECOND},
	                                        {"h", 3600 * TIME_SECOND},
	                                        {NULL, 0}};

	return lex_measure(t->s, t->n, units, out);
}

int
filter_take_value(struct filter_parser *p, enum filter_kind kind, struct filter_op *op)
{
	struct lex_word t;

	if (filter_read_token(p, &t) < 0)
		return -1;
	switch (kind) {
	case FILTER_COUNT:
		if (lex_has_0x(t.s, t.n) ? lex_hex(t.s, t.n, &op->n)
		                         : parse_digits(t.s, t.n, 10, &op->n))
			return 0;
		return filter_bad_value(p, &t, "a number",
		                        "write it in decimal, or in hex after 0x");
	case FILTER_HEX:
	case FILTER_ADDRESS:
		if (!lex_hex(t.s, t.n, &op->n))
			return filter_bad_value(p, &t, "a number in hex",
			                        "examples: 7f12a000, 0x1000");
		if (kind == FILTER_ADDRESS && (op->cmp == FILTER_EQ || op->cmp == FILTER_NE))
			op->n &= ~(uint64_t)(p->lex.page_size - 1); /* any address in the page */
		return 0;
	case FILTER_BYTES:
		if (lex_bytes(t.s, t.n, p->lex.page_size, &op->n))
			return 0;
		return filter_bad_value(p, &t, "a size",
		                        "examples: 4096, 0x1000, 64k, 2m, 1g, 12p (pages)");
	case FILTER_STATE:
	case FILTER_TYPE:
		return filter_take_one_of(p, &t, kind, op);
	case FILTER_CLASS:
		return filter_take_class(p, &t, op);
	case FILTER_TIME:
		if (filter_take_time(&t, &op->n))
			return 0;
		return filter_bad_value(p, &t, "a time", "examples: 300ms, 2s, 5m, 1h");
	case FILTER_PERM:
		return filter_take_perm(p, &t, op);
	case FILTER_NAME:
		return filter_take_name(p, &t, op);
	case FILTER_WORD:
		break;
	}
	return -1;
}

bool
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
