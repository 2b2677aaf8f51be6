/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/flags.h"

#define R(name, low, high, since, words)
#define T(id, bit, letter, name, words)
#define F(src, id, b, l, n, s, w) \
	{.source = FLAG_##src, .bit = (b), .letter = (l), .name = (n), .since = (s), .words = (w)},
static const struct flag flags_table[] = {
#include "kernel/flags.def"
};
#undef F
#undef R

#define F(source, id, bit, letter, name, since, words)
#define T(id, bit, letter, name, words)
#define R(n, l, h, s, w) {.name = (n), .low = (l), .high = (h), .since = (s), .words = (w)},
static const struct flag_range flags_ranges[] = {
#include "kernel/flags.def"
};
#undef F
#undef R
#undef T

/* --- page-types ------------------------------------------------------------------------------- */

#define T(id, bit, letter, name, words) PT_##id##_BIT = (bit),
#define F(source, id, bit, letter, name, since, words)
#define R(name, low, high, since, words)
enum page_types_bit {
#include "kernel/flags.def"
};
#undef T
#undef F
#define PT(id) (UINT64_C(1) << PT_##id##_BIT)

#define F(source, id, bit, letter, name, since, words)
#define T(id, b, l, n, w) {.bit = (b), .letter = (l), .name = (n), .words = (w)},
static const struct flag flags_own[] = {
#include "kernel/flags.def"
};
#undef F
#undef T
#undef R

const struct flag *
page_types_own(size_t *n)
{
	*n = ARRAY_LEN(flags_own);
	return flags_own;
}

static const uint64_t flags_hackers = UINT64_C(0xffff) << 32;

uint64_t
page_types_plain(uint64_t kpf)
{
	uint64_t flags = kpf & ~flags_hackers;

	return flags & KPF_HUGE ? flags : flags & ~(KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);
}

/* Bit `from` becomes bit `to`. */
static uint64_t
flags_moved(uint64_t flags, uint64_t from, uint64_t to)
{
	return flags & from ? flags ^ from ^ to : flags;
}

uint64_t
page_types_raw(uint64_t kpf, uint64_t pagemap)
{
	uint64_t flags = kpf;

	if (flags & KPF_ANON)
		flags = flags_moved(flags, KPF_OWNER_2, PT(ANON_EXCLUSIVE));
	if (flags & KPF_SLAB)
		flags = flags_moved(flags_moved(flags, KPF_ACTIVE, PT(SLUB_FROZEN)), KPF_ERROR,
		                    PT(SLUB_DEBUG));
	if (!(flags & KPF_WRITEBACK))
		flags = flags_moved(flags, KPF_RECLAIM, PT(READAHEAD));
	flags |= pagemap & PM_SOFT_DIRTY ? KPF_SOFTDIRTY : 0;
	flags |= pagemap & PM_FILE ? PT(FILE) : 0;
	flags |= pagemap & PM_SWAPPED ? PT(SWAP) : 0;
	return flags | (pagemap & PM_EXCLUSIVE ? PT(MMAP_EXCLUSIVE) : 0);
}

/* A letter for each row of a table that has one, in their order. */
static size_t
flags_add_letters(char *out, const struct flag *f, size_t n, uint64_t flags)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		if (f[i].letter != ' ')
			out[len++] = flags >> f[i].bit & 1 ? f[i].letter : '_';
	return len;
}

void
page_types_letters(struct buf *out, uint64_t flags)
{
	char letters[ARRAY_LEN(flags_table) + ARRAY_LEN(flags_own)];
	size_t n = flags_add_letters(letters, flags_table, ARRAY_LEN(flags_table), flags);

	n += flags_add_letters(letters + n, flags_own, ARRAY_LEN(flags_own), flags);
	buf_add(out, letters, n);
}

/* --- the table -------------------------------------------------------------------------------- */

const struct flag_range *
flag_ranges(size_t *n)
{
	*n = ARRAY_LEN(flags_ranges);
	return flags_ranges;
}

const struct flag *
flag_table(size_t *n)
{
	*n = ARRAY_LEN(flags_table);
	return flags_table;
}

static const struct flag *
flag_of_bit(enum flag_source source, unsigned bit)
{
	for (size_t i = 0; i < ARRAY_LEN(flags_table); i++)
		if (flags_table[i].source == source && flags_table[i].bit == bit)
			return &flags_table[i];
	return NULL;
}

static const struct flag *
flags_own_of_bit(unsigned bit)
{
	size_t i = 0;

	while (flags_own[i].bit != bit)
		i++;
	return &flags_own[i];
}

/* A bit without a row is written "bitN". */
static void
flags_add_name(struct buf *out, const char *name, unsigned bit)
{
	if (name)
		buf_str(out, name);
	else
		buf_fmt(out, "bit%u", bit);
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
		flags_add_name(out, f ? f->name : NULL, bit);
	}
}

void
kpf_names(struct buf *out, uint64_t kpf, const char *sep)
{
	/* a bit of the kernel's that page-types uses for its own is none of these */
	uint64_t flags = page_types_raw(kpf, 0), made = flags & ~kpf;
	size_t start = out->len;

	for (unsigned bit = 0; bit < 64; bit++) {
		const struct flag *f =
		    made >> bit & 1 ? flags_own_of_bit(bit) : flag_of_bit(FLAG_KPF, bit);

		if (!(flags >> bit & 1))
			continue;
		if (out->len > start)
			buf_str(out, sep);
		flags_add_name(out, f ? f->name : NULL, bit);
	}
}
