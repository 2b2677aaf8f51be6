/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/explain.h"

#include <string.h>

#include "kernel/kabi.h"
#include "page/state.h"

static const char *
explain_swapped(const struct page *pg)
{
	switch ((int)pg->state) {
	case STATE_GUARD: return "but not swap: the entry marks a guard page";
	case STATE_POISONED: return "but not swap: the entry marks a poisoned page";
	case STATE_UFFD: return "but not swap: the entry keeps userfaultfd's mark";
	case STATE_HWPOISON: return "but not swap: the entry marks broken memory";
	case STATE_MIGRATING: return "but not swap: the page is being moved";
	case STATE_SPECIAL: return "but no swap device: a special entry";
	}
	return NULL;
}

static const char *
explain_file(const struct page *pg, const struct vma *v)
{
	if (pg->state == STATE_ZERO && pg->word & PM_FILE)
		return "though not a file's: the huge zero page reads this way";
	if (pg->state == STATE_COPIED)
		return "a private copy: differs from the file";
	if (pg->word & PM_FILE && v->type == VMA_SHM)
		return "shared memory";
	return NULL;
}

static const char *
explain_exclusive(const struct page *pg)
{
	bool set = pg->word & PM_EXCLUSIVE;

	if (!(pg->word & PM_PRESENT))
		return NULL;
	if (pg->state == STATE_ZERO)
		return "the zero page is shared by all";
	if (pg->known & PAGE_AVERAGED)
		return set ? "its whole folio: this kernel counts no single pages"
		           : "its folio is mapped elsewhere, too; perhaps not this page";
	if (!(pg->known & PAGE_COUNT) || !pg->count)
		return NULL;
	if (set && pg->count > 1)
		return "true of its huge page's first page: this one is mapped elsewhere, too";
	if (!set && pg->count == 1)
		return "its huge page's first page is mapped elsewhere, too: this one is not";
	return set ? NULL : "mapped more than once";
}

static const char *
explain_soft_dirty(const struct page *pg)
{
	if (!(pg->word & PM_SOFT_DIRTY))
		return NULL;
	if (!(pg->word & (PM_PRESENT | PM_SWAPPED)))
		return "no page, so the whole mapping is new: nothing written";
	return NULL;
}

static const char *
explain_pagemap(const struct flag *f, const struct page *pg, const struct vma *v)
{
	switch ((int)f->bit) {
	case PM_SWAPPED_BIT: return explain_swapped(pg);
	case PM_FILE_BIT: return explain_file(pg, v);
	case PM_EXCLUSIVE_BIT: return explain_exclusive(pg);
	case PM_SOFT_DIRTY_BIT: return explain_soft_dirty(pg);
	case PM_UFFD_WP_BIT:
		return pg->word & PM_UFFD_WP && pg->word & PM_PRESENT
		           ? "userfaultfd reports a write to it; where VmFlags has ur, a read, too"
		           : NULL;
	}
	return NULL;
}

static const char *
explain_owner_2(const struct page *pg)
{
	if (pg->kpf & KPF_ANON)
		return pg->kpf & KPF_OWNER_2 ? "anonymous: exclusive to this process"
		                             : "anonymous: may be shared";
	return pg->kpf & KPF_OWNER_2 ? "its place on disk is known" : NULL;
}

