/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include "flags.h"
#include "kabi.h"

#define S(id, l, role, n, w, h) [STATE_##id] = {.letter = (l), .name = (n), .words = (w), .help = (h)},
static const struct state_row rows[STATE_COUNT] = {
#include "state.def"
};
#undef S

const struct state_row *
state_row(enum state s)
{
	return &rows[s];
}

/*
 * Bit 62 says "swapped" of every entry that is not present: only a type below the number of swap
 * devices is swap. Type 31 is a marker. Without the privilege type and offset read as zero, and
 * then only bit 58 (6.15) tells a guard page from a swapped one.
 */
static enum state
state_of_swap_entry(uint64_t w, unsigned swaps)
{
	unsigned type = PM_SWAP_TYPE(w);

	if (w & PM_GUARD)
		return STATE_GUARD;
	if (type == PM_MARKER_TYPE) {
		uint64_t what = PM_SWAP_OFFSET(w);

		return what & PM_MARKER_GUARD      ? STATE_GUARD
		       : what & PM_MARKER_POISONED ? STATE_POISONED
		                                   : STATE_UFFD;
	}
	return w & PM_PFN_MASK && type >= swaps ? STATE_MIGRATING : STATE_SWAPPED;
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
	case VMA_FILE:
	case VMA_RESERVE:
	case VMA_TYPES:
		break;
	}
	return STATE_FILE;
}

static enum state
state_of_flags(const struct page *pg)
{
	uint64_t k = pg->kpf;

	if (k & KPF_HWPOISON)
		return STATE_HWPOISON;
	if (k & KPF_ZERO_PAGE)
		return STATE_ZERO;
	if (k & KPF_HUGE)
		return STATE_HUGETLB;
	if (k & KPF_KSM && !(pg->known & PAGE_NO_KSM))
		return STATE_KSM;
	if (k & KPF_ANON) {
		if (k & KPF_THP)
			return k & KPF_COMPOUND_HEAD ? STATE_THP_HEAD : STATE_THP_TAIL;
		return pg->word & PM_EXCLUSIVE ? STATE_ANON : STATE_SHARED;
	}
	if (k & KPF_RESERVED || !(pg->word & PM_FILE))
		return STATE_DEVICE;
	if (k & KPF_SWAPBACKED)
		return STATE_SHMEM;
	return k & (KPF_DIRTY | KPF_WRITEBACK) ? STATE_FILE_DIRTY : STATE_FILE;
}

enum state
state_of_page(const struct page *pg, const struct vma *v, unsigned swaps)
{
	if (!(pg->known & PAGE_WORD))
		return STATE_UNREADABLE;
	if (!(pg->word & PM_PRESENT))
		return pg->word & PM_SWAPPED ? state_of_swap_entry(pg->word, swaps) : STATE_NONE;
	if (pg->known & PAGE_FLAGS)
		return state_of_flags(pg);
	if (pg->word & PM_FILE || v->type == VMA_DEVICE)
		return state_of_file_kind(v);
	return pg->word & PM_EXCLUSIVE ? STATE_ANON : STATE_HIDDEN;
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
	if (v->inode && !(v->perm & VMA_SHARED) && !(cats & PM_CAT_FILE) && v->type != VMA_HUGETLB)
		return STATE_ANON; /* a private copy */
	if (v->inode || v->type == VMA_SHM || v->type == VMA_KERNEL || v->type == VMA_DEVICE)
		return state_of_file_kind(v);
	return cats & PM_CAT_HUGE ? STATE_THP_HEAD : STATE_ANON;
}
