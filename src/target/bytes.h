/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BYTES_H
#define PM_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "page/page.h"
#include "target/target.h"

/*
 * The contents of a stretch of the target's memory, through /proc/PID/mem.
 *
 * The law: that file faults pages in. A read of a page that is not there makes the kernel fill it,
 * fetch it from swap or from disk, as if the process had touched it. So the page table is asked
 * first, page by page, and what is not present is not read, nor what no read may touch: guard
 * pages, broken memory, devices (a read of a register does something), [vvar], [vsyscall]. No read
 * crosses a page's border, for one that begins in a page and ends in a guard fails as a whole.
 *
 * The race that is left: a page may be swapped out between the look at its entry and the read that
 * follows at once; then the read brings it back. The kernel has no read that would not, and looking
 * again afterwards could tell but not undo it, so nothing is looked at again. What a read of a
 * present page does change is its age: the kernel marks it as used, as it would for the process.
 */
enum { BYTES_MAX = 65536, BYTES_ROW = 16 };

enum bytes_kind {
	BYTES_READ,
	BYTES_ABSENT,   /* not in the page table: bytes_fault would have it brought in */
	BYTES_NEVER,    /* not to be read: see the law */
	BYTES_UNMAPPED, /* no region is there */
	BYTES_FAILED,   /* it is there, and the kernel would not: sys */
};

struct bytes_page {
	uint8_t kind, state; /* enum bytes_kind, enum state */
	bool file;           /* of a file or shared memory: absent means only "not mapped here" */
	int sys;             /* errno; 0: the read came to its end, the address space is gone */
};

enum byte_class { BYTE_ZERO, BYTE_TEXT, BYTE_FF, BYTE_REST, BYTE_CLASSES };

/* What a pointer among the bytes points to. Empty: it was looked for, there is none. */
struct bytes_symbol {
	uint64_t value, inode, base; /* of the file that was asked, and where it lay */
	char *name; /* from the target's file: not safe to print raw */
};

/* Immutable once made, and shared. */
struct bytes {
	int refs;
	uint64_t start, end;
	size_t page_size, pages_n;
	unsigned word;            /* bytes of a pointer of the process: 4 or 8 */
	struct bytes_page *pages; /* from the one that holds start */
	uint8_t *data;            /* of [start, end); 0 where it was not read */
	uint64_t *changed_ns;     /* for each byte, when a look saw it changed; 0 never */
	uint64_t newest_ns;       /* the newest of them */
	struct bytes_symbol *symbols; /* ascending by value */
	size_t symbols_n, symbols_cap;
};

/*
 * Reads [start, end), at most BYTES_MAX of it. `before`: an earlier look, NULL none; what it saw
 * differently is changed now. NULL with err: memory may not be read at all (the right to attach is
 * asked for, once, when the first page that is present is met).
 */
struct bytes *bytes_read(struct target *t, const struct vma_list *vmas, uint64_t start,
                         uint64_t end, const struct bytes *before, struct err *err);

/*
 * n pages of region v, whole, into `to`: those that are in RAM and may be read, which out[] says of
 * each. -1: memory may not be read at all.
 */
enum { BYTES_PAGES = 16 };
int bytes_pages(struct target *t, const struct vma *v, uint64_t start, size_t n, uint8_t *to,
                struct bytes_page *out, struct err *err);

struct bytes *bytes_ref(struct bytes *b);
void bytes_unref(struct bytes *b);
size_t bytes_size(const struct bytes *b); /* about how much memory it holds */

/*
 * Reads one byte of an absent page, for somebody who said so: the process has the page afterwards
 * (and its neighbours, where the kernel maps several at a fault). 0: done; 1: it was there, nothing
 * was done; -1: it cannot be.
 */
int bytes_fault(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err);

/* What may be done with a page in this state: pure. */
enum bytes_kind bytes_kind_of(const struct vma *v, const struct page *pg);

/* What is known of the page there; NULL: b does not reach there. */
const struct bytes_page *bytes_page(const struct bytes *b, uint64_t addr);

/* "not in RAM", "guard page": why there are no bytes. */
void bytes_why(const struct bytes_page *p, struct buf *out);

/*
 * The byte there; those of a pointer from there, in the machine's order. false: they were not read.
 */
bool bytes_at(const struct bytes *b, uint64_t addr, uint8_t *out);
bool bytes_word(const struct bytes *b, uint64_t addr, uint64_t *out);

/* The word there if it points into a region, NULL if not. */
const struct vma *bytes_pointer(const struct bytes *b, const struct vma_list *vmas, uint64_t addr,
                                uint64_t *value);
uint64_t bytes_changed(const struct bytes *b, uint64_t addr); /* when; 0 never */
enum byte_class byte_class(uint8_t byte);

#endif
