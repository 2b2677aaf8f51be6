/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/lens.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"

#define L(id, d, n, w, q) {.digit = (d), .name = (n), .needs = (w), .question = (q)},
static const struct lens_row lens_rows[LENS_COUNT] = {
#include "page/lens.def"
};
#undef L

/* --- classes: a number in a row of their own for each lens, made from one list ---------------- */

#define K(l, id, c, r, k, n) {.letter = (c), .kind = CLASS_##k, .name = (n)},
static const struct class_row lens_class_rows[] = {
#include "page/lens.def"
};
#undef K

#define K(l, id, c, r, k, n) AT_##l##_##id,
enum lens_places {
#include "page/lens.def"
};
#undef K

/* The index of each lens's first class in the list. */
enum {
	FIRST_WRITES = AT_WRITES_UNKNOWN,
	FIRST_BACKING = AT_BACKING_BAD,
	FIRST_SHARING = AT_SHARING_UNKNOWN,
	FIRST_LRU = AT_LRU_UNKNOWN,
	FIRST_FOLIOS = AT_FOLIOS_UNKNOWN,
	FIRST_NUMA = AT_NUMA_UNKNOWN,
	FIRST_SWAP = AT_SWAP_UNKNOWN,
	FIRST_PHYSICAL = AT_PHYSICAL_UNKNOWN,
	FIRST_GROWTH = AT_GROWTH_UNKNOWN,
	FIRST_ACCESSES = AT_ACCESSES_UNKNOWN,
};
#define L(id, d, n, w, q) [LENS_##id] = FIRST_##id,
enum { FIRST_STATE = 0 }; /* the classes of LENS_STATE are not in the list */
static const unsigned lens_first_class[LENS_COUNT] = {
#include "page/lens.def"
};
#undef L

#define CLASS(lens, id) ((unsigned)(AT_##lens##_##id - FIRST_##lens))

/* The kinds of the states, for LENS_STATE; the rest are NORMAL. */
static const enum class_kind lens_state_kinds[STATE_COUNT] = {
    [STATE_UNREADABLE] = CLASS_ALARM, [STATE_HWPOISON] = CLASS_ALARM,
    [STATE_GUARD] = CLASS_ABSENT,     [STATE_PAST_END] = CLASS_ABSENT,
    [STATE_POISONED] = CLASS_ABSENT,  [STATE_UFFD] = CLASS_ABSENT,
    [STATE_MIGRATING] = CLASS_ABSENT, [STATE_SPECIAL] = CLASS_ABSENT,
    [STATE_SWAPPED] = CLASS_ABSENT,   [STATE_CACHED] = CLASS_ABSENT,
    [STATE_NONE] = CLASS_ABSENT,
};

const struct lens_row *
lens_row(enum lens l)
{
	return &lens_rows[l];
}

unsigned
lens_classes(enum lens l)
{
	if (l == LENS_STATE)
		return STATE_COUNT;
	return (l + 1 < LENS_COUNT ? lens_first_class[l + 1]
	                           : (unsigned)ARRAY_LEN(lens_class_rows)) -
	       lens_first_class[l];
}

unsigned
lens_place(enum lens l, unsigned c)
{
	return lens_first_class[l] + c;
}

struct class_row
lens_class(enum lens l, unsigned c)
{
	const struct state_row *s;

	if (l != LENS_STATE)
		return lens_class_rows[lens_place(l, c)];
	s = state_row((enum state)c);
	return (struct class_row){
	    .letter = s->letter, .kind = lens_state_kinds[c], .name = s->name};
}

unsigned
lens_lit(enum lens l)
{
	for (unsigned c = 0; c < lens_classes(l); c++)
		if (lens_class(l, c).kind == CLASS_LIT)
			return c;
	return CLASS_MAX;
}

enum lens
lens_named(const char *name)
{
	for (unsigned l = 0; l < LENS_COUNT; l++)
		if (!strcasecmp(name, lens_rows[l].name) ||
		    (name[0] == lens_rows[l].digit && !name[1]))
			return (enum lens)l;
	return LENS_COUNT;
}

bool
lens_needs_pages(enum lens l)
{
	return l != LENS_STATE && l != LENS_WRITES;
}

/* --- one page --------------------------------------------------------------------------------- */

static bool
lens_is_in_ram(const struct page *pg)
{
	return pg->known & PAGE_WORD && pg->word & PM_PRESENT;
}

