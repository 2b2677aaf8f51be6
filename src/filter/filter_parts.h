/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_PARTS_H
#define PM_FILTER_PARTS_H

/* What the files that compile a filter share. */
#include "filter/filter.h"
#include "filter/lex.h"

struct filter_parser {
	struct lex lex;
	enum filter_scope scope;
	bool question; /* else an option, or a filter of the screen */
	const struct filter_only *only;
	unsigned depth;
	struct filter *f;
	struct err *err;
};

/* Returns -1. */
static inline int
filter_fail(struct filter_parser *p, const char *at, const char *why, const char *how)
{
	return lex_fail(&p->lex, at, why, how, p->err);
}

/* --- names: n bytes at s ---------------------------------------------------------------------- */

/* The row of a field, or of a word; the state; the type. -1: no such name. */
int filter_find_row(enum filter_scope scope, bool field, const char *s, size_t n);
int filter_find_state(const char *s, size_t n);
int filter_find_type(const char *s, size_t n);

/* The word as an operation, without its needs; false: unknown word. Earlier tables win. */
bool filter_find_word(enum filter_scope scope, const char *s, size_t n, struct filter_op *op);

/* The i-th name of the rows of one kind; NULL after the last. */
const char *filter_nth_name(enum filter_scope scope, bool field, size_t i, size_t *n);

/* --- values ----------------------------------------------------------------------------------- */

bool filter_can_compare(enum filter_kind kind, enum filter_cmp cmp);

/* Reads the value that op's field is compared with, and completes op. */
int filter_take_value(struct filter_parser *p, enum filter_kind kind, struct filter_op *op);

#endif