static const char *
explain_kpf(const struct flag *f, const struct page *pg)
{
	uint64_t k = pg->kpf;
	bool set = k >> f->bit & 1;

	if (!set && pg->head >> f->bit & 1)
		return "but its folio has it: this kernel sets it on the head only";
	switch ((int)f->bit) {
	case KPF_DIRTY_BIT:
		return !set                 ? NULL
		       : k & KPF_SWAPBACKED ? "newer than its copy in swap, if it has one"
		                            : "must be written to its file";
	case KPF_LRU_BIT:
		return set || k & (KPF_HUGE | KPF_RESERVED)
		           ? NULL
		           : "not yet: new pages wait in a per-CPU batch";
	case KPF_RECLAIM_BIT:
		return set && !(k & KPF_WRITEBACK) ? "read ahead: the next pages of its file follow"
		                                   : NULL;
	case KPF_SWAPBACKED_BIT:
		return page_is_lazyfree(pg)
		           ? "may be dropped when memory is short: MADV_FREE, or droppable"
		           : NULL;
	case KPF_KSM_BIT:
		return set && pg->known & PAGE_NO_KSM
		           ? "this kernel sets it on every anonymous page: not trusted"
		           : NULL;
	case KPF_THP_BIT:
		return set && pg->known & PAGE_SMALL
		           ? "a large folio, smaller than a huge page (mTHP)"
		           : NULL;
	case KPF_OWNER_2_BIT: return explain_owner_2(pg);
	case KPF_MLOCKED_BIT:
		return set && !(k & KPF_UNEVICTABLE) ? "not yet moved to the unevictable list"
		                                     : NULL;
	}
	return NULL;
}

const char *
explain_bit(const struct flag *f, const struct page *pg, const struct vma *v)
{
	return f->source == FLAG_PM ? explain_pagemap(f, pg, v) : explain_kpf(f, pg);
}

static bool
explain_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static const char *
explain_shm(const struct vma *v)
{
	const char *name = v->name;

	if (v->behind == VMA_BEHIND_SECRET)
		return "secret memory (memfd_secret): the kernel itself cannot read it";
	if (v->behind == VMA_BEHIND_RAMFS)
		return "a file in memory (ramfs)";
	if (v->behind == VMA_BEHIND_TMPFS && !explain_starts(name, "/dev/shm/"))
		return "a file in memory (tmpfs)";
	if (explain_starts(name, "/memfd:"))
		return "memfd: a file in memory, in no directory";
	if (explain_starts(name, "/SYSV"))
		return "System V shared memory (shmget)";
	if (explain_starts(name, "/dev/shm/"))
		return "POSIX shared memory (shm_open)";
	return "shared anonymous memory";
}

const char *
explain_region(const struct vma *v)
{
	static const char deleted[] = " (deleted)";
	size_t n = strlen(v->name);

	switch ((enum vma_type)v->type) {
	case VMA_ANON:
		if (v->name[0] == '/')
			return "anonymous memory: a private mapping of /dev/zero";
		return v->name[0] ? "anonymous memory, named by the process" : "anonymous memory";
	case VMA_HEAP: return "the heap that brk grows";
	case VMA_STACK:
		return explain_starts(v->name, "[stack]") ? "the main thread's stack"
		                                          : "a thread's stack";
	case VMA_FILE:
		if (n > sizeof(deleted) - 1 &&
		    !strcmp(v->name + n - (sizeof(deleted) - 1), deleted))
			/* so the kernel writes it, and so a file may be called */
			return state_copies(v) ? "private mapping of a file, deleted or called so"
			                       : "shared mapping of a file, deleted or called so";
		return state_copies(v) ? "private mapping of a file" : "shared mapping of a file";
	case VMA_SHM: return explain_shm(v);
	case VMA_HUGETLB: return "pages of the hugetlb pool";
	case VMA_RESERVE: return "reserved address space: no access";
	case VMA_GUARD: return "no access: guards the stack above it";
	case VMA_KERNEL: return vma_kernel_words(v) ? vma_kernel_words(v) : "kernel memory";
	case VMA_DEVICE: return "device memory";
	case VMA_TYPES: break;
	}
	return "";
}

void
explain_perm(const struct vma *v, struct buf *out)
{
	static const struct {
		enum vma_perm bit;
		const char *words;
	} parts[] = {
	    {VMA_READ, "readable, "}, {VMA_WRITE, "writable, "}, {VMA_EXEC, "executable, "}};
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (v->perm & parts[i].bit)
			buf_str(out, parts[i].words);
	if (out->len == start)
		buf_str(out, "no access, ");
	buf_str(out, v->perm & VMA_SHARED ? "shared" : "private");
}
