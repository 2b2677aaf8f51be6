/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARE_KEY_H
#define PM_SHARE_KEY_H

#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "kernel/vma.h"
#include "page/page.h"

/*
 * The identity of a page across processes: its frame, or its place in swap; if those are hidden
 * from us, its place in a file, of which the page cache has only one page.
 */
enum share_method { SHARE_BY_FRAME, SHARE_BY_FILE };

enum share_kind { SHARE_FILE, SHARE_SHM, SHARE_ANON, SHARE_KSM, SHARE_SWAP, SHARE_KINDS };

#define SHARE_NO_KEY UINT64_MAX
enum { SHARE_KEY_BITS = 61 };

/* Of a page-table word. SHARE_NO_KEY: neither in RAM nor in swap, or hidden. */
static inline uint64_t
share_key(uint64_t word)
{
	uint64_t at = word & PM_PFN_MASK;

	if (word & PM_PRESENT)
		return at ? at : SHARE_NO_KEY;
	if (!(word & PM_SWAPPED) || word & PM_GUARD || !PM_SWAP_OFFSET(word) ||
	    PM_SWAP_TYPE(word) >= PM_SWAP_TYPES_SURE || PM_IS_MARKER(word))
		return SHARE_NO_KEY;
	return UINT64_C(1) << 60 | (uint64_t)PM_SWAP_TYPE(word) << 50 | PM_SWAP_OFFSET(word);
}

/*
 * The files of regions, each once. Several files may have the same device and inode (subvolumes of
 * btrfs, System V memory of other namespaces), so a file is certain only with its name.
 */
struct share_file {
	uint64_t device, inode;
	const char *name;
};
struct share_files {
	struct share_file *v; /* ascending; the names are those of the regions */
	size_t n;
};
void share_files_of(struct share_files *f, const struct vma_list *vmas, uint64_t start,
                    uint64_t end);
void share_files_free(struct share_files *f);

/* Whether v may be of one of them. */
bool share_files_have(const struct share_files *f, const struct vma *v);

/* The number of v's file among them, if it is certain. */
#define SHARE_NO_FILE SIZE_MAX
size_t share_file_of(const struct share_files *f, const struct vma *v);

/* The key of a page with the file's contents, by its word. SHARE_NO_KEY: it has none. */
uint64_t share_file_key(size_t file, const struct vma *v, uint64_t addr, uint64_t word,
                        size_t page_size);

#endif
