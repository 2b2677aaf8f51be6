/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake.h"
#include "tap.h"

static void
test_table(void)
{
	size_t n;
	const struct flag *f = flag_table(&n);
	bool bits = true, names = true, letters = true, texts = true, order = true;

	for (size_t i = 0; i < n; i++) {
		texts &= f[i].name[0] && f[i].words[0] && f[i].since[0] >= '2' && f[i].since[0] <= '9' &&
		         strchr(f[i].since, '.') && f[i].bit < 64;
		letters &= f[i].source == FLAG_PM ? f[i].letter == ' ' : f[i].letter >= ' ';
		order &= !i || f[i].source != FLAG_KPF || f[i - 1].source != FLAG_KPF ||
		         f[i].bit > f[i - 1].bit;
		for (size_t k = 0; k < i; k++) {
			if (f[k].source != f[i].source)
				continue;
			bits &= f[k].bit != f[i].bit;
			names &= strcmp(f[k].name, f[i].name) != 0;
			/* page-types itself gives H to compound_head and to arch_2 */
			letters &= f[i].letter == ' ' || f[i].letter != f[k].letter ||
			           f[i].bit == KPF_ARCH_2_BIT;
		}
	}
	ok(bits, "no bit has two rows");
	ok(names, "no name has two rows");
	ok(letters, "kpageflags have letters, each its own; pagemap bits have none");
	ok(texts, "every row has a name, words, and a version of Linux");
	ok(order, "the letters come in the order of the bits");
}

/* What Documentation/admin-guide/mm/pagemap.rst lists. */
static void
test_complete(void)
{
	size_t n;
	const struct flag *f = flag_table(&n);
	uint64_t pm = 0, kpf = 0;

	for (size_t i = 0; i < n; i++)
		*(f[i].source == FLAG_PM ? &pm : &kpf) |= UINT64_C(1) << f[i].bit;
	is_u64(pm, UINT64_C(0xff80000000000000), "every documented bit of pagemap has a row");
	is_u64(kpf, UINT64_C(0x7ff07ffffff), "every bit of kpageflags has a row");
}

static void
test_masks(void)
{
	is_u64(PM_PRESENT, UINT64_C(1) << 63, "PM_PRESENT");
	is_u64(PM_SOFT_DIRTY, UINT64_C(1) << 55, "PM_SOFT_DIRTY");
	is_u64(KPF_ANON, 1u << 12, "KPF_ANON");
	is_u64(KPF_OWNER_2, UINT64_C(1) << 34, "KPF_OWNER_2");
}

static void
letters_are(uint64_t flags, const char *want, const char *name)
{
	struct buf b = {0};

	page_types_letters(&b, flags);
	is_str(b.s, want, name);
	buf_free(&b);
}

/* Letter by letter what page-types itself wrote. */
static void
test_page_types(void)
{
#define P(kpf, pagemap, plain, raw) {kpf, pagemap, plain, raw},
	static const struct {
		uint64_t kpf, pagemap;
		const char *plain, *raw;
	} rows[] = {
#include "page_types.def"
	};
#undef P

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[80];

		snprintf(name, sizeof(name), "page-types of %#" PRIx64, rows[i].kpf);
		letters_are(page_types_plain(rows[i].kpf), rows[i].plain, name);
		snprintf(name, sizeof(name), "page-types -r of %#" PRIx64 " at %#" PRIx64,
		         rows[i].kpf, rows[i].pagemap);
		letters_are(page_types_raw(rows[i].kpf, rows[i].pagemap), rows[i].raw, name);
	}
	is_u64(strlen(rows[0].raw), PAGE_TYPES_COLUMNS, "its columns");
	/* bits that page-types does not know, or gave up on: no letters */
	letters_are(page_types_raw(KPF_UNCACHED | KPF_ARCH_3 | UINT64_C(1) << 45, PM_PRESENT),
	            rows[0].raw, "bits that it does not know have no letter");
	letters_are(page_types_raw(KPF_ANON, PM_SOFT_DIRTY | PM_SWAPPED),
	            "____________a_____________________f______w_", "soft-dirty and swapped");
}

/* Names with what is used twice. */
static void
test_kpf_names(void)
{
	static const struct {
		uint64_t kpf;
		const char *want;
	} rows[] = {
	    {0, ""},
	    {UINT64_C(0x400005808), "uptodate,mmap,anonymous,swapbacked,anon_exclusive"},
	    {UINT64_C(0x40000086c), "referenced,uptodate,lru,active,mmap,owner_2"},
	    {KPF_RECLAIM, "readahead"},
	    {KPF_RECLAIM | KPF_WRITEBACK, "writeback,reclaim"},
	    {KPF_SLAB | KPF_ACTIVE | KPF_ERROR, "slab,slub_frozen,slub_debug"},
	    {UINT64_C(1) << 51 | UINT64_C(1) << 61, "bit51,bit61"},
	    {KPF_UNCACHED | KPF_ARCH_3, "uncached,arch_3"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};
		char name[40];

		snprintf(name, sizeof(name), "names of %#" PRIx64, rows[i].kpf);
		kpf_names(&b, rows[i].kpf, ",");
		is_str(b.s ? b.s : "", rows[i].want, name);
		buf_free(&b);
	}
}

static void
test_names(void)
{
	static const struct {
		enum flag_source source;
		uint64_t word;
		const char *sep, *want;
	} rows[] = {
	    {FLAG_KPF, 0, ",", ""},
	    {FLAG_KPF, UINT64_C(0x400005808), ",", "uptodate,mmap,anonymous,swapbacked,owner_2"},
	    {FLAG_KPF, UINT64_C(0x101000000), " ", "zero_page reserved"},
	    {FLAG_KPF, UINT64_C(1) << 51, ",", "bit51"},
	    {FLAG_KPF, UINT64_C(1) << 63 | 1u << 27 | 1, ", ", "locked, bit27, bit63"},
	    {FLAG_PM, UINT64_C(0xa18000000043ee27), ",", "soft-dirty,exclusive,file,present"},
	    {FLAG_PM, UINT64_C(0x7fffffffffffff), ",", ""}, /* a frame number is no flag */
	    {FLAG_PM, UINT64_C(1) << 59, ",", "bit59"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};
		char name[40];

		snprintf(name, sizeof(name), "names of %#" PRIx64, rows[i].word);
		buf_str(&b, "<");
		flag_names(&b, rows[i].source, rows[i].word, rows[i].sep);
		is_str(b.s + 1, rows[i].want, name);
		buf_free(&b);
	}
}

int
main(void)
{
	tap_start();
	test_table();
	test_complete();
	test_masks();
	test_page_types();
	test_kpf_names();
	test_names();
	return tap_done();
}
