/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FLAGS_H
#define PM_FLAGS_H

#include <stdint.h>

#include "util.h"

/* PM_PRESENT, KPF_ANON, ...: one mask for each row of flags.def. */
#define R(name, low, high, since, words)
#define F(source, id, bit, letter, name, since, words) source##_##id##_BIT = (bit),
enum flag_bit {
#include "flags.def"
};
#undef F
#define F(source, id, bit, letter, name, since, words) \
	static const uint64_t source##_##id __attribute__((unused)) = UINT64_C(1) << (bit);
#include "flags.def"
#undef F
#undef R

enum flag_source { FLAG_PM, FLAG_KPF };

struct flag {
	enum flag_source source;
	unsigned bit;
	char letter;
	const char *name, *since, *words;
};

/* The rows of flags.def, in its order; *n is their number. */
const struct flag *flag_table(size_t *n);

/* The numbers in a word of pagemap. */
struct flag_range {
	const char *name;
	unsigned low, high;
	const char *since, *words;
};
const struct flag_range *flag_ranges(size_t *n);

/* page-types' string of a kpageflags word: a letter for each known bit, `_` where it is clear. */
void flag_letters(struct buf *out, uint64_t kpf);

/* The names of the bits set, separated by `sep`; a bit without a row is written "bitN". */
void flag_names(struct buf *out, enum flag_source source, uint64_t word, const char *sep);

#endif
