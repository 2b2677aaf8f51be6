/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/state.h"

#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "kernel/swap.h"

#define S(id, l, role, n, w, h) \
	[STATE_##id] = {.letter = (l), .name = (n), .words = (w), .help = (h)},
static const struct state_row state_rows[STATE_COUNT] = {
#include "page/state.def"
};
#undef S

const struct state_row *
state_row(enum state s)
{
	return &state_rows[s];
}

bool
state_copies(const struct vma *v)
{
	return vma_has_file(v) && !(v->perm & VMA_SHARED) && v->type != VMA_HUGETLB;
}

/*
 * Bit 62 means "swapped" for every entry that is not present. Some are markers; for a special entry
 * the flags of its frame say what it is. Without privilege, type and offset read as zero, and only
 * bit 58 (6.15) distinguishes a guard page from a swapped one.
 */
static enum state
state_of_entry(const struct page *pg, unsigned devices)
{
	uint64_t w = pg->word;

	if (w & PM_GUARD)
		return STATE_GUARD;
	if (PM_IS_MARKER(w)) {
		uint64_t what = PM_SWAP_OFFSET(w);

		return what & PM_MARKER_GUARD      ? STATE_GUARD
		       : what & PM_MARKER_POISONED ? STATE_POISONED
		                                   : STATE_UFFD;
	}
	if (swap_holds(devices, w))
		return STATE_SWAPPED;
	if (pg->known & PAGE_ENTRY && pg->kpf & KPF_HWPOISON)
		return STATE_HWPOISON;
	return pg->known & PAGE_ENTRY && pg->kpf & KPF_LOCKED ? STATE_MIGRATING : STATE_SPECIAL;
}

static enum state
state_of_file_kind(const struct vma *v)
{
	switch ((enum vma_type)v->type) {
	case VMA_SHM:
		return STATE_SHMEM;
	case VMA_HUGETLB:
		return STATE_HUGETLB;
	case VMA_KERNEL:
	case VMA_DEVICE:
		return STATE_DEVICE;
	case VMA_ANON:
	case VMA_HEAP:
	case VMA_STACK:
	case VMA_RESERVE:
	case VMA_GUARD:
		/* the huge zero page: nothing else in such regions has bit 61 (file) */
		return STATE_ZERO;
	case VMA_FILE:
	case VMA_TYPES:
		break;
	}
	return STATE_FILE;
}

static enum state
state_of_anon(const struct page *pg, const struct vma *v)
{
	uint64_t k = page_flags(pg);

	if (page_is_lazyfree(pg))
		return STATE_LAZYFREE;
	if (k & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL | KPF_THP)) {
		if (pg->known & PAGE_SMALL)
			return STATE_MTHP;
		return k & KPF_COMPOUND_HEAD ? STATE_THP_HEAD : STATE_THP_TAIL;
	}
	if (state_copies(v))
		return STATE_COPIED;
	if (!(pg->word & PM_EXCLUSIVE))
		return STATE_SHARED;
	if (k & KPF_SWAPCACHE)
		return STATE_SWAPCACHE;
	return k & KPF_MLOCKED ? STATE_MLOCKED : STATE_ANON;
}

enum page_kind
page_kind(const struct page *pg, const struct vma *v)
{
	uint64_t k = page_flags(pg);

	if (k & KPF_ZERO_PAGE)
		return KIND_ZERO;
	if (k & KPF_HUGE)
		return KIND_HUGETLB;
	if (k & KPF_ANON)
		return KIND_ANON;
	if (k & KPF_RESERVED || !(pg->word & PM_FILE))
		return KIND_KERNEL;
	if (k & KPF_SWAPBACKED)
		return KIND_SHMEM;
	/*
	 * driver mappings have no contents that could be up to date; a block device's pages do. The
	 * kernel's own may, too (aio)
	 */
	if (v->type == VMA_KERNEL || (v->type == VMA_DEVICE && !(k & KPF_UPTODATE)))
		return KIND_KERNEL;
	/* ramfs and secretmem have no backing store */
	return v->type == VMA_SHM ? KIND_SHMEM : KIND_FILE;
}

