/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VALUE_H
#define PM_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/* What is in one cell of a table. */
enum value_kind { VALUE_UNKNOWN, VALUE_TEXT, VALUE_NUMBER, VALUE_HEX, VALUE_SIZE, VALUE_CHANGE,
                  VALUE_PERCENT, VALUE_RATE,
                  VALUE_FLAGS, VALUE_CATEGORIES };

struct value {
	enum value_kind kind;
	/* NUMBER, HEX; SIZE in bytes; CHANGE: an int64_t of them; PERCENT: n of `of`; RATE:
	 * as in base/rate.h; FLAGS, CATEGORIES: bits */
	uint64_t n;
	uint64_t of;
	const char *s; /* TEXT from outside, not escaped yet; NULL: use t */
	char t[32];    /* TEXT of our own */
};

/* Numbers are right-aligned; those that are not addresses are unquoted in JSON. */
bool value_is_number(enum value_kind kind);
bool value_is_bare(enum value_kind kind);

/* Appends the value as text: sizes with units unless `bytes`, addresses with 0x; "" if unknown. */
void value_text(const struct value *v, bool bytes, bool ascii, struct buf *out);

/* Whether both say the same, unknown values included. */
bool value_same(const struct value *a, const struct value *b);

/* Less than, equal to or greater than 0; unknown values sort last. */
int value_compare(const struct value *a, const struct value *b);

#endif
