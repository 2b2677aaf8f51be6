/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STATE_H
#define PM_STATE_H

#include <stdint.h>

#include "kernel/vma.h"
#include "page/page.h"

/* The state of a page: one row of state.def each, in order of display priority. */
#define S(id, letter, role, name, words, help) STATE_##id,
enum state {
#include "page/state.def"
	STATE_COUNT
};
#undef S

struct state_row {
	char letter;
	const char *name, *words, *help;
};

const struct state_row *state_row(enum state s);

/* The kind of memory of a page in RAM whose flags are known, independent of its state. */
enum page_kind {
	KIND_ANON, KIND_FILE, KIND_SHMEM, KIND_HUGETLB, KIND_ZERO, KIND_KERNEL, KIND_COUNT
};
enum page_kind page_kind(const struct page *pg, const struct vma *v);

/* The state of a page from everything known about it. `devices`: number of swap devices. */
enum state state_of_page(const struct page *pg, const struct vma *v, unsigned devices);

/*
 * An empty entry of memory that can be in swap without an entry, if it is not known whether it is.
 */
bool page_may_be_out(const struct page *pg, const struct vma *v);

/* A marker in the page table without a page; it may be our own. */
static inline bool
state_is_mark(enum state s)
{
	return s == STATE_UFFD || s == STATE_GUARD || s == STATE_POISONED;
}

/* Sets state and kind. */
void page_judge(struct page *pg, const struct vma *v, unsigned devices);

/* The state of a run from its PM_CAT_* alone, for the list's strips and totals. */
enum state state_of_cats(uint64_t cats, const struct vma *v);

/* Whether pages with these count as memory in RAM, as far as they say: the zero page does not. */
bool state_cats_in_ram(uint64_t cats);

/* A private file mapping: its anonymous pages are copies of the file's. */
bool state_copies(const struct vma *v);

#endif
