/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VMA_H
#define PM_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The regions of a process: the lines of /proc/PID/maps (Documentation/filesystems/proc.rst 1.1).
 * A list is ascending and without overlaps. The kernel's text may not be: it is read a page at a
 * time while the process maps memory.
 */
enum vma_perm { VMA_READ = 1, VMA_WRITE = 2, VMA_EXEC = 4, VMA_SHARED = 8 };

enum vma_type {
	VMA_ANON,    /* private memory without a name, or with one given by prctl */
	VMA_HEAP,
	VMA_STACK,
	VMA_FILE,
	VMA_SHM,     /* in memory alone: tmpfs, ramfs, memfd, SysV, shared anonymous, secret */
	VMA_HUGETLB,
	VMA_RESERVE, /* no access: reserved address space */
	VMA_GUARD,   /* the same below a thread's stack */
	VMA_KERNEL,  /* vdso, vvar, vsyscall; rings of io_uring, aio, perf and sockets */
	VMA_DEVICE,
	VMA_TYPES
};

/* What backs memory that is in no file on a disk. */
enum vma_behind {
	VMA_BEHIND_UNKNOWN, /* or nothing, or no such memory */
	VMA_BEHIND_SHMEM,   /* the kernel's own: memfd, SysV, shared anonymous */
	VMA_BEHIND_TMPFS,   /* a file of a mounted tmpfs */
	VMA_BEHIND_RAMFS,   /* of a ramfs: never in swap */
	VMA_BEHIND_SECRET,  /* memfd_secret: nor can the kernel read it */
};

struct vma {
	uint64_t start, end; /* bytes; end is the first address after it */
	uint64_t offset, inode;
	uint32_t dev_major : 12, dev_minor : 20; /* as many bits as the kernel has for them */
	uint8_t perm;   /* enum vma_perm */
	uint8_t type;   /* enum vma_type */
	uint8_t behind; /* enum vma_behind */
	const char *name; /* as the kernel wrote it (only newline escaped), ours for threads'
	                     stacks, "" if none; not safe to print raw */
};

struct vma_list {
	struct vma *v;
	size_t n, cap;
	char *names; /* what the names point into, one after the other; owned */
	char **given; /* and the names that are ours; owned */
	size_t given_n, given_cap;
};

/*
 * Parses the text of a maps file; takes over `text` (malloc'ed, NUL-terminated). Skips lines that
 * it does not understand, and counts them in *odd. Types are by name until kinds_judge corrects
 * them.
 */
void vma_parse(struct vma_list *list, char *text, size_t *odd);

/*
 * The same for an open maps file, from its start. An empty list owns nothing: the address space is
 * gone.
 */
int vma_read(int fd, struct vma_list *list, struct err *err);
void vma_free(struct vma_list *list);

/* Renames region i; takes over `name` (malloc'ed). */
void vma_rename(struct vma_list *list, size_t i, char *name);

/*
 * Whether its pages come from a file, which may be a device or the kernel's own. Inodes can be 0.
 */
bool vma_has_file(const struct vma *v);

/* A regular file, on a disk or in memory: neither a device nor hugetlb. */
bool vma_is_file(const struct vma *v);

/* Of mmap with MAP_ANONYMOUS and MAP_HUGETLB: its file is the kernel's own, and has no contents. */
bool vma_is_anon_huge(const struct vma *v);

/*
 * Whether its pages in swap have no entry in the page table, as those of shared memory.
 */
bool vma_swaps_unseen(const struct vma *v);

/* Describes a region of the kernel's; NULL: it is none. */
const char *vma_kernel_words(const struct vma *v);

/*
 * Whether it may have pages that the page table does not show: drivers map frames without struct
 * page (VM_PFNMAP), and the kernel skips such regions as if they were empty. Only VmFlags (pf) is
 * certain; [vvar] always is one, and mappings of devices and perf mostly are.
 */
bool vma_hides_pages(const struct vma *v);

/*
 * Whether the second continues the first: adjacent, the same memory, the same permissions.
 */
bool vma_goes_on(const struct vma *a, const struct vma *b);

/* The region that holds addr, or NULL. */
const struct vma *vma_at(const struct vma_list *list, uint64_t addr);

/* Index of the first region that ends after addr (list->n if none). */
size_t vma_lower_bound(const struct vma_list *list, uint64_t addr);

/* Bytes of [start, end) that are mapped. */
uint64_t vma_mapped(const struct vma_list *list, uint64_t start, uint64_t end);

/*
 * The size of a pointer in bytes: 4 in a 32-bit process, which has only [vsyscall] above 4 GiB;
 * else 8: the stack is above it.
 */
unsigned vma_pointer_size(const struct vma_list *list);

/* Its name, or a description if it has none. Not safe to print raw. */
const char *vma_shown_name(const struct vma *v);

/* "rw-p" */
void vma_perm_text(const struct vma *v, char out[5]);
const char *vma_type_name(enum vma_type type);
const char *vma_type_help(enum vma_type type);

static inline uint64_t
vma_size(const struct vma *v)
{
	return v->end - v->start;
}

#endif
