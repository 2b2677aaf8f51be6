/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of filters, from their own table and from those of flags, states and types. */
#include <string.h>

#include "filter/filter_parts.h"
#include "kernel/flags.h"
#include "page/state.h"

/* The row of that name, or -1. */
int
filter_find_row(enum filter_scope scope, bool field, const char *s, size_t n)
{
	size_t rows_n;
	const struct filter_row *rows = filter_table(&rows_n);

	for (size_t i = 0; i < rows_n; i++)
		if (rows[i].scope & scope && (rows[i].kind != FILTER_WORD) == field &&
		    lex_is_one_of(rows[i].names, s, n))
			return (int)i;
	return -1;
}

static int
filter_find_flag(const char *s, size_t n)
{
	size_t flags_n;
	const struct flag *flags = flag_table(&flags_n);

	for (size_t i = 0; i < flags_n; i++)
		if (flags[i].source == FLAG_KPF && lex_is_one_of(flags[i].name, s, n))
			return (int)i;
	return -1;
}

int
filter_find_state(const char *s, size_t n)
{
	for (unsigned i = 0; i < STATE_COUNT; i++)
		if (lex_is_one_of(state_row((enum state)i)->name, s, n))
			return (int)i;
	return -1;
}

int
filter_find_type(const char *s, size_t n)
{
	for (unsigned i = 0; i < VMA_TYPES; i++)
		if (lex_is_one_of(vma_type_name((enum vma_type)i), s, n))
			return (int)i;
	return -1;
}

/* The word s as an operation, without its needs; false: unknown word. Earlier tables win. */
bool
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
const char *
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
