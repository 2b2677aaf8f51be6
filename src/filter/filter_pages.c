/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of each word and field of filter.def, for a page. */
#include "filter/filter_facts.h"
#include "filter/filter_rows.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "page/lens.h"

/* Bits of the page table entry. */
static enum truth
filter_word_has(const struct filter_facts *x, uint64_t mask)
{
	return x->pg->known & PAGE_WORD ? truth(x->pg->word & mask) : TRUTH_UNKNOWN;
}

static bool
filter_in_state(const struct filter_facts *x, enum state s)
{
	return x->pg->state == s;
}

/* Neither present nor empty: in swap, or special. */
static bool
filter_is_entry(const struct page *pg)
{
	return !(pg->word & PM_PRESENT) && pg->word & PM_SWAPPED;
}

bool
filter_entry_hidden(const struct page *pg)
{
	return filter_is_entry(pg) && !(pg->word & PM_PFN_MASK) && !(pg->word & PM_GUARD);
}

static enum truth
filter_in_ram(const struct filter_facts *x)
{
	return filter_word_has(x, PM_PRESENT);
}

/*
 * A page that is not in RAM has no flags. A frame without a record is device memory; only its raw
 * flags stay unknown.
 */
enum truth
filter_flag(const struct filter_facts *x, uint64_t mask)
{
	enum truth t = filter_in_ram(x);

	if (t == TRUTH_YES)
		t = x->pg->known & PAGE_FLAGS ? truth(x->pg->kpf & mask) : TRUTH_UNKNOWN;
	return t;
}

/*
 * For the kinds of memory: t, if the flags are not needed or are known. Without flags the state was
 * derived from the page table alone, and only certain conclusions hold: `yes` is the state that
 * means true; STATE_HIDDEN is anonymous memory, a zero page or KSM.
 */
static enum truth
filter_kind_is(const struct filter_facts *x, bool by_flags, enum state yes, bool may_hide)
{
	enum truth t = filter_in_ram(x);

	if (t != TRUTH_YES)
		return t;
	if (x->pg->known & PAGE_FLAGS)
		return truth(by_flags);
	if (filter_in_state(x, yes))
		return TRUTH_YES;
	return filter_in_state(x, STATE_HIDDEN) && may_hide ? TRUTH_UNKNOWN : TRUTH_NO;
}

enum truth word_PAGE_PRESENT(const struct filter_facts *x) { return filter_in_ram(x); }
enum truth
word_PAGE_SOFTDIRTY(const struct filter_facts *x)
{
	return filter_word_has(x, PM_SOFT_DIRTY);
}
enum truth
word_PAGE_DIRTY(const struct filter_facts *x)
{
	return filter_flag(x, KPF_DIRTY);
}
enum truth word_PAGE_IDLE(const struct filter_facts *x) { return filter_flag(x, KPF_IDLE); }

enum truth
word_PAGE_HIDDEN(const struct filter_facts *x)
{
	return x->pg->known & PAGE_WORD ? truth(page_hidden(x->pg)) : TRUTH_UNKNOWN;
}

enum truth
word_PAGE_EXCLUSIVE(const struct filter_facts *x)
{
	return truth_and(filter_in_ram(x), filter_word_has(x, PM_EXCLUSIVE));
}

/* Without privileges, an entry counts as swapped if there is a swap device: see state.c. */
enum truth
word_PAGE_SWAPPED(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_WORD) ||
	    (filter_in_state(x, STATE_SPECIAL) && filter_entry_hidden(x->pg)))
		return TRUTH_UNKNOWN;
	return page_may_be_out(x->pg, x->v) ? TRUTH_UNKNOWN
	                                    : truth(filter_in_state(x, STATE_SWAPPED));
}

enum truth
word_PAGE_NONE(const struct filter_facts *x)
{
	return truth_not(filter_word_has(x, PM_PRESENT | PM_SWAPPED));
}

