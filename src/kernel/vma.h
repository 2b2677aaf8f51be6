/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VMA_H
#define PM_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The regions of a process: the lines of /proc/PID/maps (Documentation/filesystems/proc.rst 1.1).
 * A list is ascending and without overlap even when the kernel's text is not, because the kernel
 * hands it out a page at a time while the process goes on mapping.
 */
enum vma_perm { VMA_READ = 1, VMA_WRITE = 2, VMA_EXEC = 4, VMA_SHARED = 8 };

enum vma_type {
	VMA_ANON,    /* private memory without a name, or with one given by prctl */
	VMA_HEAP,
	VMA_STACK,
	VMA_FILE,
	VMA_SHM,     /* in memory alone: tmpfs, ramfs, memfd, SysV, shared anonymous, secret */
	VMA_HUGETLB,
	VMA_RESERVE, /* no access allowed: address space kept aside */
	VMA_GUARD,   /* the same below a thread's stack */
	VMA_KERNEL,  /* vdso, vvar, vsyscall; rings of io_uring, aio, perf and sockets */
	VMA_DEVICE,
	VMA_TYPES
};

/* Which memory that is nowhere else: what the type leaves open. */
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
	uint32_t dev_major, dev_minor;
	uint8_t perm; /* enum vma_perm */
	uint8_t type;   /* enum vma_type */
	uint8_t behind; /* enum vma_behind */
	const char *name; /* as the kernel wrote it (only newline escaped), ours for threads'
	                     stacks, "" if none; not safe to print raw */
};

struct vma_list {
	struct vma *v;
	size_t n, cap;
	char *text; /* what the names point into; owned */
	char **given; /* and the names that are ours; owned */
	size_t given_n, given_cap;
};

/*
 * Parse the text of a maps file. Takes `text` (malloc'ed, NUL-terminated) over. Lines that are not
 * understood are skipped and counted, never guessed at: *odd tells how many. Types are what the
 * names say, until kinds_judge knows better.
 */
void vma_parse(struct vma_list *list, char *text, size_t *odd);

/*
 * The same of an open maps file, from its start. An empty list owns nothing: the address space is
 * gone.
 */
int vma_read(int fd, struct vma_list *list, struct err *err);
void vma_free(struct vma_list *list);

/* Gives region i another name; takes `name` (malloc'ed) over. */
void vma_rename(struct vma_list *list, size_t i, char *name);

/*
 * Whether there is a file, of a device or of the kernel's, that the pages come from. Inodes can be
 * 0.
 */
bool vma_has_file(const struct vma *v);

/* A file with a place in a folder: on a disk or in memory, but neither a device nor huge pages. */
bool vma_is_file(const struct vma *v);

/*
 * Whether its pages go to swap without leaving anything in the page table, as shared memory does.
 */
bool vma_swaps_unseen(const struct vma *v);

/* What the kernel's regions are, in words; NULL: it is none of the kernel's. */
const char *vma_kernel_words(const struct vma *v);

/*
 * Whether pages may be there that the page table does not show: drivers map frames without struct
 * page (VM_PFNMAP), and the kernel passes over such regions as if they were empty. Only VmFlags
 * (pf) tells for certain; [vvar] is always one, and what a device or perf maps mostly is.
 */
bool vma_hides_pages(const struct vma *v);

/*
 * Whether the second is the first one gone on: side by side, the same memory, and what may be done
 * with it.
 */
bool vma_goes_on(const struct vma *a, const struct vma *b);

/* The region that holds addr, or NULL. */
const struct vma *vma_at(const struct vma_list *list, uint64_t addr);

/* Index of the first region that ends after addr (list->n if none). */
size_t vma_lower_bound(const struct vma_list *list, uint64_t addr);

/* Bytes of [start, end) that are mapped. */
uint64_t vma_mapped(const struct vma_list *list, uint64_t start, uint64_t end);

/*
 * Whether region i is an arena of malloc's (glibc's, Go's): memory from a round address on (USED),
 * and the rest of its 64 MiB, kept aside (REST). Recognised by its form; glibc names it only when
 * asked to.
 */
enum vma_arena { VMA_NO_ARENA, VMA_ARENA_USED, VMA_ARENA_REST };
enum vma_arena vma_arena(const struct vma_list *list, size_t i);

/*
 * How many bytes its pointers have: 4 of a 32-bit process, 8. Nothing but [vsyscall] lies above 4
 * GiB in the one, and in the other the stack does.
 */
unsigned vma_pointer_size(const struct vma_list *list);

/* Its name, or what one without is called. As unsafe to print as any. */
const char *vma_shown_name(const struct vma *v);

/* "rw-p" */
void vma_perm_text(const struct vma *v, char out[5]);
const char *vma_type_name(enum vma_type type);

static inline uint64_t
vma_size(const struct vma *v)
{
	return v->end - v->start;
}

#endif
