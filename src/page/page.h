/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGE_H
#define PM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/flags.h"
#include "kernel/kabi.h"

/* Everything known about one virtual page at one moment. */
enum page_known {
	PAGE_WORD = 1,     /* the page table was read */
	PAGE_FLAGS = 2,    /* kpf is valid */
	PAGE_COUNT = 4,    /* count is valid */
	PAGE_CGROUP = 8,   /* cgroup is valid */
	PAGE_FOLIO = 16,   /* folio and order are valid */
	PAGE_NODE = 32,    /* node is valid */
	PAGE_RACED = 64,   /* changed during the lookup of its frame: only the new word is kept */
	PAGE_NO_KSM = 128, /* the KSM flag in kpf is meaningless: see frame.h */
	PAGE_NO_RECORD = 256,    /* kpageflags has no entry for its frame: device memory */
	PAGE_ENTRY = 512,        /* not present; kpf is that of the frame in a special entry */
	PAGE_CACHED = 1024,      /* not mapped here, but in the page cache */
	PAGE_SMALL = 2048,       /* its folio is smaller than a huge page */
	PAGE_CACHE_ASKED = 4096, /* not mapped here; whether it is in the page cache is known */
	PAGE_PAST_END = 8192,    /* past the end of the file */
	PAGE_SIZE_ASKED = 16384, /* whether it is past the end is known */
	PAGE_OUT = 32768,        /* shared memory without an entry here, in swap */
	PAGE_OUT_ASKED = 65536,  /* whether it is in swap is known */
	PAGE_CATS = 131072,      /* cats are all that PAGEMAP_SCAN reports of the page */
	PAGE_AVERAGED = 262144,  /* count is the average of its folio: see frame.h */
	PAGE_NO_WP = 524288,     /* bit 57 of the word is meaningless: not recorded at that time */
	PAGE_OF_GAP = PAGE_CACHED | PAGE_CACHE_ASKED | PAGE_PAST_END | PAGE_SIZE_ASKED | PAGE_OUT |
	              PAGE_OUT_ASKED,
};

struct page {
	uint64_t word;   /* pagemap */
	uint64_t kpf;    /* kpageflags */
	/* for a tail page: flags of the folio that only its head page has (before 6.10) */
	uint64_t head;
	uint64_t count;  /* kpagecount: mappings of the frame, by all processes */
	uint64_t cgroup; /* kpagecgroup: inode of the memory cgroup, 0: none */
	uint64_t folio;  /* frame number of its folio's first page */
	uint32_t known;  /* enum page_known */
	uint16_t cats;   /* PM_CAT_*: with PAGE_CATS all, else some, of its run; 0: none */
	uint8_t order;   /* of the folio: it has 1 << order pages */
	uint8_t state;   /* enum state (state.h), set by walk.c */
	uint8_t kind;    /* enum page_kind, if the flags are known; likewise set by walk.c */
	bool like;       /* the page before it in its batch, by page_is_like; likewise */
	int16_t node;    /* NUMA node */
	uint16_t followers; /* the next pages, like it and left out: PAGE_NEED_RUNS */
};

/* What to look up beyond the page table. FLAGS includes the folio lookups that page_flags needs. */
enum page_need {
	PAGE_NEED_FLAGS = 1,
	PAGE_NEED_COUNT = 2,
	PAGE_NEED_CGROUP = 4,
	PAGE_NEED_FOLIO = 8,
	PAGE_NEED_NODE = 16,  /* only by walk.c */
	PAGE_NEED_CACHE = 32, /* only by walk.c */
	PAGE_NEED_CATS = 64,  /* only by walk.c: all categories of PAGEMAP_SCAN */
	PAGE_NEED_ALL = 127,
	PAGE_NEED_GAPS = 128, /* only by walk.c */
	/*
	 * For page_read_runs: of single pages that are mapped once and differ in nothing but their
	 * frames, only the first is read into its place; it says how many follow it.
	 */
	PAGE_NEED_RUNS = 256,
};

enum { PAGE_BATCH = 512 }; /* batches live on the stack, and stacks may be small */

/* The frame number, or 0: not present, or hidden from us. */
static inline uint64_t
page_pfn(const struct page *pg)
{
	return pg->known & PAGE_WORD && pg->word & PM_PRESENT ? pg->word & PM_PFN_MASK : 0;
}

/*
 * All flags that apply to the page, if kpf is valid: a folio is dirty, active, on an LRU list and
 * swap-backed as a whole, and before Linux 6.10 only its head page shows that.
 */
uint64_t page_flags(const struct page *pg);

/* Freed by MADV_FREE and not yet reclaimed: a write in the meantime keeps it. */
bool page_is_lazyfree(const struct page *pg);

/*
 * Whether two pages in RAM differ in nothing but the numbers of their frames and folios: then they
 * have the same state and kind, too. `cgroup` and `node` are not compared.
 */
static inline bool
page_is_like(const struct page *a, const struct page *b)
{
	uint64_t frame = PM_PFN_MASK, word = a->word ^ b->word;
	uint64_t differ = (word & ~frame) | (a->kpf ^ b->kpf) | (a->count ^ b->count) |
	                  (a->head ^ b->head) | (a->known ^ b->known) |
	                  (unsigned)(a->cats ^ b->cats) | (unsigned)(a->order ^ b->order);

	return !differ && a->word & PM_PRESENT && !(a->word & frame) == !(b->word & frame);
}

/* In RAM, but its frame number is not known: hidden from us, or in a recording not there. */
bool page_hidden(const struct page *pg);

/* Why a frame may not be known. */
enum page_lack {
	PAGE_LACK_RIGHT,    /* it is hidden from us */
	PAGE_LACK_LOOK,     /* of a recording: it had not been looked up */
	PAGE_LACK_RECORDED, /* of a recording whose recorder it was hidden from */
};

static inline const char *
page_hidden_words(enum page_lack lack)
{
	switch (lack) {
	case PAGE_LACK_LOOK: return "not in the recording by then: not looked up, or hidden";
	case PAGE_LACK_RECORDED: return "not recorded: hidden from the recorder (record as root)";
	case PAGE_LACK_RIGHT: break;
	}
	return "hidden (needs CAP_SYS_ADMIN)";
}

#endif
