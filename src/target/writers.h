/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITERS_H
#define PM_WRITERS_H

#include <stddef.h>
#include <stdint.h>

#include "target/code.h"
#include "target/target.h"

/*
 * Which code wrote: written pages, each counted once per epoch, by function, thread or call chain
 * (see causes.h for what is known of them). Code that only reads is no candidate. If all candidates
 * of a page are in one row, it wrote.
 */
#define B(id, name, title, help) WRITERS_BY_##id,
#define R(id, name, title, help) WRITERS_BY_##id,
enum writers_by {
#include "target/writers_by.def"
	WRITERS_BY_COUNT
};

struct writers_by_words {
	const char *name, *title, *help;
};
const struct writers_by_words *writers_by_words(enum writers_by by);
bool writers_by_find(const char *name, size_t len, enum writers_by *by);

/* A row: pages of which this is the writer, and pages of which it is one of several candidates. */
struct writer {
	char *words;    /* not safe to print raw */
	char *in;       /* of a function: the base name of its file; "": none */
	char *instruction; /* of a store: code_store; else NULL */
	pid_t tid;      /* of a thread; else 0 */
	bool nameless;  /* of a thread: words has its number in place of a name */
	uint64_t pages, maybe;
	uint64_t fresh; /* of growth: of both, since the scan before */
	uint32_t chain; /* one that it was called by */
	uint64_t start, end; /* of a region; how many of its pages were written, ... */
	uint64_t rest;       /* ... but no fault was seen */
};

/* The words of one: what wrote, by a chain and a thread of t->causes; `in`, too. Owned by *out. */
void writer_name(struct target *t, struct codes *codes, const struct vma_list *vmas,
                 enum writers_by by, uint32_t chain, uint32_t thread, struct writer *out);
void writer_free(struct writer *w);

/* For vec_sort: most pages first. */
int writer_pages_order(const void *a, const void *b);

/*
 * Joins rows of the same words, and the same file or thread. Returns how many are left; to[i]
 * (to may be NULL): which of them row i is in.
 */
size_t writers_join(struct writer *v, size_t n, size_t *to);

struct writers {
	struct writer *v; /* most pages first */
	size_t n;
	uint64_t written; /* pages that the tracker saw written */
	uint64_t one;     /* of these: the writer is known */
	uint64_t some;    /* there are several candidates */
	uint64_t beside;  /* the rest of huge pages that are written as a whole, for one fault */
	uint64_t reads;   /* only reads faulted: the kernel or another process wrote */
	uint64_t none;    /* no fault was seen: a device wrote, or another process */
	uint64_t other;   /* pages that faulted, but were not written */
	/* of growth: pages lost; of `written` and `none`, those since the scan before */
	uint64_t lost, fresh, none_fresh;
	/* 0: every fault was watched; else, at worst, one in that many; 1: the watch rested */
	uint64_t sampled;
	struct causes_totals totals;
};

/*
 * Attributes what was written in `of`; `written` pages by the tracker, or UINT64_MAX: counted here,
 * from the stamps of an epoch. t->causes must be there. Asks for symbols, which takes time.
 */
void writers_make(struct target *t, struct codes *codes, const struct vma_list *vmas,
                  enum writers_by by, const struct causes_range *of, uint64_t written,
                  struct writers *out);
/*
 * The events that c has counted (causes_new_counter), in place of pages: rows by call chain,
 * instruction and thread, of which `in` is the function.
 */
void writers_of_events(struct target *t, struct causes *c, struct codes *codes,
                       const struct vma_list *vmas, struct writers *out);

/* What is said of `beside`. */
#define WRITERS_BESIDE "rest of a huge page all written"
/* What is said of `reads`. */
#define WRITERS_READS "only reads seen"

/*
 * What is said of pages without a fault, and of a sample of the faults: "no fault seen",
 * "not sampled (1 of 16)".
 */
void writers_none(uint64_t sampled, struct buf *out);
void writers_free(struct writers *w);

#endif