static unsigned
lens_writes_of(const struct lens_pass *pass, uint64_t addr, const struct page *pg)
{
	bool unsure = pass->unsure || (pass->watched && !pass->watched(pass->arg, addr));

	if (!(pg->known & PAGE_WORD))
		return CLASS(WRITES, UNKNOWN);
	if (lens_is_in_ram(pg))
		return unsure ? CLASS(WRITES, UNKNOWN) : CLASS(WRITES, REST);
	return pg->state == STATE_SWAPPED ? CLASS(WRITES, SWAPPED) : CLASS(WRITES, OUT);
}

static unsigned
lens_backing_by_flags(const struct page *pg)
{
	uint64_t k = page_flags(pg);

	if (k & KPF_HWPOISON)
		return CLASS(BACKING, BAD);
	if (k & KPF_ZERO_PAGE)
		return CLASS(BACKING, ZERO);
	if (k & KPF_HUGE)
		return CLASS(BACKING, HUGETLB);
	if (k & KPF_KSM && !(pg->known & PAGE_NO_KSM))
		return CLASS(BACKING, KSM);
	if (k & KPF_ANON)
		return CLASS(BACKING, ANON);
	if (pg->state == STATE_DEVICE)
		return CLASS(BACKING, DEVICE);
	return k & KPF_SWAPBACKED || pg->kind == KIND_SHMEM ? CLASS(BACKING, SHM)
	                                                    : CLASS(BACKING, FILE);
}

static unsigned
lens_backing_of(const struct page *pg)
{
	if (pg->known & PAGE_FLAGS)
		return lens_backing_by_flags(pg);
	switch ((enum state)pg->state) {
	case STATE_UNREADABLE:
	case STATE_HIDDEN:
		return CLASS(BACKING, UNKNOWN);
	case STATE_HWPOISON:
		return CLASS(BACKING, BAD);
	case STATE_SWAPPED:
	case STATE_MIGRATING:
	case STATE_SPECIAL:
		return CLASS(BACKING, SWAP);
	case STATE_GUARD:
	case STATE_PAST_END:
	case STATE_POISONED:
	case STATE_UFFD:
	case STATE_CACHED:
	case STATE_NONE:
		return CLASS(BACKING, OUT);
	case STATE_ZERO:
		return CLASS(BACKING, ZERO);
	case STATE_HUGETLB:
		return CLASS(BACKING, HUGETLB);
	case STATE_KSM:
		return CLASS(BACKING, KSM);
	case STATE_LAZYFREE:
	case STATE_THP_HEAD:
	case STATE_THP_TAIL:
	case STATE_MTHP:
	case STATE_COPIED:
	case STATE_SHARED:
	case STATE_SWAPCACHE:
	case STATE_MLOCKED:
	case STATE_ANON:
		return CLASS(BACKING, ANON);
	case STATE_SHMEM:
		return CLASS(BACKING, SHM);
	case STATE_FILE_DIRTY:
	case STATE_FILE:
		return CLASS(BACKING, FILE);
	case STATE_DEVICE:
		return CLASS(BACKING, DEVICE);
	case STATE_COUNT:
		break;
	}
	return CLASS(BACKING, UNKNOWN);
}

/* Without the map count, bit 56 alone distinguishes exclusive from shared. */
static unsigned
lens_sharing_of(const struct page *pg)
{
	static const struct {
		uint64_t least;
		unsigned cls;
	} steps[] = {
	    {64, CLASS(SHARING, MANY)}, {16, CLASS(SHARING, UPTO63)}, {4, CLASS(SHARING, UPTO15)},
	    {2, CLASS(SHARING, UPTO3)}, {1, CLASS(SHARING, ONE)},
	};

	if (!lens_is_in_ram(pg))
		return pg->known & PAGE_WORD ? CLASS(SHARING, OUT) : CLASS(SHARING, UNKNOWN);
	for (size_t i = 0; pg->known & PAGE_COUNT && i < ARRAY_LEN(steps); i++)
		if (pg->count >= steps[i].least)
			return steps[i].cls;
	if (pg->known & PAGE_COUNT || pg->state == STATE_ZERO)
		return CLASS(SHARING, ZERO);
	if (pg->word & PM_EXCLUSIVE)
		return CLASS(SHARING, ONE);
	return pg->state == STATE_HIDDEN ? CLASS(SHARING, UNKNOWN) : CLASS(SHARING, SHARED);
}