static enum state
state_of_flags(const struct page *pg, const struct vma *v)
{
	uint64_t k = page_flags(pg);
	enum page_kind kind = page_kind(pg, v);

	if (k & KPF_HWPOISON)
		return STATE_HWPOISON;
	if (kind != KIND_ZERO && kind != KIND_HUGETLB && k & KPF_KSM && !(pg->known & PAGE_NO_KSM))
		return STATE_KSM;
	switch (kind) {
	case KIND_ZERO: return STATE_ZERO;
	case KIND_HUGETLB: return STATE_HUGETLB;
	case KIND_ANON: return state_of_anon(pg, v);
	case KIND_KERNEL: return STATE_DEVICE;
	case KIND_SHMEM:
		if (k & KPF_SWAPBACKED && k & KPF_SWAPCACHE)
			return STATE_SWAPCACHE;
		return k & KPF_MLOCKED && v->behind != VMA_BEHIND_SECRET ? STATE_MLOCKED
		                                                         : STATE_SHMEM;
	case KIND_FILE:
		if (k & (KPF_DIRTY | KPF_WRITEBACK))
			return STATE_FILE_DIRTY;
		return k & KPF_MLOCKED ? STATE_MLOCKED : STATE_FILE;
	case KIND_COUNT: break;
	}
	return STATE_FILE;
}

/* A page in RAM whose frame is not known. */
static enum state
state_of_word(const struct page *pg, const struct vma *v)
{
	if ((v->type == VMA_DEVICE && v->perm & VMA_SHARED) || v->type == VMA_KERNEL ||
	    pg->known & PAGE_NO_RECORD)
		return STATE_DEVICE;
	if (pg->word & PM_FILE)
		return state_of_file_kind(v);
	if (pg->cats & PM_CAT_PFNZERO && !(pg->word & PM_EXCLUSIVE))
		return STATE_ZERO;
	if (v->type == VMA_HUGETLB)
		return STATE_HUGETLB;
	if (state_copies(v))
		return STATE_COPIED;
	return pg->word & PM_EXCLUSIVE ? STATE_ANON : STATE_HIDDEN;
}

enum state
state_of_page(const struct page *pg, const struct vma *v, unsigned devices)
{
	if (!(pg->known & PAGE_WORD))
		return STATE_UNREADABLE;
	if (pg->word & PM_PRESENT)
		return pg->known & PAGE_FLAGS ? state_of_flags(pg, v) : state_of_word(pg, v);
	if (pg->word & PM_SWAPPED)
		return state_of_entry(pg, devices);
	if (pg->known & PAGE_PAST_END)
		return STATE_PAST_END;
	if (pg->known & PAGE_OUT)
		return STATE_SWAPPED;
	return pg->known & PAGE_CACHED ? STATE_CACHED : STATE_NONE;
}

bool
page_may_be_out(const struct page *pg, const struct vma *v)
{
	return vma_swaps_unseen(v) && pg->known & PAGE_WORD &&
	       !(pg->word & (PM_PRESENT | PM_SWAPPED)) &&
	       !(pg->known & (PAGE_OUT_ASKED | PAGE_PAST_END));
}

void
page_judge(struct page *pg, const struct vma *v, unsigned devices)
{
	pg->state = (uint8_t)state_of_page(pg, v, devices);
	pg->kind = pg->known & PAGE_FLAGS ? (uint8_t)page_kind(pg, v) : (uint8_t)KIND_COUNT;
}

enum state
state_of_cats(uint64_t cats, const struct vma *v)
{
	if (!(cats & (PM_CAT_PRESENT | PM_CAT_SWAPPED)))
		return STATE_NONE;
	if (cats & PM_CAT_GUARD)
		return STATE_GUARD;
	if (!(cats & PM_CAT_PRESENT))
		return STATE_SWAPPED;
	if (cats & PM_CAT_PFNZERO)
		return STATE_ZERO;
	if (v->type == VMA_HUGETLB)
		return STATE_HUGETLB;
	if (state_copies(v) && !(cats & PM_CAT_FILE))
		return STATE_COPIED;
	if (vma_has_file(v) || cats & PM_CAT_FILE || v->type == VMA_SHM || v->type == VMA_KERNEL ||
	    v->type == VMA_DEVICE)
		return state_of_file_kind(v);
	return cats & PM_CAT_HUGE ? STATE_THP_HEAD : STATE_ANON;
}

bool
state_cats_in_ram(uint64_t cats)
{
	return cats & PM_CAT_PRESENT && !(cats & PM_CAT_PFNZERO);
}
