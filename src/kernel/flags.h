/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FLAGS_H
#define PM_FLAGS_H

#include <stdint.h>

#include "base/util.h"

/* PM_PRESENT, KPF_ANON, ...: one mask for each row of flags.def. */
#define R(name, low, high, since, words)
#define T(id, bit, letter, name, words)
#define F(source, id, bit, letter, name, since, words) source##_##id##_BIT = (bit),
enum flag_bit {
#include "kernel/flags.def"
};
#undef F
#define F(source, id, bit, letter, name, since, words) \
	static const uint64_t source##_##id __attribute__((unused)) = UINT64_C(1) << (bit);
#include "kernel/flags.def"
#undef F
#undef R
#undef T

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

/*
 * The flags that the kernel's page-types tool prints for a page (tools/mm/page-types.c of Linux
 * 7.2): `pagemap` is the page table's word. Without -r it leaves out bits 32 and above and, except
 * for hugetlb, the position in a compound page. With -r it separates flags with two meanings, and
 * adds some of the page table's.
 */
uint64_t page_types_plain(uint64_t kpf);
uint64_t page_types_raw(uint64_t kpf, uint64_t pagemap);

/* Its string of these: one letter for each of its 43 columns, `_` if the bit is clear. */
enum { PAGE_TYPES_COLUMNS = 43 };
const struct flag *page_types_own(size_t *n); /* the columns that are no bits of kpageflags */
void page_types_letters(struct buf *out, uint64_t flags);

/*
 * The names of the bits of kpageflags, separated by `sep`; flags with two meanings as in
 * page-types -r.
 */
void kpf_names(struct buf *out, uint64_t kpf, const char *sep);

/* The names of the bits set, separated by `sep`; a bit without a row is written "bitN". */
void flag_names(struct buf *out, enum flag_source source, uint64_t word, const char *sep);

#endif