enum truth
word_PAGE_CACHED(const struct filter_facts *x)
{
	enum truth t = word_PAGE_NONE(x);

	if (t != TRUTH_YES || x->pg->known & PAGE_CACHED)
		return t;
	return !vma_has_file(x->v) || x->pg->known & PAGE_CACHE_ASKED ? TRUTH_NO : TRUTH_UNKNOWN;
}

enum truth
word_PAGE_NEVER(const struct filter_facts *x)
{
	enum truth t = truth_and(word_PAGE_NONE(x), truth_not(word_PAGE_CACHED(x)));

	if (filter_in_state(x, STATE_PAST_END) || filter_in_state(x, STATE_SWAPPED))
		return TRUTH_NO;
	return t == TRUTH_YES && page_may_be_out(x->pg, x->v) ? TRUTH_UNKNOWN : t;
}

enum truth
word_PAGE_ANON(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_FLAGS) &&
	    (filter_in_state(x, STATE_COPIED) || filter_in_state(x, STATE_HUGETLB)))
		return truth_not(filter_word_has(x, PM_FILE));
	return filter_kind_is(x, x->pg->kpf & KPF_ANON, STATE_ANON, true);
}

enum truth
word_PAGE_FILE(const struct filter_facts *x)
{
	return filter_kind_is(x, page_kind(x->pg, x->v) == KIND_FILE, STATE_FILE, false);
}

enum truth
word_PAGE_SHM(const struct filter_facts *x)
{
	return filter_kind_is(x, page_kind(x->pg, x->v) == KIND_SHMEM, STATE_SHMEM, false);
}

enum truth
word_PAGE_COPIED(const struct filter_facts *x)
{
	return truth_and(truth(state_copies(x->v)), word_PAGE_ANON(x));
}

enum truth
word_PAGE_COW(const struct filter_facts *x)
{
	return truth_and(word_PAGE_ANON(x), truth_not(word_PAGE_EXCLUSIVE(x)));
}

/* Large folios: transparent huge pages, or smaller ones; not hugetlb, not the zero page. */
static enum truth
filter_large_is(const struct filter_facts *x, bool small)
{
	const struct page *pg = x->pg;
	enum truth t = filter_in_ram(x);
	bool compound = pg->kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);
	bool large = pg->kpf & KPF_THP || (compound && pg->kpf & KPF_ANON);

	if (t != TRUTH_YES)
		return t;
	if (pg->known & PAGE_FLAGS) {
		if (!large || pg->kpf & (KPF_HUGE | KPF_ZERO_PAGE))
			return TRUTH_NO;
		if (!(pg->known & PAGE_FOLIO))
			return TRUTH_UNKNOWN;
		return truth(pg->order && small == ((pg->known & PAGE_SMALL) != 0));
	}
	if (filter_in_state(x, STATE_ZERO) || filter_in_state(x, STATE_HUGETLB) ||
	    filter_in_state(x, STATE_DEVICE))
		return TRUTH_NO;
	return pg->cats & PM_CAT_HUGE ? truth(!small) : TRUTH_UNKNOWN;
}

enum truth word_PAGE_THP(const struct filter_facts *x) { return filter_large_is(x, false); }
enum truth word_PAGE_MTHP(const struct filter_facts *x) { return filter_large_is(x, true); }

enum truth
word_PAGE_HUGETLB(const struct filter_facts *x)
{
	return filter_kind_is(x, x->pg->kpf & KPF_HUGE, STATE_HUGETLB, false);
}

enum truth
word_PAGE_ZERO(const struct filter_facts *x)
{
	return filter_kind_is(x, x->pg->kpf & KPF_ZERO_PAGE, STATE_ZERO, true);
}

enum truth
word_PAGE_DEVICE(const struct filter_facts *x)
{
	enum truth t = filter_in_ram(x);

	return t == TRUTH_YES ? truth(filter_in_state(x, STATE_DEVICE)) : t;
}

