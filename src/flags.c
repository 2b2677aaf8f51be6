/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flags.h"

#define R(name, low, high, since, words)
#define F(src, id, b, l, n, s, w) \
	{.source = FLAG_##src, .bit = (b), .letter = (l), .name = (n), .since = (s), .words = (w)},
static const struct flag table[] = {
#include "flags.def"
};
#undef F
#undef R

#define F(source, id, bit, letter, name, since, words)
#define R(n, l, h, s, w) {.name = (n), .low = (l), .high = (h), .since = (s), .words = (w)},
static const struct flag_range ranges[] = {
#include "flags.def"
};
#undef F
#undef R

const struct flag_range *
flag_ranges(size_t *n)
{
	*n = ARRAY_LEN(ranges);
	return ranges;
}

const struct flag *
flag_table(size_t *n)
{
	*n = ARRAY_LEN(table);
	return table;
}

void
flag_letters(struct buf *out, uint64_t kpf)
{
	char letters[ARRAY_LEN(table)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].source == FLAG_KPF)
			letters[n++] = kpf >> table[i].bit & 1 ? table[i].letter : '_';
	buf_add(out, letters, n);
}

static const struct flag *
flag_of_bit(enum flag_source source, unsigned bit)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].source == source && table[i].bit == bit)
			return &table[i];
	return NULL;
}

void
flag_names(struct buf *out, enum flag_source source, uint64_t word, const char *sep)
{
	size_t start = out->len;

	for (unsigned bit = source == FLAG_PM ? 55 : 0; bit < 64; bit++) {
		const struct flag *f = flag_of_bit(source, bit);

		if (!(word >> bit & 1))
			continue;
		if (out->len > start)
			buf_str(out, sep);
		if (f)
			buf_str(out, f->name);
		else
			buf_fmt(out, "bit%u", bit);
	}
}