static unsigned
lens_lru_of(const struct page *pg)
{
	uint64_t k = page_flags(pg);

	if (!lens_is_in_ram(pg))
		return pg->known & PAGE_WORD ? CLASS(LRU, OUT) : CLASS(LRU, UNKNOWN);
	if (!(pg->known & PAGE_FLAGS))
		return CLASS(LRU, UNKNOWN);
	if (k & (KPF_UNEVICTABLE | KPF_MLOCKED))
		return CLASS(LRU, UNEVICTABLE);
	if (page_is_lazyfree(pg))
		return CLASS(LRU, LAZYFREE);
	if (!(k & KPF_LRU))
		return CLASS(LRU, OFF);
	if (k & KPF_IDLE)
		return CLASS(LRU, IDLE);
	if (k & KPF_ACTIVE)
		return k & KPF_REFERENCED ? CLASS(LRU, HOT) : CLASS(LRU, ACTIVE);
	return k & KPF_REFERENCED ? CLASS(LRU, WARM) : CLASS(LRU, COLD);
}

static unsigned
lens_folio_of(const struct page *pg)
{
	if (!lens_is_in_ram(pg))
		return pg->known & PAGE_WORD ? CLASS(FOLIOS, OUT) : CLASS(FOLIOS, UNKNOWN);
	if (pg->state == STATE_HUGETLB)
		return CLASS(FOLIOS, HUGETLB);
	if (!(pg->known & PAGE_FOLIO))
		return CLASS(FOLIOS, UNKNOWN);
	return pg->order > 9 ? CLASS(FOLIOS, LARGER) : CLASS(FOLIOS, ORDER0) - pg->order;
}

static unsigned
lens_node_of(const struct page *pg)
{
	if (!lens_is_in_ram(pg))
		return pg->known & PAGE_WORD ? CLASS(NUMA, OUT) : CLASS(NUMA, UNKNOWN);
	if (!(pg->known & PAGE_NODE))
		return CLASS(NUMA, UNKNOWN);
	return pg->node > 7 ? CLASS(NUMA, MORE) : CLASS(NUMA, NODE0) + (unsigned)pg->node;
}

static unsigned
lens_swap_of(const struct page *pg)
{
	unsigned type = PM_SWAP_TYPE(pg->word);

	if (!(pg->known & PAGE_WORD))
		return CLASS(SWAP, UNKNOWN);
	if (lens_is_in_ram(pg))
		return pg->known & PAGE_FLAGS && page_flags(pg) & KPF_SWAPCACHE ? CLASS(SWAP, CACHE)
		                                                                : CLASS(SWAP, RAM);
	if (!(pg->word & PM_SWAPPED))
		return pg->state == STATE_SWAPPED ? CLASS(SWAP, HIDDEN) : CLASS(SWAP, OUT);
	if (pg->state != STATE_SWAPPED)
		return CLASS(SWAP, SPECIAL);
	if (!(pg->word & PM_PFN_MASK))
		return CLASS(SWAP, HIDDEN);
	return type > 3 ? CLASS(SWAP, MORE) : CLASS(SWAP, DEVICE0) + type;
}

static unsigned
lens_physical_of(struct lens_pass *pass, uint64_t addr, const struct page *pg, size_t page_size)
{
	uint64_t pfn = page_pfn(pg);
	bool goes_on = pfn && addr == pass->next_addr && pfn == pass->next_pfn;

	pass->next_addr = addr + page_size;
	pass->next_pfn = pfn + 1;
	if (!pfn)
		return lens_is_in_ram(pg) || !(pg->known & PAGE_WORD) ? CLASS(PHYSICAL, UNKNOWN)
		                                                      : CLASS(PHYSICAL, OUT);
	if (!goes_on) {
		pass->odd = !pass->odd;
		return CLASS(PHYSICAL, BREAK);
	}
	return pass->odd ? CLASS(PHYSICAL, ODD) : CLASS(PHYSICAL, EVEN);
}

static unsigned
lens_growth_class(enum lens_kept kept)
{
	switch (kept) {
	case LENS_KEPT_SAME: return CLASS(GROWTH, SAME);
	case LENS_KEPT_CHANGED: return CLASS(GROWTH, CHANGED);
	case LENS_KEPT_MOVED: return CLASS(GROWTH, MOVED);
	case LENS_KEPT_REWRITTEN: return CLASS(GROWTH, REWRITTEN);
	case LENS_KEPT_GAINED: return CLASS(GROWTH, GAINED);
	case LENS_KEPT_LOST: return CLASS(GROWTH, LOST);
	case LENS_KEPT_OUT: return CLASS(GROWTH, OUT);
	case LENS_KEPT_UNKNOWN:
	case LENS_KEPT_KINDS: break;
	}
	return CLASS(GROWTH, STAYED);
}

static unsigned
lens_growth_kept(const struct lens_pass *pass, uint64_t addr, const struct page *pg)
{
	const struct lens_keeper *k = pass->kept;

	return lens_growth_class(k ? k->judge(k, pass->v, addr, pg) : LENS_KEPT_UNKNOWN);
}

