/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter/filter_facts.h"

#include "filter/filter_rows.h"

enum truth
filter_word_of(unsigned row, const struct filter_facts *x)
{
#define W(s, i, n, w, e, h) word_##s##_##i,
#define V(s, i, n, k, w, e, h) NULL,
	static enum truth (*const get[])(const struct filter_facts *) = {
#include "filter/filter.def"
	};
#undef W
#undef V
	return get[row](x);
}

enum truth
filter_value_of(unsigned row, const struct filter_facts *x, uint64_t *n)
{
#define W(s, i, n, w, e, h) NULL,
#define V(s, i, n, k, w, e, h) value_##s##_##i,
	static enum truth (*const get[])(const struct filter_facts *, uint64_t *) = {
#include "filter/filter.def"
	};
#undef W
#undef V
	return get[row](x, n);
}
