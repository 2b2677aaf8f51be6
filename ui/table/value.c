/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/value.h"

#include <string.h>

#include "base/rate.h"
#include "base/text.h"
#include "kernel/flags.h"
#include "kernel/pagemap.h"

bool
value_is_number(enum value_kind kind)
{
	return kind == VALUE_HEX || value_is_bare(kind);
}

bool
value_is_bare(enum value_kind kind)
{
	return kind == VALUE_NUMBER || kind == VALUE_SIZE || kind == VALUE_CHANGE ||
	       kind == VALUE_PERCENT || kind == VALUE_RATE;
}

/* --- as text ---------------------------------------------------------------------------------- */

/* 0 has no sign: it is no change. */
static void
value_change_text(const struct value *v, bool bytes, struct buf *out)
{
	bool fewer = v->n >> 63;
	uint64_t n = fewer ? -v->n : v->n;
	char size[8];

	if (fewer)
		buf_str(out, "-");
	else if (n && !bytes)
		buf_str(out, "+");
	if (bytes)
		buf_dec(out, n);
	else
		buf_str(out, size_text(size, n));
}

void
value_text(const struct value *v, bool bytes, bool ascii, struct buf *out)
{
	char size[8];

	switch (v->kind) {
	case VALUE_UNKNOWN:
		return;
	case VALUE_TEXT:
		if (v->s)
			text_escape(out, v->s, strlen(v->s), ascii);
		else
			buf_str(out, v->t);
		return;
	case VALUE_NUMBER:
		buf_dec(out, v->n);
		return;
	case VALUE_HEX:
		buf_add(out, "0x", 2);
		buf_hex(out, v->n);
		return;
	case VALUE_PERCENT:
		if (bytes)
			buf_fmt(out, "%.15g", percent(v->n, v->of));
		else
			buf_str(out, percent_text(size, v->n, v->of));
		return;
	case VALUE_RATE: /* of many, fractions do not matter */
		if (v->n < 10 * RATE_PAGE)
			buf_fmt(out, "%.3g", (double)v->n / (double)RATE_PAGE);
		else
			buf_dec(out, rate_pages(v->n));
		return;
	case VALUE_FLAGS:
		page_types_letters(out, v->n);
		return;
	case VALUE_CATEGORIES:
		pagemap_cat_names(out, v->n, "|");
		return;
	case VALUE_CHANGE:
		value_change_text(v, bytes, out);
		return;
	case VALUE_SIZE:
		if (bytes)
			buf_dec(out, v->n);
		else
			buf_str(out, size_text(size, v->n));
	}
}

static const char *
value_chars(const struct value *v)
{
	return v->s ? v->s : v->t;
}

bool
value_same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind || a->kind == VALUE_UNKNOWN)
		return a->kind == b->kind;
	if (a->kind == VALUE_TEXT)
		return !strcmp(value_chars(a), value_chars(b));
	return a->n == b->n && a->of == b->of;
}

static int
value_compare_shares(const struct value *a, const struct value *b)
{
	__uint128_t x = (__uint128_t)a->n * b->of, y = (__uint128_t)b->n * a->of;

	return (x > y) - (x < y);
}

int
value_compare(const struct value *a, const struct value *b)
{
	if ((a->kind == VALUE_UNKNOWN) != (b->kind == VALUE_UNKNOWN))
		return a->kind == VALUE_UNKNOWN ? 1 : -1;
	if (a->kind == VALUE_TEXT && a->s && a->s == b->s)
		return 0; /* neighbours often share a name */
	if (a->kind == VALUE_TEXT)
		return strcmp(value_chars(a), value_chars(b));
	if (a->kind == VALUE_PERCENT)
		return value_compare_shares(a, b);
	if (a->kind == VALUE_CHANGE)
		return ((int64_t)a->n > (int64_t)b->n) - ((int64_t)a->n < (int64_t)b->n);
	return (a->n > b->n) - (a->n < b->n);
}
