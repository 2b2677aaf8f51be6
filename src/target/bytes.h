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
 * The contents of a range of the target's memory, through /proc/PID/mem.
 *
 * The law: that file faults pages in. Reading an absent page makes the kernel fill it, or read it
 * from swap or disk, as if the process had accessed it. So the page table is read first, page by
 * page, and absent pages are not read; nor are pages that must not be read: guard pages, broken
 * memory, devices (reading a register may have an effect), [vvar], [vsyscall]. No read crosses a
 * page boundary, because one that starts in a page and ends in a guard fails as a whole.
 *
 * A race remains: a page may be swapped out between its entry and the read that follows at once;
 * then the read swaps it in. The kernel has no read that would not, and a check afterwards could
 * not undo it. Reading a present page marks it as used, as an access by the process would.
 */
enum { BYTES_MAX = 65536, BYTES_ROW = 16 };

enum bytes_kind {
	BYTES_READ,
	BYTES_ABSENT,   /* not in the page table: bytes_fault would fault it in */
	BYTES_NEVER,    /* must not be read: see the law */
	BYTES_UNMAPPED, /* in no region */
	BYTES_FAILED,   /* present, but the read failed: sys */
};

struct bytes_page {
	uint8_t kind, state; /* enum bytes_kind, enum state */
	bool file;           /* of a file or shared memory: absent means only "not mapped here" */
	int sys;             /* errno; 0: end of file, the address space is gone */
};

enum byte_class { BYTE_ZERO, BYTE_TEXT, BYTE_FF, BYTE_REST, BYTE_CLASSES };

/* The symbol that a pointer points to. Empty name: looked up, there is none. */
struct bytes_symbol {
	uint64_t value, inode, base; /* the pointer; its file, and where that was mapped */
	char *name; /* from the target's file: not safe to print raw */
};

/* Immutable once made, and shared. */
struct bytes {
	int refs;
	uint64_t start, end;
	size_t page_size, pages_n;
	bool past;                /* of a recording: what is absent cannot be read in */
	unsigned word;            /* bytes per pointer: 4 or 8 */
	struct bytes_page *pages; /* from the page that holds start */
	uint8_t *data;            /* of [start, end); 0 if not read */
	uint64_t *changed_ns;     /* per byte: when a change was last seen; 0: never */
	uint64_t newest_ns;       /* the newest of them */
	struct bytes_symbol *symbols; /* ascending by value */
	size_t symbols_n, symbols_cap;
};

/*
 * Reads [start, end), at most BYTES_MAX of it. `before`: an earlier result to compare with, or
 * NULL. Returns NULL with err: memory cannot be read at all, which takes the right to attach.
 */
struct bytes *bytes_read(struct target *t, const struct vma_list *vmas, uint64_t start,
                         uint64_t end, const struct bytes *before, struct err *err);

/*
 * Reads n whole pages of region v into `to`: those in RAM that may be read, see out[]. -1: memory
 * cannot be read at all.
 */
enum { BYTES_PAGES = 16 };
int bytes_pages(struct target *t, const struct vma *v, uint64_t start, size_t n, uint8_t *to,
                struct bytes_page *out, struct err *err);

struct bytes *bytes_ref(struct bytes *b);
void bytes_unref(struct bytes *b);
size_t bytes_size(const struct bytes *b); /* its approximate memory use */

/*
 * Faults in an absent page by reading a byte of it, at the user's request. The kernel may map
 * adjacent pages with it. 0: done; 1: it was present, nothing was done; -1 with err.
 */
int bytes_fault(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err);

/* Whether a page in this state may be read (pure). */
enum bytes_kind bytes_kind_of(const struct vma *v, const struct page *pg);

/* The page there; NULL: outside b. */
const struct bytes_page *bytes_page(const struct bytes *b, uint64_t addr);

/* Why there are no bytes: "not in RAM", "guard page". */
void bytes_why(const struct bytes_page *p, struct buf *out);

/*
 * The byte there; the pointer there, in the machine's byte order. false: not read.
 */
bool bytes_at(const struct bytes *b, uint64_t addr, uint8_t *out);
bool bytes_word(const struct bytes *b, uint64_t addr, uint64_t *out);

/* The region that the pointer there points into, and its value; NULL: none. */
const struct vma *bytes_pointer(const struct bytes *b, const struct vma_list *vmas, uint64_t addr,
                                uint64_t *value);
uint64_t bytes_changed(const struct bytes *b, uint64_t addr); /* when; 0 never */
enum byte_class byte_class(uint8_t byte);

#endif
