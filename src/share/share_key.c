/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/share_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

enum {
	/* pages of a file, which has at most 2^63 bytes; above them its number, ... */
	FILE_SHIFT = 44,
	FILES_MAX = 1 << 16, /* ... so that a key has no more than SHARE_KEY_BITS */
};

static int
share_file_compare_id(const void *a, const void *b)
{
	const struct share_file *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

static int
share_file_compare(const void *a, const void *b)
{
	int c = share_file_compare_id(a, b);

	return c ? c : strcmp(((const struct share_file *)a)->name,
	                      ((const struct share_file *)b)->name);
}

static struct share_file
share_file_named(const struct vma *v)
{
	return (struct share_file){(uint64_t)v->dev_major << 32 | v->dev_minor, v->inode, v->name};
}

void
share_files_of(struct share_files *f, const struct vma_list *vmas, uint64_t start, uint64_t end)
{
	size_t n = 0;

	*f = (struct share_files){.v = mem_alloc((vmas->n + 1) * sizeof(*f->v))};
	for (size_t i = vma_lower_bound(vmas, start); i < vmas->n && vmas->v[i].start < end; i++)
		if (vma_has_file(&vmas->v[i]))
			f->v[n++] = share_file_named(&vmas->v[i]);
	vec_sort(f->v, n, sizeof(*f->v), share_file_compare);
	for (size_t i = 0; i < n; i++)
		if (!f->n || share_file_compare(&f->v[f->n - 1], &f->v[i]) != 0)
			f->v[f->n++] = f->v[i];
}

void
share_files_free(struct share_files *f)
{
	free(f->v);
	*f = (struct share_files){0};
}

bool
share_files_have(const struct share_files *f, const struct vma *v)
{
	struct share_file key = share_file_named(v);

	return f->n && vma_has_file(v) &&
	       bsearch(&key, f->v, f->n, sizeof(key), share_file_compare_id);
}

/* The inode of System V memory is its ID, and other namespaces have the same IDs; all anonymous
 * inodes are one. */
static bool
share_file_is_certain(const struct vma *v)
{
	return (v->type == VMA_FILE || v->type == VMA_SHM || v->type == VMA_HUGETLB) &&
	       strncmp(v->name, "/SYSV", 5) != 0;
}

size_t
share_file_of(const struct share_files *f, const struct vma *v)
{
	struct share_file key = share_file_named(v), *at;

	if (!f->n || !share_file_is_certain(v))
		return SHARE_NO_FILE;
	at = bsearch(&key, f->v, f->n, sizeof(key), share_file_compare);
	return at ? (size_t)(at - f->v) : SHARE_NO_FILE;
}

uint64_t
share_file_key(size_t file, const struct vma *v, uint64_t addr, uint64_t word, size_t page_size)
{
	uint64_t page = v->offset / page_size + (addr - v->start) / page_size;

	if (file == SHARE_NO_FILE || (word & (PM_PRESENT | PM_FILE)) != (PM_PRESENT | PM_FILE) ||
	    page >> FILE_SHIFT || file >= FILES_MAX)
		return SHARE_NO_KEY;
	return (uint64_t)file << FILE_SHIFT | page;
}
