/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGE_H
#define PM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"
#include "kernel/pagemap.h"

/* Everything known about one virtual page at one moment. */
enum page_known {
	PAGE_WORD = 1,     /* the page table was read */
	PAGE_FLAGS = 2,    /* kpf is valid */
	PAGE_COUNT = 4,    /* count is valid */
	PAGE_CGROUP = 8,   /* cgroup is valid */
	PAGE_FOLIO = 16,   /* folio and order are valid */
	PAGE_NODE = 32,    /* node is valid */
	PAGE_RACED = 64,   /* it changed while its frame was looked up: only the new word is kept */
	PAGE_NO_KSM = 128, /* kpf's KSM means nothing: see frame.h */
	PAGE_NO_RECORD = 256,    /* kpageflags has no word for its frame: memory of a device */
	PAGE_ENTRY = 512,        /* not present; kpf is that of the frame a special entry names */
	PAGE_CACHED = 1024,      /* not mapped here, but in the page cache */
	PAGE_SMALL = 2048,       /* its folio is smaller than a huge page */
	PAGE_CACHE_ASKED = 4096, /* not mapped here, and whether it is in the page cache is known */
	PAGE_PAST_END = 8192,    /* past the end of the file */
	PAGE_SIZE_ASKED = 16384, /* whether it is, is known */
	PAGE_OUT = 32768,        /* shared memory without an entry here, in swap */
	PAGE_OUT_ASKED = 65536,  /* whether it is, is known */
	PAGE_OF_GAP = PAGE_CACHED | PAGE_CACHE_ASKED | PAGE_PAST_END | PAGE_SIZE_ASKED | PAGE_OUT |
	              PAGE_OUT_ASKED,
};

struct page {
	uint64_t word;   /* pagemap */
	uint64_t kpf;    /* kpageflags */
	uint64_t head;   /* of a tail: what its head alone says of the folio (before 6.10) */
	uint64_t count;  /* kpagecount: mappings of the frame, by all processes */
	uint64_t cgroup; /* kpagecgroup: inode of the memory cgroup, 0 none */
	uint64_t folio;  /* frame number of its folio's first page */
	uint32_t known;  /* enum page_known */
	uint16_t cats;   /* PM_CAT_* of the run it was met in, 0 if it was not met in one */
	uint8_t order;   /* of the folio: it has 1 << order pages */
	uint8_t state;   /* enum state (state.h), set by walk.c */
	uint8_t kind;    /* enum page_kind, where the flags are known; likewise */
	int16_t node;    /* NUMA node */
};

/*
 * What to find out beyond the page table. FLAGS finds the folios that it needs as well: see
 * page_flags.
 */
enum page_need {
	PAGE_NEED_FLAGS = 1, PAGE_NEED_COUNT = 2, PAGE_NEED_CGROUP = 4, PAGE_NEED_FOLIO = 8,
	PAGE_NEED_NODE = 16,  /* of walk.c */
	PAGE_NEED_CACHE = 32, /* of walk.c */
	PAGE_NEED_ALL = 63,
	PAGE_NEED_GAPS = 64,  /* of walk.c */
};

/*
 * Reads n pages from addr (n at most PAGE_BATCH). The page table is read first, then the frames
 * it names, then the page table again: a page that changed in between keeps its new word and loses
 * its frame's facts. Present with frame 0 means hidden, and is never looked up.
 */
enum { PAGE_BATCH = 256 }; /* what is kept of them goes on a stack, and stacks may be small */
int page_read(const struct pagemap *pm, const struct frames *f, uint64_t addr, struct page *out,
              size_t n, unsigned needs, struct err *err);

/* The frame number, or 0: absent, or hidden from us. */
uint64_t page_pfn(const struct page *pg);

/*
 * All flags that hold of the page, where kpf is valid: a folio is dirty, active, on a list and
 * backed by swap as a whole, which before Linux 6.10 only its head says.
 */
uint64_t page_flags(const struct page *pg);

/* Freed by MADV_FREE and not yet taken: whoever writes to it before has it back. */
bool page_is_lazyfree(const struct page *pg);

/* In RAM, but the kernel keeps its frame number from us (no CAP_SYS_ADMIN). */
bool page_hidden(const struct page *pg);

/* The order of a huge page: a page table's worth of pages of eight-byte entries. */
unsigned page_huge_order(size_t page_size);

#endif