/* Where the KSM flag is unreliable (see frame.h), its absence still is not. */
enum truth
word_PAGE_KSM(const struct filter_facts *x)
{
	enum truth t = filter_in_ram(x);

	if (t != TRUTH_YES)
		return t;
	if (x->pg->known & PAGE_FLAGS && x->pg->kpf & KPF_KSM)
		return x->pg->known & PAGE_NO_KSM ? TRUTH_UNKNOWN : TRUTH_YES;
	if (x->pg->known & PAGE_FLAGS)
		return TRUTH_NO;
	if (x->pg->word & PM_FILE || filter_in_state(x, STATE_ZERO) ||
	    filter_in_state(x, STATE_DEVICE))
		return TRUTH_NO;
	return TRUTH_UNKNOWN;
}

enum truth
word_PAGE_GUARD(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_WORD) ||
	    (filter_in_state(x, STATE_SPECIAL) && filter_entry_hidden(x->pg)))
		return TRUTH_UNKNOWN;
	return truth(filter_in_state(x, STATE_GUARD));
}

/* A marker without a page may show only by its type. */
enum truth
word_PAGE_UFFD_WP(const struct filter_facts *x)
{
	enum truth t =
	    truth_or(filter_word_has(x, PM_UFFD_WP), truth(filter_in_state(x, STATE_UFFD)));

	if (t == TRUTH_NO && x->pg->known & PAGE_NO_WP)
		return TRUTH_UNKNOWN;
	return t == TRUTH_NO && filter_in_state(x, STATE_SPECIAL) && filter_entry_hidden(x->pg)
	           ? TRUTH_UNKNOWN
	           : t;
}

/* Broken memory is soon unmapped; the entry left behind holds its frame number. */
enum truth
word_PAGE_HWPOISON(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_WORD) || !filter_is_entry(x->pg))
		return filter_flag(x, KPF_HWPOISON);
	if (filter_in_state(x, STATE_SPECIAL) && !(x->pg->known & PAGE_ENTRY))
		return TRUTH_UNKNOWN;
	return truth(filter_in_state(x, STATE_HWPOISON));
}

static enum truth
filter_is_written(const struct filter_facts *x)
{
	if (x->track && track_time(x->track, x->addr))
		return TRUTH_YES;
	if (!x->written_known || (x->track && !track_reaches(x->track, x->addr)))
		return TRUTH_UNKNOWN;
	return x->track ? TRUTH_NO : filter_word_has(x, PM_SOFT_DIRTY);
}

enum truth
word_PAGE_WRITTEN(const struct filter_facts *x)
{
	return truth_and(filter_word_has(x, PM_PRESENT | PM_SWAPPED), filter_is_written(x));
}

/*
 * A state's name as a word, if no fact has that name. A state derived without the frame's flags may
 * hide another one.
 */
enum truth
filter_state(const struct filter_facts *x, enum state s)
{
	const struct page *pg = x->pg;

	if (filter_in_state(x, s))
		return TRUTH_YES;
	if (s == STATE_UNREADABLE)
		return TRUTH_NO;
	if (!(pg->known & PAGE_WORD))
		return TRUTH_UNKNOWN;
	if (s == STATE_PAST_END)
		return vma_has_file(x->v) && !(pg->word & (PM_PRESENT | PM_SWAPPED)) &&
		               !(pg->known & PAGE_SIZE_ASKED)
		           ? TRUTH_UNKNOWN
		           : TRUTH_NO;
	if (s == STATE_POISONED || s == STATE_MIGRATING || s == STATE_SPECIAL)
		return filter_in_state(x, STATE_SPECIAL) && !(pg->known & PAGE_ENTRY)
		           ? TRUTH_UNKNOWN
		           : TRUTH_NO;
	return pg->word & PM_PRESENT && !(pg->known & (PAGE_FLAGS | PAGE_NO_RECORD)) ? TRUTH_UNKNOWN
	                                                                             : TRUTH_NO;
}

/*
 * The categories of PAGEMAP_SCAN (Documentation/admin-guide/mm/pagemap.rst). Most follow from the
 * page's word, on any kernel; the others are those of the run in which the page was found.
 */
