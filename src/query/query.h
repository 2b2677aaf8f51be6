/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_QUERY_H
#define PM_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/guess.h"
#include "base/util.h"
#include "filter/lex.h"
#include "kernel/vma.h"
#include "target/migrate.h"
#include "target/writers.h"

/*
 * The language of the prompt, of -e and of RANGE arguments. Parsing is pure and independent of a
 * process; resolving turns names into addresses by a list of regions. Errors carry the column.
 */
#define Q(id, ...) QUERY_##id,
enum query_kind {
#include "query/query.def"
};

/* What pages are counted by: a row of query_by.def each. */
#define B(id, ...) QUERY_BY_##id,
enum query_by {
	QUERY_BY_NOTHING,
#include "query/query_by.def"
	QUERY_BYS
};
struct query_by_row {
	const char *name, *help;
	unsigned needs; /* enum page_need */
};
const struct query_by_row *query_by_row(enum query_by by);

/* What is summed: U(id, name, help) of query_sum.def. */
#define U(id, ...) QUERY_SUM_##id,
enum query_sum {
#include "query/query_sum.def"
	QUERY_SUMS
};
const char *query_sum_name(enum query_sum sum);
const char *query_sum_help(enum query_sum sum);

enum { QUERY_TEXT = 256 };

/* A place as written: an address, or an offset into a mapping. */
struct query_place {
	char name[256]; /* "": absolute */
	bool has_offset;
	uint64_t addr;  /* the address, or the offset from the mapping's base */
	/* the full text if it (or its first `digits` characters) may be a mapping's name; or "" */
	char written[256];
	/* the length of an address without 0x and with less than 8 digits; else 0 */
	size_t digits;
	/* for NAME START+OFFSET: NAME, or its beginning, which the region there must have */
	char shown[256];
	bool shown_cut;
	bool in_file; /* addr counts in the file itself, not from where it is loaded */
	char reg[4];  /* "sp", "pc": of a thread; else "" */
	pid_t tid;    /* its ID; 0: the main thread */
	int column;      /* its column in the text, from 1 */
	bool alone;      /* it is all of a question: a verb may have been meant */
};

struct query {
	enum query_kind kind;
	int column;                  /* of its first character in the text, from 1 */
	bool is_range;               /* for QUERY_RANGE, QUERY_BYTES, QUERY_WHO: from A to B */
	struct query_place from, to; /* to: end of a range; from.column 0: the query has no place */
	bool to_is_length;           /* to.addr is a length in bytes */
	bool one_region;             /* vma:PLACE as a range: the region that `from` is in */
	char pair[20];               /* the text of a range that may be a mapping's name: a..b */
	uint64_t pfn;                /* QUERY_FRAME, QUERY_PHYS */
	uint64_t in_frame;           /* QUERY_PHYS: the offset in that frame */
	char device[128];            /* QUERY_SWAP: its number or its name */
	uint64_t swap_offset;        /* QUERY_SWAP: in pages */
	struct migrate_link link;    /* QUERY_MIGRATE */
	/* COUNT, FIND: a filter of pages; SUM, WHEN: of regions, or ""; SEARCH: of bytes */
	char text[QUERY_TEXT];
	bool in;                     /* all of these: only in the range, or region, of from, to */
	enum query_by by;            /* QUERY_COUNT, QUERY_SUM */
	enum query_sum sum;          /* QUERY_SUM */
	enum writers_by writers_by;  /* QUERY_WRITERS; QUERY_GROWTH */
	struct query_place pointer; /* QUERY_SEARCH: of a pointer to it; column 0: of `text` */
	bool read;       /* QUERY_ARENAS: the memory of the heaps */
	bool off;        /* QUERY_WATCHPOINT: removes; */
	unsigned bytes;  /* ... how many it watches, 0: as many as may begin there */
	uint64_t for_ns; /* ... how long it waits for stores; ACCESSES: how long it samples */
	size_t rest; /* a verb of the screen: where its argument begins in the text */
};

int query_parse(const char *text, size_t page_size, struct query *q, struct err *err);

/* The same for the rest of a text; columns count from the beginning of the text. */
int query_parse_rest(struct lex *r, struct query *q, struct err *err);

/* What queries are for. OF_SCREEN: they do something to the screen, the S rows of query.def. */
enum query_group { QUERY_PLACE, QUERY_ANSWER, QUERY_OF_SCREEN, QUERY_GROUPS };
enum query_group query_group(enum query_kind kind);
const char *query_group_name(enum query_group g);

