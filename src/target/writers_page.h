/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITERS_PAGE_H
#define PM_WRITERS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/code.h"
#include "target/target.h"

/*
 * Which code wrote one page, in the interval under way and in those before: its page faults, with
 * names. In each interval only the first write to a page faults, so later writers are not known.
 */
enum writer_is {
	WRITER_ONE,     /* the page was written, and no other code did that: it wrote first */
	WRITER_SOME,    /* the page was written, and one of several that faulted on it wrote */
	WRITER_READ,    /* the code only reads: another wrote the page, if it was written */
	WRITER_UNKNOWN, /* not known to have been a write: a read, or the first touch */
};
/* "wrote", "may have written", "read", "faulted" */
const char *writer_is_words(enum writer_is is);
bool writer_is_write(enum writer_is is); /* wrote, or may have */

/* A fault on the page. No text is safe to print raw. */
struct page_writer {
	enum writer_is is;
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint32_t ago;     /* intervals ago; 0: in the one under way */
	pid_t tid;
	char comm[16];       /* of the thread; "": not known */
	char *code;          /* "memtable_insert+0x4c", "read (system call)" */
	char *in;            /* the base name of its file; "": none */
	char *source;        /* in the source; NULL: not known */
	uint32_t line;       /* of source */
	struct code_frames chain; /* the instruction and its callers */
};

enum { PAGE_WRITERS_MAX = 64 };
struct page_writers {
	struct page_writer *v; /* newest first; those of an interval are together */
	size_t n;
	bool more;    /* there are older ones, beyond PAGE_WRITERS_MAX */
	bool unseen;  /* written in the interval under way, but no store was seen to fault; ... */
	bool forgotten; /* ... which may have been: older faults are in the sums alone */
	struct causes_totals totals;
};

/*
 * The writers of the page at addr. t->causes must be there. Asks for symbols, which takes time.
 */
void writers_of_page(struct target *t, struct codes *codes, const struct vma_list *vmas,
                     uint64_t addr, struct page_writers *out);
void page_writers_free(struct page_writers *w);

/* The newest that is known to have written, or else may have, or else faulted; NULL: none. */
const struct page_writer *page_writers_best(const struct page_writers *w);

/*
 * Who may have written the page first in the last interval in which it was written, without names:
 * the candidates, `n` of them, 0 if none was seen; `all`: there are no others; `reads`: only code
 * that reads has faulted. false: it was not seen written, or its faults are forgotten, so that it
 * is not known.
 */
struct writers_last {
	struct cause_by by[CAUSES_MOST];
	size_t n;
	bool all, reads;
};
bool writers_last(struct target *t, struct codes *codes, const struct vma_list *vmas, uint64_t addr,
                  struct writers_last *out);

/*
 * "first written by memtable_insert+0x4c (thread 4711 flush) 1.2 s ago": of the interval under way,
 * or else the newest; in words, and safe to print. Empty: nothing is known.
 */
void page_writers_line(const struct page_writers *w, uint64_t now_ns, struct buf *out);

#endif