static enum truth
filter_scan_word(const struct filter_facts *x, uint64_t mask)
{
	return truth_and(filter_word_has(x, PM_PRESENT | PM_SWAPPED), filter_word_has(x, mask));
}

static enum truth
filter_scan_run(const struct filter_facts *x, uint64_t cat)
{
	enum truth t = filter_word_has(x, PM_PRESENT | PM_SWAPPED);

	if (t != TRUTH_YES)
		return t;
	return x->scan & cat && x->pg->cats ? truth(x->pg->cats & cat) : TRUTH_UNKNOWN;
}

/*
 * Bit 55 is also set for all pages of a region that is newer than the clear, the category is not.
 * Before Linux 6.8 there is only the bit.
 */
static enum truth
filter_scan_dirty(const struct filter_facts *x, uint64_t cat)
{
	return x->scan & cat ? filter_scan_run(x, cat) : filter_scan_word(x, PM_SOFT_DIRTY);
}

/* Bit 61 is also set for the huge zero page, the category is not. */
static enum truth
filter_scan_file(const struct filter_facts *x, uint64_t cat)
{
	static const uint64_t huge_zero = PM_CAT_PFNZERO | PM_CAT_HUGE;

	(void)cat;
	if ((x->pg->cats & huge_zero) == huge_zero)
		return TRUTH_NO;
	return filter_scan_word(x, PM_FILE);
}

#define SCAN(id, from, what) \
	enum truth word_PAGE_SCAN_##id(const struct filter_facts *x) \
	{ \
		return filter_scan_##from(x, what); \
	}
SCAN(PRESENT, word, PM_PRESENT)
SCAN(SWAPPED, word, PM_SWAPPED)
SCAN(FILE, file, PM_CAT_FILE)
SCAN(GUARD, word, PM_GUARD)
SCAN(SOFT_DIRTY, dirty, PM_CAT_SOFT_DIRTY)
SCAN(PFNZERO, run, PM_CAT_PFNZERO)
SCAN(HUGE, run, PM_CAT_HUGE)
SCAN(ACCESSED, run, PM_CAT_ACCESSED)
#undef SCAN

enum truth
word_PAGE_SCAN_WRITTEN(const struct filter_facts *x)
{
	enum truth t = filter_word_has(x, PM_PRESENT | PM_SWAPPED);

	if (t == TRUTH_YES && x->scan && !(x->scan & PM_CAT_WRITTEN))
		return TRUTH_UNKNOWN; /* a recording, whose bit 57 is not of its sample */
	return truth_and(t, truth_not(filter_word_has(x, PM_UFFD_WP)));
}

enum truth
word_PAGE_SCAN_WPALLOWED(const struct filter_facts *x)
{
	return x->wpallowed;
}

/* Fields return what filter_value_of does. */
static enum truth
filter_known_as(const struct filter_facts *x, unsigned known, uint64_t value, uint64_t *n)
{
	enum truth t = filter_in_ram(x);

	*n = value;
	return t == TRUTH_YES && !(x->pg->known & known) ? TRUTH_UNKNOWN : t;
}

enum truth
value_PAGE_STATE(const struct filter_facts *x, uint64_t *n)
{
	*n = x->pg->state;
	return TRUTH_YES;
}

enum truth
value_PAGE_MAPCOUNT(const struct filter_facts *x, uint64_t *n)
{
	return filter_known_as(x, PAGE_COUNT, x->pg->count, n);
}

enum truth
value_PAGE_ORDER(const struct filter_facts *x, uint64_t *n)
{
	return filter_known_as(x, PAGE_FOLIO, x->pg->order, n);
}

enum truth
value_PAGE_NODE(const struct filter_facts *x, uint64_t *n)
{
	return filter_known_as(x, PAGE_NODE, (uint64_t)x->pg->node, n);
}