/*
 * Whether `when` may ask for that word or field of regions: of these there are counts at all times;
 * the others are about a single region, or read for one.
 */
bool query_when_has(const char *s, size_t n);

/* Whether its answer takes marks from the process's page tables, which --read-only refuses. */
bool query_changes(enum query_kind kind);

/*
 * Resolves a place to its address; *v is the region that contains it, or NULL. A text that is both
 * an address or NAME+OFFSET and a mapping's name is an error: ambiguous. As in debuggers, an offset
 * counts from where the file's first byte is, or would be, mapped; if a file is mapped several
 * times, in the first mapping with code, else in the first. Without a file it counts from the
 * mapping's first region. Settle registers and symbols first (settle.h).
 */
int query_resolve(const struct query_place *at, const struct vma_list *vmas, uint64_t *addr,
                  const struct vma **v, struct err *err);

/* --- for what settles places first (settle.h) ------------------------------------------------- */

/* How much of a mapping's name a text is. */
enum query_match { MATCH_NO, MATCH_PREFIX, MATCH_STEM, MATCH_BASE, MATCH_EXACT };
enum query_match query_match(const struct vma_list *vmas, const char *name);

/*
 * The first region of the mapping called at->name: the full name takes precedence over the base
 * name, that over its stem (libc of libc.so.6, not of libcrypto.so.3), and that over a prefix.
 * Regions of one name count as one mapping.
 */
int query_find_mapping(const struct query_place *at, const struct vma_list *vmas,
                       const struct vma **out, struct err *err);

/* From the first to the last of the regions of v's name that were mapped together with v. */
void query_mapping_of(const struct vma_list *vmas, const struct vma *v, uint64_t *start,
                      uint64_t *end);

/* Whether it is a type of region, as heap: the name of a mapping, not a typo, if there is none. */
bool query_is_type(const char *name);

/* The mapping's name, or verb, nearest to an unknown one; of a type of region none. */
struct guess query_guess(const char *name, const struct vma_list *vmas, bool verbs);

/* Always -1: the place cannot be read, and why. */
int query_bad_place(const struct query_place *at, const char *why, const char *how,
                    struct err *err);

/*
 * The byte range of a query, page-aligned outwards: a plain name is the whole mapping, with all
 * segments of a file, an address its page.
 */
int query_range(const struct query *q, const struct vma_list *vmas, size_t page_size,
                uint64_t *start, uint64_t *end, struct err *err);

/* Whether the place of a query is one page: an address, not a range or a mapping. */
bool query_is_page(const struct query *q);

/* The same for the place after `in`. */
int query_range_in(const struct query *q, const struct vma_list *vmas, size_t page_size,
                   uint64_t *start, uint64_t *end, struct err *err);

/*
 * The exact bytes of a QUERY_BYTES; a single place means the next QUERY_BYTES_ALONE of its region.
 */
enum { QUERY_BYTES_ALONE = 256 };
int query_bytes(const struct query *q, const struct vma_list *vmas, uint64_t *start, uint64_t *end,
                struct err *err);

struct query_form {
	enum query_kind kind;
	const char *word, *form, *example, *help;
	const char *cost; /* what it reads, and needs; "": little, or as the row above */
};
const struct query_form *query_forms(size_t *n);

/*
 * A region's short name for completion ("heap", "libc.so.6"); false: it has none that parses back
 * to itself.
 */
bool query_name_of(const struct vma *v, char *out, size_t size);

/*
 * How addresses in region v are written, as NAME+OFFSET or START+OFFSET: `name` (the caller frees
 * it) is the full or the short name, quoted where necessary and safe to print; offsets count from
 * `at`. named is false if no name resolves back to here: the region has none, others share it, or
 * it denotes another mapping of the file.
 */
struct query_base {
	struct buf name;
	uint64_t at;
	bool named;
};
struct query_base query_base_of(const struct vma_list *vmas, const struct vma *v, bool whole,
                                bool ascii);

/*
 * Writes addr, in region v, that way, so that query_resolve finds it again. Returns whether it is
 * by name.
 */
bool query_place_text(const struct vma_list *vmas, const struct vma *v, uint64_t addr, bool whole,
                      bool ascii, struct buf *out);
void query_start_text(const struct vma *v, uint64_t addr, struct buf *out); /* START+OFFSET */

#endif