/* Whether the two moments that are compared are known, so that what is there now says nothing. */
static bool
lens_growth_is_kept(const struct lens_pass *pass)
{
	return pass->kept && pass->kept->count;
}

/* What has grown is counted the same way: see growth.h. */
static unsigned
lens_growth_of(const struct lens_pass *pass, uint64_t addr, const struct page *pg)
{
	bool there = lens_is_in_ram(pg) ? pg->state != STATE_ZERO
	                                : pg->state == STATE_SWAPPED && pg->word & PM_SWAPPED;
	bool was = pass->base && pageset_has(pass->base, addr);

	if (lens_growth_is_kept(pass))
		return lens_growth_kept(pass, addr, pg);
	if (!(pg->known & PAGE_WORD) || (there && !pass->base))
		return CLASS(GROWTH, UNKNOWN);
	if (there && !was)
		return CLASS(GROWTH, GAINED);
	if (there)
		return lens_growth_kept(pass, addr, pg);
	return was ? CLASS(GROWTH, LOST) : CLASS(GROWTH, OUT);
}

/* By the share of looks at the region that saw an access; of a single page it says little. */
static unsigned
lens_accesses_of(struct lens_pass *pass, uint64_t addr, const struct page *pg)
{
	const struct damon_region *r = pass->accessed;
	unsigned percent;

	if (!lens_is_in_ram(pg))
		return pg->known & PAGE_WORD ? CLASS(ACCESSES, OUT) : CLASS(ACCESSES, UNKNOWN);
	if (pass->accesses && (!r || addr < r->start || addr >= r->end))
		pass->accessed = r = damon_find(pass->accesses, addr);
	if (!pass->accesses || !r)
		return CLASS(ACCESSES, UNKNOWN);
	percent = r->accesses * 100 / pass->accesses->samples;
	if (percent >= 20)
		return CLASS(ACCESSES, OVER20) - (percent >= 80 ? 3 : percent / 20 - 1);
	return r->accesses ? CLASS(ACCESSES, SOME) : CLASS(ACCESSES, NEVER);
}

unsigned
lens_page(struct lens_pass *pass, uint64_t addr, const struct page *pg, size_t page_size)
{
	switch (pass->lens) {
	case LENS_STATE: return pg->state;
	case LENS_WRITES:
		return lens_writes_of(pass, addr, pg);
	case LENS_BACKING: return lens_backing_of(pg);
	case LENS_SHARING: return lens_sharing_of(pg);
	case LENS_LRU: return lens_lru_of(pg);
	case LENS_FOLIOS: return lens_folio_of(pg);
	case LENS_NUMA: return lens_node_of(pg);
	case LENS_SWAP: return lens_swap_of(pg);
	case LENS_PHYSICAL:
		return lens_physical_of(pass, addr, pg, page_size);
	case LENS_GROWTH: return lens_growth_of(pass, addr, pg);
	case LENS_ACCESSES: return lens_accesses_of(pass, addr, pg);
	case LENS_COUNT: break;
	}
	return 0;
}

unsigned
lens_gap(enum lens l, enum state s)
{
	struct lens_pass pass = {.lens = l};
	struct page pg = {.known = s == STATE_UNREADABLE ? 0 : PAGE_WORD, .state = (uint8_t)s};

	return lens_page(&pass, 0, &pg, 1);
}

static void
lens_count_kept(const struct lens_pass *pass, uint64_t start, uint64_t end, uint64_t n[CLASS_MAX])
{
	uint64_t kept[LENS_KEPT_KINDS] = {0};

	pass->kept->count(pass->kept, start, end, kept);
	for (unsigned k = 0; k < LENS_KEPT_KINDS; k++)
		n[lens_growth_class((enum lens_kept)k)] += kept[k];
}

void
lens_count_gap(const struct lens_pass *pass, uint64_t start, uint64_t end, enum state s,
               size_t page_size, uint64_t n[CLASS_MAX])
{
	uint64_t lost = 0;

	if (pass->lens == LENS_GROWTH && lens_growth_is_kept(pass) && s != STATE_UNREADABLE) {
		lens_count_kept(pass, start, end, n);
		return;
	}
	if (pass->lens == LENS_GROWTH && pass->base && s != STATE_UNREADABLE)
		lost = pageset_minus(pass->base, NULL, NULL, start, end);
	n[lens_gap(pass->lens, s)] += (end - start) / page_size - lost;
	if (lost)
		n[CLASS(GROWTH, LOST)] += lost;
}