enum truth
value_PAGE_PFN(const struct filter_facts *x, uint64_t *n)
{
	*n = page_pfn(x->pg);
	return page_hidden(x->pg) ? TRUTH_UNKNOWN : filter_in_ram(x);
}

enum truth
value_PAGE_PHYS(const struct filter_facts *x, uint64_t *n)
{
	enum truth t = value_PAGE_PFN(x, n);

	*n *= x->page_size;
	return t;
}

/* Only stamps have times; as with `written`, a page that does not exist was not written. */
enum truth
value_PAGE_AGE(const struct filter_facts *x, uint64_t *n)
{
	uint64_t last = x->track ? track_time(x->track, x->addr) : 0;
	enum truth t = word_PAGE_WRITTEN(x);

	*n = x->now > last ? x->now - last : 0;
	return t == TRUTH_YES && !last ? TRUTH_UNKNOWN : t;
}

enum truth
value_PAGE_WRITES(const struct filter_facts *x, uint64_t *n)
{
	enum truth there = filter_word_has(x, PM_PRESENT | PM_SWAPPED);
	struct track_past past = {0};

	if (x->track)
		past = track_past(x->track, x->v->start, x->addr);
	*n = past.written;
	return there == TRUTH_YES && (!past.epochs || past.doubt) ? TRUTH_UNKNOWN : there;
}

static enum truth
filter_class_of(const struct filter_facts *x, enum lens l, uint64_t *n)
{
	struct lens_pass pass = {.lens = l};

	*n = lens_page(&pass, x->addr, x->pg, x->page_size);
	return TRUTH_YES;
}

/* Without a baseline it is not known what a page that is not there was. */
enum truth
value_PAGE_LENS_GROWTH(const struct filter_facts *x, uint64_t *n)
{
	struct lens_pass pass = {
	    .lens = LENS_GROWTH, .base = x->base, .kept = x->kept, .v = x->v};

	*n = lens_page(&pass, x->addr, x->pg, x->page_size);
	return x->base ? TRUTH_YES : TRUTH_UNKNOWN;
}

enum truth
value_PAGE_LENS_ACCESSES(const struct filter_facts *x, uint64_t *n)
{
	struct lens_pass pass = {.lens = LENS_ACCESSES, .accesses = x->accesses};

	*n = lens_page(&pass, x->addr, x->pg, x->page_size);
	return x->accesses ? TRUTH_YES : TRUTH_UNKNOWN;
}

#define CLASS(lens) \
	enum truth value_PAGE_LENS_##lens(const struct filter_facts *x, uint64_t *n) \
	{ \
		return filter_class_of(x, LENS_##lens, n); \
	}
CLASS(BACKING)
CLASS(SHARING)
CLASS(LRU)
CLASS(FOLIOS)
CLASS(NUMA)
CLASS(SWAP)
#undef CLASS

enum truth
value_PAGE_ADDR(const struct filter_facts *x, uint64_t *n)
{
	*n = x->addr;
	return TRUTH_YES;
}

enum truth
value_PAGE_OFFSET(const struct filter_facts *x, uint64_t *n)
{
	*n = x->addr - x->v->start + x->v->offset;
	return truth(vma_has_file(x->v));
}

static enum truth
filter_value_of_entry(const struct filter_facts *x, uint64_t value, uint64_t *n)
{
	*n = value;
	if (!(x->pg->known & PAGE_WORD) || filter_entry_hidden(x->pg))
		return TRUTH_UNKNOWN;
	return truth(filter_is_entry(x->pg) && x->pg->word & PM_PFN_MASK);
}

enum truth
value_PAGE_SWAP_TYPE(const struct filter_facts *x, uint64_t *n)
{
	return filter_value_of_entry(x, PM_SWAP_TYPE(x->pg->word), n);
}

enum truth
value_PAGE_SWAP_OFFSET(const struct filter_facts *x, uint64_t *n)
{
	return filter_value_of_entry(x, PM_SWAP_OFFSET(x->pg->word), n);
}
